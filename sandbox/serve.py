"""`python -m sandbox serve`: a world, new or kept, behind a server until it is told to end."""

import os
import signal
import sys
import threading
from pathlib import Path

import click

from sandbox import population, server, world
from sandbox.server import Sandbox
from sandbox.world import World


def begin(
    memory: Path | None,
    *,
    callback_url: str,
    client_id: str,
    client_secret: str,
    accounts: Path | None,
    children: int,
    videos: int,
) -> World:
    """Return the world that the memory holds, or a new one, which is written there at once.

    Raises ValueError where the memory can't be read or written, or the file of accounts can't be read.
    """
    if memory is not None and memory.exists():
        return world.load(memory)
    named = {} if accounts is None else {"accounts": population.given(accounts)}
    known = population.sample(callback_url=callback_url, client_id=client_id, client_secret=client_secret, **named)
    known.path = memory
    population.add_children(known, children, videos=videos)
    try:
        known.save()
    except OSError as error:
        raise ValueError(f"{memory} can't be written: {error.strerror}") from error
    return known


def run(app: Sandbox, *, host: str, port: int) -> None:
    """Serve until ^C or SIGTERM. Raises ValueError where the port can't be had."""
    try:
        running = server.server(app, host=host, port=port, log=lambda line: click.echo(line, err=True))
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else str(error)
        raise ValueError(f"{host}:{port} can't be listened on: {why}; --port 0 takes a free one") from error
    click.echo(f"http://{host}:{running.port}")
    click.echo("Sandbox - not Dailymotion. It ends with ^C.", err=True)
    sys.stdout.flush()

    # serve_forever must be told from another thread than its own.
    def end(*_: object) -> None:
        app.extensions["faults"].clear()
        threading.Thread(target=running.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    running.serve_forever(poll_interval=0.1)
    running.server_close()
