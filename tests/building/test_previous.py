"""A build on an empty machine compares with what is online, wherever that is told; never silently with nothing."""

import base64
import functools
import os
import shutil
import socket
import threading
from datetime import UTC, datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from feeds.__main__ import run
from feeds.fetching.authorities import NAMES
from tests.certificates import Authority, serving
from tests.sites import AT, adopted, imported, tree, user_text

MANY = [f"b{number}" for number in range(1, 13)]
LOGIN = "nord:s3cret:CANARY-77"
ASK = ("--at", "2026-11-24T12:00:00Z")


class _Handler(SimpleHTTPRequestHandler):
    """Serves the folder that the test has named, and answers otherwise where it has said so, by path."""

    def do_GET(self):
        server = self.server
        server.asked.append((self.path, self.headers.get("Authorization")))
        if server.login and self.headers.get("Authorization") != server.login:
            self.send_error(401)
        elif answer := server.answers.get(self.path):
            status, headers = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
        else:
            self.directory = str(server.folder)
            super().do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=functools.partial(server.serve_forever, poll_interval=0.01))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def online(site, server):
    """Publish a site, and serve it; what was built with is gone."""
    site.user("bo", *MANY)
    site.build(record=True)
    server.folder = site.out.rename(site.out.with_name("online"))
    server.asked, server.answers, server.login = [], {}, None
    shutil.rmtree(site.state)
    return server


@pytest.fixture
def feeds(site, capfd, monkeypatch):
    monkeypatch.setenv("FEEDS_STATE", str(site.state))
    for name in ("FEEDS_CATALOG", "FEEDS_PREVIOUS", "FEEDS_SITE_LOGIN"):
        monkeypatch.delenv(name, raising=False)

    def command(*arguments):
        given = ["--catalog", str(site.catalog), "--out", str(site.out), "--jobs", "1", *ASK, *map(str, arguments)]
        monkeypatch.setattr("sys.argv", ["feeds", "build", *given])
        code = run()
        output, errors = capfd.readouterr()
        return code, output + errors

    return command


def url(server):
    return f"http://127.0.0.1:{server.server_port}"


def where(online, kind):
    return url(online) if kind == "address" else online.folder


@pytest.mark.parametrize("kind", ["address", "folder"])
def test_an_edit_that_takes_many_out_is_refused_and_what_is_online_stays(site, online, feeds, kind):
    site.user("bo", "b1")
    code, output = feeds("--previous", where(online, kind))
    assert code == 1
    assert "11 of 12 of bo" in output
    assert "feeds build --allow-removals 11" in output
    assert site.tree() == tree(online.folder)
    assert feeds("--previous", where(online, kind), "--allow-removals", 11)[0] == 0
    assert site.listed("bo") == ["b1"]


@pytest.mark.parametrize("kind", ["address", "folder"])
def test_a_feed_that_left_with_its_user_is_counted_too(site, online, feeds, kind):
    (site.catalog / "users/bo.yaml").unlink()
    code, output = feeds("--previous", where(online, kind))
    assert code == 1
    assert "12 of 12 of bo" in output
    assert site.tree() == tree(online.folder)


@pytest.mark.parametrize("kind", ["address", "folder"])
def test_lost_results_are_noticed_and_a_reason_lets_pass(site, online, feeds, kind):
    results = site.catalog / "results/main/2026-11-20.yaml"
    before = results.read_text()
    results.write_text(adopted("anna"))
    code, output = feeds("--previous", where(online, kind))
    assert code == 1
    assert "nothing says why" in output
    results.write_text(before + imported(*MANY))
    assert feeds("--previous", where(online, kind))[0] == 0
    assert site.listed("bo") == []


@pytest.mark.parametrize("kind", ["address", "folder"])
def test_what_is_the_same_as_online_stays_as_it_is_with_its_time(site, online, feeds, kind):
    for path in online.folder.rglob("*.*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    site.user("bo", *MANY, "b13")
    code, output = feeds("--previous", where(online, kind))
    assert (code, "; 1 file written" in output) == (0, True)
    times = {str(path.relative_to(site.out)): path.stat().st_mtime for path in site.out.rglob("*.*")}
    assert times.pop("feeds/bo.xml") > 1_700_000_000
    assert set(times.values()) == {1_700_000_000}
    assert site.tree() == site.fresh()


def test_a_user_whose_file_is_broken_keeps_the_feed_that_is_online(site, online, feeds):
    site.write("users/bo.yaml", user_text("bo", "b1", colour="blue"))
    code, _ = feeds("--previous", url(online))
    assert code == 1
    assert site.tree() == tree(online.folder)


def test_a_window_that_ended_since_is_no_edit_and_one_that_had_ended_before_is(site, online, feeds):
    ended = [{"guid": each, "rights": {"until": "2026-11-20"}} for each in MANY]
    site.user("bo", *ended)
    for day, code in ((19, 0), (22, 1)):
        shutil.rmtree(site.out, ignore_errors=True)
        shutil.rmtree(site.state, ignore_errors=True)
        at = datetime(2026, 11, day, tzinfo=UTC).timestamp()
        os.utime(online.folder / "feeds/bo.xml", (at, at))
        assert feeds("--previous", url(online))[0] == code


def test_what_stands_in_the_folder_already_gives_way_to_what_is_online(site, online, feeds):
    site.user("cleo", "c1")
    site.happened(adopted("cleo"))
    assert feeds("--previous", "none")[0] == 0
    (site.catalog / "users/cleo.yaml").unlink()
    site.write("results/main/2026-11-20.yaml", adopted("anna", "bo"))
    assert feeds("--previous", url(online))[0] == 0
    assert site.tree() == tree(online.folder)


# -- a site that can't be read


def removed(online, name):
    (online.folder / name).unlink()


def spoilt(online, name):
    (online.folder / name).write_text("<html>Not here</html>")


@pytest.mark.parametrize("kind", ["address", "folder"])
@pytest.mark.parametrize(
    ("break_it", "name", "words"),
    [
        (removed, "users.json", "nothing was published before: --previous none"),
        (spoilt, "users.json", "can't be read: it is not JSON.\nNothing was built."),
        (removed, "feeds/bo.xml", "Of 2 feeds that users.json of"),
        (spoilt, "feeds/bo.xml", "1 can't be had: feeds/bo.xml is no feed.\nNothing was built"),
    ],
)
def test_a_site_that_is_not_whole_refuses_the_build(site, online, feeds, kind, break_it, name, words):
    break_it(online, name)
    code, output = feeds("--previous", where(online, kind))
    assert code == 1
    assert words in output
    assert not (site.out / "users.json").exists()
    assert [str(path) for path in site.out.rglob("*.*")] == []


@pytest.mark.parametrize(
    "listing",
    [
        b'{"a": 1}',
        b'[{"id": "bo"}]',
        b'["x"]',
        b'[{"feed": "https://x/feeds/../bo.xml"}]',
        b'[{"feed": "https://x/feeds/con.xml"}]',
    ],
)
def test_a_list_that_names_no_feeds_of_ours_is_not_believed(site, online, feeds, listing):
    (online.folder / "users.json").write_bytes(listing)
    code, output = feeds("--previous", url(online))
    assert (code, "can't be read" in output) == (1, True)
    assert site.tree() == {}


def test_a_list_in_the_words_of_before_is_read(site, online, feeds):
    site.network(user_list={"wrap": "users", "fields": {"id": "uid", "username": "name", "feed": "mrss"}})
    assert feeds("--previous", url(online))[0] == 0
    shutil.copytree(site.out, online.folder, dirs_exist_ok=True)
    site.network()
    site.user("bo", "b1")
    code, output = feeds("--previous", url(online))
    assert (code, "11 of 12 of bo" in output) == (1, True)


@pytest.mark.parametrize(("status", "code"), [(500, 3), (503, 3), (401, 2), (403, 2), (302, 1), (404, 1), (410, 1)])
@pytest.mark.parametrize("path", ["/users.json", "/feeds/bo.xml"])
def test_every_other_answer_is_a_reason_to_build_nothing(site, online, feeds, status, code, path):
    online.answers[path] = (status, {"Location": f"{url(online)}/feeds/anna.xml"} if status == 302 else {})
    found, output = feeds("--previous", url(online))
    assert (found, site.tree()) == (code, {})
    assert "othing was built" in output or "not followed" in output
    assert [asked for asked, _ in online.asked].count(path) == (2 if status >= 500 else 1)


def test_a_host_that_is_down_is_remote_trouble(site, online, feeds):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    code, output = feeds("--previous", f"http://127.0.0.1:{port}/")
    assert code == 3
    assert output.startswith("error: users.json: 127.0.0.1 gave no answer: the connection is refused.")
    assert output.endswith("Try again later. Nothing was built.\n")


def test_an_authority_of_one_s_own_is_believed_where_the_environment_names_it(site, online, feeds, monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    authority = Authority(site.catalog.parent)
    with serving(online.folder, authority.signs("127.0.0.1")) as address:
        code, output = feeds("--previous", address)
        assert (code, "nobody who is trusted vouches for its certificate" in output) == (3, True)
        monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
        assert feeds("--previous", address)[1].startswith("error: SSL_CERT_FILE: /nowhere.pem can't be read: No such")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
        assert feeds("--previous", address)[0] == 0
    assert site.tree() == tree(online.folder)


# -- a login


def test_the_login_is_sent_and_is_in_no_message(site, online, feeds, monkeypatch):
    online.login = f"Basic {base64.b64encode(LOGIN.encode()).decode()}"
    code, output = feeds("--previous", url(online))
    assert (code, "FEEDS_SITE_LOGIN=user:password" in output) == (2, True)
    monkeypatch.setenv("FEEDS_SITE_LOGIN", "nord:WRONG-77")
    code, output = feeds("--previous", url(online))
    assert (code, "77" in output) == (2, False)
    monkeypatch.setenv("FEEDS_SITE_LOGIN", LOGIN)
    assert feeds("--previous", url(online))[0] == 0
    online.answers["/users.json"] = (302, {"Location": "http://localhost:9/"})
    code, output = feeds("--previous", url(online))
    assert (code, "CANARY" in output, "leads elsewhere" in output) == (1, False, True)


@pytest.mark.parametrize(
    ("address", "login", "words"),
    [
        ("https://nord:CANARY@feeds.nord.example", None, "the address holds a login. Put it into FEEDS_SITE_LOGIN"),
        ("http://10.0.0.7/CANARY", LOGIN, "FEEDS_SITE_LOGIN would go to 10.0.0.7 unencrypted"),
        ("https://feeds.nord.example", "CANARY", "FEEDS_SITE_LOGIN is no login: write user:password, in one line."),
        ("ftp://feeds.nord.example/CANARY", None, "this is no address of a site. Write https://"),
        ("https://feeds.nord.example/?CANARY", None, "this is no address of a site. Write https://"),
        ("http://[CANARY", None, "this is no address."),
        ("CANARY.no-folder", None, 'is no address, no folder, and neither "events" nor "none"'),
    ],
)
def test_what_can_not_be_meant_is_refused_and_no_secret_repeated(feeds, monkeypatch, address, login, words):
    if login:
        monkeypatch.setenv("FEEDS_SITE_LOGIN", login)
    code, output = feeds("--previous", address)
    assert (code, words in output) == (2, True)
    assert ("CANARY" in output) == ("no-folder" in address)


# -- events, and nothing


def test_events_tell_what_was_listed_where_the_site_can_t(site, feeds):
    site.user("bo", *MANY)
    site.build(record=True)
    shutil.rmtree(site.out)
    shutil.rmtree(site.state / "cache")
    site.user("bo", "b1")
    code, output = feeds("--previous", "events")
    assert (code, "11 of 12 of bo" in output) == (1, True)
    site.write("users/bo.yaml", user_text("bo", *MANY, colour="blue"))
    code, output = feeds("--previous", "events")
    assert (code, "no feed could be built from users/bo.yaml (bo), which has faults" in output) == (1, True)
    assert not (site.out / "users.json").exists()
    site.user("bo", *MANY)
    assert feeds("--previous", "events")[0] == 0


def test_events_that_tell_nothing_are_not_taken_for_nothing_listed(site, feeds):
    code, output = feeds("--previous", "events")
    assert (code, "No `listed` event tells what was published before" in output) == (1, True)
    assert not (site.out / "users.json").exists()


def test_that_nothing_was_published_before_has_to_be_said(site, online, feeds):
    assert feeds("--previous", "none")[0] == 0
    assert site.tree() == site.fresh(AT)


# -- a secret in the addresses

OLD, NEW = "old-CANARY-0123456789abcdefghij", "new-CANARY-0123456789abcdefghij"


@pytest.mark.parametrize("missing", [404, 403])
@pytest.mark.parametrize(
    ("there", "secrets"),
    [([""], NEW), ([OLD], OLD), ([OLD], f"{NEW},{OLD}"), ([NEW, OLD], f"{NEW},{OLD}"), (["", NEW], f"{NEW},{OLD}")],
)
def test_the_site_is_found_below_the_newest_secret_where_one_is(
    site, online, feeds, monkeypatch, there, secrets, missing
):
    site.network(access=["secret path"])
    former, online.folder = online.folder, online.folder.with_name("hidden")
    for segment in there:
        shutil.copytree(former, online.folder / segment, dirs_exist_ok=True)
    if (online.folder / NEW).exists():  # what lies elsewhere is older, and isn't looked at
        for segment in ("", OLD):
            (online.folder / segment / "feeds/bo.xml").unlink(missing_ok=True)
    for segment in {NEW, OLD} - {*there}:
        online.answers[f"/{segment}/users.json"] = (missing, {})
    monkeypatch.setenv("FEEDS_SITE_PATH", secrets)
    site.user("bo", "b1")
    code, output = feeds("--previous", url(online))
    assert (code, "11 of 12 of bo" in output, "CANARY" in output) == (1, True, False)


def test_where_no_site_is_below_any_secret_nothing_is_built(site, online, feeds, monkeypatch):
    monkeypatch.setenv("FEEDS_SITE_PATH", f"{NEW},{OLD}")
    online.folder = online.folder.with_name("empty")
    online.folder.mkdir()
    code, output = feeds("--previous", url(online))
    assert (code, "has no users.json" in output, "CANARY" in output) == (1, True, False)
    assert site.tree() == {}
