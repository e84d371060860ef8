"""What must never stand in a log, wherever a line comes from: the parts of addresses that are as good as a key."""

import logging
import re

from feeds.core.access import SECRET_CHARACTERS

_SECRET_PATH = re.compile(r"(/callback/)[^\s\"'?#]+")
# The published site isn't the app's, but a proxy may send its readers here.
_SITE_PATH = re.compile(rf"/[^/\s\"'?#]{{{SECRET_CHARACTERS},}}(?=/(?:users\.json|published\.txt|feeds/))")
_SECRET_QUERY = re.compile(r"\b((?:code|state|invitation|q|access_token|refresh_token|client_secret)=)[^\s\"'&#]+")


def mask(text: str) -> str:
    """Return a line of a log without the secrets of callback and site, and what OAuth, invitations, searches query."""
    return _SECRET_QUERY.sub(r"\1***", _SITE_PATH.sub("/***", _SECRET_PATH.sub(r"\1***", text)))


class Masking(logging.Filter):
    """Masks each record before any handler sees it, with the exception that it tells of."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, masked."""
        record.msg, record.args = mask(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = mask(logging.Formatter().formatException(record.exc_info))
        return True
