"""A local stand-in for object storage, moto's, on a socket of this machine, whose calls can be made to fail.

Only the program's calls are counted and fail; what tests ask of it directly isn't. What it holds is written down after
each call that changes something, so that every moment can be looked at.
"""

import base64
import functools
import hashlib
import io
import os
import re
import signal
import socket
import threading
import time
from contextlib import suppress

import botocore.config
import botocore.loaders
import botocore.session
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEY = "AKIAIOSFODNN7EXAMPLE"

# What a call may meet. "403 AccessDenied" is answered as it stands; these break the connection before or after it is
# done, let it wait, answer with a web page, or kill the program (`victim`) before or after.
KINDS = {"drop", "lost", "hang", "html", "kill", "killed"}


# Reading the description of S3 takes 80 ms, which is most of what a small site's publication takes.
botocore.session.create_loader = functools.lru_cache(botocore.loaders.create_loader)


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
        # Tags that are no MD5, as where the bucket is encrypted with a key; and so many keys on a page of a listing.
        self.odd_tags, self.page, self.victim = False, None, None
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

    def hold(self, objects):
        """Hold exactly these objects, and forget calls and moments."""
        now = self.objects()
        for key in now.keys() - objects.keys():
            self.client.delete_object(Bucket=self.name, Key=key)
        for key, text in objects.items():
            if now.get(key) != text:
                self.client.put_object(Bucket=self.name, Key=key, Body=text)
        self.calls, self.moments, self._now = [], [], dict(objects)

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
        if kind == "kill":
            os.kill(self.victim, signal.SIGKILL)
        if kind in ("drop", "kill"):
            return self._break(environ)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if kind and kind not in KINDS:
            return _refused(start, kind)
        if kind == "html":
            start("200 OK", [("Content-Type", "text/html"), ("Content-Length", "20")])
            return [b"<html>Welcome!</html"]
        if any("AMZ_CHECKSUM" in name for name in environ):  # as older and smaller stores do
            return _refused(start, "501 NotImplemented")
        if environ["REQUEST_METHOD"] == "PUT":  # as Amazon does, and moto doesn't
            md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
            if environ.get("HTTP_CONTENT_MD5") != md5:
                return _refused(start, "400 BadDigest")
        return self._done(environ, start, body, lost=kind in ("lost", "killed"), kill=kind == "killed")

    def _done(self, environ, start, body, *, lost, kill):
        environ["wsgi.input"] = io.BytesIO(body)
        if self.page and environ["REQUEST_METHOD"] == "GET" and "list-type" in environ["QUERY_STRING"]:
            environ["QUERY_STRING"] += f"&max-keys={self.page}"
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
        if kill:
            os.kill(self.victim, signal.SIGKILL)
        if lost:
            return self._break(environ)
        if self.odd_tags:
            answer = re.sub(
                rb"(?<=<ETag>)(&quot;|\")?([0-9a-f]{32})", lambda tag: (tag[1] or b"") + odd(tag[2]), answer
            )
            headers = [(name, f'"{odd(text[1:33].encode()).decode()}"' if name == "ETag" else text)
                       for name, text in headers if name.lower() != "content-length"]  # fmt: skip
            headers.append(("Content-Length", str(len(answer))))
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


def odd(tag):
    """Return a tag that says nothing of the bytes."""
    return hashlib.sha1(tag).hexdigest()[:32].encode()


def _refused(start, kind):
    status, _, code = kind.partition(" ")
    text = (
        f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{KEY} with {SECRET} was refused</Message></Error>"
    ).encode()
    start(f"{status} Refused", [("Content-Type", "application/xml"), ("Content-Length", str(len(text)))])
    return [text]
