"""What whoever watches the app is told."""

import shutil

import pytest

from app import create_app
from feeds.settings import AppSettings, Folders
from feeds.storage.journal import Journal
from feeds.web import health
from tests import disks
from tests.serving import SECRET


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def client(state):
    return create_app(AppSettings(Folders(state.parent, state), (SECRET,))).test_client()


def test_a_running_app_is_healthy_whatever_the_disk_does(client, state):
    state.write_text("in the way")
    response = client.get("/healthz")
    assert (response.status_code, response.json) == (200, {"up": True})


def test_an_app_that_can_store_a_callback_is_ready(client):
    response = client.get("/readyz")
    assert (response.status_code, response.json) == (200, {"ready": True})


def test_an_app_whose_state_folder_cannot_be_written_is_not_ready_and_tells_why_but_no_path(client, state):
    state.write_text("in the way")
    response = client.get("/readyz")
    assert (response.status_code, response.json["ready"]) == (503, False)
    assert response.json["why"] == "The journal can't be written: Not a directory."
    assert str(state) not in response.text
    state.unlink()
    assert client.get("/readyz").status_code == 200


def test_an_app_on_a_disk_that_is_nearly_full_is_not_ready_and_tells_no_number(client, monkeypatch):
    monkeypatch.setattr(health, "FREE_BYTES", 2**62)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json["why"] == "The journal can't be written: No space left on device."


def test_probes_add_nothing_to_the_journal_and_may_be_kept_by_no_cache(client, state):
    lines = b"- {}\n"
    Journal(state / "journal").append(lines)
    for _ in range(20):
        for name in ("/readyz", "/healthz"):
            response = client.get(name)
            assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
            assert "Set-Cookie" not in response.headers
    assert [path.read_bytes() for path in (state / "journal").glob("*.yaml")] == [lines]


def test_the_log_tells_that_the_app_is_not_ready_once_with_its_path_and_once_that_it_is_again(client, state, caplog):
    caplog.clear()
    state.write_text("in the way")
    for _ in range(3):
        assert client.get("/readyz").status_code == 503
    state.unlink()
    for _ in range(3):
        assert client.get("/readyz").status_code == 200
    said, again = caplog.messages
    assert said.startswith("Not ready: ")
    assert str(state) in said
    assert again == "Ready again."


def test_a_journal_that_was_taken_away_is_made_anew_by_the_probes_themselves(client, state):
    """Else a load balancer would send no callback any more, which alone would mend it."""
    assert client.get("/readyz").status_code == 200
    shutil.rmtree(state / "journal")
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").status_code == 200
    assert client.post(f"/callback/{SECRET}", data="[]").status_code == 200


@pytest.fixture
def small_disk(state, small_disk_at):
    return small_disk_at(state)


def test_a_disk_that_becomes_read_only_or_full_under_the_app_is_noticed_and_so_is_its_recovery(
    small_disk, client, state, monkeypatch
):
    monkeypatch.setattr(health, "FREE_BYTES", 64 * 1024)
    assert client.get("/readyz").status_code == 200
    filler = small_disk.fill()
    assert client.get("/readyz").json["why"].endswith(": No space left on device.")
    filler.unlink()
    assert client.get("/readyz").status_code == 200
    disks.mount("--bind", state, state)  # nobody writes by this mount yet, so that the kernel lets it become so
    try:
        disks.mount("-o", "remount,bind,ro", state)
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json["why"] == "The journal can't be written: Read-only file system."
    finally:
        disks.unmount(state)
    assert client.get("/readyz").status_code == 200
