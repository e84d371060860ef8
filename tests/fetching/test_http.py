"""What a stranger's server answers is read within limits, and leads nowhere that was not checked."""

import gzip
import socket
import threading
from ipaddress import ip_address

import pytest

from feeds.fetching.http import Limits, ask, fetch
from feeds.fetching.public import NotAllowed, Unreachable
from tests.certificates import Authority

SHORT = Limits(connect_s=5, read_s=5, whole_s=30, body_bytes=1000)


class Server:
    """A real server on loopback that writes the bytes of its script, by path, and notes what it was asked."""

    def __init__(self, host="127.0.0.1", port=0, wrap=lambda connection: connection):
        self.script, self.asked = {}, []
        self.let_go, self._wrap = threading.Event(), wrap
        self._listener = socket.create_server((host, port))
        self.host, self.port = self._listener.getsockname()[:2]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def url(self, path="/"):
        return f"http://{self.host}:{self.port}{path}"

    def _accept(self):
        while True:
            connection, _ = self._listener.accept()
            if self.let_go.is_set():
                connection.close()
                return
            self._threads.append(threading.Thread(target=self._answer, args=(connection,)))
            self._threads[-1].start()

    def _answer(self, connection):
        head = b""
        with connection:
            try:
                connection = self._wrap(connection)
                while b"\r\n\r\n" not in head and (chunk := connection.recv(4096)):
                    head += chunk
                self.asked.append(head.decode("latin-1"))
                path = self.asked[-1].split(" ")[1]
                answer = self.script.get(path, b"HTTP/1.1 404 Not Found\r\n\r\n")
                for part in answer() if callable(answer) else [answer]:
                    connection.sendall(part)
            except (OSError, IndexError):  # whoever asked has had enough, or speaks something else
                return

    def close(self):
        self.let_go.set()
        socket.create_connection((self.host, self.port)).close()
        for thread in self._threads:
            thread.join()
        self._listener.close()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


def ok(body, *headers):
    return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]).encode() + body


def moved(location, status=302):
    return f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


def anywhere(_):
    return True


def test_a_file_comes_whole_and_nothing_of_this_machine_goes_along(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.script["/a?b=1"] = ok(b"<rss/>", "Content-Type: text/xml")
    answer = fetch(server.url("/a?b=1"), rule=anywhere, limits=SHORT)
    assert (answer.body, answer.headers["content-type"]) == (b"<rss/>", "text/xml")
    names = {line.partition(":")[0] for line in server.asked[0].splitlines()[1:] if line}
    assert names == {"Host", "User-Agent", "Accept-Encoding", "Connection"}
    assert f"Host: {server.host}:{server.port}" in server.asked[0]


def test_loopback_is_not_asked_where_nobody_allows_it(server):
    with pytest.raises(NotAllowed):
        fetch(server.url())
    assert server.asked == []


def test_the_connection_goes_to_the_address_that_was_checked_whatever_the_name_says_later(server):
    server.script["/"] = ok(b"checked")
    other = Server("127.0.0.2", server.port)
    answers = [[server.host], [other.host], [other.host]]

    def look_up(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in answers.pop(0)]

    def only_the_first(address):
        return address == ip_address(server.host)

    try:
        url = f"http://rebinding.example:{server.port}/"
        assert ask(url, rule=only_the_first, look_up=look_up, limits=SHORT).body == b"checked"
        assert len(answers) == 2
        with pytest.raises(NotAllowed):
            ask(url, rule=only_the_first, look_up=look_up, limits=SHORT)
        assert other.asked == []
    finally:
        other.close()


def test_a_redirect_is_followed_three_times_and_no_more(server):
    server.script |= {f"/{n}": moved(f"/{n - 1}", status) for n, status in enumerate((301, 303, 307, 308, 302), 1)}
    server.script["/0"] = ok(b"there")
    assert ask(server.url("/3"), rule=anywhere, limits=SHORT).url == server.url("/0")
    with pytest.raises(Unreachable, match="more than 3 redirects"):
        ask(server.url("/4"), rule=anywhere, limits=SHORT)


@pytest.mark.parametrize(
    "location", ["http://127.0.0.2:{port}/secret", "//127.0.0.2:{port}/", "file:///etc/passwd", "http://["]
)
def test_a_redirect_to_what_is_not_allowed_is_not_followed(server, location):
    other = Server("127.0.0.2", server.port)
    server.script["/"] = moved(location.format(port=server.port))
    try:
        with pytest.raises(NotAllowed):
            ask(server.url(), rule=lambda address: str(address) == server.host, limits=SHORT)
        assert other.asked == []
    finally:
        other.close()


def test_an_answer_that_is_too_long_is_not_read_to_its_end(server):
    def without_end():
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        for _ in range(20_000):  # as good as
            yield b"x" * 500

    server.script["/"] = without_end
    with pytest.raises(NotAllowed, match="more than 1,000 bytes"):
        fetch(server.url(), rule=anywhere, limits=SHORT)


def test_a_compressed_answer_is_refused_unread(server):
    bomb = gzip.compress(b"\0" * 10_000_000)
    server.script["/"] = ok(bomb, "Content-Encoding: gzip")
    with pytest.raises(NotAllowed, match="compressed"):
        fetch(server.url(), rule=anywhere, limits=SHORT)


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_trickles_is_ended_by_the_clock(server, beginning):
    def trickling():
        yield beginning
        while not server.let_go.wait(0.02):
            yield b"x"

    server.script["/"] = trickling
    with pytest.raises(Unreachable, match="took too long"):
        fetch(server.url(), rule=anywhere, limits=Limits(whole_s=0.5))


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", b"HTTP/1.1 500 No\r\n\r\n"],
)
def test_what_is_no_whole_answer_is_remote_trouble(server, answer):
    server.script["/"] = answer
    with pytest.raises(Unreachable):
        fetch(server.url(), rule=anywhere, limits=SHORT)


def test_a_server_whose_certificate_is_nobodys_is_told_nothing(tmp_path):
    context = Authority(tmp_path).signs("127.0.0.1")
    server = Server(wrap=lambda connection: context.wrap_socket(connection, server_side=True))
    server.script["/"] = ok(b"who am I?")
    try:
        with pytest.raises(Unreachable, match="nobody who is trusted vouches for its certificate"):
            fetch(server.url().replace("http:", "https:"), rule=anywhere, limits=SHORT)
        assert server.asked == []
    finally:
        server.close()
