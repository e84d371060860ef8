"""How a rehearsal's partners come into the network, through the app's own pages, and what must be true afterwards.

Three ways: who is in the catalog joins by connecting, a stranger asks and is approved, a guest bears an invitation.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from feeds.building.sources import CatalogText
from feeds.commands._browser import Browser, Lost
from feeds.commands._stage import GUEST, PARTNER, STRANGER, Joined, Stage
from feeds.commands._stand_in import Account
from feeds.core.errors import FeedsError
from feeds.core.events import ADOPTED, APPROVED, ASKED_TO_JOIN
from feeds.core.partners import Partner, Welcome, welcome
from feeds.formats.catalog_yaml import ReadNetwork
from feeds.onboarding.register import Register
from feeds.storage.git import Git

CONNECT, ALLOW, YES, ASK = "Connect with Dailymotion", "Allow", "Yes, join", "Yes, ask"


def connect(stage: Stage) -> None:
    """Have somebody who is in the catalog connect their account, which adopts it."""
    stage.wait_for_servers()
    stage.confirm_parent()
    if (account := _awaited(stage)) is None:
        stage.left_out.append("Nobody in the catalog waits to be adopted, so no partner of it could connect.")
        return
    _walk(account, f"{stage.app_url}/", YES)
    stage.joined.append(Joined(account, (ADOPTED,)))
    stage.say(PARTNER, f"{account.username}, in the catalog, connects on the app's pages: adopted")


def ask(stage: Stage) -> None:
    """Have a stranger ask to join, the people of the network approve, and the stranger connect once more."""
    account = stage.cast.stranger
    _walk(account, f"{stage.app_url}/", ASK, tone="wait")
    if account.id in stage.stand_in.children(stage.network.parent_id):
        stage.found.append(f"{account.username} only asked to join, and is adopted at the stand-in.")
    stage.feeds("partners", "approve", account.id, "--why", "rehearsal")
    _walk(account, f"{stage.app_url}/", YES)
    stage.joined.append(Joined(account, (ASKED_TO_JOIN, APPROVED, ADOPTED)))
    stage.say(STRANGER, "asks to join, is approved by feeds partners approve, connects again: adopted")


def invite(stage: Stage) -> None:
    """Have a guest follow the link of an invitation, and join."""
    link = stage.feeds("partners", "invite", "--label", "A guest of the rehearsal")
    _walk(stage.cast.guest, link, YES)
    stage.joined.append(Joined(stage.cast.guest, (ADOPTED,)))
    stage.say(GUEST, "follows the link of feeds partners invite: adopted")


def search(stage: Stage) -> None:
    """Look who is adopted at the stand-in, and into every file and object of Git for what it gave out."""
    stage.children, issued = stage.stand_in.children(stage.network.parent_id), stage.stand_in.issued()
    stage.issued = len(issued)
    if kept := sorted(holders(stage.scratch, issued)):
        stage.found.append(f"A code or token of somebody's login is in {', '.join(kept)}.")


def holders(scratch: Path, words: Iterable[str]) -> Iterator[str]:
    """Return the paths of files, and of repositories, that hold one of the words."""
    wanted = [word.encode() for word in words]
    for path in scratch.rglob("*"):
        with suppress(FileNotFoundError):  # a program has just put it away
            if path.is_file() and _holds(path.read_bytes(), wanted):
                yield str(path.relative_to(scratch))
        if path.name == "objects" and (path.parent / "HEAD").is_file():
            # Git's own files are compressed.
            objects = Git(path.parent).run("cat-file", "--batch-all-objects", "--batch", "--unordered")
            if _holds(objects, wanted):
                yield f"the repository {path.parent.relative_to(scratch)}"


def _holds(text: bytes, wanted: Iterable[bytes]) -> bool:
    return any(word in text for word in wanted)


def faults(stage: Stage) -> list[str]:
    """Return a sentence for each who is not as adopted as they were told."""
    found = []
    for each in stage.joined:
        user, name = each.account.id, each.account.username
        if user not in stage.children:
            found.append(f"{name} was told to be adopted, and is not at the stand-in.")
        told = {event.event for event in stage.records if event.text("user") == user}
        found += [f"{name} has joined, but no event tells it: {event}." for event in each.events if event not in told]
        if user not in stage.first.guids:
            found.append(f"{name} was adopted, and the importer found no feed of theirs.")
    return found


def sentences(stage: Stage) -> list[str]:
    """Return what was proven, and what could not be played."""
    *others, last = [each.account.username for each in stage.joined]
    names = f"{', '.join(others)} and {last}"  # stranger and guest always join
    return [
        *stage.left_out,
        f"{names} joined through the app's pages: they are adopted at the stand-in and by the events, and the importer "
        f"found their feeds. None of the {stage.issued} codes and tokens that the stand-in gave out is on the disk"
        f"{'.' if stage.edit is None else ', in a file or in Git.'}",
    ]


def starter(stage: Stage) -> str | None:
    """Return the path of the file that begins for the guest, or None where the catalog reads none there."""
    path, read = f"users/{stage.cast.guest.id}.yaml", CatalogText(stage.folders.catalog).read
    include = read.include if isinstance(read, ReadNetwork) else ()
    return path if any(fnmatchcase(path, pattern) for pattern in include) else None


def _awaited(stage: Stage) -> Account | None:
    """Return who of the catalog can join by connecting; rather one whose feed will have videos."""
    built = {user["id"]: user for user in stage.report["users"] if user["enabled"] and not user["frozen"]}
    partners = Register(stage.folders).partners()
    able = [
        account
        for account in stage.cast.awaited
        if account.id in built
        and welcome(partners.get(account.id, Partner()).state, listed=True, invited=False) is Welcome.ADOPT
    ]
    return max(able, key=lambda account: sum(built[account.id]["held"].values()), default=None)


def _walk(account: Account, address: str, yes: str, *, tone: str = "good") -> None:
    """Go from an address through the stand-in's page to a yes. Raises FeedsError where the way ends before."""
    with Browser() as browser:
        try:
            browser.open(address)
            browser.follow(CONNECT)
            browser.press(ALLOW, username=account.username, password=account.password)
            browser.press(yes)
        except Lost as error:
            raise FeedsError(f"{account.username} could not join: {error}") from error
        # The page's colour says how it ended, in whatever words.
        if not browser.page.find_class(tone):
            raise FeedsError(f'{account.username} could not join, and was told in the end: "{browser.heading}".')
