"""`feeds preview` as the program that an editor starts: a page of this machine alone, until ^C."""

import http.client
import signal
import socket
from urllib.parse import urlsplit

import pytest


def ask(url, path, **headers):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture
def started(feeds, network, tmp_path):
    """Start the preview of the network; return the program and its address."""

    def started(*options):
        program = feeds.start("preview", "--catalog", network, "--port", "0", *options, FEEDS_STATE=str(tmp_path / "s"))
        return program, program.stdout.readline().strip()

    return started


def test_it_serves_the_pages_on_this_machine_until_interrupted_and_writes_nothing(started, network, tmp_path, tree):
    before = tree(network)
    program, url = started()
    assert urlsplit(url).hostname == "127.0.0.1"
    status, page = ask(url, "/user/x2anna")
    assert (status, page.count('<span class="place">')) == (200, 6)
    assert page.count("Not listed: over the limit") == 2
    assert ask(url, "/", Host="evil.example")[0] == 421
    program.send_signal(signal.SIGINT)
    output, errors = program.communicate(timeout=60)
    assert (program.returncode, output, errors) == (130, "", "^C ends it.\n")
    assert (tree(network), (tmp_path / "s").exists()) == (before, False)


def test_with_watch_an_edit_reaches_the_page_as_it_is_saved(started, network):
    program, url = started("--watch")
    _, page = ask(url, "/")
    version = page.partition('data-version="')[2].partition('"')[0]
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    connection.request("GET", f"/changes?after={version}")
    answer = connection.getresponse()
    assert answer.getheader("Content-Type").startswith("text/event-stream")
    assert answer.readline() == b"retry: 1000\n"
    path = network / "users" / "x2anna.yaml"
    path.write_text(path.read_text().replace("Tarte 1,", "Galette,"))
    assert any(line.startswith(b"data: ") for line in iter(answer.readline, b""))
    connection.close()
    assert "Galette" in ask(url, "/user/x2anna")[1]
    program.send_signal(signal.SIGTERM)
    assert program.wait(timeout=60) == 128 + signal.SIGTERM


def test_a_port_that_is_taken_and_a_folder_without_catalog_are_told(feeds, network, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, errors = feeds.run("preview", "--catalog", network, "--port", port)
    assert code == 2
    assert errors.startswith(f"error: Port {port} of 127.0.0.1 can't be used")
    code, _, errors = feeds.run("preview", "--catalog", tmp_path)
    assert (code, "catalog.yaml can't be read" in errors) == (2, True)
