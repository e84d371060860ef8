"""Publishing the built site, by `feeds publish` and as the last step of `feeds sync`.

Beside `feeds sync --watch` it is a process of its own, so that no slow target delays a pass.
"""

import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from feeds.commands._beside import Beside
from feeds.settings import Folders

if TYPE_CHECKING:  # it brings pydantic along, and a sync that publishes nowhere must not wait for it
    from feeds.core.catalog import Network
    from feeds.publishing.publishing import Published


def publish_to(
    target: str,
    folders: Folders,
    out: Path,
    environ: Mapping[str, str],
    *,
    full: bool = False,
    dry_run: bool = False,
    take_over: bool = False,
    compared: str | None = None,
) -> "Published":
    """Bring the built site to a target. Raises UsageError, BuildRefused, StorageError, NotPublished."""
    from feeds.access_settings import access_settings
    from feeds.core.access import Way
    from feeds.publishing import folder, s3
    from feeds.publishing.memory import alone
    from feeds.publishing.publishing import Wish, cache_control, publish

    refuse_target(target)
    network = _network_of(folders)
    wish = Wish(
        out=out,
        state=folders.state,
        network=network,
        paths=access_settings(environ, {Way.SECRET_PATH} & set(network.access)).paths,
        full=full,
        dry_run=dry_run,
        take_over=take_over,
        compared=compared,
        again=f"feeds publish {target}",
    )
    with ExitStack() as held:
        if not dry_run:
            held.enter_context(alone(folders.state))
        if not target.startswith(s3.SCHEME):
            folder.refuse_place(Path(target), folders, out, secret=bool(wish.paths))
            return publish(wish, held.enter_context(folder.opened(Path(target), dry_run=dry_run)))
        place = s3.place_of(target)
        done = publish(wish, held.enter_context(s3.opened(place, cache_control(network))))
    if unasked := sorted({Way.BASIC_AUTH, Way.ADDRESSES} & set(network.access)):
        done.notes.append(
            f"network.access wants {' and '.join(unasked)}, which object storage doesn't ask for by itself: keep the "
            "bucket closed, and let a CDN before it ask (docs/publishing.md)."
        )
    return done


def _network_of(folders: Folders) -> "Network":
    from feeds.building.results import built_from
    from feeds.building.sources import CatalogText
    from feeds.core.errors import BuildRefused
    from feeds.formats.catalog_yaml import ReadNetwork

    text = CatalogText(built_from(folders))
    if not isinstance(text.read, ReadNetwork):
        raise BuildRefused(f"{text.path} has faults, so nothing was published. `feeds check` lists them.")
    return text.read.network


@contextmanager
def ended_at_once() -> Iterator[None]:
    """Let ^C end the process within the block, as a kill does: calls that hang would else be waited for."""
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def published_once(
    target: str, folders: Folders, out: Path, environ: Mapping[str, str], *, compared: str | None = None
) -> bool:
    """Publish as a step of something else, say what it came to, and return whether the target has the site now.

    `compared` is the tag of the list that is online, where it was brought to be compared with.
    """
    from feeds.core.errors import FeedsError

    try:
        with ended_at_once():
            done = publish_to(target, folders, out, environ, compared=compared)
    except FeedsError as error:
        click.echo(f"trouble: {error}")
        return False
    click.echo(words(done, target), nl=False)
    return True


def words(done: "Published", target: str, *, dry_run: bool = False) -> str:
    """Return what a publication came to, as people read it."""
    lines = [f"would {what} {key}" for what, key in done.steps] if dry_run else []
    would = "would be " if dry_run else ""
    listed = f"users.json {would}written" if done.lists else "users.json unchanged"
    lines.append(
        f"{target}{' (nothing was done)' if dry_run else ''}: {_feeds(done.written)} {would}written, "
        f"{done.unchanged:,} unchanged, {done.deleted:,} {would}deleted; {listed}."
    )
    return "\n".join([*lines, *(f"note: {each}" for each in done.notes)]) + "\n"


def _feeds(number: int) -> str:
    return "1 feed" if number == 1 else f"{number:,} feeds"


# One slash too few is no folder that anybody means: s3:/nord. Written ./s3:/nord it still is one.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:/", re.I)


def list_in(out: Path) -> str | None:
    """Return the tag of the list in a folder, None where there is none."""
    from feeds.publishing.target import USER_LIST, tag_of

    try:
        return tag_of((out / USER_LIST).read_bytes())
    except OSError:
        return None


def refuse_target(target: str) -> None:
    """Raise UsageError where a target can't be one, whatever is there now, or what it needs is not installed."""
    from feeds.core.errors import UsageError
    from feeds.publishing import s3

    if target.startswith(s3.SCHEME):
        s3.place_of(target)
        s3.refuse_without_package()
    elif _SCHEME.match(target) or not target:
        raise UsageError("The target is no folder and no bucket: write a path, or s3://bucket/prefix.")


class Publishing(Beside):
    """Starts `feeds publish` until the target has what was built."""

    def __init__(self, target: str, folders: Folders, out: Path, environ: Mapping[str, str]) -> None:
        its = target if "://" in target else str(Path(target).absolute())
        super().__init__(["publish", its, "--out", str(out.absolute())], folders, environ)
        self._folders, self._out = folders, out
        self._said: IO[str] | None = None
        self._last = ""
        self._begun: tuple[int, ...] = ()
        self._published: tuple[int, ...] = ()

    def go_on(self) -> str:
        """Return what the one that has ended said; start the next if it is needed, and wait for nothing."""
        from feeds.building.results import built_from

        if self.is_running:
            return ""
        said = self._ended()
        now = _look(self._out, built_from(self._folders))
        if now != self._published:
            self._begun = now
            self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - what is said is read once the program has ended
            self.start(output=self._said, errors=subprocess.STDOUT)
            self._ending.enter_context(self._said)
        return said

    def _ended(self) -> str:
        """Return what the last one said, if that is something else than the one before it did."""
        if self.program is None or self._said is None:
            return ""
        if self.program.returncode == 0:
            self._published = self._begun
        self._said.seek(0)
        said = self._said.read()
        self._said.close()
        self.program, self._said = None, None
        said, self._last = ("" if said == self._last else said), said
        return said


def _look(out: Path, catalog: Path) -> tuple[int, ...]:
    """Return what changes whenever a file is put into the built site or taken out, or the network's settings change."""
    from feeds.building.sources import CATALOG

    try:
        built = tuple(each.stat().st_mtime_ns for each in (out, out / "feeds"))
        return (*built, hash((catalog / CATALOG).read_bytes()))
    except OSError:
        return ()
