"""Check what a catalog points to: which addresses there are, what stands there, and where in the file it is wrong."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path

from feeds.building.catalog_users import read_users
from feeds.building.planning_users import Judge
from feeds.building.sources import CatalogText, Source, located
from feeds.building.subject_events import known_of, texts_of
from feeds.core.catalog import UserEntry
from feeds.core.defaults import absolute
from feeds.core.errors import Finding, StorageError, UsageError
from feeds.core.listing import Reason
from feeds.core.rules import Fault
from feeds.formats.catalog_yaml import ReadNetwork
from feeds.probing import memory
from feeds.probing.asking import Way
from feeds.probing.judging import Role, Use, faults_of_address, faults_of_answer
from feeds.probing.lanes import ask_all
from feeds.probing.memory import Remembered, digest_of
from feeds.probing.seen import Seen
from feeds.settings import Folders

# Dailymotion reads these no more; a partner may have deleted the files.
_PAST = {Reason.IMPORTED, Reason.WITHDRAWN, Reason.AFTER_WINDOW}

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Manner:
    """How to ask: all at once, at one host at once, and how long what was found well holds."""

    jobs: int = 16
    per_host: int = 4
    max_age: timedelta = timedelta(days=1)
    way: Way = field(default_factory=Way)


@dataclass(slots=True)
class MediaChecked:
    """What the check came to, as far as it came; all counts are of addresses but for `past` and `faulty`.

    `silent` gave no answer, `past` is videos that Dailymotion reads no more, `faulty` users whose text has faults.
    `forgotten` is why what was well could not be remembered.
    """

    findings: list[Finding] = field(default_factory=list)
    addresses: int = 0
    asked: int = 0
    silent: int = 0
    remembered: int = 0
    other_schemes: Counter[str] = field(default_factory=Counter)
    past: int = 0
    faulty: int = 0
    interrupted: bool = False
    forgotten: str | None = None


def check_media(
    folders: Folders, users: Collection[str], manner: Manner, at: datetime, progress: Progress = lambda *_: None
) -> MediaChecked:
    """Return what is wrong at the addresses of these users' videos (of all users' where none is named).

    ^C ends it early, and what was found so far is returned. Nothing is asked where catalog.yaml itself has faults.
    Raises UsageError where there is no catalog, or no such user.
    """
    text = CatalogText(folders.catalog)
    done = MediaChecked()
    if not isinstance(text.read, ReadNetwork):
        return done
    wanted = list(_wanted(text, folders.catalog, users, done))
    uses = _uses(folders, text, wanted, done, at)
    known = memory.read(folders.state)
    marks, seen = _split(uses, known, manner, at, done)
    before = len(seen)
    try:
        for number, (url, answer) in enumerate(ask_all(marks, manner.way, jobs=manner.jobs, per_host=manner.per_host)):
            seen[url] = answer
            progress(number + 1, len(marks))
    except KeyboardInterrupt:
        done.interrupted = True
    done.asked = len(seen) - before
    answers = {url: known[digest_of(url)].seen if each is None else each for url, each in seen.items()}
    bad = _judge(text, uses, answers, at, done)
    done.silent = sum(answers[url].trouble is not None for url in marks if url in answers)
    asked = {url: Remembered(at, answers[url]) for url in marks if url in answers}
    done.forgotten = _remember(folders.state, known, asked, bad, at)
    return done


@dataclass(frozen=True, slots=True)
class _Uses:
    """One user's addresses, with the text that they stand in."""

    source: Source
    user: UserEntry
    uses: list[Use]


def _wanted(
    text: CatalogText, catalog: Path, names: Collection[str], done: MediaChecked
) -> Iterator[tuple[Source, UserEntry]]:
    found: set[str] = set()
    known: set[str] = set()
    for source, read in read_users(text, catalog):
        its = {name for name in (read.claimed_id, read.user.username if read.user else None) if name}
        known |= its
        if names and its.isdisjoint(names):
            continue
        found |= its
        if read.user is None:
            done.faulty += 1
        else:
            yield source, read.user
    for name in names:
        if name not in found:
            near = get_close_matches(name, known, n=1)
            raise UsageError(f'"{name}" is no user of the catalog{f": did you mean {near[0]}?" if near else "."}')


def _uses(
    folders: Folders, text: CatalogText, wanted: list[tuple[Source, UserEntry]], done: MediaChecked, at: datetime
) -> list[_Uses]:
    guids = {video.guid for _, user in wanted for video in user.videos} | {user.id for _, user in wanted}
    judge = Judge(text.network.network, at, known_of(texts_of(folders), guids))
    found = []
    for source, user in wanted:
        reasons = judge.listing(user).reasons
        past = {guid for guid, reason in reasons.items() if reason in _PAST}
        done.past += len(past)
        found.append(_Uses(source, user, list(_of_user(user, past))))
    return found


def _of_user(user: UserEntry, past: Collection[str]) -> Iterator[Use]:
    base = user.defaults.media_base
    for number, video in enumerate(user.videos):
        if video.guid in past:
            continue
        path = ("videos", number)
        yield Use(Role.MEDIA, absolute(video.media, base), (*path, "media"), video.size)
        if video.thumbnail:
            yield Use(Role.THUMBNAIL, absolute(video.thumbnail, base), (*path, "thumbnail"))
        for language in sorted(video.captions):
            yield Use(Role.CAPTIONS, absolute(video.captions[language], base), (*path, "captions", language))


def _split(
    uses: list[_Uses], known: Mapping[str, Remembered], manner: Manner, at: datetime, done: MediaChecked
) -> tuple[dict[str, str | None], dict[str, Seen | None]]:
    """Return what must be asked, with the mark that it is known by; and what is remembered well enough."""
    marks: dict[str, str | None] = {}
    fresh: dict[str, Seen | None] = {}
    for url in dict.fromkeys(use.url for each in uses for use in each.uses):
        done.addresses += 1
        scheme = url.partition(":")[0].lower()
        if scheme not in ("http", "https"):
            done.other_schemes[scheme] += 1
            continue
        its = known.get(digest_of(url))
        if its is not None and at - its.at < manner.max_age:
            done.remembered += 1
            fresh[url] = its.seen
        else:
            marks[url] = its.seen.mark if its else None
    return marks, fresh


def _judge(
    text: CatalogText, uses: list[_Uses], answers: Mapping[str, Seen], at: datetime, done: MediaChecked
) -> set[str]:
    """Note the findings; return the addresses whose answers are among what they find fault with."""
    bad: set[str] = set()
    for each in uses:
        faults: list[Fault] = []
        for use in each.uses:
            faults += faults_of_address(use, at)
            if use.url in answers:
                of_answer = list(faults_of_answer(use, answers[use.url]))
                faults += of_answer
                bad |= {use.url} if of_answer else set()
        if faults:
            its, prefix = located(each.source, text)
            done.findings += its.findings(faults, prefix)
    return bad


def _remember(
    state: Path, known: dict[str, Remembered], asked: Mapping[str, Remembered], bad: Collection[str], at: datetime
) -> str | None:
    if not asked:
        return None
    kept = known | {digest_of(url): its for url, its in asked.items()}
    for url in bad:
        kept.pop(digest_of(url), None)
    try:
        state.mkdir(parents=True, exist_ok=True)
        memory.write(state, kept, at)
    except (OSError, StorageError) as error:  # the findings are worth more
        return str(error)
    return None
