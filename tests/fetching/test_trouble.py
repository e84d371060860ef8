"""Why a host gave no answer is told by the error that says most, however often it was wrapped."""

import errno
import socket
import ssl

import pytest

from feeds.fetching.trouble import Trouble, why


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "no"), Trouble.REFUSED),
        (OSError(errno.EHOSTUNREACH, "no"), Trouble.NO_ROUTE),
        (OSError(errno.ENETUNREACH, "no"), Trouble.NO_ROUTE),
        (OSError(errno.ETIMEDOUT, "no"), Trouble.SLOW),
        (TimeoutError(), Trouble.SLOW),
        (socket.gaierror(socket.EAI_NONAME, "no"), Trouble.NO_NAME),
        (socket.gaierror(socket.EAI_AGAIN, "no"), Trouble.NO_NAME),
        (ssl.SSLEOFError(8, "no"), Trouble.BROKEN),
        (ConnectionResetError(errno.ECONNRESET, "no"), Trouble.BROKEN),
        (ValueError("no"), Trouble.BROKEN),
        (None, Trouble.BROKEN),
    ],
)
def test_each_is_told_apart_also_behind_others(error, trouble):
    assert why(error).trouble == trouble
    first, second = RuntimeError("wrapped"), KeyError("wrapped again")
    first.__cause__, second.__context__ = error, first
    assert why(second).trouble == trouble
