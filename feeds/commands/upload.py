"""`feeds upload`: upload a film on behalf of a partner."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from feeds.commands._parent import me, now, parent_of
from feeds.commands.options import catalog_option, folders_of
from feeds.formats.terminal import visible

if TYPE_CHECKING:
    from feeds.correcting.known import Known
    from feeds.uploading.attempts import Attempt
    from feeds.uploading.films import Film
    from feeds.uploading.flow import Sending
    from feeds.uploading.wanted import Wanted, Words

# Encoding takes about as long as the film; whoever can't wait says so.
POLL_S, WAIT_S = 5.0, 1800.0


@click.command("upload", epilog="Example: feeds upload annacooks tarte.mp4 --guid anna-0142")
@click.argument("user")
@click.argument("film", metavar="FILE|URL")
@click.option("--guid", help="The video of the catalog that it is; its entry says the rest.")
@click.option("--title", help="Its title, where it is in no catalog.")
@click.option("--category", help="Its category (default: the user's).")
@click.option("--description", help="Its description.")
@click.option("--tag", "tags", multiple=True, help="A tag; give it once for each.")
@click.option("--for-kids/--not-for-kids", default=None, help="Made for children, or not: Dailymotion must be told.")
@click.option("--explicit", is_flag=True, help="Not suitable for minors; it can't be taken back.")
@click.option("--private", is_flag=True, help="Seen only by whom its address is given to.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent, and send nothing.")
@click.option("--yes", is_flag=True, help="Do it although there are doubts.")
@click.option("--no-wait", is_flag=True, help="Don't wait until it is encoded.")
@catalog_option
def command(
    user: str,
    film: str,
    guid: str | None,
    title: str | None,
    category: str | None,
    description: str | None,
    tags: tuple[str, ...],
    for_kids: bool | None,
    explicit: bool,
    private: bool,
    dry_run: bool,
    yes: bool,
    no_wait: bool,
    catalog: str | None,
) -> int:
    """Upload a film to the account of USER, an adopted partner, with the parent's login.

    A file is sent piece by piece; of an address Dailymotion fetches it itself. With --guid it counts as imported, and
    leaves the feed. Safe to repeat: after a trouble the same command goes on, and makes no second video.
    """
    from feeds.correcting.known import read_known
    from feeds.storage.journal import Journal
    from feeds.uploading.allowance import check_allowance
    from feeds.uploading.attempts import held
    from feeds.uploading.films import film_of
    from feeds.uploading.flow import Sending, upload
    from feeds.uploading.wanted import UploadRefused, Words

    folders = folders_of(catalog)
    its_film = film_of(film)
    known = read_known(folders, now())
    words = Words(title, category, description, tags, for_kids, explicit, private)
    wanted = _wanted(known, user, guid, words)
    _show(wanted, its_film)
    if dry_run:
        click.echo("Nothing was sent.", err=True)
        return 0
    if wanted.doubts and not yes:
        raise UploadRefused("Not without --yes: the above is in doubt. Nothing was sent.")
    # A guid is one video; what has none is known by its film and title.
    names = (wanted.user.id, "guid", guid) if guid else (wanted.user.id, "film", its_film.mark, wanted.item.title)
    with held(folders.state, *names) as memory, parent_of(known.network.parent_id) as client:
        if guid:  # while we waited for our turn, another may have done it
            wanted = _wanted(read_known(folders, now()), user, guid, words)
        for note in check_allowance(wanted, its_film, client, now=now()):
            click.echo(f"note: {note}", err=True)
        with _progress(its_film) as sent:
            its = Sending(client, memory, Journal(folders.state / "journal"), me(), now, sent)
            attempt = upload(wanted, its_film, its)
        click.echo(visible(f"{guid or wanted.item.title}  {attempt.remote_id}  uploaded for {wanted.user.id}"))
        return _wait(attempt, its, no_wait=no_wait)


def _wanted(known: "Known", user: str, guid: str | None, words: "Words") -> "Wanted":
    from feeds.uploading.wanted import of_entry, of_words, user_of

    its_user = user_of(known, user)
    return of_entry(known, its_user, guid, words) if guid else of_words(known, its_user, words)


def _show(wanted: "Wanted", film: "Film") -> None:
    size = f", {film.size_bytes:,} bytes" if film.size_bytes else ""
    click.echo(visible(f"{film.url or film.path}{size}  to {wanted.user.username} ({wanted.user.id})"), err=True)
    for name, value in wanted.form.items():
        click.echo(visible(f"  {name:<20} {' '.join(value.split())[:100]}"), err=True)
    for each in (*wanted.notes, *wanted.doubts):
        click.echo(visible(f"note: {each}"), err=True)


@contextmanager
def _progress(film: "Film") -> "Iterator[Callable[[int], None]]":
    """Show on a terminal how much of the film is gone."""
    if film.path is None:
        yield lambda _: None
        return
    pieces: Iterable[int] | None = None
    with click.progressbar(pieces, length=film.size_bytes, label="Sending", file=sys.stderr) as bar:
        yield lambda done: bar.update(done - bar.pos)


def _wait(attempt: "Attempt", its: "Sending", *, no_wait: bool) -> int:
    from feeds.dailymotion.new_videos import DONE, FAILED, state
    from feeds.uploading.flow import settle

    remote_id = attempt.remote_id or ""
    until_s = time.monotonic() + (0 if no_wait else WAIT_S)
    said = ""
    while (its_state := state(its.client, remote_id)).status not in DONE | FAILED and time.monotonic() < until_s:
        percent = "" if its_state.percent is None else f" {its_state.percent} %"
        if (words := f"{its_state.status}{percent}") != said:
            click.echo(visible(f"  {words}"), err=True)
            said = words
        time.sleep(POLL_S)
    settle(attempt, its_state, its)
    if its_state.status not in DONE:
        click.echo(visible(f"Still {its_state.status}: see https://www.dailymotion.com/video/{remote_id}"), err=True)
    return 0
