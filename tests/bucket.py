"""A local stand-in for object storage, moto's, on a socket of this machine, whose calls can be made to fail.

Only the program's calls are counted and fail; what tests ask of it directly isn't. What it holds is written down after
each call that changes something, so that every moment can be looked at.
"""

import re
import socket
import threading
import time
from contextlib import suppress

import botocore.config
import botocore.session
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY = "AKIAIOSFODNN7EXAMPLE"

# What a call may meet: an answer of an error, with what it is called there, or a connection that breaks.
ERRORS = {"503": "SlowDown", "500": "InternalError", "403": "AccessDenied", "400": "ExpiredToken"}


class _Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


class Bucket:
    """The stand-in, with one bucket: `calls` are the program's, `moments` what was there after each change."""

    name = "nord"

    def __init__(self):
        self._app = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._lock = threading.Lock()
        self.environ = {
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_MAX_ATTEMPTS": "1",
            "NO_PROXY": "127.0.0.1",
        }
        self.client = botocore.session.get_session().create_client(
            "s3", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id=KEY, aws_secret_access_key=SECRET,
            config=botocore.config.Config(proxies={}),
        )  # fmt: skip
        self.client.create_bucket(Bucket=self.name)
        self.reset()

    def reset(self):
        """Empty the bucket, and forget calls and faults."""
        self.fail()
        for key in list(self.objects()):
            self.client.delete_object(Bucket=self.name, Key=key)
        self.calls, self.moments, self._now = [], [], {}

    def fail(self, kind=None, nth=1, count=1, only=""):
        """Have the nth call from now on fail, and those behind it; `only` is what the call has to match."""
        self._kind, self._nth, self._count, self._only = kind, nth, count, only
        self.failed = 0

    def close(self):
        self.client.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # -- what is there

    def objects(self):
        """Return {key: bytes}."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
        return {key: self.client.get_object(Bucket=self.name, Key=key)["Body"].read() for key in keys}

    def put(self, key, text=b"somebody's"):
        self.client.put_object(Bucket=self.name, Key=key, Body=text)
        self._now[key] = text

    def head(self, key):
        return self.client.head_object(Bucket=self.name, Key=key)

    # -- answering

    def _answer(self, environ, start):
        if "feeds" not in environ.get("HTTP_USER_AGENT", ""):
            return self._app(environ, start)
        call = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        with self._lock:
            self.calls.append(call)
            kind = self._fault(call)
        if kind == "hang":
            time.sleep(3)
        if kind == "drop":
            return self._break(environ)
        if kind in ERRORS:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            return _refused(start, kind)
        if kind == "html":
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start("200 OK", [("Content-Type", "text/html"), ("Content-Length", "20")])
            return [b"<html>Welcome!</html"]
        return self._done(environ, start, lost=kind == "lost")

    def _done(self, environ, start, *, lost):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = _Body(body)
        heard = []
        with self._lock:  # one at a time: so that moments are in order
            answer = b"".join(self._app(environ, lambda status, headers, *_: heard.append((status, headers))))
            status, headers = heard[0]
            key = re.sub(rf"^/{self.name}/?", "", environ["PATH_INFO"])
            if status[0] == "2" and environ["REQUEST_METHOD"] in ("PUT", "DELETE"):
                self._now.pop(key, None)
                if environ["REQUEST_METHOD"] == "PUT":
                    self._now[key] = body
                self.moments.append(dict(self._now))
        if lost:
            return self._break(environ)
        start(status, headers)
        return [answer]

    def _fault(self, call):
        if self._kind is None or not re.search(self._only, call):
            return None
        self._nth -= 1
        if self._nth > 0 or self.failed >= self._count:
            return None
        self.failed += 1
        return self._kind

    def _break(self, environ):
        with suppress(OSError):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError


class _Body:
    def __init__(self, text):
        self._text = text

    def read(self, size=-1):
        part, self._text = (self._text, b"") if size is None or size < 0 else (self._text[:size], self._text[size:])
        return part


def _refused(start, status):
    code = ERRORS[status]
    text = (
        f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{KEY} with {SECRET} was refused</Message></Error>"
    ).encode()
    start(f"{status} Refused", [("Content-Type", "application/xml"), ("Content-Length", str(len(text)))])
    return [text]
