"""A built network that is closed in chosen ways, and the servers that serve it."""

import itertools

import bcrypt
import pytest

from tests.edge.servers import Caddy, Nginx

NEW, OLD = "q9W-eR8_tY7-uI6~oP5aS4dF", "aZ09-_.~bY18cX27dW36eV45"
NEW_LOGIN, OLD_LOGIN = "nord-2:kP4.new-password", "nord-1:tQ7.old-password"
WAYS = ("basic auth", "secret path", "addresses")
COMBINATIONS = [chosen for size in range(4) for chosen in itertools.combinations(WAYS, size)]
LOOPBACK = ("--allow", "127.0.0.1")
LEFTOVERS = (".users.json.1f2e.tmp", ".git", ".htaccess", "notes.txt", "index.html", "feeds/.x2anna.xml.9a.tmp",
             "feeds/x2anna.xml.bak", "feeds/notes.txt", "users.json.bak", "more/users.json")  # fmt: skip


def hashed(login):
    """Return a line of FEEDS_SITE_USERS; few rounds, for the sake of the tests' time."""
    name, _, password = login.partition(":")
    return f"{name}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()}"


USERS = {login: hashed(login) for login in (NEW_LOGIN, OLD_LOGIN)}
SECRETS = {"FEEDS_SITE_PATH": f"{NEW},{OLD}", "FEEDS_SITE_USERS": "\n".join(USERS.values())}
FEED = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>' + "é".encode() * 900 + b"</channel></rss>\n"
)
COMMITS = b"0123456789abcdef0123456789abcdef01234567\n" * 40
LIST = b"[" + b",".join([b'{"id": "x2anna", "username": "annacooks"}'] * 40) + b"]\n"
DOCUMENTS = {
    "users.json": ("application/json", LIST),
    "feeds/x2anna.xml": ("application/rss+xml; charset=utf-8", FEED),
    "published.txt": ("text/plain; charset=utf-8", COMMITS),
}


@pytest.fixture
def catalog(tmp_path):
    """Return a function that writes a catalog closed in some ways, and returns its folder."""

    def write(ways, base_url="https://feeds.nord.example/"):
        (tmp_path / "catalog.yaml").write_text(
            f"network: {{name: Nord Clips, site: https://nord.example/, base_url: {base_url}, parent_id: x1nord, "
            f"access: [{', '.join(ways)}]}}\n"
        )
        return tmp_path

    return write


def fill(root):
    """Write a site with its two kinds of documents, and what has no business there."""
    (root / "feeds").mkdir(parents=True)
    (root / "more").mkdir()
    (root / "users.json").write_bytes(LIST)
    (root / "feeds/x2anna.xml").write_bytes(FEED)
    (root / "published.txt").write_bytes(COMMITS)
    for name in LEFTOVERS:
        (root / name).write_text("not for reading")


@pytest.fixture(params=[Nginx, Caddy], ids=lambda server: server.tool)
def server(request, need):
    """Each of the two servers, with a site, not yet configured."""
    need(request.param.tool)
    with request.param() as server:
        fill(server.root)
        yield server
