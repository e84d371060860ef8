"""A rehearsal of a network whose site is closed: by real secrets, against a real server, and found out if it isn't."""

import http.client

import pytest

from feeds.commands import _outsider
from feeds.commands._closing import ELSEWHERE, HERE, Keys, answer, basic, intrusions, is_of, make_keys
from feeds.commands._programs import Programs, environment, listen, url_of, wait_until_answering
from feeds.commands._stage import Stage
from feeds.commands.rehearse import build, copy
from feeds.core.access import Way
from feeds.formats import htpasswd
from feeds.settings import Folders

ALL = "[basic auth, secret path, addresses]"
OUTSIDER = (
    "  outsider  sees no list, feed or folder: without the login 401, without the secret 404, from elsewhere 403\n"
)
SAID = (
    "The site was closed by basic auth, secret path and addresses, and an outsider got nothing of it. Its secret is in "
    "the published files and nowhere else on the disk. Its password is nowhere on the disk. Beside Dailymotion's "
    "addresses this machine's own was let in, for the rehearsal."
)


def close(network, ways=ALL):
    catalog = network / "catalog.yaml"
    catalog.write_text(catalog.read_text().replace("  feed_limit: 6\n", f"  feed_limit: 6\n  access: {ways}\n"))


def test_a_closed_network_is_rehearsed_closed_and_a_stranger_gets_nothing(feeds, network, tree, need):
    need("git")
    close(network)
    before = tree(network)
    code, output, errors = feeds.run("rehearse", "--catalog", network, FEEDS_SITE_PATH="the-real-one-must-not-be-used")
    assert (code, errors) == (0, "")
    assert OUTSIDER in output
    assert "stand-in  crawls 4 feeds as Dailymotion does, posts 11 events in 5 callbacks\n" in output
    assert SAID in " ".join(output.split())
    assert (feeds.left(), tree(network), list(feeds.temporary.iterdir())) == ([], before, [])


@pytest.fixture
def staged(network, tmp_path):
    """Publish the closed network without Git, and have it crawled."""
    close(network)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with Programs() as programs:
        stage = Stage(programs, scratch, Folders(network, network / ".feeds"))
        stage.play([copy, build])
        stage.wait_for_servers()
        stage.second = stage.crawl()
        yield stage


def found(stage):
    """Return what an outsider finds."""
    stage.found.clear()
    stage.play([_outsider.knock, _outsider.search])
    return list(stage.found)


def serve_otherwise(stage, *ways):
    """Serve the site on the same port by another server, closed in these ways."""
    stage._files.kill()
    stage._files.wait()
    with listen(int(stage.site_url.rpartition(":")[2])) as listener:
        stage._files = stage.programs.start_site(stage.site, listener, stage.environ, ways=ways)
    folder = stage.keys.folder if Way.SECRET_PATH in ways else ""
    wait_until_answering(stage._files, stage.site_url, f"/{folder}users.json", stage.keys.headers)


def test_each_way_that_does_not_hold_is_found_and_so_is_what_opens_the_site_wherever_it_was_left(staged, capsys):
    assert found(staged) == []
    assert OUTSIDER in capsys.readouterr().out
    files = ("users.json", "feeds/x2anna.xml", "feeds/x3bo.xml")
    hows = ("without the login", "with a made-up login")
    folders = ("the folder", "feeds/")
    asks = "An outsider who asks for"

    serve_otherwise(staged, Way.SECRET_PATH, Way.ADDRESSES)
    assert sorted(found(staged)) == sorted(
        [f"{asks} {name} {how} gets 200, not 401." for name in files for how in hows]
        + [f"{asks} {name} {how} gets 404, not 401." for name in folders for how in hows]
    )
    assert (
        "outsider  asks for list, feeds and folders, and sees of them what nobody should\n" in capsys.readouterr().out
    )
    serve_otherwise(staged, Way.BASIC_AUTH, Way.SECRET_PATH)
    assert sorted(found(staged)) == sorted(
        [f"{asks} {name} from elsewhere gets 200, not 403." for name in files]
        + [f"{asks} {name} from elsewhere gets 404, not 403." for name in folders]
    )
    serve_otherwise(staged, Way.BASIC_AUTH, Way.ADDRESSES)
    assert found(staged) == [f"{asks} {name} without the secret gets 200, not 404." for name in files]
    serve_otherwise(staged, *Way)
    (staged.scratch / "app.log").write_text(f"GET /{staged.keys.path}/users.json")
    (staged.scratch / "state" / "kept.json").write_text(f'"{staged.keys.password}"')
    (staged.site / "note.txt").write_text(f"log in by {staged.keys.password}")
    assert found(staged) == ["What opens the site is in app.log, site/note.txt, state/kept.json."]


# -- the server itself


@pytest.fixture
def served(tmp_path):
    """Return a function that serves a folder closed in these ways, and returns (address, keys)."""
    folder = tmp_path / "site"
    (folder / "feeds").mkdir(parents=True)
    (folder / "users.json").write_text("[]")
    (folder / "feeds" / "x.xml").write_text("<rss/>")
    (tmp_path / "secret.txt").write_text("not of the site")
    with Programs() as programs:

        def served(*ways):
            keys = make_keys(ways)
            with listen(0) as listener:
                url = url_of(listener)
                program = programs.start_site(folder, listener, environment(keys.settings()), ways=ways)
            wait_until_answering(program, url, f"/{keys.folder}users.json", keys.headers)
            return url, keys

        yield served


def test_the_server_shows_files_to_those_alone_who_satisfy_each_way(served):
    url, keys = served(*Way)
    assert answer(url, f"/{keys.path}/feeds/x.xml", keys.headers, HERE) == 200
    assert answer(url, f"/{keys.path}/feeds/x.xml", keys.headers, ELSEWHERE) == 403
    for path, status in {
        f"/{keys.path}/users.json?x=1": 200, f"/{keys.path}users.json": 404,
        f"/{keys.path[:-1]}/users.json": 404, f"/{keys.path.swapcase()}/users.json": 404, f"/{keys.path}": 404,
        f"/{keys.path}/../secret.txt": 404, f"/{keys.path}/%2e%2e/secret.txt": 404,
        f"/x/../{keys.path}/users.json": 404,
        f"/{keys.path}/feeds": 404, f"/{keys.path}/": 404, "/": 404, "/users.json": 404, "*": 404,
    }.items():  # fmt: skip
        assert (path, answer(url, path, keys.headers, HERE)) == (path, status)
    name, _, password = keys.login.partition(":")
    for login, status in {
        keys.login: 200, f"{name}:": 401, f"{name}:{password} ": 401, f"{name}x:{password}": 401, f":{password}": 401,
        name: 401, "": 401,
    }.items():  # fmt: skip
        assert (login, answer(url, f"/{keys.path}/users.json", basic(login), HERE)) == (login, status)
    good = keys.headers["Authorization"].partition(" ")[2]
    for header, status in {f"basic {good}": 200, f"Bearer {good}": 401, "Basic ????": 401, "Basic /w==": 401}.items():
        assert (header, answer(url, f"/{keys.path}/users.json", {"Authorization": header}, HERE)) == (header, status)


def test_the_server_asks_for_a_login_and_shows_no_page_that_repeats_an_address(served):
    url, keys = served(Way.BASIC_AUTH, Way.SECRET_PATH)
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    for method, headers in (("GET", {}), ("HEAD", {}), ("POST", {}), ("GET", keys.headers)):
        connection.request(method, "/CANARY/users.json", headers=headers)
        answer = connection.getresponse()
        body, names = answer.read(), dict(answer.getheaders())
        assert (body, "CANARY" in str(names)) == (b"", False)
        if answer.status == 401:
            assert names["WWW-Authenticate"] == 'Basic realm="feeds"'
        connection.close()


def test_the_server_does_not_begin_without_what_closes_the_site(tmp_path, capfd):
    with Programs() as programs, listen(0) as listener:
        program = programs.start_site(tmp_path, listener, environment({}), ways=[Way.SECRET_PATH])
        assert program.wait(60) != 0
    assert "FEEDS_SITE_PATH is missing" in capfd.readouterr().err


def test_the_login_is_one_that_the_setting_takes_and_no_other_is_let_in():
    keys = make_keys([Way.BASIC_AUTH])
    (user,), faults = htpasswd.parse(keys.settings()["FEEDS_SITE_USERS"])
    assert (faults, user.kind, user.name) == ([], "bcrypt", "dailymotion")
    assert is_of(user, keys.login)
    others = [f"stranger:{keys.password}", "dailymotion:", f"{keys.login}\0", f"{keys.login}{'x' * 72}", "dailymotion"]
    assert [each for each in others if is_of(user, each)] == []
    assert make_keys([Way.BASIC_AUTH]).settings() != keys.settings()


def test_keys_and_intrusions_show_nothing_of_what_opens_the_site():
    keys = make_keys(tuple(Way))
    shown = repr([keys, *intrusions(keys, ["users.json"])])
    secrets = [keys.path, keys.password, keys.headers["Authorization"]]
    assert [each for each in secrets if each in shown] == []
    assert make_keys(()) == Keys()


# -- to click through


def test_the_playground_is_closed_as_the_catalog_says_and_tells_what_opens_it(feeds, network, need):
    need("git")
    close(network, "[basic auth, secret path]")
    program = feeds.start("serve", "--sandbox", "--port", "0", "--catalog", network)
    told = {}
    while "crawl" not in (line := program.stdout.readline()):
        assert line, program.communicate()
        told[line[2:12].strip()] = line[12:].strip()
    address, login = told["user list"], told["its login"]
    url, path = address[: address.index("/", 8)], address[address.index("/", 8) :]
    assert (answer(url, path, {}, HERE), answer(url, path, basic(login), HERE)) == (401, 200)
    assert answer(url, "/users.json", basic(login), HERE) == 404
    # What is to be typed names neither: the settings have both.
    assert (path.split("/")[1] in line, login in line) == (False, False)
    (settings,) = feeds.temporary.glob("feeds-sandbox-*/settings")
    assert settings.stat().st_mode & 0o077 == 0
    assert f"export SANDBOX_LOGIN={login}\n" in settings.read_text()
    program.terminate()
    program.communicate(timeout=60)
    assert feeds.left() == []
