"""What is Caddy's alone: certificates by itself, a configuration with the hashes in it, and no port to ask for it."""

import json
import os
import socket
import ssl
import stat

import pytest

from feeds.core.errors import UsageError
from tests.edge.conftest import NEW, OLD, SECRETS, fill
from tests.edge.servers import Caddy, feeds_edge, free_port


@pytest.fixture
def caddy(need):
    need("caddy")
    with Caddy() as server:
        fill(server.root)
        yield server


def test_it_speaks_tls_by_itself_and_port_80_leads_there(caddy, catalog):
    """With certificates of its own making, where the real ones would be asked for."""
    caddy.configure(catalog(("secret path",)), **SECRETS)
    https = free_port()
    local = f"\tlocal_certs\n\tskip_install_trust\n\thttp_port {caddy.port}\n\thttps_port {https}\n"
    text = caddy.file.read_text().replace(f"http://feeds.nord.example:{caddy.port}", "https://feeds.nord.example")
    caddy.file.write_text(text.replace("\tadmin off\n", f"\tadmin off\n{local}"))
    assert caddy.valid() == ""
    caddy.start()
    moved = caddy.ask(f"/{NEW}/users.json")
    assert (moved.status, moved["Location"]) == (308, f"https://feeds.nord.example/{NEW}/users.json")
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    request = f"GET /{NEW}/users.json HTTP/1.0\r\nHost: feeds.nord.example\r\n\r\n".encode()
    with (
        socket.create_connection(("127.0.0.1", https)) as raw,
        unchecked.wrap_socket(raw, server_hostname="feeds.nord.example") as connection,
    ):
        connection.sendall(request)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.0 200")
    assert b"\r\nStrict-Transport-Security: max-age=31536000\r\n" in answer
    assert NEW not in caddy.logged()


def test_a_configuration_with_secrets_is_for_caddy_alone(caddy, catalog):
    caddy.configure(catalog(("basic auth",)), **SECRETS)
    assert stat.S_IMODE(caddy.file.stat().st_mode) in {0o600, 0o640}
    assert not (os.geteuid() and caddy.file.group() == "caddy")
    caddy.start()
    caddy.ask("/users.json")
    kept = [path for path in caddy.folder.rglob("*.json") if "basic" in path.read_text(errors="replace")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} <= {0o600}
    caddy.configure(catalog(("addresses",)))
    assert stat.S_IMODE(caddy.file.stat().st_mode) == 0o644


def test_nobody_can_ask_it_for_its_configuration(caddy, catalog):
    caddy.configure(catalog(()))
    caddy.start()
    assert '"admin endpoint disabled"' in caddy.logged()


def test_the_log_tells_which_login_was_used_and_whether_the_old_address_was(caddy, catalog):
    caddy.configure(catalog(("basic auth", "secret path")), **SECRETS)
    caddy.start()
    caddy.ask(f"/{OLD}/users.json", login="nord-2:kP4.new-password")
    caddy.ask(f"/{NEW}/feeds/x2anna.xml", login="nord-1:tQ7.old-password")
    caddy.stop()
    lines = [json.loads(line) for line in (caddy.logs / "console").read_text().splitlines()]
    # A line is written after its answer has gone, so the second answer's may come first.
    new, old = sorted((line for line in lines if line["msg"] == "handled request"), key=lambda line: line["user_id"])
    assert (old["user_id"], old["status"], old["request"]["uri"]) == ("nord-2", 200, "/***/users.json")
    assert old["resp_headers"]["Feeds-Address"] == ["old"]
    assert (new["user_id"], new["status"], new["request"]["uri"]) == ("nord-1", 200, "/***/feeds/x2anna.xml")
    assert "Feeds-Address" not in new["resp_headers"]


def test_a_site_below_a_path_is_served_there_alone(caddy, catalog):
    caddy.configure(catalog(("secret path",), base_url="https://feeds.nord.example/a.b/feeds/"), **SECRETS)
    caddy.start()
    assert caddy.ask(f"/a.b/feeds/{NEW}/users.json").status == 200
    assert {caddy.ask(f"{path}/users.json").status for path in ("", f"/{NEW}", f"/axb/feeds/{NEW}", "/a.b/feeds")} == {
        404
    }


@pytest.mark.parametrize("kind", ["pbkdf2", "sha-crypt"])
def test_a_hash_that_caddy_can_not_read_is_refused(catalog, kind):
    line = feeds_edge("hash", "nord-1", "--for", "cloudflare", "--generate")[0]
    if kind == "sha-crypt":
        line = f"nord-1:$6$salt${'a' * 86}"
    with pytest.raises(UsageError) as refused:
        feeds_edge("caddy", "--catalog", catalog(("basic auth",)), FEEDS_SITE_USERS=line)
    assert str(refused.value) == (
        "Caddy can't read the hash of nord-1, which is not bcrypt.\nMake another: feeds edge hash nord-1"
    )
