"""`feeds serve`: the site and the app on loopback until ^C."""

import json
import signal
import socket
import subprocess

import pytest
import requests

from feeds.commands._browser import Browser

SECRET = "kYw3vT9mQz7LrX2pN8sB4c"
EVENT = {
    "timestamp": 1_407_770_138_078,
    "type": "injector.item.ready",
    "data": {"status": "ready", "uid": "bo-0001", "remote_id": "x23bz3t"},
}


PROGRAMS = {"sandbox serve": "stand-in", "feeds sync": "sync", "gunicorn": "app", "_site": "The site's server"}


def pytest_generate_tests(metafunc):
    if "ending" in metafunc.fixturenames:
        # Without --campaigns two of them: one look after all four, and the words are a table.
        of_them = PROGRAMS if metafunc.config.getoption("--campaigns") else ["feeds sync", "_site"]
        metafunc.parametrize("ending", of_them)


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


def test_the_built_site_is_served_with_its_types_and_the_callback_at_the_printed_address_is_taken(serve, network):
    _, user_list, callback = serve()
    users = get(user_list)
    assert users.headers["Content-Type"] == "application/json"
    assert [user["id"] for user in users.json()] == ["x2anna", "x3bo"]
    feed = get(user_list.replace("users.json", "feeds/x3bo.xml"))
    assert feed.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    assert b"bo-0001" in feed.content
    assert get(user_list.replace("users.json", "feeds/")).status_code == 404
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


@pytest.fixture
def sandbox(feeds, network, need):
    """Return a function that serves a scratch copy, and returns the running program and what it said."""

    def sandbox(**environ):
        program = feeds.start("serve", "--catalog", network, "--sandbox", "--port", "0", **environ)
        said = []
        while not (said and " sandbox crawl " in said[-1]):
            line = program.stdout.readline()
            assert line, program.communicate()
            said.append(line.rstrip())
        return program, said

    return sandbox


def test_anybody_can_join_without_an_account_at_dailymotion(sandbox, feeds, network, tree, need):
    """The whole way by what is printed alone: join, approve, crawl; then ^C, and nothing is left."""
    need("git")
    (network / "users" / "x4new.yaml").write_text("id: x4new\nusername: newcooks\nvideos: []\n")
    before = tree(network)
    program, said = sandbox()
    addresses = {line[2:13].strip(): line[13:] for line in said if line[13:].startswith("http://")}
    assert {"to join", "user list", "callback", "stand-in"} <= addresses.keys()
    people = {line.split()[0]: line for line in said if line.startswith("  ") and not line[13:].startswith("http")}
    assert people["newcooks"].endswith("is in the catalog: joins at once")
    assert people["annacooks"].endswith("has joined already; so does 1 more")
    join(addresses["to join"], "newcooks", "Yes, join")
    join(addresses["to join"], "strayfilms", "Yes, ask")
    settings = next(line for line in said if line.endswith("/settings")).strip()
    approve, invite, crawl = (line.strip() for line in said[-3:])
    shell(f"{settings} && {approve}")
    join(addresses["to join"], "strayfilms", "Yes, join")
    join(shell(f"{settings} && {invite} 2>/dev/null").strip(), "guestfilms", "Yes, join")
    expected = {"x2anna", "x3bo", "x4new", "x9stray", "x9guest"}
    users = feeds.seen(lambda: {user["id"] for user in get(addresses["user list"]).json()}, until=expected.__eq__)
    assert users == expected
    assert "called back" in shell(f"{settings} && {crawl}")
    children = get(f"{addresses['stand-in']}/user/x1nord/children?fields=id").json()["list"]
    assert {child["id"] for child in children} == expected
    program.send_signal(signal.SIGINT)
    assert program.wait(60) == 130
    assert feeds.left() == []
    assert (tree(network), list(feeds.temporary.iterdir())) == (before, [])


def test_without_git_the_copy_is_served_too(sandbox, feeds):
    program, said = sandbox(PATH="/nowhere")
    user_list = next(line.split()[-1] for line in said if line.startswith("  user list"))
    home = next(line.split()[-1] for line in said if line.startswith("  to join"))
    join(home, "strayfilms", "Yes, ask")
    assert [user["id"] for user in get(user_list).json()] == ["x2anna", "x3bo"]
    program.terminate()
    assert program.wait(60) == 128 + signal.SIGTERM
    assert (feeds.left(), list(feeds.temporary.iterdir())) == ([], [])


def test_when_one_of_its_programs_ends_it_says_which_and_all_end(sandbox, feeds, ending, need):
    need("git")
    running, _ = sandbox()
    feeds.end(min(number for number in feeds.marked() if ending in feeds.arguments(number)))
    assert running.wait(60) == 1
    assert f"{PROGRAMS[ending]} ended by itself" in running.stderr.read()
    assert (feeds.left(), list(feeds.temporary.iterdir())) == ([], [])


def test_a_port_of_the_sandbox_that_is_taken_is_a_wrong_use(feeds, network):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, errors = feeds.run("serve", "--sandbox", "--catalog", network, "--port", port - 2)
    assert code == 2
    assert f"Port {port} of 127.0.0.1 can't be used" in errors
    assert (feeds.left(), list(feeds.temporary.iterdir())) == ([], [])


def test_the_pages_of_the_environment_are_served_from_the_catalog_itself(feeds, network):
    program = feeds.start(
        "serve", "--catalog", network, "--port", "0",
        FEEDS_PUBLIC_URL="http://127.0.0.1", FEEDS_SECRET_KEY="k" * 10 + "Zq3vT9mQz7LrX2pN8sB4c",
        FEEDS_DAILYMOTION_KEY="key", FEEDS_DAILYMOTION_SECRET="secret", FEEDS_DAILYMOTION_API="http://127.0.0.1:1",
    )  # fmt: skip
    said = [program.stdout.readline() for _ in range(3)]
    while not said[-1].startswith("^C"):
        assert said[-1], program.communicate()
        said.append(program.stdout.readline())
    assert "to join    http://127.0.0.1/\n" in said
    (callback,) = [line.split()[-1] for line in said if line.startswith("callback")]
    assert "Connect your account" in get(f"{callback.partition('/callback/')[0]}/").text


def join(address, username, yes):
    """Go through the pages as a person does, and come to an end that is no fault."""
    with Browser() as browser:
        browser.open(address)
        browser.follow("Connect with Dailymotion")
        browser.press("Allow", username=username, password=f"sandbox-{username}")
        browser.press(yes)
        assert browser.page.find_class("good" if yes == "Yes, join" else "wait"), browser.heading


def shell(line):
    done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
