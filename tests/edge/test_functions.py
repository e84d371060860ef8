"""The functions for Netlify and Cloudflare, run under Node.js: who gets in, what they get, and what nobody gets.

The hosts themselves can't be run here. tests/edge/run_function.mjs gives the functions what the hosts document.
"""

import base64
import hashlib
import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from feeds.core.errors import UsageError
from tests.edge.conftest import COMBINATIONS, DOCUMENTS, LEFTOVERS, LIST, NEW, NEW_LOGIN, OLD, OLD_LOGIN, fill
from tests.edge.servers import Answer, feeds_edge

RUNNER = Path(__file__).with_name("run_function.mjs")
CRAWLER, STRANGER = "188.65.127.255", "188.65.128.0"
FILES = {"netlify": "netlify/edge-functions/feeds.js", "cloudflare": "worker.js"}


def hashed(login):
    """Return a line as `feeds edge hash --generate` makes it, of a password that the tests know."""
    name, _, password = login.partition(":")
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), b"0123456789abcdef", 1000)
    salt, key = (base64.b64encode(each, altchars=b"./").decode().rstrip("=") for each in (b"0123456789abcdef", key))
    return f"{name}:$pbkdf2-sha256$1000${salt}${key}"


SECRETS = {"FEEDS_SITE_PATH": f"{NEW},{OLD}", "FEEDS_SITE_USERS": f"{hashed(NEW_LOGIN)}\n{hashed(OLD_LOGIN)}"}


class Function:
    """A function as it was written for one of the hosts."""

    def __init__(self, platform, folder):
        self.platform, self.folder, self.root = platform, folder / "deploy", folder / "site"
        fill(self.root)

    def configure(self, catalog, *options):
        feeds_edge(self.platform, "--catalog", catalog, "--root", self.root, "--out", self.folder, *options)
        file = self.folder / FILES[self.platform]
        self.module = file.with_suffix(".mjs")  # which tells Node.js what the hosts know
        self.module.write_text(file.read_text())

    def ask_all(self, requests, **environ):
        """Return the answers to (path, login, more) of requests, and what was asked of the host for them."""
        asked = json.dumps({"environ": environ, "requests": [self._request(*each) for each in requests]})
        done = subprocess.run(
            ["node", RUNNER, self.platform, self.module, self.root],
            input=asked, capture_output=True, text=True, check=True,
        )  # fmt: skip
        self.said = done.stderr
        told = json.loads(done.stdout)
        self.config = told.get("config")
        answers = [Answer(each["status"], each["headers"], base64.b64decode(each["body"])) for each in told["answers"]]
        return answers, [path for _, path in told["asked"]]

    def ask(self, *request, environ=SECRETS):
        return self.ask_all([request], **environ)[0][0]

    def _request(self, path, login=None, method="GET", address=CRAWLER, **headers):
        if login:
            headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        return {"path": path, "method": method, "headers": headers, "address": address}


@pytest.fixture(params=FILES)
def function(request, tmp_path, need):
    need("node")
    return Function(request.param, tmp_path)


@pytest.mark.parametrize("ways", COMBINATIONS, ids=lambda ways: " and ".join(ways) or "open")
def test_who_satisfies_all_ways_gets_the_documents_and_nobody_else_anything(function, catalog, ways):
    function.configure(catalog(ways))
    login = NEW_LOGIN if "basic auth" in ways else None
    prefix = f"/{NEW}/" if "secret path" in ways else "/"
    refused = {}
    if "basic auth" in ways:
        wrong = (None, "nord-2:wrong", f"nord-1:{NEW_LOGIN.partition(':')[2]}", "nord-2:", "nobody:kP4.new-password")
        refused |= {(f"{prefix}users.json", each): 401 for each in (*wrong, "nord-2", ":", "é:é")}
    if "secret path" in ways:
        paths = (
            "/",
            f"/{NEW[:-1]}/",
            f"/{NEW}x/",
            f"/{NEW}/{NEW}/",
            f"/{NEW.swapcase()}/",
            f"//{NEW}/",
            f"/{NEW},{OLD}/",
        )
        refused |= {(f"{path}users.json", login): 404 for path in (*paths, f"/{OLD.replace('.', 'x')}/")}
    if "addresses" in ways:
        refused[f"{prefix}users.json", login, "GET", STRANGER] = 403
    old = (f"/{OLD}/users.json" if "secret path" in ways else "/users.json", OLD_LOGIN)
    taken = [(prefix + name, login) for name in DOCUMENTS]
    answers, asked = function.ask_all([*refused, *taken, old], **SECRETS)

    closed = {"basic auth", "addresses"} & set(ways)
    for answer, (content_type, body) in zip(answers[-4:-1], DOCUMENTS.values(), strict=True):
        assert (answer.status, answer["content-type"], answer.body) == (200, content_type, body)
        assert answer["cache-control"] == f"{'private' if closed else 'public'}, max-age=60"
        assert answer["etag"] == f'"{len(body)}-of-the-host"'
        assert answer["x-content-type-options"] == "nosniff"
        assert "x-host" not in answer.headers
    assert answers[-1].status == 200
    assert asked == [*(f"/{name}" for name in DOCUMENTS), "/users.json"]
    assert [answer.status for answer in answers[:-4]] == list(refused.values())
    assert {answer.body for answer in answers[:-4]} <= {b""}
    assert {answer["cache-control"] for answer in answers[:-4]} <= {"no-store"}
    assert function.said == ""


def test_a_refused_login_is_asked_for(function, catalog):
    function.configure(catalog(("basic auth",)))
    assert function.ask("/users.json")["www-authenticate"] == 'Basic realm="feeds"'


@pytest.mark.parametrize("ways", [(), ("basic auth", "secret path", "addresses")], ids=["open", "closed"])
def test_nothing_else_of_the_folder_is_reached(function, catalog, ways):
    function.configure(catalog(ways))
    login, prefix = (NEW_LOGIN, f"/{NEW}/") if ways else (None, "/")
    paths = [*LEFTOVERS, "", "feeds", "feeds/", "users.json/", "feeds/x2anna", "USERS.JSON", "feeds/none.xml"]
    paths += ["feeds/..%2f..%2fdeploy/worker.js", "feeds/%2e%2e/notes.txt", "feeds/x2anna.xml%00", "users.json%0a"]
    answers, asked = function.ask_all([(prefix + path, login) for path in paths], **SECRETS)
    assert {answer.status for answer in answers} == {404}
    assert {answer.body for answer in answers} == {b""}
    assert asked == ["/feeds/none.xml"]


def test_documents_are_only_read(function, catalog):
    function.configure(catalog(()))
    methods = ("POST", "PUT", "DELETE", "PATCH", "OPTIONS")
    answers, asked = function.ask_all([("/users.json", None, method) for method in methods])
    assert [(answer.status, answer["allow"]) for answer in answers] == [(405, "GET, HEAD")] * len(methods)
    head, asked = function.ask_all([("/users.json", None, "HEAD")])
    assert (head[0].status, head[0].body, head[0]["etag"]) == (200, b"", f'"{len(LIST)}-of-the-host"')
    assert asked == ["/users.json"]


def test_a_document_that_is_known_is_not_sent_again(function, catalog):
    """Also where the host, or something on the way, has weakened the tag for it compresses."""
    function.configure(catalog(()))
    tag = f'"{len(LIST)}-of-the-host"'
    known = (tag, f"W/{tag}", f'"other", W/{tag}', "*", f'"{len(LIST)}-of-the-host-packed"')
    requests = [function._request("/users.json", **{"If-None-Match": each}) for each in (*known, '"other"', tag[1:])]
    function._request = lambda request: request
    answers, _ = function.ask_all([(each,) for each in requests])
    assert [answer.status for answer in answers] == [304] * len(known) + [200, 200]
    assert {answer.body for answer in answers[: len(known)]} == {b""}
    assert {answer["etag"] for answer in answers} == {tag}
    assert {answer["cache-control"] for answer in answers} == {"public, max-age=60"}


@pytest.mark.parametrize(
    ("range_", "inside", "outside"),
    [
        ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255", "::ffff:192.0.2.130"], ["192.0.2.127", "192.0.3.128"]),
        ("192.0.2.7", ["192.0.2.7"], ["192.0.2.70", "192.0.2.6", "192.0.2.07x", "2.7", ""]),
        ("2001:db8:12::/47", ["2001:db8:12::1", "2001:DB8:13:ffff::"], ["2001:db8:14::", "2001:db8::", "::", "::1::"]),
        (
            "2001:db8::7",
            ["2001:db8::7", "2001:db8:0:0:0:0:0:7"],
            ["2001:db8::70", "2001:db8::7:0", "2001:db8:7", "2001:db8::7::1"],
        ),
        ("::/0", ["::1"], ["192.0.2.1", "x", "1:2:3:4:5:6:7:8:9", "256.1.1.1"]),
        ("0.0.0.0/0", ["192.0.2.1"], ["::1", "1.2.3", "1.2.3.256", "1.2.3.4.5"]),
    ],
)
def test_an_address_is_let_in_by_the_networks_that_hold_it(function, catalog, range_, inside, outside):
    function.configure(catalog(("addresses",)), "--allow", range_)
    requests = [("/users.json", None, "GET", address) for address in (*inside, *outside, CRAWLER, "198.54.201.9")]
    answers, _ = function.ask_all(requests)
    expected = [200] * len(inside) + [403] * len(outside) + [200, 200]
    assert [answer.status for answer in answers] == expected


@pytest.mark.parametrize("secrets", [None, " , ", "short"])
def test_without_its_secret_the_site_stays_closed(function, catalog, secrets):
    function.configure(catalog(("secret path",)))
    environ = {} if secrets is None else {"FEEDS_SITE_PATH": secrets}
    answers, asked = function.ask_all([("/users.json",), ("//users.json",), ("/short/users.json",)], **environ)
    assert ([answer.status for answer in answers], asked) == ([503] * 3, [])
    assert "FEEDS_SITE_PATH is not set, or too short" in function.said


CUT_OFF = f"nord-2:$pbkdf2-sha256$1000${'a' * 22}$aaaa"


@pytest.mark.parametrize("users", [None, "nord-2:kP4.new-password", f"nord-2:$2b$05${'a' * 53}", CUT_OFF])
def test_without_a_login_that_it_can_read_the_site_stays_closed(function, catalog, users):
    function.configure(catalog(("basic auth",)))
    environ = {} if users is None else {"FEEDS_SITE_USERS": users}
    answers, asked = function.ask_all([("/users.json", NEW_LOGIN), ("/users.json",), ("/users.json", ":")], **environ)
    assert ([answer.status for answer in answers], asked) == ([503] * 3, [])
    assert f"FEEDS_SITE_USERS has no login made with --for {function.platform}" in function.said
    assert "kP4" not in function.said


def test_a_login_made_by_the_verb_opens_it(function, catalog):
    function.configure(catalog(("basic auth",)))
    line, said = feeds_edge("hash", "nord-3", "--for", function.platform, "--generate")
    password = said.split()[-1]
    environ = {"FEEDS_SITE_USERS": f"{SECRETS['FEEDS_SITE_USERS']},{line.strip()}"}
    logins = (f"nord-3:{password}", f"nord-3:{password}x", NEW_LOGIN)
    answers, _ = function.ask_all([("/users.json", login) for login in logins], **environ)
    assert [answer.status for answer in answers] == [200, 401, 200]


def test_a_site_below_a_path_is_served_there_alone(function, catalog):
    function.configure(catalog(("secret path",), base_url="https://feeds.nord.example/a.b/feeds/"))
    paths = (f"/a.b/feeds/{NEW}/", f"/{NEW}/", "/", f"/axb/feeds/{NEW}/", "/a.b/feeds/")
    answers, _ = function.ask_all([(f"{path}users.json",) for path in paths], **SECRETS)
    assert [answer.status for answer in answers] == [200, 404, 404, 404, 404]


def test_netlify_asks_the_function_before_every_file_and_serves_none_where_it_fails(tmp_path, catalog, need):
    need("node")
    function = Function("netlify", tmp_path)
    function.configure(catalog(()))
    function.ask("/users.json")
    assert function.config == {"path": "/*", "onError": "fail"}


def test_no_file_holds_a_secret_and_none_has_to_be_known(function, catalog):
    folder = catalog(("basic auth", "secret path", "addresses"))
    with_secrets, _ = feeds_edge(function.platform, "--catalog", folder, **SECRETS)
    without, _ = feeds_edge(function.platform, "--catalog", folder)
    assert with_secrets == without
    assert NEW not in with_secrets
    assert "$pbkdf2" not in with_secrets.replace("[$]pbkdf2", "")


def test_the_hosts_settings_are_well_formed_and_lead_to_the_folder(tmp_path, catalog):
    folder, out = catalog(("secret path",)), tmp_path / "deploy"
    for platform in FILES:
        feeds_edge(platform, "--catalog", folder, "--root", tmp_path / "site", "--out", out)
    toml = tomllib.loads((out / "netlify.toml").read_text())
    assert toml["build"] == {
        "publish": "../site",
        "edge_functions": "netlify/edge-functions",
        "environment": {"SECRETS_SCAN_OMIT_KEYS": "FEEDS_SITE_PATH"},
    }
    wrangler = json.loads(re.sub(r"(?m)^\s*//.*$", "", (out / "wrangler.jsonc").read_text()))
    assert wrangler["assets"] == {
        "directory": "../site",
        "binding": "ASSETS",
        "run_worker_first": True,
        "html_handling": "none",
        "not_found_handling": "none",
    }
    assert wrangler["routes"] == [{"pattern": "feeds.nord.example", "custom_domain": True}]
    assert (wrangler["name"], wrangler["workers_dev"], wrangler["preview_urls"]) == ("feeds-nord-example", False, False)
    assert wrangler["observability"] == {"enabled": False}


@pytest.mark.parametrize("base_url", ["http://feeds.nord.example/", "https://feeds.nord.example:8443/"])
@pytest.mark.parametrize("platform", FILES)
def test_an_address_that_the_host_does_not_serve_is_refused(platform, catalog, base_url):
    with pytest.raises(UsageError, match="such a host serves https alone"):
        feeds_edge(platform, "--catalog", catalog((), base_url=base_url))
