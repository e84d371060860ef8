"""`feeds check --media`: what Dailymotion could not fetch is told at its line, and nothing else is."""

import json
import os
import signal
import threading
from datetime import UTC, datetime, timedelta

import pytest

from feeds.core.errors import UsageError
from feeds.fetching.http import Limits
from feeds.probing.asking import Way
from feeds.probing.checking import Manner, check_media
from feeds.probing.judging import THUMBNAIL_BYTES
from feeds.settings import Folders
from tests.probing.films import JPEG, MP4, PAGE, SRT, Films, redirect, send
from tests.sites import adopted, imported

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
SHORT = Limits(connect_s=5, read_s=20, whole_s=20)


def anywhere(_):
    return True


@pytest.fixture
def check(site):
    """Check the media of the site, with loopback allowed; return what it came to."""

    def check(*users, at=AT, limits=SHORT, rule=anywhere, **manner):
        way = Way(limits=limits, rule=rule, pause_s=0)
        return check_media(Folders(site.catalog, site.state), users, Manner(way=way, **manner), at)

    return check


@pytest.fixture
def found(site, films, check):
    """Return (rule, severity, what) of the findings for one video with these keys."""

    def found(*, media="/a.mp4", **keys):
        films.files.setdefault("/a.mp4", ("video/mp4", MP4))
        keys = {key: films.url(value) if str(value).startswith("/") else value for key, value in keys.items()}
        media = films.url(media) if media.startswith("/") else media
        site.user("anna", {"guid": "a1", "media": media, **keys})
        return [(each.rule, each.severity, each.what) for each in check().findings]

    return found


def test_what_is_well_has_no_finding(found, films):
    films.files |= {"/t.jpg": ("image/jpeg", JPEG), "/fr.srt": ("application/x-subrip", SRT)}
    captions = {"fr": films.url("/fr.srt")}
    assert found(size=len(MP4), thumbnail="/t.jpg", captions=captions) == []
    assert {method for method, _ in films.log} == {"HEAD", "GET"}
    assert films.methods("/a.mp4") == ["HEAD", "GET"]


def test_each_finding_has_the_line_and_column_of_its_value(site, films, check):
    text = site.user("anna", {"guid": "a1"}).read_text()
    path = site.write(
        "users/anna.yaml",
        text.partition("videos:")[0]
        + f"""videos:
  - guid: a1
    title: A
    media: {films.url("/gone.mp4")}
    captions:
      fr: {films.url("/gone.srt")}
  - {{guid: a2, title: B, size: 7, media: {films.url("/a.mp4")}}}
""",
    )
    films.files["/a.mp4"] = ("video/mp4", MP4)
    findings = check().findings
    assert [(each.place.file, each.place.line, each.place.column, each.rule) for each in findings] == [
        (str(path), 7, 12, "media-unreachable"),
        (str(path), 9, 11, "media-unreachable"),
        (str(path), 10, 32, "media-size"),
    ]
    assert findings[2].trail == ("anna-name", "videos", '"B"', "size")
    assert findings[2].what == "the file has 6,012 bytes, and `size` says 7"
    assert findings[2].remedy.startswith("Write `size: 6012` if the file is the right one")


@pytest.mark.parametrize(
    ("status", "rule", "what"),
    [
        (401, "media-login", "the server asks for a login (status 401)"),
        (403, "media-unreachable", "the server refuses it to strangers (status 403)"),
        (404, "media-unreachable", "nothing is there (status 404)"),
        (500, "media-unreachable", "the server answers with status 500, and 200 is expected"),
    ],
)
def test_a_refusal_is_told_by_its_status(found, films, status, rule, what):
    films.special["/x.mp4"] = lambda handler: send(handler, "video/mp4", MP4, status=status)
    assert found(media="/x.mp4") == [(rule, "error", what)]


def test_a_page_with_status_200_is_no_film_whatever_its_type(found, films):
    films.files |= {"/x.mp4": ("text/html", PAGE), "/y.mp4": ("video/mp4", PAGE)}
    page = ("media-html", "error", "expected a film, found a web page")
    assert found(media="/x.mp4") == [page]
    assert found(media="/y.mp4") == [page]


def test_a_redirect_to_a_login_page_is_told_as_such_without_its_query(found, films):
    films.files["/sso/login"] = ("text/html", PAGE)
    films.special["/x.mp4"] = redirect("/sso/login?back=secret")
    host = films.url().removeprefix("http://")
    assert found(media="/x.mp4") == [
        ("media-login", "error", f"it leads to a page that asks for a login: {host}/sso/login")
    ]


def test_a_redirect_to_the_film_is_followed(found, films):
    films.special["/x.mp4"] = redirect("/a.mp4")
    assert found(media="/x.mp4") == []


def test_redirects_in_a_circle_end(found, films):
    films.special["/x.mp4"] = redirect("/x.mp4")
    assert found(media="/x.mp4") == [("media-unreachable", "error", "it leads on and on, with more than 5 redirects")]


@pytest.mark.parametrize(
    ("role", "mime", "body", "severity", "what"),
    [
        ("media", "application/json", b"{}", "error", 'expected a film (video/...), found "application/json"'),
        ("media", "image/jpeg", JPEG, "error", 'expected a film (video/...), found "image/jpeg"'),
        ("media", "video/mp4", JPEG, "error", 'the server says "video/mp4", but it begins like a picture'),
        ("media", "application/vnd.apple.mpegurl", b"#EXTM3U\n", "error", "expected a film, found a playlist"),
        ("media", None, MP4, "warning", "the server says nothing of its type, though it is a film"),
        (
            "media", "application/octet-stream", b"oid sha256:00\n", "error",
            'expected a film, found text, of which the server says "application/octet-stream"',
        ),
        ("thumbnail", "video/mp4", MP4, "error", 'expected a picture (image/...), found "video/mp4"'),
        (
            "thumbnail", "binary/octet-stream", JPEG, "warning",
            'the server says "binary/octet-stream", though it is a picture',
        ),
    ],
)  # fmt: skip
def test_a_wrong_type_is_told_with_what_was_expected(found, films, role, mime, body, severity, what):
    films.files["/x"] = (mime, body)
    assert found(**{role: "/x"}) == [("media-type", severity, what)]


def test_an_empty_film_and_a_huge_thumbnail_are_told(found, films):
    films.files["/x.mp4"] = ("video/mp4", b"")
    films.files["/t.jpg"] = ("image/jpeg", JPEG.ljust(THUMBNAIL_BYTES + 1, b"\0"))
    assert found(media="/x.mp4", thumbnail="/t.jpg") == [
        ("media-size", "error", "the file is empty"),
        ("media-size", "error", "the picture has 10,485,761 bytes, more than 10,485,760"),
    ]
    films.files["/t.jpg"] = ("image/jpeg", JPEG.ljust(THUMBNAIL_BYTES, b"\0"))
    assert found(thumbnail="/t.jpg") == []


def test_of_a_film_that_never_ends_only_the_beginning_is_read(found, films):
    sent = []

    def endless(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "video/mp4")
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.close_connection = True
        while handler.command == "GET" and not films.let_go.is_set():
            handler.wfile.write(MP4)
            sent.append(len(MP4))

    films.special["/x.mp4"] = endless
    assert found(media="/x.mp4", size=10_000_000_000) == []
    assert sum(sent) < 64 * 1024 * 1024  # what the system's buffers hold, and no more


def test_a_server_without_head_or_ranges_or_length_is_no_fault(found, films):
    def only_get(handler):
        if handler.command == "HEAD":
            send(handler, "text/html", PAGE, status=405)
        else:
            send(handler, "video/mp4", MP4, ranges=False, length=False)

    films.special["/x.mp4"] = only_get
    assert found(media="/x.mp4", size=99) == []


def test_a_busy_server_is_asked_once_more_and_a_hanging_one_is_given_up(site, found, films, check):
    busy = []

    def at_first_busy(handler):
        if handler.command == "GET":
            busy.append(1)
        send(handler, "video/mp4", MP4, status=503 if len(busy) == 1 else 200)

    films.special |= {"/x.mp4": at_first_busy, "/hangs.mp4": lambda _: films.let_go.wait(60)}
    assert found(media="/x.mp4") == []
    assert films.methods("/x.mp4") == ["HEAD", "GET", "GET"]
    site.user("anna", {"guid": "a1", "media": films.url("/hangs.mp4")})
    (finding,) = check(limits=Limits(connect_s=1, read_s=0.1, whole_s=1)).findings
    assert (finding.rule, finding.what) == ("media-unreachable", "127.0.0.1 gave no answer: it took too long")
    assert films.methods("/hangs.mp4") == ["HEAD", "GET"]


def test_a_file_that_breaks_off_at_its_beginning_is_told(found, films):
    def broken(handler):
        handler.send_response(200)
        handler.send_header("Content-Type", "video/mp4")
        handler.send_header("Content-Length", "6000")
        handler.end_headers()
        handler.wfile.write(MP4[:100])
        handler.close_connection = True

    films.special["/x.mp4"] = broken
    what = "127.0.0.1 gave no answer: no connection, or one that broke"
    assert found(media="/x.mp4") == [("media-unreachable", "error", what)]


@pytest.mark.parametrize(
    ("head", "found_what"),
    [
        (f"Content-Type: video/mp4\r\nContent-Length: {'9' * 5000}", None),
        (f"Content-Type: video/mp4\r\nContent-Range: bytes 0-1/{'9' * 5000}", None),
        (f"Content-Type: {'x' * 30000}", f'expected a film (video/...), found "{"x" * 200}"'),
        (f"Content-Type: video/mp4\r\nETag: {'x' * 30000}", None),
        ("X: 1\r\n" * 200, "127.0.0.1 gave no answer: no connection, or one that broke"),
    ],
)
def test_headers_out_of_all_measure_do_no_harm(site, found, films, head, found_what):
    def hostile(handler):
        handler.close_connection = True
        handler.wfile.write(f"HTTP/1.1 206 OK\r\nConnection: close\r\n{head}\r\n\r\n".encode())
        handler.wfile.write(MP4 if handler.command == "GET" else b"")

    films.special["/x.mp4"] = hostile
    assert [what for _, _, what in found(media="/x.mp4")] == ([found_what] if found_what else [])
    memory = site.state / "media.json"
    assert not memory.exists() or memory.stat().st_size < 1000


@pytest.mark.parametrize(
    ("location", "what"),
    [
        ("http://[::1", "it leads to what is no address"),
        ("//[x]/", "it leads to what is no address"),
        ("javascript:alert(1)", "Only a whole address that begins with https:// or http:// can be fetched"),
        ("file:///etc/passwd", "Only a whole address that begins with https:// or http:// can be fetched"),
        ("http://127.0.0.1:99999/", "This is no whole address: write it as https://host/path"),
    ],
)
def test_a_redirect_to_nowhere_is_told(found, films, location, what):
    films.special["/x.mp4"] = redirect(location)
    assert found(media="/x.mp4") == [("media-unreachable", "error", what)]


def test_a_redirect_is_followed_though_its_address_is_not_encoded(found, films):
    films.files["/caf%C3%A9%20au%20lait.mp4"] = ("video/mp4", MP4)

    def unencoded(handler):
        handler.close_connection = True
        handler.wfile.write("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /café au lait.mp4\r\n\r\n".encode())

    films.special["/x.mp4"] = unencoded
    assert found(media="/x.mp4") == []


def test_findings_are_told_though_nothing_can_be_remembered(site, films, check):
    site.state.write_text("a file where the folder should be")
    site.user("anna", {"guid": "a1", "media": films.url("/gone.mp4")})
    done = check()
    assert len(done.findings) == 1
    assert "File exists" in done.forgotten


def test_a_connection_that_the_server_has_closed_meanwhile_is_no_fault(found, films):
    def closing(handler):
        send(handler, "video/mp4", MP4)
        handler.close_connection = True  # without a word of it in the headers

    films.special["/x.mp4"] = closing
    assert found(media="/x.mp4") == []
    assert films.methods("/x.mp4") == ["HEAD", "GET"]


def test_an_answer_that_trickles_has_its_time_too(site, films, check):
    def trickle(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not films.let_go.wait(0.02):
            handler.wfile.write(b"X-More: 1\r\n")

    films.special["/x.mp4"] = trickle
    site.user("anna", {"guid": "a1", "media": films.url("/x.mp4")})
    (finding,) = check(limits=Limits(connect_s=1, read_s=1, whole_s=0.2)).findings
    assert finding.what == "127.0.0.1 gave no answer: it took too long"


def test_a_host_that_is_silent_is_not_asked_for_all_its_files(site, films, check):
    films.special |= {f"/{number}.mp4": lambda _: films.let_go.wait(60) for number in range(40)}
    site.user("anna", *({"guid": f"a{number}", "media": films.url(f"/{number}.mp4")} for number in range(40)))
    done = check(limits=Limits(connect_s=1, read_s=0.05, whole_s=1), per_host=1)
    assert len(done.findings) == 40
    assert len({path for _, path in films.log}) == 5
    assert "was asked no more: 5 addresses there, one after the other, gave no answer" in done.findings[-1].what


def test_no_host_has_more_requests_at_once_than_it_may_not_even_by_redirects(site, films, check):
    others = [Films(f"127.0.0.{number}") for number in (2, 3)]
    gate = threading.Barrier(3)

    def wait():
        # Where three were in here at once the barrier would let them go.
        try:
            gate.wait(0.02)
        except threading.BrokenBarrierError:
            gate.reset()

    for number in range(12):
        films.special[f"/{number}.mp4"] = films.counting(lambda handler: send(handler, "video/mp4", MP4), wait)
        for other in others:
            other.special[f"/{number}.mp4"] = other.counting(redirect(films.url(f"/{number}.mp4")))
    hosts = [films, *others]
    site.user(
        "anna",
        *({"guid": f"{at}-{n}", "media": host.url(f"/{n}.mp4")} for at, host in enumerate(hosts) for n in range(12)),
    )
    try:
        assert check(jobs=16, per_host=2).findings == []
        assert all(each.most <= 2 for each in hosts)
        assert len(films.log) == 2 * 12 * 3
    finally:
        for other in others:
            other.close()


def test_connections_are_kept_and_each_address_is_asked_once(site, films, check):
    films.files |= {f"/{number}.mp4": ("video/mp4", MP4) for number in range(50)} | {"/t.jpg": ("image/jpeg", JPEG)}
    for name in ("anna", "bo"):
        site.user(
            name,
            *(
                {"guid": f"{name}{n}", "media": films.url(f"/{n}.mp4"), "thumbnail": films.url("/t.jpg")}
                for n in range(50)
            ),
        )
    assert check(per_host=4).findings == []
    assert len(films.log) == 2 * 51
    assert films.connections <= 4


def test_only_public_hosts_are_asked_at_redirects_too(site, films, check):
    outside = Films("127.0.0.2")
    films.special["/x.mp4"] = redirect(outside.url("/a.mp4"))
    site.user("anna", {"guid": "a1", "media": films.url("/x.mp4")})
    try:
        (finding,) = check(rule=lambda address: str(address) == "127.0.0.1").findings
        assert finding.what == "127.0.0.2 is at 127.0.0.2, which is no public address: nothing was sent there"
        assert outside.log == []
    finally:
        outside.close()


@pytest.mark.parametrize(
    ("query", "severity", "what"),
    [
        ("X-Amz-Date=20261124T000000Z&X-Amz-Expires=3600&X-Amz-Signature=00", "error",
         'the address expired on 2026-11-24 01:00 UTC ("X-Amz-Expires" in its query)'),
        ("Expires=1795680000&Signature=s3cr3t&Key-Pair-Id=K", "error",
         'the address expires on 2026-11-26 08:00 UTC ("Expires" in its query)'),
        ("hdnea=exp=1795680000~acl=*~hmac=00", "error",
         'the address expires on 2026-11-26 08:00 UTC ("hdnea" in its query)'),
        ("se=2026-11-26T08:00:00Z&sp=r&sig=00", "error",
         'the address expires on 2026-11-26 08:00 UTC ("se" in its query)'),
        ("token=s3cr3t", "warning",
         'the address holds a signature ("token" in its query) that may expire before the import'),
        ("X-Amz-Expires=nonsense", "warning",
         'the address holds a signature ("X-Amz-Expires" in its query) that may expire before the import'),
    ],
)  # fmt: skip
def test_an_address_that_ends_before_the_import_may_come_is_told_without_its_secret(found, query, severity, what):
    assert found(media=f"/a.mp4?{query}") == [("media-expires", severity, what)]


@pytest.mark.parametrize("query", ["v=2&sign=aries&exp=1", "Expires=1999999999", "expires=never", "page=3", "token="])
def test_what_only_looks_like_a_signature_or_lasts_for_years_is_no_fault(found, query):
    assert found(media=f"/a.mp4?{query}") == []


def test_what_was_well_is_not_asked_again_for_a_day_and_then_only_whether_it_changed(site, films, check):
    film = {"mark": '"1"'}
    films.special["/x.mp4"] = lambda handler: send(handler, "video/mp4", MP4, ETag=film["mark"])
    site.user("anna", {"guid": "a1", "media": films.url("/x.mp4?token=s3cr3t")})
    assert check().remembered == 0
    assert [method for method, _ in films.log] == ["HEAD", "GET"]
    assert check(at=AT + timedelta(hours=23)).remembered == 1
    assert len(films.log) == 2
    assert check(at=AT + timedelta(hours=25)).asked == 1
    assert [method for method, _ in films.log[2:]] == ["HEAD"]
    film["mark"] = '"2"'
    assert check(at=AT + timedelta(hours=50)).asked == 1
    assert [method for method, _ in films.log[3:]] == ["HEAD", "GET"]
    assert "s3cr3t" not in (site.state / "media.json").read_text()


def test_what_was_remembered_is_judged_anew_and_what_had_a_fault_is_asked_anew(site, films, check):
    films.files["/x.mp4"] = ("video/mp4", MP4)
    site.user("anna", {"guid": "a1", "media": films.url("/x.mp4")})
    check()
    site.user("anna", {"guid": "a1", "media": films.url("/x.mp4"), "size": 5})
    done = check()
    assert ([each.rule for each in done.findings], done.remembered) == (["media-size"], 1)
    site.user("anna", {"guid": "a1", "media": films.url("/y.mp4")})
    assert len(check().findings) == 1
    films.files["/y.mp4"] = ("video/mp4", MP4)
    assert check().findings == []


@pytest.mark.parametrize("text", ["", "[]", '{"version": 1, "seen": {"a": [1]}}', '{"version": 9}', "\0\xff"])
def test_a_memory_that_is_gone_or_broken_is_none(site, films, check, text):
    films.files["/x.mp4"] = ("video/mp4", MP4)
    site.user("anna", {"guid": "a1", "media": films.url("/x.mp4")})
    site.state.mkdir()
    (site.state / "media.json").write_text(text)
    assert check().asked == 1
    assert len(json.loads((site.state / "media.json").read_text())["seen"]) == 1


def test_what_dailymotion_reads_no_more_and_what_is_no_http_is_not_asked(site, films, check):
    site.user(
        "anna",
        {"guid": "a1", "media": films.url("/imported.mp4")},
        {"guid": "a2", "media": films.url("/withdrawn.mp4"), "withdraw": "sold"},
        {"guid": "a3", "media": films.url("/ended.mp4"), "rights": {"until": "2026-11-01"}},
        {"guid": "a4", "media": "sftp://cdn.nord.example/a.mp4"},
        {"guid": "a5", "media": "ftp://cdn.nord.example/a.mp4"},
    )
    site.happened(adopted("anna") + imported("a1"))
    done = check()
    assert (films.log, done.findings, done.past) == ([], [], 3)
    assert done.other_schemes == {"ftp": 1, "sftp": 1}


def test_users_are_named_by_id_or_username_and_a_slip_is_told(site, films, check):
    for name in ("anna", "bo", "cleo"):
        site.user(name, {"guid": name, "media": films.url(f"/{name}.mp4")})
    assert len(check("anna", "bo-name").findings) == 2
    assert {path for _, path in films.log} == {"/anna.mp4", "/bo.mp4"}
    with pytest.raises(UsageError, match=r'^"ana" is no user of the catalog: did you mean anna\?$'):
        check("ana")


def test_users_whose_file_is_broken_keep_nobody_from_being_asked(site, films, check):
    site.write("users/bo.yaml", "id: [\n")
    site.user("anna", {"guid": "a1", "media": films.url("/gone.mp4")})
    done = check()
    assert (done.faulty, len(done.findings)) == (1, 1)
    site.network(nonsense=1)
    assert check().findings == []


def test_an_interrupt_ends_it_at_once_and_what_was_found_is_kept(site, films, check):
    def interrupting(handler):
        os.kill(os.getpid(), signal.SIGINT)
        films.let_go.wait(60)

    films.special["/2.mp4"] = interrupting
    site.user("anna", *({"guid": f"a{number}", "media": films.url(f"/{number}.mp4")} for number in range(4)))
    done = check(jobs=1)
    assert done.interrupted
    assert [each.trail[2] for each in done.findings] == ['"Title of a0"', '"Title of a1"']
    assert "/3.mp4" not in {path for _, path in films.log}
