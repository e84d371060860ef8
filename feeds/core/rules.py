"""Faults of a catalog that no single value shows: between keys, between entries, and between catalog and results."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from feeds.core.catalog import CatalogFile, Network
from feeds.core.defaults import media_type
from feeds.core.errors import Severity
from feeds.core.values import (
    DESCRIPTION_CHARACTERS,
    DESCRIPTION_CHARACTERS_OF_ANY_ACCOUNT,
    NOTHING,
    TAGS,
    did_you_mean,
    end_of,
    explain,
    is_relative,
    kind_of,
    shown,
    start_of,
)
from feeds.core.xml_characters import forbidden_character

Path = tuple[str | int, ...]

# A catalog nests 8 levels; what nests deeper is a fault of its own, and must not exhaust the stack.
_DEEP = 40

# Words by which people mean that there is nothing; in a text they are text.
_EMPTY_WORDS = NOTHING | {"no", "No", "false", "False", "none", "None"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, and the path down to it in the tree that was read. `of_key`: not the value is wrong, but its key."""

    path: Path
    rule: str
    what: str
    remedy: str
    severity: Severity = "error"
    of_key: bool = False


def faults_of_values(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """Put pydantic's faults into our words: what was found and expected, and what to do."""
    faults = []
    for each in error.errors(include_url=False):
        of_key = each["loc"][-1:] == ("[key]",)
        path = each["loc"][:-1] if of_key else each["loc"]
        rule, value, context = each["type"], each.get("input"), each.get("ctx", {})
        if rule == "missing":
            remedy = f"Write `{path[-1]}: ...` in this entry."
            faults.append(Fault(path, "required", f"{path[-1]} is missing", remedy, of_key=True))
        elif rule == "extra_forbidden":
            known = _keys(model, path[:-1])
            what = f"{shown(path[-1])} is not a key here{did_you_mean(str(path[-1]), known)}"
            faults.append(Fault(path, "unknown-key", what, f"The keys here are {', '.join(known)}.", of_key=True))
        elif "remedy" in context:
            faults.append(Fault(path, rule, context["what"], context["remedy"]))
        elif words := explain(rule, value):
            faults.append(Fault(path, rule, *words, of_key=of_key))
        else:
            faults.append(Fault(path, *_shape(rule, value)))
    return faults


def _shape(rule: str, value: Any) -> tuple[str, str, str]:
    found = f"the text {shown(value)}" if isinstance(value, str) else kind_of(value)
    match rule:
        case "tuple_type":
            return "shape", f"expected a list, found {found}", "Write [one, two], or one `- ` line for each."
        case "too_long":
            return "too-long", f"{len(value)} entries are too many", f"Keep {TAGS} at most."
        case _:  # what is left are entries: the values' types all have words of their own
            return "shape", f"expected `key: value` lines, found {found}", "Write them here, one a line, indented."


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
    defaults = _mapping(tree, "defaults")
    category, base = "category" in defaults, "media_base" in defaults
    tags, rights = _list(defaults, "tags"), _mapping(defaults, "rights")
    if rights:
        yield from _rights(rights, {}, ("defaults", "rights"))
    for number, video in enumerate(_list(tree, "videos")):
        if not isinstance(video, dict):
            continue
        if not category and "category" not in video:
            remedy = "Write `category: ...` here, or in the user's defaults."
            yield Fault(("videos", number, "category"), "required", "category is missing", remedy, of_key=True)
        if not base:
            yield from _paths_without_base(video, ("videos", number))
        if "rights" in video:
            yield from _rights(_mapping(video, "rights"), rights, ("videos", number, "rights"))
        if tags and len(tags) + len(_list(video, "tags")) > TAGS:
            yield from _too_many_tags(video, tags, ("videos", number, "tags"))
    if escapes:
        yield from _forbidden(tree, ())


def _mapping(tree: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = tree.get(key)
    return value if isinstance(value, dict) else {}


def _list(tree: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = tree.get(key)
    return value if isinstance(value, list) else ()


def _paths_without_base(video: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    places = [((*path, key), video.get(key)) for key in ("media", "thumbnail")]
    places += [((*path, "captions", key), value) for key, value in _mapping(video, "captions").items()]
    for place, value in places:
        if isinstance(value, str) and "://" not in value and is_relative(value):
            what = f"{shown(value)} is a path, and the user has no media_base"
            yield Fault(place, "media-base", what, "Write a whole address, or add media_base to the user's defaults.")


def _too_many_tags(video: Mapping[str, Any], default: Sequence[Any], path: Path) -> Iterator[Fault]:
    own = _list(video, "tags")
    together = len({each for each in (*own, *default) if isinstance(each, str)})
    if together > TAGS and max(len(own), len(default)) <= TAGS:
        what = f"{together} tags together with the defaults are too many"
        yield Fault(path, "too-long", what, f"Keep {TAGS} at most.")


def _rights(own: Mapping[str, Any], default: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    """Yield what is wrong in a rights mapping: its territory, and its window with what the defaults add to it."""
    if "allow" in own and "deny" in own:
        yield Fault(path, "rights", "both allow and deny are given", "Keep one: allow lists where, deny where not.")
    if own.get("allow") == []:
        what = "allow is an empty list, and would let nobody see the video"
        remedy = "Name countries, or take the line out to allow all; to keep a video back, use `hold:`."
        yield Fault((*path, "allow"), "rights", what, remedy)
    if "from" not in own and "until" not in own:
        return
    first, last = own.get("from", default.get("from")), own.get("until", default.get("until"))
    begin, end = start_of(first), end_of(last)
    if begin and end and begin >= end:
        what = f"the window ends ({last}) before it begins ({first})"
        yield Fault(path, "window", what, "Let `until` be later than `from`; the user's defaults count, too.")


def _forbidden(tree: Any, path: Path) -> Iterator[Fault]:
    if len(path) > _DEEP:
        return
    if isinstance(tree, str):
        if found := forbidden_character(tree):
            code = f"U+{ord(found[1]):04X}"
            what = f"character {found[0] + 1} is {code}, spelled with a backslash, and no feed can hold it"
            yield Fault(path, "character", what, "Delete it.")
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from _forbidden(value, (*path, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from _forbidden(value, (*path, number))


def warnings(tree: Any, network: Network | None) -> Iterator[Fault]:
    """Yield what is allowed and may still surprise, in the tree of one user, whatever its faults."""
    if not isinstance(tree, dict):
        return
    defaults = _mapping(tree, "defaults")
    for number, video in enumerate(_list(tree, "videos")):
        if not isinstance(video, dict):
            continue
        path: Path = ("videos", number)
        description = video.get("description")
        if (
            isinstance(description, str)
            and DESCRIPTION_CHARACTERS_OF_ANY_ACCOUNT < len(description) <= DESCRIPTION_CHARACTERS
        ):
            what = f"{len(description):,} characters: only verified partners may use more than 3,000"
            yield Fault((*path, "description"), "long-description", what, "Shorten it, or ask.", "warning")
        if _means_nothing(description):
            what = f'{description} is text here: the feed will show "{description}"'
            yield Fault((*path, "description"), "null-text", what, "Take the line out for none.", "warning")
        if _means_nothing(video.get("hold")):
            what = f"{video['hold']} is a reason like any other, and holds the video"
            yield Fault((*path, "hold"), "hold", what, "Take the line out to list the video.", "warning")
        media = video.get("media")
        if isinstance(media, str) and "media_type" not in video and _of_no_type(media):
            what = "the address's ending doesn't tell the type of the file"
            yield Fault((*path, "media"), "media-type", what, "Add `media_type: video/mp4`, or its like.", "warning")
        if video.get("for_kids") == "true":
            what = "no tag of the feed is known to say that a video is made for children"
            remedy = "Set it on Dailymotion after the import, or ask your content manager for the tag."
            yield Fault((*path, "for_kids"), "for-kids", what, remedy, "warning")
        if network is not None and not network.mrss.restriction and _has_territory(video, defaults):
            what = "countries are given, and network.mrss.restriction is off: Dailymotion won't learn of them"
            yield Fault(path, "restriction-off", what, "Switch it on, or hold the video.", "warning")


def archive_warnings(tree: Any, users: Collection[str]) -> Iterator[Fault]:
    """Yield what may surprise in an archive: a word to list a video of it, and a user whom the catalog doesn't have."""
    if not isinstance(tree, dict):
        return
    user_id = tree.get("id")
    if isinstance(user_id, str) and user_id not in users:
        what = f"no user of the catalog has the id {shown(user_id)}"
        remedy = "Delete the archive with its user: until then its videos count as wanted where they are."
        yield Fault(("id",), "archive-user", what, remedy, "warning")
    for number, video in enumerate(_list(tree, "videos")):
        if isinstance(video, dict) and "relist" in video:
            remedy = "Move the entry back into the user's own file: what stands in an archive is never listed."
            yield Fault(("videos", number, "relist"), "archive-relist", "relist does nothing here", remedy, "warning")


def _of_no_type(media: str) -> bool:
    return media_type(media) is None and ("://" in media or is_relative(media))


def _means_nothing(value: Any) -> bool:
    return isinstance(value, str) and value in _EMPTY_WORDS


def _has_territory(video: Mapping[str, Any], defaults: Mapping[str, Any]) -> bool:
    own, default = _mapping(video, "rights"), _mapping(defaults, "rights")
    territory = own if "allow" in own or "deny" in own else default
    return bool(territory.get("allow") or territory.get("deny"))


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
    for number, pattern in enumerate(_list(own, "include")):
        if isinstance(pattern, str) and not stays_inside(pattern):
            what = f"{shown(pattern)} leads out of the catalog's folder"
            faults.append(Fault(("include", number), "include", what, "Write it as users/*.yaml."))
    faults.extend(_same_words(own))
    faults.extend(_forbidden(own, ()))
    return faults


def stays_inside(pattern: str) -> bool:
    """Return whether a pattern of `include` can only name files in the catalog's own folder."""
    return not (pattern.startswith("/") or ".." in pattern.split("/") or "\\" in pattern or "\0" in pattern)


def _same_words(catalog: Mapping[str, Any]) -> Iterator[Fault]:
    fields = _mapping(_mapping(_mapping(catalog, "network"), "user_list"), "fields")
    words = {"id": "id", "username": "username", "feed": "feed_url"} | dict(fields)
    for key in fields:
        others = [other for other in words if other != key and words[other] == words[key]]
        if others and isinstance(words[key], str):
            what = f"{shown(words[key])} is the word for {others[0]}, too"
            remedy = "Give each its own word: one would hide the other in users.json."
            yield Fault(("network", "user_list", "fields", key), "user-list", what, remedy)
