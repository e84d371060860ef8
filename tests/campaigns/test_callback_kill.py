"""A callback that was answered 200 is on disk, however often the app is killed while it answers."""

import http.client
import json
import random
import threading
import time

import pytest

from feeds.core.events import Event
from feeds.formats import results_yaml
from feeds.storage.journal import Journal
from tests.serving import SECRET, Gunicorn

SENDERS = 6


@pytest.fixture
def gunicorn(tmp_path):
    server = Gunicorn(tmp_path / "state")
    yield server
    server.close()


class Sender(threading.Thread):
    """Posts one event after the other, and remembers the guids that were answered 200."""

    def __init__(self, name, port, until):
        super().__init__(name=name)
        self.acknowledged = []
        self.answers = set()
        self._port = port
        self._until = until
        self._sent = 0

    def run(self):
        while time.monotonic() < self._until:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
            try:
                while time.monotonic() < self._until:
                    self._post(connection)
            except (OSError, http.client.HTTPException):
                pass  # killed in the middle: whether it was stored, nobody may say
            finally:
                connection.close()

    def _post(self, connection):
        self._sent += 1
        guid = f"{self.name}-{self._sent}"
        data = {"status": "ready", "uid": guid, "remote_id": f"x{self._sent}"}
        body = json.dumps([{"timestamp": 1407770138078, "type": "injector.item.ready", "data": data}])
        connection.request("POST", f"/callback/{SECRET}", body)
        response = connection.getresponse()
        response.read()
        self.answers.add(response.status)
        if response.status == 200:
            self.acknowledged.append(guid)


def test_what_was_acknowledged_survives_kill_9_and_no_line_is_torn(tmp_path, gunicorn, campaign_s, counted):
    until = time.monotonic() + campaign_s
    senders = [Sender(f"s{number}", gunicorn.port, until) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    kills = 0
    while time.monotonic() < until or kills < 2:
        before = count(senders)
        gunicorn.start()
        while count(senders) == before and time.monotonic() < until + 10:
            time.sleep(0.005)
        time.sleep(random.uniform(0.02, 0.2))
        gunicorn.kill()
        kills += 1
    gunicorn.start()  # answers what still waits in the socket's queue
    for sender in senders:
        sender.join()
    gunicorn.stop()

    journal = Journal(tmp_path / "state" / "journal")
    journal.append(b"")  # as the next writer would, cuts what was torn
    events = [event for segment in journal.segments() for event in results_yaml.parse(segment.read_bytes())]
    assert all(isinstance(event, Event) for event in events)
    assert all(segment.read_bytes().endswith(b"\n") for segment in journal.segments())
    acknowledged = {guid for sender in senders for guid in sender.acknowledged}
    assert acknowledged, "nothing was ever answered, so that nothing was tried"
    assert acknowledged - {event.text("guid") for event in events} == set()
    assert {status for sender in senders for status in sender.answers} == {200}
    counted(f"{kills} kills, {len(acknowledged)} acknowledged")


def count(senders):
    return sum(len(sender.acknowledged) for sender in senders)
