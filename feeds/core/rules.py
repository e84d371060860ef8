"""Faults of a catalog that no single value shows: between keys, between entries, and between catalog and results."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from feeds.core.catalog import (
    DESCRIPTION_CHARACTERS_OF_ANY_ACCOUNT,
    CatalogFile,
    Network,
    UserEntry,
    did_you_mean,
    explain,
    kind_of,
)
from feeds.core.defaults import absolute, media_type, merged_rights
from feeds.core.errors import Severity
from feeds.core.xml_characters import forbidden_character

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, and the path down to it in the tree that was read."""

    path: Path
    rule: str
    what: str
    remedy: str
    severity: Severity = "error"


def faults_of_values(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """Put pydantic's faults into our words: what was found and expected, and what to do."""
    faults = []
    for each in error.errors(include_url=False):
        path = tuple(part for part in each["loc"] if part != "[key]")
        rule, value, context = each["type"], each.get("input"), each.get("ctx", {})
        if rule == "missing":
            remedy = f"Add a line `{path[-1]}: ...` to this entry."
            faults.append(Fault(path[:-1], "required", f"{path[-1]} is missing", remedy))
        elif rule == "extra_forbidden":
            known = _keys(model, path[:-1])
            what = f'"{path[-1]}" is not a key here{did_you_mean(str(path[-1]), known)}'
            faults.append(Fault(path, "unknown-key", what, f"The keys here are {', '.join(known)}."))
        elif "remedy" in context:
            faults.append(Fault(path, rule, context["what"], context["remedy"]))
        elif words := explain(rule, value):
            faults.append(Fault(path, rule, *words))
        else:
            faults.append(Fault(path, *_shape(rule, value)))
    return faults


def _shape(rule: str, value: Any) -> tuple[str, str, str]:
    found = f'the text "{value}"' if isinstance(value, str) else kind_of(value)
    match rule:
        case "model_type" | "dict_type":
            return "shape", f"expected keys with values, found {found}", "Write `key: value` lines here, indented."
        case "tuple_type":
            return "shape", f"expected a list, found {found}", "Write [one, two], or one `- ` line for each."
        case "too_long":
            return "too-long", f"{len(value)} entries are too many", "Keep 150 at most."
        case _:
            return rule, f"this can't be read ({rule})", "See the README's catalog for what stands here."


def _keys(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that the model knows at a path, aliases as an editor writes them."""
    current: type[BaseModel] = model
    for part in path:
        if isinstance(part, int):
            continue
        field = {each.alias or name: each for name, each in current.model_fields.items()}.get(part)
        inner = _model_in(field.annotation) if field else None
        if inner is None:
            return []
        current = inner
    return [field.alias or name for name, field in current.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def faults_between_keys(tree: Any, *, escapes: bool) -> Iterator[Fault]:
    r"""Yield what is wrong between the keys of one user, whatever else is wrong with their values.

    `escapes` says that the text spells out characters (as in "\\x0b"): only so can a value hold one that YAML refuses.
    """
    if not isinstance(tree, dict):
        return
    defaults = tree.get("defaults")
    defaults = defaults if isinstance(defaults, dict) else {}
    category, base = "category" in defaults, "media_base" in defaults
    videos = tree.get("videos")
    for number, video in enumerate(videos if isinstance(videos, list) else ()):
        if not isinstance(video, dict):
            continue
        if not category and "category" not in video:
            remedy = "Add `category: ...` here, or to the user's defaults."
            yield Fault(("videos", number), "required", "category is missing", remedy)
        if not base:
            yield from _paths_without_base(video, ("videos", number))
    if escapes:
        yield from _forbidden(tree, ())


def _paths_without_base(video: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    captions = video.get("captions")
    places = [((*path, key), video.get(key)) for key in ("media", "thumbnail")]
    places += (
        [((*path, "captions", key), value) for key, value in captions.items()] if isinstance(captions, dict) else []
    )
    for place, value in places:
        if isinstance(value, str) and "://" not in value:
            what = f'"{value}" is a path, and the user has no media_base'
            yield Fault(place, "media-base", what, "Write a whole address, or add media_base to the user's defaults.")


def _forbidden(tree: Any, path: Path) -> Iterator[Fault]:
    if isinstance(tree, str):
        if found := forbidden_character(tree):
            what = f"character {found[0] + 1} is U+{ord(found[1]):04X}, which no feed can hold"
            yield Fault(path, "character", what, "Delete it; it is invisible in most editors.")
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from _forbidden(value, (*path, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from _forbidden(value, (*path, number))


def faults_of_windows(user: UserEntry) -> Iterator[Fault]:
    """Yield each rights window that is over before it begins, a user's defaults applied."""
    for number, video in enumerate(user.videos):
        if video.rights is None:
            continue
        rights = merged_rights(video.rights, user.defaults.rights)
        if rights.from_ and rights.until and rights.from_ >= rights.until:
            what = (
                f"the window ends ({rights.until:%Y-%m-%d %H:%M} UTC) before it begins ({rights.from_:%Y-%m-%d %H:%M})"
            )
            yield Fault(("videos", number, "rights"), "window", what, "Let `until` be later than `from`.")
    own = user.defaults.rights
    if own and own.from_ and own.until and own.from_ >= own.until:
        yield Fault(("defaults", "rights"), "window", "the window ends before it begins", "Let `until` be later.")


def warnings(user: UserEntry, network: Network) -> Iterator[Fault]:
    """Yield what is allowed and may still surprise."""
    territory_told = network.mrss.restriction
    for number, video in enumerate(user.videos):
        path: Path = ("videos", number)
        if video.description and len(video.description) > DESCRIPTION_CHARACTERS_OF_ANY_ACCOUNT:
            what = f"{len(video.description):,} characters: only verified partners may use more than 3,000"
            yield Fault((*path, "description"), "long-description", what, "Shorten it, or ask.", "warning")
        if video.media_type is None and media_type(absolute(video.media, user.defaults.media_base)) is None:
            what = "the address's ending doesn't tell the type of the file"
            yield Fault((*path, "media"), "media-type", what, "Add `media_type: video/mp4`, or its like.", "warning")
        if video.for_kids:
            what = "no tag of the feed is known to say that a video is made for children"
            remedy = "Set it on Dailymotion after the import, or ask your content manager for the tag."
            yield Fault((*path, "for_kids"), "for-kids", what, remedy, "warning")
        rights = merged_rights(video.rights, user.defaults.rights)
        if not territory_told and (rights.allow or rights.deny):
            what = "countries are given, and network.mrss.restriction is off: Dailymotion won't learn of them"
            yield Fault(path, "restriction-off", what, "Switch it on, or hold the video.", "warning")


def network_faults(tree: Any) -> list[Fault]:
    """Return the faults of a catalog.yaml apart from those of the users in it."""
    if not isinstance(tree, dict):
        return [Fault((), "shape", "catalog.yaml needs keys: network, include, users", "Begin with `network:`.")]
    own = {key: value for key, value in tree.items() if key != "users"}
    faults = []
    try:
        CatalogFile.model_validate(own)
    except ValidationError as error:
        faults = faults_of_values(error, CatalogFile)
    if not isinstance(tree.get("users", []), list):
        faults.append(Fault(("users",), *_shape("tuple_type", tree["users"])))
    for number, pattern in enumerate(own.get("include", []) if isinstance(own.get("include"), list) else []):
        if isinstance(pattern, str) and (pattern.startswith("/") or ".." in pattern.split("/") or "\\" in pattern):
            what = f'"{pattern}" leads out of the catalog\'s folder'
            faults.append(Fault(("include", number), "include", what, "Write it as users/*.yaml."))
    faults.extend(_forbidden(own, ()))
    return faults
