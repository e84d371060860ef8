"""Whichever system call of the app fails, or is slow: 200 is said of what is on the disk, and of nothing else."""

import http.client
import json
import time
from contextlib import closing

import pytest

from feeds.core.events import Event
from feeds.formats import results_yaml
from feeds.storage.dead_letters import DeadLetters
from feeds.storage.journal import Journal
from tests.campaigns.test_callback_kill import Sender
from tests.faults import injected, numbered, some_of, tracing
from tests.serving import SECRET, Gunicorn

FAULTS = {"fsync": "error=EIO", "write": "error=ENOSPC", "flock": "error=ENOLCK", "mkdir": "error=ENOSPC",
          "unlink": "error=EIO", "ftruncate": "error=EIO"}  # fmt: skip
POSTS = 4


def post(port, body):
    """Return the status of the answer, None where the app gives none: it has ended, or could not begin."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", f"/callback/{SECRET}", body)
        with connection.getresponse() as answer:
            answer.read()
            return answer.status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def ready(guid):
    data = {"status": "ready", "uid": guid, "remote_id": f"x-{guid}"}
    return json.dumps([{"timestamp": 1407770138078, "type": "injector.item.ready", "data": data}])


def journalled(state, *, whole=True):
    """Return the guids of the journal, whose lines are all whole, unless one is just being written."""
    events = [event for segment in Journal(state / "journal").segments()
              for event in results_yaml.parse(segment.read_bytes())]  # fmt: skip
    assert not whole or all(isinstance(event, Event) for event in events)
    return [event.text("guid") for event in events if isinstance(event, Event)]


def posted_to(state, log, *injections):
    """Serve under faults; return the answers to callbacks, then to what is none, and what the app logged."""
    with closing(Gunicorn(state, under=tracing(log, *injections, aside=True))) as gunicorn:
        gunicorn.start()
        answers = [post(gunicorn.port, ready("v0"))]
        if answers == [None]:  # gunicorn's own start has failed, which whoever supervises it has to see
            return answers, [], gunicorn.stop()
        answers += [post(gunicorn.port, ready(f"v{number}")) for number in range(1, POSTS)]
        letters = [post(gunicorn.port, f"no callback {number}") for number in range(2)]
        return answers, letters, gunicorn.stop()


def loaded(gunicorn, seconds):
    """Wait until the app is up; return senders that post to it for so long."""
    assert get(gunicorn.port, "/healthz") == 200
    senders = [Sender(f"s{number}", gunicorn.port, time.monotonic() + seconds) for number in range(6)]
    for sender in senders:
        sender.start()
    return senders


def test_whichever_call_of_the_app_fails_200_is_said_of_what_is_stored_alone(tmp_path, need, campaign_s, counted):
    need("strace")
    log, faults = tmp_path / "strace", 0
    posted_to(tmp_path / "undisturbed", log, *(f"{name}:error=EIO:when=65535" for name in FAULTS))
    for round_, (call, which) in enumerate(some_of(numbered(log), all_of_them=campaign_s > 60, seconds=campaign_s)):
        state = tmp_path / f"{round_}"
        answers, letters, said = posted_to(state, log, f"{call}:{FAULTS[call]}:when={which}")
        faults += injected(log)
        if answers == [None]:
            assert "Error" in said, (call, which, said)
            continue
        acknowledged = {f"v{number}" for number, status in enumerate(answers) if status == 200}
        assert acknowledged <= set(journalled(state)), (call, which)
        assert {*answers} <= {200, 503}, (call, which, answers, said)
        assert {*letters} <= {400, 503}, (call, which, letters, said)
        assert len(DeadLetters(state / "dead-letters").letters()) >= letters.count(400)
        assert said.count("was answered 503: ") == [*answers, *letters].count(503) <= injected(log), (call, which, said)
    assert faults
    counted(f"{faults} faults")


@pytest.mark.parametrize(("call", "fault"), [("fsync", "error=EIO"), ("write", "error=ENOSPC"), ("write", "retval=3")])
def test_under_load_and_fault_after_fault_200_is_said_of_what_is_stored_alone(
    tmp_path, need, campaign_s, counted, call, fault
):
    need("strace")
    log = tmp_path / "strace"
    # The nth call of each thread: startup takes a handful of writes.
    with closing(Gunicorn(tmp_path / "state", under=tracing(log, f"{call}:{fault}:when=12+5", aside=True))) as gunicorn:
        gunicorn.start()
        senders = loaded(gunicorn, campaign_s / 3)
        for sender in senders:
            sender.join()
        # It goes on, without a person; each thread may have a fault before it.
        assert any(post(gunicorn.port, ready("last")) == 200 for _ in range(100))
        gunicorn.stop()
    acknowledged = {guid for sender in senders for guid in sender.acknowledged} | {"last"}
    stored = journalled(tmp_path / "state")
    assert acknowledged - set(stored) == set()
    assert {status for sender in senders for status in sender.answers} <= {200, 503}
    assert injected(log) > 1
    assert len(acknowledged) > 1
    counted(f"{injected(log)} faults, {len(acknowledged)} acknowledged, {len(set(stored) - acknowledged)} unpromised")


def test_on_a_slow_disk_200_is_still_said_of_what_is_stored_alone_and_health_answers_meanwhile(
    tmp_path, need, campaign_s, counted
):
    need("strace")
    log = tmp_path / "strace"
    with closing(Gunicorn(tmp_path / "state", under=tracing(log, "fsync:delay_enter=200000", aside=True))) as gunicorn:
        gunicorn.start()
        senders = loaded(gunicorn, campaign_s / 3)
        healthy, meanwhile = 0, 0
        while any(sender.is_alive() for sender in senders):
            acknowledged = [guid for sender in senders for guid in sender.acknowledged]
            assert get(gunicorn.port, "/healthz") == 200
            healthy += 1
            # Nobody was told anything while it answered: all of them wait for the disk.
            meanwhile += len(acknowledged) == sum(len(sender.acknowledged) for sender in senders)
            assert set(acknowledged) - set(journalled(tmp_path / "state", whole=False)) == set()
        gunicorn.stop()
    acknowledged = {guid for sender in senders for guid in sender.acknowledged}
    assert acknowledged - set(journalled(tmp_path / "state")) == set()
    assert {status for sender in senders for status in sender.answers} == {200}
    assert meanwhile
    counted(f"{len(acknowledged)} acknowledged, {healthy} times healthy")
