"""What whoever watches the app is told."""

import pytest

from app import create_app
from feeds.settings import AppSettings, Folders
from feeds.web import health
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


def test_an_app_whose_state_folder_cannot_be_written_is_not_ready_and_tells_no_path(client, state):
    state.write_text("in the way")
    response = client.get("/readyz")
    assert (response.status_code, response.json["ready"]) == (503, False)
    assert str(state) not in response.text
    state.unlink()
    assert client.get("/readyz").status_code == 200


def test_an_app_on_a_disk_that_is_nearly_full_is_not_ready(client, monkeypatch):
    monkeypatch.setattr(health, "FREE_BYTES", 2**62)
    assert client.get("/readyz").status_code == 503
