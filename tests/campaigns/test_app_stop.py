"""A stop or a reload in the midst of callbacks loses none that was answered 200, cuts no answer, and comes to an end.

What ends a server: SIGTERM (systemd, `docker stop`), SIGINT (^C), SIGHUP to reload
(https://docs.gunicorn.org/en/stable/signals.html).
"""

import http.client
import json
import signal
import socket
import threading
import time
from collections import Counter

import pytest

from feeds.core.events import Event
from feeds.formats import results_yaml
from feeds.storage.journal import Journal
from tests.serving import SECRET, Gunicorn

ANSWERED, REFUSED, CLOSED = "answered 200", "refused", "closed before an answer"
GRACE_S = 1
SOON_S = 15  # on however busy a machine; left alone, gunicorn waits for 30 s


@pytest.fixture
def gunicorn(tmp_path):
    server = Gunicorn(tmp_path / "state", options=("--graceful-timeout", str(GRACE_S)))
    yield server
    server.close()


def body_of(guid):
    data = {"status": "ready", "uid": guid, "remote_id": "x1"}
    return json.dumps([{"timestamp": 1407770138078, "type": "injector.item.ready", "data": data}]).encode()


class Client(threading.Thread):
    """Posts one event after the other until told to end; on one connection, or each on a new one."""

    def __init__(self, name, port, over, *, keeps):
        super().__init__(name=name)
        self.became = {}  # of each guid, in words
        self._port, self._over, self._keeps = port, over, keeps

    def run(self):
        connection = None
        while not self._over.is_set():
            guid = f"{self.name}-{len(self.became)}"
            connection = connection or http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            self.became[guid] = self._post(connection, guid)
            if not self._keeps or self.became[guid] != ANSWERED:
                connection.close()
                connection = None
            if self.became[guid] == REFUSED:
                time.sleep(0.005)
        if connection:
            connection.close()

    def _post(self, connection, guid):
        try:
            if connection.sock is None:
                connection.connect()
            connection.request("POST", f"/callback/{SECRET}", body_of(guid))
            response = connection.getresponse()
            text = response.read()
        except ConnectionRefusedError:
            return REFUSED
        except (ConnectionError, http.client.RemoteDisconnected):
            return CLOSED
        except (OSError, http.client.HTTPException) as error:
            return f"neither answered nor closed: {error!r}"
        return ANSWERED if response.status == 200 else f"{response.status}: {text!r}"


class Load:
    """Clients of both kinds that go on while the block runs."""

    def __init__(self, port):
        self._over = threading.Event()
        self.keeping = [Client(f"k{number}", port, self._over, keeps=True) for number in range(4)]
        self.anew = [Client(f"n{number}", port, self._over, keeps=False) for number in range(4)]

    def __enter__(self):
        for client in (*self.keeping, *self.anew):
            client.start()
        self.wait_for_answers(20)
        return self

    def __exit__(self, *_):
        self._over.set()
        for client in (*self.keeping, *self.anew):
            client.join()

    def became(self, clients=None):
        return {
            guid: what for each in clients or (*self.keeping, *self.anew) for guid, what in dict(each.became).items()
        }

    def wait_for_answers(self, more):
        """Wait until so many more were answered."""
        enough = Counter(self.became().values())[ANSWERED] + more
        until = time.monotonic() + 30
        while Counter(self.became().values())[ANSWERED] < enough:
            assert time.monotonic() < until, Counter(self.became().values())
            time.sleep(0.005)


def journalled(state):
    """Return how often each guid is in the journal, of which every line is whole."""
    texts = [path.read_bytes() for path in Journal(state / "journal").segments()]
    events = [event for text in texts for event in results_yaml.parse(text)]
    assert all(text.endswith(b"\n") for text in texts if text)
    assert all(isinstance(event, Event) for event in events)
    return Counter(event.text("guid") for event in events)


def test_a_stop_under_load_loses_nothing_that_was_answered(tmp_path, gunicorn, campaign_s, counted):
    until, stops, told = time.monotonic() + campaign_s - 3, 0, Counter()
    ways = [[signal.SIGTERM, signal.SIGTERM], [signal.SIGINT], [signal.SIGTERM]]
    while stops < 2 or time.monotonic() < until:
        state = tmp_path / f"{stops}"
        server = Gunicorn(state, options=("--graceful-timeout", str(GRACE_S)))
        server.start()
        server.let_go()
        with Load(server.port) as load:
            code, lasted_s = server.end(*ways[stops % len(ways)])
            time.sleep(0.05)
        server.close()
        became, stored = load.became(), journalled(state)
        stops += 1
        told.update(became.values())
        assert (code, lasted_s < SOON_S) == (0, True)
        assert set(became.values()) <= {ANSWERED, REFUSED, CLOSED}
        assert {guid for guid, what in became.items() if what == ANSWERED} - set(stored) == set()
        assert {guid for guid, what in became.items() if what == REFUSED} & set(stored) == set()
        assert max(stored.values()) == 1
    assert told[REFUSED]
    counted(f"{stops} stops, {told[ANSWERED]} answered, {told[CLOSED]} closed before an answer")


def test_a_reload_under_load_answers_every_new_connection(tmp_path, gunicorn, campaign_s, counted):
    gunicorn.start()
    gunicorn.let_go()
    until, reloads = time.monotonic() + (campaign_s - 3) / 3, 0
    with Load(gunicorn.port) as load:
        while not reloads or time.monotonic() < until:
            gunicorn.reload()
            load.wait_for_answers(50)
            reloads += 1
    code, _ = gunicorn.end(signal.SIGTERM)
    assert code == 0
    assert set(load.became(load.anew).values()) == {ANSWERED}
    assert set(load.became(load.keeping).values()) <= {ANSWERED, CLOSED}
    stored = journalled(tmp_path / "state")
    assert {guid for guid, what in load.became().items() if what == ANSWERED} - set(stored) == set()
    counted(f"{reloads} reloads, {Counter(load.became().values())[ANSWERED]} answered")


def test_a_restart_on_a_socket_that_outlives_it_refuses_nobody(tmp_path, gunicorn):
    """As feeds-app.socket has it: systemd holds the socket, and who comes meanwhile waits in its queue."""
    gunicorn.start()
    with Load(gunicorn.port) as load:
        code, _ = gunicorn.end(signal.SIGTERM)
        gunicorn.start()
        load.wait_for_answers(20)
    gunicorn.end(signal.SIGTERM)
    became, stored = load.became(), journalled(tmp_path / "state")
    assert code == 0
    assert set(became.values()) <= {ANSWERED, CLOSED}
    assert {guid for guid, what in became.items() if what == ANSWERED} - set(stored) == set()


def half_sent(port, guid):
    """Return a socket on which a callback stands half sent, and the half that is missing."""
    body = body_of(guid)
    sender = socket.create_connection(("127.0.0.1", port), timeout=30)
    head = f"POST /callback/{SECRET} HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    sender.sendall(head + body[:20])
    return sender, body[20:]


def test_a_stop_waits_for_a_callback_that_is_half_sent_but_not_for_ever(tmp_path, gunicorn):
    gunicorn.start()
    wait_until_up(gunicorn.port)
    (late, rest), (never, _) = (half_sent(gunicorn.port, guid) for guid in ("late", "never"))
    time.sleep(0.1)  # they are in threads' hands by now
    begun = time.monotonic()
    gunicorn.signal(signal.SIGTERM)
    time.sleep(0.3)
    late.sendall(rest)
    assert late.recv(1000).startswith(b"HTTP/1.1 200 ")
    code, _ = gunicorn.end(signal.SIGTERM)
    assert (code, GRACE_S - 0.5 < time.monotonic() - begun < SOON_S) == (0, True)
    for sender in (late, never):
        sender.close()
    assert journalled(tmp_path / "state") == {"late": 1}


def wait_until_up(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/healthz", headers={"Connection": "close"})
    assert connection.getresponse().read()
    connection.close()
