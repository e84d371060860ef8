"""`feeds serve`: the site and the app on loopback until ^C."""

import json
import signal
import socket

import pytest
import requests

SECRET = "kYw3vT9mQz7LrX2pN8sB4c"
EVENT = {
    "timestamp": 1_407_770_138_078,
    "type": "injector.item.ready",
    "data": {"status": "ready", "uid": "bo-0001", "remote_id": "x23bz3t"},
}


@pytest.fixture
def serve(feeds, network):
    """Return a function that serves the network and returns the running program and its two addresses."""

    def serve(**environ):
        program = feeds.start("serve", "--catalog", network, "--port", "0", **environ)
        addresses = []
        while not (line := program.stdout.readline()).startswith("^C"):
            assert line, program.communicate()
            if line.startswith(("user list", "callback")):
                addresses.append(line.split()[-1])
        return program, *addresses

    return serve


def get(url):
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, timeout=10)


def post(url, events):
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, json=events, timeout=10)


def test_the_built_site_is_served_with_its_types(serve):
    _, user_list, _ = serve()
    users = get(user_list)
    assert users.headers["Content-Type"] == "application/json"
    assert [user["id"] for user in users.json()] == ["x2anna", "x3bo"]
    feed = get(user_list.replace("users.json", "feeds/x3bo.xml"))
    assert feed.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    assert b"bo-0001" in feed.content
    assert get(user_list.replace("users.json", "feeds/")).status_code == 404


def test_the_callback_at_the_printed_address_is_taken(serve, network):
    _, _, callback = serve()
    answer = post(callback, [EVENT])
    assert (answer.status_code, answer.json()["recorded"]) == (200, 1)
    (segment,) = (network / ".feeds" / "journal").glob("*.yaml")
    assert json.loads(segment.read_text().removeprefix("- "))["remote_id"] == "x23bz3t"


def test_a_secret_of_the_environment_is_used_and_not_shown(serve):
    _, _, callback = serve(FEEDS_CALLBACK_SECRET=SECRET)
    assert callback.endswith("/callback/$FEEDS_CALLBACK_SECRET")
    assert post(callback.replace("$FEEDS_CALLBACK_SECRET", SECRET), [EVENT]).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_both_servers(serve, feeds, number):
    program, *_ = serve()
    program.send_signal(number)
    assert program.wait(60) == 128 + number
    assert feeds.left() == []


def test_when_a_server_ends_the_other_does_too(serve, feeds, network):
    program, *_ = serve()
    feeds.end(min(number for number in feeds.marked() if "gunicorn" in feeds.arguments(number)))
    assert program.wait(60) == 1
    assert "A server ended by itself" in program.stderr.read()
    assert feeds.left() == []


def test_a_port_that_is_taken_is_a_wrong_use(feeds, network):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, errors = feeds.run("serve", "--catalog", network, "--port", port)
    assert code == 2
    assert f"Port {port} of 127.0.0.1 can't be used (Address already in use). Give another with --port." in errors


def test_a_catalog_that_cannot_be_built_is_not_served(feeds, network):
    (network / "catalog.yaml").write_text("network: [")
    code, output, errors = feeds.run("serve", "--catalog", network, "--port", "0")
    assert code == 1
    assert "user list" not in output
    assert "catalog.yaml:2:1: error[yaml]" in errors + output
    assert feeds.left() == []
