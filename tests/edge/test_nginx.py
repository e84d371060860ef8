"""What is nginx's alone: TLS, the file of logins, and what it says beside a site without secrets."""

import os
import select
import socket
import ssl
import stat
import subprocess
import urllib.error
import urllib.request

import pytest

from tests.edge.conftest import NEW, OLD, SECRETS, USERS, fill
from tests.edge.servers import Nginx, free_port


@pytest.fixture
def nginx(need):
    need("nginx")
    with Nginx() as server:
        fill(server.root)
        yield server


def test_with_a_certificate_it_speaks_tls_and_port_80_leads_there(nginx, catalog, need):
    need("openssl")
    chain, key = nginx.folder / "chain.pem", nginx.folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=feeds.nord.example", "-keyout", key, "-out", chain],
        check=True, capture_output=True,
    )  # fmt: skip
    nginx.configure(catalog(()), "--certificate", chain, "--certificate-key", key)
    port = free_port()
    nginx.file.write_text(nginx.file.read_text().replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"))
    assert nginx.valid() == ""
    nginx.start()
    moved = nginx.ask(f"/{NEW}/users.json?x={NEW}", host="evil.example")
    assert (moved.status, moved["Location"]) == (301, f"https://feeds.nord.example/{NEW}/users.json?x={NEW}")
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(f"https://127.0.0.1:{port}/users.json", context=unchecked) as answer:
        assert (answer.status, answer.headers["Strict-Transport-Security"]) == (200, "max-age=31536000")
    assert NEW not in nginx.logged()


@pytest.mark.parametrize("letters", [20, 33, 45])
def test_a_long_address_is_taken_and_two_that_begin_alike_stand_beside_each_other(nginx, catalog, letters):
    hosts, texts = [f"{'feeds-' * 8}"[: letters - 9] + f"{end}.example" for end in "ab"], []
    for host in hosts:
        nginx.configure(catalog(("secret path",), base_url=f"https://{host}/some/folder/of/a/partner/"), **SECRETS)
        texts.append(nginx.file.read_text())
    nginx.file.write_text("\n".join(texts))
    assert nginx.valid() == ""
    nginx.start()
    for host in hosts:
        assert nginx.ask(f"/some/folder/of/a/partner/{NEW}/users.json", host=host).status == 200


def test_the_challenge_of_a_certificate_is_answered_and_other_dot_files_are_not(nginx, catalog):
    nginx.configure(catalog(("secret path",)), **SECRETS)
    nginx.file.write_text(nginx.file.read_text().replace("/var/www/html", str(nginx.folder / "acme")))
    (nginx.folder / "acme/.well-known/acme-challenge").mkdir(parents=True)
    (nginx.folder / "acme/.well-known/acme-challenge/token").write_text("proof")
    nginx.start()
    assert nginx.ask("/.well-known/acme-challenge/token").body == b"proof"
    assert nginx.ask("/.well-known/acme-challenge/").status == 403
    assert nginx.ask("/.well-known/token").status == 404


def test_its_files_are_for_those_who_read_them_alone(nginx, catalog):
    folder = catalog(("basic auth", "secret path"))
    nginx.configure(folder, **SECRETS)
    users = nginx.folder / "feeds.users"
    assert users.read_text().splitlines() == ["# Written by `feeds edge nginx`.", *USERS.values()]
    assert stat.S_IMODE(nginx.file.stat().st_mode) == 0o600
    is_root = os.geteuid() == 0
    assert stat.S_IMODE(users.stat().st_mode) == (0o640 if is_root else 0o600)
    assert not is_root or users.group() == "www-data"
    assert not [line for line in USERS.values() if line in nginx.file.read_text()]
    catalog(("addresses",))
    nginx.configure(folder)
    assert not users.exists()
    assert stat.S_IMODE(nginx.file.stat().st_mode) == 0o644


def test_the_log_tells_which_login_and_which_secret_were_used(nginx, catalog):
    nginx.configure(catalog(("basic auth", "secret path")), **SECRETS)
    nginx.start()
    nginx.ask(f"/{OLD}/users.json", login="nord-2:kP4.new-password", User_Agent="crawler")
    nginx.ask(f"/{NEW}/feeds/x2anna.xml", login="nord-1:tQ7.old-password")
    nginx.stop()
    old, new = (nginx.logs / "feeds.log").read_text().splitlines()
    assert "- nord-2 [" in old
    assert '"GET /<secret-2>/users.json" 200' in old
    assert '"crawler"' in old
    assert "- nord-1 [" in new
    assert '"GET /<secret-1>/feeds/x2anna.xml" 200' in new


def test_a_site_below_a_path_is_served_there_alone(nginx, catalog):
    nginx.configure(catalog(("secret path",), base_url="https://nord.example/a.b/feeds/"), **SECRETS)
    nginx.start()
    assert nginx.ask(f"/a.b/feeds/{NEW}/users.json").status == 200
    assert {nginx.ask(f"{path}/users.json").status for path in ("", f"/{NEW}", f"/axb/feeds/{NEW}", "/a.b/feeds")} == {
        404
    }


def test_two_networks_are_served_by_one_nginx(nginx, catalog):
    nginx.configure(catalog((), base_url="https://one.nord.example/"))
    one = nginx.file.read_text()
    nginx.configure(catalog((), base_url="https://two.nord.example/"))
    nginx.file.write_text(one + nginx.file.read_text())
    assert nginx.valid() == ""


def test_an_open_site_has_its_errors_in_the_log(nginx, catalog):
    nginx.configure(catalog(()))
    (nginx.root / "users.json").unlink()
    (nginx.root / "users.json").symlink_to("users.json")
    nginx.start()
    nginx.ask("/users.json")
    assert "open()" in nginx.logged()


def test_without_a_login_nothing_is_told_by_an_error(nginx, catalog):
    nginx.configure(catalog(("basic auth",)), **SECRETS)
    nginx.start()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{nginx.port}/users.json")
    assert "nginx/" not in refused.value.read().decode() + str(refused.value.headers)


def test_a_sender_who_is_slow_keeps_the_app_from_nothing(nginx, catalog):
    with socket.create_server(("127.0.0.1", 0)) as app:
        public = {"FEEDS_PUBLIC_URL": "https://partners.nord.example"}
        nginx.configure(catalog(()), "--app", f"127.0.0.1:{app.getsockname()[1]}", **public)
        nginx.start()
        with socket.create_connection(("127.0.0.1", nginx.port)) as sender:
            sender.sendall(
                b"POST /callback/x HTTP/1.1\r\nHost: partners.nord.example\r\nContent-Length: 100000\r\n\r\n"
                + b"x" * 99_999
            )
            assert select.select([app], [], [], 0.3)[0] == []
            sender.sendall(b"x")
            assert select.select([app], [], [], 30)[0] == [app]


def test_the_log_shows_what_can_not_hold_a_secret(nginx, catalog):
    nginx.configure(catalog(()))
    nginx.start()
    for path in ("/users.json", "/feeds/x2anna.xml", "/a/b%20c", f"/{'a' * 21}", f"/{'b' * 22}", f"/x/{'c' * 22}/y"):
        nginx.ask(path)
    nginx.stop()
    shown = [line.split('"')[1] for line in (nginx.logs / "feeds.log").read_text().splitlines()]
    assert shown == [
        "GET /users.json", "GET /feeds/x2anna.xml", "GET /a/b c", f"GET /{'a' * 21}", "GET /***", "GET /***",
    ]  # fmt: skip


def test_a_hash_of_openssl_opens_it_too(nginx, catalog, need):
    need("openssl")
    made = subprocess.run(["openssl", "passwd", "-6", "kP4.password"], check=True, capture_output=True, text=True)
    nginx.configure(catalog(("basic auth",)), FEEDS_SITE_USERS=f"nord-3:{made.stdout.strip()}")
    nginx.start()
    assert nginx.ask("/users.json", login="nord-3:kP4.password").status == 200
    assert nginx.ask("/users.json", login="nord-3:kP4.passwort").status == 401
