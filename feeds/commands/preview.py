"""`feeds preview`: look at each feed in a browser while the catalog is being edited."""

from datetime import UTC, datetime

import click

from feeds.commands.options import catalog_option, folders_of


@click.command("preview", epilog="Example: feeds preview --watch")
@catalog_option
@click.option("--watch", is_flag=True, help="Have the page follow each saved edit.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, metavar="N", help="0: a free one."
)
def command(catalog: str | None, watch: bool, port: int) -> None:
    """Show each feed as Dailymotion will read it, on a page of this machine alone, until ^C.

    With titles, thumbnails, rights, and beside each video why it isn't listed or what is wrong with it, and where.
    Nothing is built, published or written.
    """
    from werkzeug.serving import WSGIRequestHandler, make_server

    from feeds.commands._programs import HOST, ended_by_signals, listen
    from feeds.previewing.app import create_app
    from feeds.previewing.reading import Reader

    class Quiet(WSGIRequestHandler):
        def log(self, type: str, message: str, *args: object) -> None:
            """Say nothing: the terminal is for what matters."""

    reader = Reader(folders_of(catalog), lambda: datetime.now(UTC))
    with ended_by_signals(), listen(port) as listener:
        listener.listen(128)
        number = listener.getsockname()[1]
        hosts = frozenset(f"{name}:{number}" for name in (HOST, "localhost")) | (
            {HOST, "localhost"} if number == 80 else frozenset()
        )
        app = create_app(reader, hosts, watch=watch)
        with make_server(HOST, number, app, threaded=True, request_handler=Quiet, fd=listener.fileno()) as server:
            server.daemon_threads = True  # type: ignore[attr-defined]
            click.echo(f"http://{HOST}:{number}/")
            click.echo("^C ends it.", err=True)
            server.serve_forever(poll_interval=0.1)
