"""Whether a file is still the one that was read: what its status can tell, and when it must not be trusted."""

import os
import time

from feeds.storage.signature import settled, signature


def status_of(path):
    return path.stat()


def test_any_change_of_a_file_changes_its_signature(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"one")
    seen = {signature(status_of(path))}

    def look():
        before = len(seen)
        seen.add(signature(status_of(path)))
        return len(seen) > before

    wait_for_a_tick(path)
    path.write_bytes(b"two")
    assert look()
    wait_for_a_tick(path)
    os.utime(path, (1, 1))
    assert look()
    other = tmp_path / "b.yaml"
    other.write_bytes(b"two")
    os.utime(other, (1, 1))
    other.replace(path)
    assert look()


def wait_for_a_tick(path):
    while not settled(status_of(path)):
        time.sleep(0.001)


def fake(ctime_ns, mtime_ns=0):
    values = {"st_ctime_ns": ctime_ns, "st_mtime_ns": mtime_ns}
    return type("Status", (), values)()


FINE, COARSE = 1_795_000_000_123_456_789, 1_795_000_000_000_000_000


def test_a_file_that_changed_within_a_tick_of_the_clock_is_not_settled():
    assert not settled(fake(FINE), FINE)
    assert not settled(fake(FINE), FINE + 20_000_000)
    assert settled(fake(FINE), FINE + 20_000_001)


def test_a_clock_of_whole_milliseconds_may_tick_every_two_seconds():
    assert not settled(fake(COARSE), COARSE + 2_000_000_000)
    assert settled(fake(COARSE), COARSE + 2_000_000_001)


def test_a_time_in_the_future_is_never_settled():
    assert not settled(fake(FINE, FINE + 10**12), FINE + 10**9)
    assert not settled(fake(FINE + 10**12, FINE), FINE + 10**9)


def test_setting_the_time_back_makes_nothing_settled(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes(b"one")
    os.utime(path, (1, 1))
    status = status_of(path)
    assert not settled(status, status.st_ctime_ns + 1_000_000)
