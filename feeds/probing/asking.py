"""Ask one address after another, over connections that are kept: what is there is told by HEAD and the first bytes.

Only HEAD and GET are sent, which change nothing, so what got no answer may be asked once more
(https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2). Addresses are looked up and held against the rule as
feeds/fetching does, at each redirect too; cookies, logins and proxies are no matter here.
"""

import http.client
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from feeds.fetching.http import Limits, Pinned
from feeds.fetching.public import LookUp, NotAllowed, Rule, Unreachable, is_public, resolve
from feeds.fetching.trouble import Trouble, why
from feeds.probing.answers import FIRST_BYTES, Reply, mark_of, seen_of, spoken
from feeds.probing.seen import Seen

REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_BUSY = frozenset({429, 502, 503, 504})
_KEPT_CONNECTIONS = 4  # of one thread: the host's own, and those that it leads to
_AS_IT_IS = "!#$%&'()*+,/:;=?@[]~"

Slots = Callable[[str], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Way:
    """How to ask: time limits, which hosts may be asked, who looks them up, the pause before a second try."""

    limits: Limits = Limits(connect_s=5, read_s=10, whole_s=20)  # noqa: RUF009 - a frozen value
    rule: Rule = is_public
    look_up: LookUp = socket.getaddrinfo
    pause_s: float = 1.0


class _NoAnswer(Exception):
    """Nothing came; the words say why."""


class _TooSlow(_NoAnswer):
    """Nothing came in time."""


class _Astray(Exception):
    """The redirects lead to nothing."""


class Asker:
    """Asks one thing at a time; each thread has its own. `slots` gives the room that a host has for a request."""

    def __init__(self, way: Way, slots: Slots) -> None:
        self._way, self._slots = way, slots
        self._open: dict[tuple[bool, str], Pinned] = {}
        self._lock, self._ended = threading.Lock(), False

    def end(self) -> None:
        """Break off what is being asked, and ask nothing more."""
        with self._lock:
            self._ended = True
            connections = list(self._open.values())
        for each in connections:
            each.end()

    def close(self) -> None:
        """Close the connections that are kept."""
        for key in list(self._open):
            self._drop(key)

    def ask(self, url: str, mark: str | None = None) -> Seen | None:
        """Return what is at the address; None where HEAD shows that it is what it was when it had this mark."""
        try:
            head = self._head(url)
            if head is not None and head.status == 200 and mark is not None and mark_of(head.headers) == mark:
                return None
            reply = self._get(url, once=head is None)
        except (NotAllowed, Unreachable, _NoAnswer, _Astray) as trouble:
            return Seen(str(trouble).rstrip("."), barred=isinstance(trouble, NotAllowed))
        return seen_of(url, head, reply)

    def _head(self, url: str) -> Reply | None:
        try:
            return self._follow(url, "HEAD", {})
        except _NoAnswer:  # some servers know no HEAD
            return None

    def _get(self, url: str, *, once: bool) -> Reply:
        headers = {"Range": f"bytes=0-{FIRST_BYTES - 1}"}
        try:
            reply = self._follow(url, "GET", headers)
        except _NoAnswer:
            if once or self._ended:
                raise
        else:
            if reply.status not in _BUSY:
                return reply
        time.sleep(self._way.pause_s)
        return self._follow(url, "GET", headers)

    def _follow(self, url: str, method: str, headers: Mapping[str, str]) -> Reply:
        for _ in range(REDIRECTS + 1):
            reply = self._once(url, method, headers)
            location = reply.headers.get("location")
            if reply.status not in _MOVED or not location:
                return reply
            url = _led_to(url, location)
        raise _Astray(f"it leads on and on, with more than {REDIRECTS} redirects")

    def _once(self, url: str, method: str, headers: Mapping[str, str]) -> Reply:
        host = host_of(url)
        with self._slots(host):
            key = (url.lower().startswith("https:"), host)
            if key in self._open:
                try:
                    return self._exchange(key, self._open[key], url, method, headers)
                except _TooSlow:
                    raise
                except _NoAnswer:  # a kept connection may have ended meanwhile
                    if self._ended:
                        raise
            return self._anew(key, url, method, headers)

    def _anew(self, key: tuple[bool, str], url: str, method: str, headers: Mapping[str, str]) -> Reply:
        target = resolve(url, rule=self._way.rule, look_up=self._way.look_up)
        trouble = _NoAnswer(f"{target.host} gave no answer")
        for address in target.addresses:
            connection = Pinned(target, address, self._way.limits)
            self._keep(key, connection)
            try:
                return self._exchange(key, connection, url, method, headers)
            except _NoAnswer as error:
                trouble = error
                if connection.reached is not None:  # the next address would only be asked twice
                    break
        raise trouble

    def _exchange(
        self, key: tuple[bool, str], connection: Pinned, url: str, method: str, headers: Mapping[str, str]
    ) -> Reply:
        late = threading.Event()

        def end() -> None:
            late.set()
            connection.end()

        timer = threading.Timer(self._way.limits.whole_s, end)
        timer.daemon = True
        timer.start()
        try:
            reply, whole = spoken(connection, url, method, headers)
            if late.is_set():  # headers that are broken off look like headers that have ended
                raise TimeoutError
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._drop(key)
            slow = late.is_set() or isinstance(error, TimeoutError)
            if slow:
                raise _TooSlow(f"{connection.host} gave no answer: {Trouble.SLOW}") from error
            raise _NoAnswer(f"{connection.host} gave no answer: {why(error)}") from error
        finally:
            timer.cancel()
        if not whole:
            self._drop(key)
        return reply

    def _keep(self, key: tuple[bool, str], connection: Pinned) -> None:
        while len(self._open) >= _KEPT_CONNECTIONS:
            self._drop(next(iter(self._open)))
        with self._lock:
            if self._ended:
                raise _NoAnswer("the check was broken off")
            self._open[key] = connection

    def _drop(self, key: tuple[bool, str]) -> None:
        with self._lock:
            connection = self._open.pop(key, None)
        if connection is not None:
            connection.close()


def _led_to(url: str, location: str) -> str:
    try:
        following = urljoin(url, quote(location.partition("#")[0].encode("latin-1"), safe=_AS_IT_IS))
        host_of(following)
    except ValueError as error:
        raise _Astray("it leads to what is no address") from error
    return following


def host_of(url: str) -> str:
    """Return the host and port of an address as they are written, in small letters."""
    return urlsplit(url).netloc.lower()
