"""An import, whole: read the source and the network, take what is new, append it, prove it, write it.

Nothing is written unless the text that comes out is read by the strict reader with no fault that wasn't there before.
"""

import re
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from feeds.core import rules
from feeds.core.catalog import VideoEntry
from feeds.core.defaults import absolute
from feeds.core.errors import FeedsError, UsageError
from feeds.core.guids import canonical_guid
from feeds.core.values import CATEGORIES, kind_of
from feeds.fetching.http import Answer, fetch
from feeds.formats import catalog_yaml, foreign_source
from feeds.formats.catalog_yaml import ReadNetwork, ReadUser
from feeds.formats.foreign import Foreign, ForeignFault
from feeds.formats.foreign_report import Change, Remark, Report
from feeds.importing import video_yaml
from feeds.importing.appending import append
from feeds.importing.judging import Wishes, fit
from feeds.importing.network import Home, Known, Whole, read_whole, username_of
from feeds.settings import Folders
from feeds.storage import static_dir

SOURCE_BYTES = 16 * 1024 * 1024
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
# The name of the video, and what an editor decides here.
_OURS = frozenset({"guid", "hold", "priority"})


def read_source(source: str, *, get: Callable[[str], Answer] = fetch) -> list[Foreign]:
    """Read a file or an http(s) address to its videos.

    Raises UsageError, and what says that a source can't be had (NotAllowed, Unreachable) or read (ForeignFault).
    """
    name = source
    if "://" in source:
        answer = get(source)
        name = re.sub(r"[?#].*", "", answer.url)
        charset = _CHARSET.search(answer.headers.get("content-type", ""))
        content, url, encoding = answer.body, answer.url, charset[1] if charset else None
    else:
        content, url, encoding = _read_file(Path(source)), None, None
    try:
        return foreign_source.parse(content, url=url, charset=encoding)
    except ForeignFault as error:
        raise ForeignFault(f"{name}: {error}") from error


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(SOURCE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from error
    if len(content) > SOURCE_BYTES:
        raise UsageError(f"{path} has more than {SOURCE_BYTES:,} bytes: split it.")
    return content


def import_videos(
    folders: Folders, found: Iterable[Foreign], user_id: str, wishes: Wishes, *, is_trial: bool = False
) -> Report:
    """Append to the user's text what is new of the videos, and return what came of each.

    With `is_trial` all is done but the writing. Raises FeedsError where the text can't take them; nothing is written.
    """
    with nullcontext() if is_trial else static_dir.only_one(folders.catalog):
        whole = read_whole(folders, user_id)
        home = whole.home
        if home.text is None and wishes.category:
            home.tree["defaults"] = {"category": wishes.category}
        report = Report(str(home.file), home.text is None, is_trial)
        for foreign in found:
            _take(foreign, whole, user_id, wishes, report)
        if not report.added:
            return report
        old = home.text if home.text is not None else _start(user_id, username_of(folders, user_id), wishes)
        new = append(old, report.added, path=home.path)
        _prove(home, old, new, report)
        report.lines = _added_lines(old if home.text is not None else b"", new)
        if not is_trial:
            _write(home, new)
    return report


def _take(foreign: Foreign, whole: Whole, user_id: str, wishes: Wishes, report: Report) -> None:
    """Judge one video of the source, and put it where it belongs in the report."""
    said = frozenset(foreign.video)
    known = whole.guids.get(canonical_guid(foreign.video.get("guid", "")))
    if known and known.user == user_id and not known.is_new:  # what an editor has filled in by hand lacks no category
        wishes = Wishes(wishes.category or CATEGORIES[0], wishes.guid_prefix)
    refusal = fit(foreign, whole.home.tree, wishes)
    name = foreign.video.get("title") or foreign.video.get("guid")
    if refusal:
        report.refused.append(Remark(foreign.where, name, "", refusal))
        return
    guid = foreign.video["guid"]
    known = whole.guids.get(canonical_guid(guid))
    if known is None:
        media = absolute(foreign.video["media"], _base(whole.home.tree))
        if other := whole.media.get(media):
            foreign.note("media", f'it is that of "{other}", too: Dailymotion would import it twice')
        whole.media.setdefault(media, guid)
        whole.guids[canonical_guid(guid)] = Known(user_id, foreign.video, None, is_new=True)
        report.added.append({key: foreign.video[key] for key in sorted(foreign.video, key=video_yaml.ORDER.index)})
    elif known.is_new:
        report.refused.append(Remark(foreign.where, name, "guid", f'guid "{guid}" stands in the source a second time'))
        return
    elif known.user != user_id:
        what = f'guid "{guid}" is a video of {known.user} already'
        report.refused.append(Remark(foreign.where, name, "guid", what))
        return
    else:
        report.there += 1
        report.changes += _changes({key: foreign.video[key] for key in said & foreign.video.keys()}, known)
        return
    report.notes += [Remark(foreign.where, name, note.key, note.what) for note in foreign.notes]


def _base(tree: Mapping[str, Any]) -> str | None:
    defaults = tree.get("defaults")
    base = defaults.get("media_base") if isinstance(defaults, dict) else None
    return base if not isinstance(base, str) or base.endswith("/") else base + "/"


def _changes(video: Mapping[str, Any], known: Known) -> list[Change]:
    """Return the keys of the source that say something else than the catalog, in what they mean."""
    try:
        here, there = VideoEntry.model_validate(known.video), VideoEntry.model_validate({**known.video, **video})
    except ValidationError:  # feeds check tells of the fault; what it means nobody knows
        return []
    guid, changes = str(known.video["guid"]), []
    for key in sorted(video, key=video_yaml.ORDER.index):
        if key in _OURS or (
            key == "category" and here.category is None
        ):  # then the user's default is the editor's word
            continue
        ours, theirs = getattr(here, key), getattr(there, key)
        if key in ("media", "thumbnail") and ours and theirs:
            ours, theirs = absolute(ours, known.base), absolute(theirs, known.base)
        if key == "captions":
            ours, theirs = ({name: absolute(url, known.base) for name, url in each.items()} for each in (ours, theirs))
        if ours != theirs:
            changes.append(Change(guid, key, _shown(known.video.get(key)), _shown(video[key])))
    return changes


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(each)}" for key, each in value.items())
    return value if isinstance(value, str) else kind_of(value)


def _start(user_id: str, username: str | None, wishes: Wishes) -> bytes:
    lines = [
        "# yaml-language-server: $schema=../user.schema.json",
        "# Begun by feeds import. What stands here is yours: the next import only appends to the videos.",
        f"id: {video_yaml.quoted(user_id) if user_id.isdigit() else user_id}",
    ]
    if username is None:
        lines.append(f"username: {user_id}  # change it to the account's username on Dailymotion")
    else:
        lines.append(f"username: {video_yaml.quoted(username)}")
    if wishes.category:
        lines += ["defaults:", f"  category: {wishes.category}  # of the videos that don't name one"]
    return "\n".join([*lines, "videos: []", ""]).encode()


def _prove(home: Home, old: bytes, new: bytes, report: Report) -> None:
    """Judge both texts as a build would. Raises FeedsError where the new one has a fault that the old one hasn't."""
    before, after = _judged(home, old), _judged(home, new)
    faults = [each for each in after.faults if each not in before.faults]
    if after.refused or faults:
        what = faults[0].what if faults else "it can't be read"
        raise FeedsError(f"{home.file} would have a new fault, and was left as it was: {what}.")
    first = len(after.tree["videos"]) - len(report.added)
    for fault in rules.warnings(after.tree, None):
        if len(fault.path) > 1 and isinstance(fault.path[1], int) and fault.path[1] >= first:
            video = report.added[fault.path[1] - first]
            key = str(fault.path[2]) if len(fault.path) > 2 else ""
            report.notes.append(Remark(video["guid"], video["title"], key, f"{fault.what}. {fault.remedy}"))


def _judged(home: Home, text: bytes) -> ReadUser:
    if not home.path:
        return catalog_yaml.parse_user(text)
    network = catalog_yaml.parse_network(text)
    if not isinstance(network, ReadNetwork):
        return ReadUser(None, refused=True)
    number = home.path[-1]
    assert isinstance(number, int)  # noqa: S101 - ("users", number)
    return catalog_yaml.user_of(network.users[number], escapes=catalog_yaml.spells_characters(text))


def _added_lines(old: bytes, new: bytes) -> str:
    """Return what the new text has between what it shares with the old one, in whole lines."""
    before, after = old.decode().splitlines(), new.decode().splitlines()
    head = _shared(before, after)
    tail = _shared(before[head:][::-1], after[head:][::-1])
    return "\n".join(after[head : len(after) - tail]).strip("\n")


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _write(home: Home, new: bytes) -> None:
    path = home.file.resolve()  # where the file is a link, the link stays
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = stat.S_IMODE(path.stat().st_mode) if home.text is not None else None
    except OSError as error:
        raise FeedsError(f"{path} can't be written: {error.strerror}. Mend its permissions.") from error
    staged = static_dir.stage(path, new)
    try:
        if mode is not None:
            staged.chmod(mode)
        now = path.read_bytes() if path.exists() else None
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise FeedsError(f"{path} can't be written: {error.strerror}. Mend its permissions.") from error
    if now != home.text:
        staged.unlink(missing_ok=True)
        raise FeedsError(f"{path} was edited in the meantime, and was left as it is: import again.")
    static_dir.publish(staged, path)
    static_dir.sync_folder(path.parent)
