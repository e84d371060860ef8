"""The verb: what it shows and writes, what it refuses, and that nothing breaks out of what it writes."""

import os
import subprocess
import sys

import bcrypt
import pytest
from click.testing import CliRunner

from feeds.__main__ import main
from feeds.core.errors import FeedsError, UsageError
from feeds.formats import edge
from feeds.formats.edge_caddy import render_caddy
from feeds.formats.edge_nginx import render_nginx
from feeds.formats.htpasswd import SiteUser, parse
from tests.clones import ROOT
from tests.edge.conftest import NEW, OLD, SECRETS, USERS
from tests.edge.servers import feeds_edge

WAYS = ("basic auth", "secret path", "addresses")
SERVERS = ["nginx", "caddy"]


def refusal(*arguments, **environ):
    with pytest.raises(FeedsError) as refused:
        feeds_edge(*arguments, **environ)
    return str(refused.value)


@pytest.mark.parametrize("server", SERVERS)
def test_what_is_shown_has_neither_secret_nor_hash_and_what_is_written_is_whole(server, catalog, tmp_path):
    folder = catalog(WAYS)
    shown, said = feeds_edge(server, "--catalog", folder, **SECRETS)
    for secret in (NEW, OLD, *USERS.values(), *(line.partition(":")[2] for line in USERS.values())):
        assert secret not in shown + said
    assert "<secret-1>" in shown
    assert said == "Secrets and hashes are masked: --out FILE writes them, for the server alone.\n"
    printed, _ = feeds_edge(server, "--catalog", folder, "--out", tmp_path / "written", **SECRETS)
    assert printed == ""
    assert NEW in (tmp_path / "written").read_text()


@pytest.mark.parametrize("server", SERVERS)
def test_everything_that_a_way_needs_is_asked_for_at_once(server, catalog):
    message = refusal(server, "--catalog", catalog(WAYS))
    assert "FEEDS_SITE_PATH is missing" in message
    assert "FEEDS_SITE_USERS is missing" in message


@pytest.mark.parametrize(
    ("options", "environ", "message"),
    [
        (["--app", "127.0.0.1:8001"], {}, "--app needs to know where the app is reached: set FEEDS_PUBLIC_URL."),
        (
            ["--app", "127.0.0.1:8001; }"],
            {"FEEDS_PUBLIC_URL": "https://partners.nord.example"},
            '--app is "127.0.0.1:8001; }": write where the app listens, such as 127.0.0.1:8001.',
        ),
        (["--allow", "fe80::1%a b"], {}, '--allow is "fe80::1%a b": write a network such as'),
        (["--allow", "everybody"], {}, '--allow is "everybody": write a network such as 192.0.2.0/24, or an address.'),
        (
            ["--root", "/srv/fe\neds"],
            {},
            "the site's folder has a name that can't be written for all servers: '/srv/fe\\neds'.\n"
            "Choose one without quotes, braces and other signs.",
        ),
        ([], {"FEEDS_PUBLIC_URL": "https://x/$y"}, "FEEDS_PUBLIC_URL is no origin in ASCII, without path and user"),
    ],
)
@pytest.mark.parametrize("server", SERVERS)
def test_what_can_not_be_served_is_refused(server, options, environ, message, catalog):
    assert refusal(server, "--catalog", catalog(("addresses",)), *options, **environ).startswith(message)


@pytest.mark.parametrize("server", SERVERS)
def test_an_address_is_allowed_only_where_addresses_close_the_site(server, catalog):
    message = refusal(server, "--catalog", catalog(()), "--allow", "127.0.0.1")
    assert message == "--allow adds to the addresses that may read the site, and network.access names no addresses."


def test_nginx_would_read_logins_in_sites_enabled_as_configuration(catalog, tmp_path):
    (tmp_path / "sites-enabled").mkdir()
    out = tmp_path / "sites-enabled/feeds"
    assert refusal("nginx", "--catalog", catalog(()), "--out", out) == (
        f"nginx would read the logins beside {out} as configuration.\n"
        f"Write --out {tmp_path}/sites-available/feeds, and link to it from here."
    )


def test_a_certificate_needs_its_key_and_an_address_that_is_https(catalog):
    folder = catalog((), base_url="http://feeds.nord.example/")
    assert refusal("nginx", "--catalog", folder, "--certificate", "x") == (
        "--certificate and --certificate-key go together: give both, or neither."
    )
    assert refusal("nginx", "--catalog", folder, "--certificate", "x", "--certificate-key", "y") == (
        "http://feeds.nord.example/ is not https: leave --certificate out, or correct the address."
    )


@pytest.mark.parametrize("server", SERVERS)
def test_what_is_no_file_is_not_read(server, catalog, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    message = refusal(server, "--catalog", catalog(()), "--out", tmp_path / "pipe")
    assert message.startswith(f"{tmp_path}/pipe is no file. Write to a file with --out")
    (tmp_path / "folder").mkdir()
    assert "folder is no file" in refusal(server, "--catalog", catalog(()), "--out", tmp_path / "folder")


def test_a_folder_that_can_not_be_written_to_is_told(catalog, tmp_path):
    message = refusal("nginx", "--catalog", catalog(()), "--out", tmp_path / "none/feeds")
    assert message == f"{tmp_path}/none/feeds can't be written: No such file or directory. Nothing was changed."


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        ("nginx", "feeds"),
        ("nginx", "feeds.users"),
        ("caddy", "feeds"),
        ("netlify", "feeds/netlify.toml"),
        ("cloudflare", "feeds/worker.js"),
    ],
)
def test_a_file_of_others_is_not_written_over_and_our_own_is(platform, name, catalog, tmp_path):
    folder, file = catalog(("basic auth",)), tmp_path / name
    feeds_edge(platform, "--catalog", folder, "--out", tmp_path / "feeds", **SECRETS)
    ours = file.read_bytes()
    feeds_edge(platform, "--catalog", folder, "--out", tmp_path / "feeds", **SECRETS)
    assert file.read_bytes() == ours
    file.write_text("of somebody else\n")
    assert refusal(platform, "--catalog", folder, "--out", tmp_path / "feeds", **SECRETS) == (
        f"{file} was not written by feeds edge, and stays as it is.\nMove it away, or write elsewhere with --out."
    )
    assert file.read_text() == "of somebody else\n"


def test_more_files_than_a_free_worker_may_have_are_told(catalog, tmp_path):
    (tmp_path / "site/feeds").mkdir(parents=True)
    for number in range(20_000):
        (tmp_path / f"site/feeds/{number}.xml").touch()
    options = ("--catalog", catalog(()), "--root", tmp_path / "site", "--out", tmp_path / "deploy")
    assert "more files than the 20,000" in feeds_edge("cloudflare", *options)[1]
    (tmp_path / "site/feeds/0.xml").unlink()
    assert "more files" not in feeds_edge("cloudflare", *options)[1]


HOSTILE = ["\n", "'", '"', "}", "{", ";", "`", "\\", "#", "\x00", "\x7f", "$host"]


@pytest.mark.parametrize("sign", HOSTILE)
def test_no_value_leaves_its_place(sign):
    """Neither by the checks of each value, nor past them."""
    for base_url in (f"https://feeds.nord.example/a{sign}b/", f"https://feeds{sign}.nord.example/"):
        with pytest.raises(UsageError):
            edge.site_of(base_url, "/srv/feeds", (), paths=(), users=())
    with pytest.raises(UsageError):
        edge.site_of("https://feeds.nord.example/", f"/srv/{sign}", (), paths=(), users=())
    site = edge.Site(edge.Address("https", "feeds.nord.example", None, f"/{sign}/"), "/srv", frozenset(WAYS), (NEW,))
    with pytest.raises(UsageError, match="can't be written"):
        edge.render("nginx.conf", id="x", site=site, app=None, servers=[], certificate=None)


def test_a_site_whose_secret_is_not_known_is_not_written_open():
    site = edge.site_of("https://feeds.nord.example/", "/srv/feeds", ("secret path",))
    for render in (render_nginx, render_caddy):
        with pytest.raises(UsageError, match="there is none to write"):
            render(site)


@pytest.mark.parametrize(
    "base_url", ["https://[::1]/", "ftp://nord.example/", "https://nord.example/?a/", "https://_/"]
)
def test_an_address_that_no_server_has_is_refused(base_url):
    with pytest.raises(UsageError, match="which no web server has"):
        edge.parse_address(base_url, "network.base_url")


@pytest.mark.parametrize("path", ["../b/", "a/../../b/", "./b/", "a%2fb/", "a*b/", "a//b/"])
def test_a_path_that_servers_take_for_another_is_refused(path):
    with pytest.raises(UsageError, match="has a path that can't be written for all servers"):
        edge.parse_address(f"https://feeds.nord.example/{path}", "network.base_url")


def test_a_hash_that_nginx_can_not_read_is_refused(catalog):
    line = feeds_edge("hash", "nord-1", "--for", "netlify", "--generate")[0]
    assert refusal("nginx", "--catalog", catalog(("basic auth",)), FEEDS_SITE_USERS=line) == (
        "nginx can't read the hash of nord-1, which is for Netlify and Cloudflare.\n"
        "Make another: feeds edge hash nord-1"
    )


def test_a_generated_password_is_shown_once_beside_its_hash():
    line, said = feeds_edge("hash", "nord-1", "--generate")
    password = said.removeprefix("The password, which is shown once: ").strip()
    (user,), faults = parse(line)
    assert (user.name, user.kind, faults) == ("nord-1", "bcrypt", [])
    assert bcrypt.checkpw(password.encode(), user.hash.encode())
    assert password not in line
    assert len(password) >= 22
    assert feeds_edge("hash", "nord-1", "--generate")[1] != said


def test_without_a_terminal_no_password_is_asked_for():
    done = subprocess.run(
        [sys.executable, "-m", "feeds", "edge", "hash", "nord-1"],
        cwd=ROOT, input="CANARY-1234567\n" * 2, capture_output=True, text=True, check=False, start_new_session=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "error: A password is asked for at a terminal, and there is none.\n"
        "Call this at one, or have a password made: feeds edge hash nord-1 --generate\n"
    )


def test_the_list_of_servers_cuts_no_summary_short(capsys):
    assert main(["edge", "--help"], standalone_mode=False) == 0
    assert "..." not in capsys.readouterr().out.partition("Commands:")[2]


@pytest.mark.parametrize("platform", ["nginx", "caddy", "netlify", "cloudflare"])
def test_what_is_named_and_is_not_there_yet_is_noted(platform, catalog, tmp_path):
    (tmp_path / "site").mkdir()
    named = ["site/none", *(["none.pem", "key.pem"] if platform == "nginx" else [])]
    options = ["--certificate", tmp_path / "none.pem", "--certificate-key", tmp_path / "key.pem"]
    options = [*(options if platform == "nginx" else []), "--catalog", catalog(()), "--out", tmp_path / "written"]
    _, said = feeds_edge(platform, *options, "--root", tmp_path / "site/none")
    notes = [line for line in said.splitlines() if line.startswith("note: ")]
    assert notes == [f"note: {tmp_path / name} isn't there yet." for name in named]
    for name in named:
        (tmp_path / name).touch()
    assert "note: " not in feeds_edge(platform, *options, "--root", tmp_path / "site/none")[1]


def typed(*answers):
    done = CliRunner().invoke(main, ["edge", "hash", "nord-1"], input="".join(f"{each}\n" for each in answers))
    return done.stdout, done.exception


def test_a_typed_password_is_asked_for_twice_and_not_shown():
    output, _ = typed("correct-horse-1", "correct-horse-2", "correct-horse-1", "correct-horse-1")
    (user,), _ = parse(output.strip().splitlines()[-1])
    assert bcrypt.checkpw(b"correct-horse-1", user.hash.encode())
    assert "correct" not in output


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("short", "The password is too easy to guess: take 12 characters or more, or --generate."),
        ("abababababababab", "The password is too easy to guess: take 12 characters or more, or --generate."),
        ("correct horse battery", "The password has blanks or letters beyond ASCII"),
        ("pâtissière-éclair", "The password has blanks or letters beyond ASCII"),
        ("0123456789ab" * 7, "The password has more than 72 characters, which is the most."),
    ],
)
def test_a_password_that_is_weak_or_travels_badly_is_refused(password, message):
    _, error = typed(password, password)
    assert str(error).startswith(message)
    assert password not in str(error)


def test_a_hash_of_few_iterations_is_for_generated_passwords_alone():
    message = refusal("hash", "nord-1", "--for", "cloudflare")
    assert message.endswith("Have one made: feeds edge hash nord-1 --for cloudflare --generate")
    assert refusal("hash", "no:name") == '"no:name" can be no login: use letters, digits and ._@+-, 64 at most.'


def test_a_login_shows_no_hash_by_accident():
    assert "$2b$" not in repr(SiteUser("nord", "$2b$", "bcrypt"))
