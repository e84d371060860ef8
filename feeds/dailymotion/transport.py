"""HTTP to Dailymotion: short, bounded, led nowhere else, and the same for the API and for OAuth.

Proxies and .netrc are ignored, TLS is always verified. An answer is read up to a size and a time; a redirect or a
compressed answer is refused, since nothing says that Dailymotion's API sends either.
"""

import io
import time
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse, Retry
from urllib3.exceptions import HTTPError

from feeds.dailymotion.errors import Broken

# Seconds to connect, seconds between two reads, and seconds for a whole answer.
CONNECT_S, READ_S, ANSWER_S = 5.0, 10.0, 30.0
# A page of 100 accounts with every field stays far below.
MAX_ANSWER_BYTES = 4 * 1024 * 1024

HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "feeds"}


class Bounded(HTTPAdapter):
    """Sends within limits, and hands on answers whose body is read already.

    A connection that couldn't be made is tried again, since nothing was sent; one that broke, only for a GET.
    Statuses are no matter of Retry: it reads a refused answer to its end, however long that takes.
    """

    def __init__(self, *, connect_s: float = CONNECT_S, read_s: float = READ_S, answer_s: float = ANSWER_S) -> None:
        retry = Retry(
            total=2, status=0, redirect=0, read=1, other=0, allowed_methods={"GET"}, backoff_factor=0.1,
            respect_retry_after_header=False,
        )  # fmt: skip
        super().__init__(max_retries=retry)
        self._connect_s, self._read_s, self._answer_s = connect_s, read_s, answer_s

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - whatever the caller asks, the limits hold
        timeout: Any = None,  # noqa: ARG002
        verify: Any = True,  # noqa: ARG002
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send the request once and return its whole answer. Raises Broken, which tells the path and no secret."""
        call = name_of(request)
        try:
            response = super().send(
                request, stream=True, timeout=(self._connect_s, self._read_s), verify=True, cert=cert, proxies=proxies
            )
        except requests.RequestException as error:
            raise Broken(f"Dailymotion gave no answer to {call}: {_reason(error)}. Try again later.") from error
        try:
            body = self._read(response, call)
        except (HTTPError, OSError) as error:
            raise Broken(f"Dailymotion's answer to {call} broke off: {_reason(error)}. Try again later.") from error
        finally:
            response.close()
        response.raw = HTTPResponse(io.BytesIO(body), status=response.status_code, preload_content=False)
        return response

    def _read(self, response: requests.Response, call: str) -> bytes:
        if 300 <= response.status_code < 400:
            raise Broken(f"Dailymotion answered {call} with a redirect: check the addresses in the settings.")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise Broken(f"Dailymotion answered {call} compressed, though nobody asked for that.")
        deadline, body = time.monotonic() + self._answer_s, bytearray()
        # read1 returns what has come: an answer that trickles can't hold us past the deadline.
        while chunk := response.raw.read1(64 * 1024, decode_content=False):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise Broken(f"Dailymotion answered {call} with more than {MAX_ANSWER_BYTES} bytes.")
            if time.monotonic() > deadline:
                raise Broken(f"Dailymotion's answer to {call} took more than {self._answer_s:g} s. Try again later.")
        return bytes(body)


def prepare(session: requests.Session, *, adapter: Bounded | None = None) -> None:
    """Give a session its limits."""
    session.trust_env = False
    session.headers.update(HEADERS)
    adapter = adapter or Bounded()
    session.mount("https://", adapter)
    session.mount("http://", adapter)


def name_of(request: requests.PreparedRequest) -> str:
    """Return a request as people may read it, "GET /auth": without the query, whatever it holds."""
    return f"{request.method} {request.path_url.partition('?')[0]}"


def _reason(error: Exception) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate could not be verified"
    if isinstance(error, requests.Timeout | TimeoutError) or "timed out" in str(error):
        return "it took too long"
    return "no connection, or one that broke"
