"""The real servers, from what `feeds edge` writes: who gets in, what they get, and what nobody gets."""

import gzip
import threading

import pytest

from feeds.storage.static_dir import publish, stage
from tests.edge.conftest import (
    COMBINATIONS,
    DOCUMENTS,
    LEFTOVERS,
    LIST,
    LOOPBACK,
    NEW,
    NEW_LOGIN,
    OLD,
    OLD_LOGIN,
    SECRETS,
    USERS,
)

ALL = ("basic auth", "secret path", "addresses")


def started(server, folder, ways, **environ):
    options = LOOPBACK if "addresses" in ways else ()
    server.configure(folder, *options, **{**SECRETS, **environ})
    assert server.valid() == ""
    server.start()
    return server


@pytest.mark.parametrize("ways", COMBINATIONS, ids=lambda ways: " and ".join(ways) or "open")
def test_who_satisfies_all_ways_gets_the_documents_and_nobody_else_anything(server, catalog, ways):
    started(server, catalog(ways), ways)
    login = NEW_LOGIN if "basic auth" in ways else None
    prefix = f"/{NEW}/" if "secret path" in ways else "/"
    for name, (content_type, body) in DOCUMENTS.items():
        answer = server.ask(prefix + name, login=login)
        assert (answer.status, answer["Content-Type"], answer.body) == (200, content_type, body)
        closed = {"basic auth", "addresses"} & set(ways)
        assert answer["Cache-Control"] == f"{'private' if closed else 'public'}, max-age=60"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["ETag"]
        unchanged = server.ask(prefix + name, login=login, If_None_Match=answer["ETag"])
        assert (unchanged.status, unchanged.body) == (304, b"")
        head = server.ask(prefix + name, login=login, method="HEAD")
        assert (head.status, head.body, head["ETag"]) == (200, b"", answer["ETag"])
    if "basic auth" in ways:
        wrong_ones = [None, "nord-2:wrong", f"nord-1:{NEW_LOGIN.partition(':')[2]}", "nord-2:"]
        if len(ways) == 1:  # Caddy takes a second for a name that there isn't
            wrong_ones.append("nobody:kP4.new-password")
        for wrong in wrong_ones:
            refused = server.ask(f"{prefix}users.json", login=wrong)
            assert (refused.status, refused["WWW-Authenticate"].lower()) == (401, 'basic realm="feeds"')
            assert b"annacooks" not in refused.body
        assert server.ask(f"{prefix}users.json", login=OLD_LOGIN).status == 200
    if "secret path" in ways:
        assert server.ask(f"/{OLD}/users.json", login=login).status == 200
        for path in ("/", f"/{NEW[:-1]}/", f"/{NEW}x/", f"/{NEW}/{NEW}/", f"/{NEW.swapcase()}/", f"//{NEW[1:]}/"):
            assert server.ask(f"{path}users.json", login=login).status == 404
        for dot in (OLD.replace(".", "x"), OLD.replace(".", "")):  # in a pattern a dot would stand for any letter
            assert server.ask(f"/{dot}/users.json", login=login).status == 404
    log = server.logged()
    assert not [secret for secret in (NEW, OLD, "kP4", "tQ7", *SECRETS["FEEDS_SITE_USERS"].split()) if secret in log]


@pytest.mark.parametrize("ways", [(), ALL], ids=["open", "closed"])
def test_nothing_else_of_the_folder_is_reached(server, catalog, ways):
    started(server, catalog(ways), ways)
    login, prefix = (NEW_LOGIN, f"/{NEW}/") if ways else (None, "/")
    (server.folder / "outside.json").write_text("not for reading")
    paths = [
        *LEFTOVERS,
        "",
        "feeds",
        "feeds/",
        "more/",
        "users.json/",
        "feeds/x2anna",
        "feeds/x2anna.xml/",
        "USERS.JSON",
    ]
    paths += ["feeds/none.xml", "feeds/..%2f..%2foutside.json", "feeds/%2e%2e/notes.txt"]
    paths += ["../outside.json", "%2e%2e/outside.json", "feeds/x2anna.xml%00", "feeds/%2ehtaccess", "feeds/users.json"]
    paths += ["feeds/feeds/x2anna.xml", "feeds\\x2anna.xml", "feeds/x2anna.xml%0a", "users.json%0a"]
    for path in paths:
        answer = server.ask(prefix + path, login=login)
        assert (path, answer.status in (400, 404)) == (path, True), answer.status
        assert b"not for reading" not in answer.body
        assert b"annacooks" not in answer.body
        assert "public" not in (answer["Cache-Control"] or "")


def test_documents_are_only_read(server, catalog):
    started(server, catalog(()), ())
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"):
        answer = server.ask("/users.json", method=method, body=b"x")
        assert (answer.status, answer["Allow"]) == (405, "GET, HEAD")
    assert server.ask("/users.json", method="TRACE").status == 405
    assert (server.root / "users.json").read_bytes() == LIST


@pytest.mark.parametrize("ways", [(), ALL], ids=["open", "closed"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_compressed_document_is_the_same_and_is_sent_once(server, catalog, ways, name):
    started(server, catalog(ways), ways)
    login, path = (NEW_LOGIN, f"/{NEW}/{name}") if ways else (None, f"/{name}")
    answer = server.ask(path, login=login, Accept_Encoding="gzip", Via="1.1 cdn.example")
    assert (answer.status, answer["Content-Encoding"], answer["Vary"]) == (200, "gzip", "Accept-Encoding")
    assert gzip.decompress(answer.body) == DOCUMENTS[name][1]
    assert len(answer.body) < len(DOCUMENTS[name][1])
    again = server.ask(path, login=login, Accept_Encoding="gzip", If_None_Match=answer["ETag"])
    assert (again.status, again.body) == (304, b"")
    assert server.ask(path, login=login)["Vary"] == "Accept-Encoding"


def test_a_document_that_was_written_anew_is_sent_anew(server, catalog):
    started(server, catalog(()), ())
    before = server.ask("/users.json")["ETag"]
    (server.root / "new").write_bytes(b"[]")
    (server.root / "new").rename(server.root / "users.json")
    answer = server.ask("/users.json", If_None_Match=before)
    assert (answer.status, answer.body) == (200, b"[]")


def test_other_addresses_than_dailymotions_are_refused_until_they_are_allowed(server, catalog):
    folder = catalog(("addresses",))
    server.configure(folder)
    server.start()
    assert server.ask("/users.json").status == 403
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP"):
        assert server.ask("/users.json", **{header: "188.65.120.1"}).status == 403
    server.stop()
    server.configure(folder, "--allow", "127.0.0.0/8")
    server.start()
    assert server.ask("/users.json").status == 200


def test_passwords_and_secrets_rotate_with_an_overlap(server, catalog):
    folder = catalog(("basic auth", "secret path"))

    def opened(login, path):
        return server.ask(f"/{path}/users.json", login=login).status == 200

    steps = [
        ({"FEEDS_SITE_USERS": USERS[OLD_LOGIN], "FEEDS_SITE_PATH": OLD}, {OLD_LOGIN}, {OLD}),
        (SECRETS, {OLD_LOGIN, NEW_LOGIN}, {OLD, NEW}),
        ({"FEEDS_SITE_USERS": USERS[NEW_LOGIN], "FEEDS_SITE_PATH": NEW}, {NEW_LOGIN}, {NEW}),
    ]
    for step, (environ, logins, paths) in enumerate(steps):
        server.configure(folder, **environ)
        server.reload() if step else server.start()
        (login, *_), (path, *_) = logins, paths
        assert {each for each in (OLD_LOGIN, NEW_LOGIN) if opened(each, path)} == logins
        assert {each for each in (OLD, NEW) if opened(login, each)} == paths


def test_a_reader_gets_a_whole_document_while_it_is_written_anew(server, catalog):
    started(server, catalog(()), ())
    path, texts = server.root / "users.json", {b"a" * 90_000, b"b" * 200_000}
    over = threading.Event()

    def rewrite():
        while not over.is_set():
            for text in texts:
                publish(stage(path, text), path)

    path.write_bytes(b"a" * 90_000)
    writer = threading.Thread(target=rewrite)
    writer.start()
    try:
        read = []
        while len(read) < 100 or (len(read) < 10_000 and len(set(read)) < 2):
            read.append(server.ask("/users.json").body)
    finally:
        over.set()
        writer.join()
    assert {len(body) for body in read} <= {90_000, 200_000}
    assert set(read) == texts
