"""How gunicorn serves the app: one process, so that one fsync can serve all requests that wait for it."""

import logging

from gunicorn.config import Config
from gunicorn.glogging import Logger

from feeds.web.masking import mask

wsgi_app = "app:app"
workers = 1
worker_class = "gthread"
threads = 16
keepalive = 75  # seconds; more than the 60 for which nginx keeps a connection to us by default
graceful_timeout = 30  # after SIGTERM; what stops it (deploy/) waits longer, or it would be killed while it answers
control_socket_disable = True
# Which headers of a proxy are believed is said by FEEDS_PROXIES alone.
forwarded_allow_ips = ""
forwarder_headers = ""


class _MaskingFormatter(logging.Formatter):
    """Writes a line as another formatter does, without what is as good as a key."""

    def __init__(self, formatter: logging.Formatter | None) -> None:
        super().__init__()
        self._formatter = formatter or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        return mask(self._formatter.format(record))


class _MaskingLogger(Logger):
    """Gunicorn's own logs: the access log is off unless asked for, and failures name the address."""

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(_MaskingFormatter(handler.formatter))


logger_class = _MaskingLogger
