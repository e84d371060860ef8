"""The sandbox's command line: `python -m sandbox crawl URL` does once what Dailymotion repeats."""

import json
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import click
import requests

from sandbox import crawl, http
from sandbox.callbacks import Faults
from sandbox.importer import Keys, UnreadableError

REMOTE_TROUBLE = 3


@click.group()
def main() -> None:
    """Stand in for Dailymotion, as its public documents describe it."""


@main.command("crawl")
@click.argument("user_list_url", envvar="SANDBOX_USER_LIST")
@click.option("--callback", envvar="SANDBOX_CALLBACK", help="Import, and POST what came of it here.")
@click.option("--map", "maps", multiple=True, metavar="URL=URL", help="Fetch the second for the first.")
@click.option(
    "--login-file", type=click.Path(dir_okay=False, path_type=Path),
    help="Holds the user:password of the user list's site; or SANDBOX_LOGIN itself holds it.",
)  # fmt: skip
@click.option("--id-key", default="id", show_default=True, help="The user list's key of the id.")
@click.option("--username-key", default="username", show_default=True, help="Its key of the username.")
@click.option("--feed-key", default="feed_url", show_default=True, help="Its key of the feed's URL.")
@click.option("--wrap", help="The key that holds the array of users, where it isn't bare.")
@click.option("--memory", type=click.Path(path_type=Path), help="Keeps what is imported for the next crawl.")
@click.option("--seed", default="sandbox", show_default=True, help="What ids and faults are made from.")
@click.option("--api", metavar="URL", help="A `sandbox serve` whose accounts get the imported videos.")
@click.option("--control-token", envvar="SANDBOX_CONTROL_TOKEN", help="Its control token.")
@click.option("--batch", type=click.IntRange(1), default=3, show_default=True, help="Events in a callback.")
@click.option("--fail", type=click.IntRange(0), default=0, help="How many imports fail.")
@click.option("--bare", type=click.IntRange(0), default=0, help="How many are ready without remote id.")
@click.option("--twice", type=click.IntRange(0), default=0, help="How many are called back twice.")
@click.option("--late", type=click.IntRange(0), default=0, help="How many come after all others.")
@click.option("--unknown", type=click.IntRange(0), default=0, help="How many more for an unknown uid.")
@click.option("--shuffle", is_flag=True, help="Call back out of order.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def crawl_command(
    user_list_url: str,
    *,
    callback: str | None,
    maps: Sequence[str],
    login_file: Path | None,
    id_key: str,
    username_key: str,
    feed_key: str,
    wrap: str | None,
    memory: Path | None,
    seed: str,
    api: str | None,
    control_token: str | None,
    batch: int,
    form: str,
    **faults: Any,
) -> None:
    """Read the user list and each feed in it; with --callback, import the items and call back.

    SANDBOX_USER_LIST may hold the URL, where it has a secret in it. Exits 1 when a feed, an item or a callback was
    refused, and 3 when there is no user list.
    """
    if api is not None and callback is None:
        raise click.UsageError("--api shows what is imported, and without --callback nothing is")
    keys = Keys(id_key, username_key, feed_key, wrap)
    posts: list[crawl.Post] = []
    try:
        visits = crawl.read(user_list_url, keys, [_mapping(text) for text in maps], _login(login_file))
    except (http.FetchError, UnreadableError) as error:
        click.echo(f"error: {error}", err=True)
        raise SystemExit(REMOTE_TROUBLE) from error
    if callback is not None:
        plan = Faults(**faults)
        held = json.loads(memory.read_bytes()) if memory is not None and memory.exists() else {}
        crawl.import_all(visits, held, failures=plan.fail, seed=seed)
        if api is not None:
            _show(api, visits, control_token)
        now_ms = time.time_ns() // 1_000_000
        posts += crawl.call_back(callback, visits, plan, seed=seed, first_ms=now_ms, batch=batch)
        if memory is not None:
            memory.write_text(json.dumps(held, indent=1))
    click.echo(json.dumps(crawl.report(visits, posts)) if form == "json" else crawl.summary(visits, posts))
    raise SystemExit(0 if crawl.is_clean(visits, posts) else 1)


@main.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8002, show_default=True, help="0 takes a free one.")
@click.option(
    "--memory",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keeps all for the next start; then the options of a beginning don't count.",
)
@click.option(
    "--callback-url", default="http://127.0.0.1:8001/connect/return", show_default=True, help="The API key's."
)
@click.option("--client-id", default="sandbox-key", show_default=True)
@click.option("--client-secret", default="sandbox-secret", show_default=True)
@click.option(
    "--accounts",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A JSON array of the accounts to begin with, instead of the sample's: id, username, role (parent, child).",
)
@click.option("--children", type=click.IntRange(0, 99_999), default=0, help="How many adopted children to begin with.")
@click.option("--videos", type=click.IntRange(0, 9), default=2, show_default=True, help="How many each of them has.")
@click.option("--encoding-s", type=click.FloatRange(0), default=0.0, help="Seconds until a new video is ready.")
@click.option("--not-a-child", type=click.Choice(["empty", "404"]), default="empty", show_default=True)
@click.option("--double-bearer", is_flag=True, help="Take `Bearer Bearer <token>`, as a package of theirs sends it.")
@click.option("--fault", "wanted", multiple=True, metavar="WORDS", help='As "hang method=GET path=/me* seconds=3".')
@click.option("--control-token", envvar="SANDBOX_CONTROL_TOKEN", help="Opens /_sandbox/ to who brings it.")
def serve_command(
    *,
    host: str,
    port: int,
    wanted: Sequence[str],
    memory: Path | None,
    encoding_s: float,
    control_token: str | None,
    not_a_child: Literal["empty", "404"],
    double_bearer: bool,
    **beginning: Any,
) -> None:
    """Stand in for Dailymotion's API and its login page, until ^C or SIGTERM.

    The first line it writes is its URL. Accounts, keys and options are in the README.
    """
    from sandbox import faults, serve, server  # a crawl needs no web server

    try:
        known = serve.begin(memory, **beginning)
        known.encoding_s = encoding_s
        app = server.create_app(
            known,
            faults=[faults.fault(words) for words in wanted],
            control_token=control_token,
            not_a_child=not_a_child,
            double_bearer=double_bearer,
        )
        serve.run(app, host=host, port=port)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _show(api_url: str, visits: Sequence[crawl.Visit], control_token: str | None) -> None:
    shown = crawl.publish(api_url.rstrip("/"), visits, control_token=control_token or "")
    if shown.status != requests.codes.ok:
        click.echo(f"error: {api_url} did not take the videos: {shown.status} {shown.text.strip()}", err=True)
        raise SystemExit(REMOTE_TROUBLE)


def _login(file: Path | None) -> str | None:
    """Return the `user:password` of the site; the command line, which everybody may read, never holds it."""
    words = os.environ.get("SANDBOX_LOGIN") or None
    if file is not None:
        if words is not None:
            raise click.UsageError("--login-file and SANDBOX_LOGIN are both given. Keep one.")
        try:
            words = file.read_text().strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text"
            raise click.UsageError(f"--login-file {file} can't be read: {reason}.") from error
    if words is not None and (":" not in words or not words.isprintable()):
        raise click.UsageError("The login is none: write user:password, in one line.")
    return words


def _mapping(text: str) -> http.Mapping:
    found = re.fullmatch(r"(https?://[^=]+?)/?=(https?://[^=]+?)/?", text)
    if found is None:
        raise click.UsageError(f'--map "{text}" is not like https://feeds.nord.example=http://127.0.0.1:8000')
    return http.Mapping(found[1], found[2])


if __name__ == "__main__":
    main(prog_name="python -m sandbox")
