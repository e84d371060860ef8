"""Whose address a stranger wrote is asked only where it is public, and only at the address that was checked."""

import socket
from ipaddress import ip_address

import pytest

from feeds.fetching.public import NotAllowed, Unreachable, is_public, resolve

NOT_PUBLIC = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1
192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1
255.255.255.255 :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:0.0.0.0 ::ffff:0:127.0.0.1 64:ff9b::7f00:1
64:ff9b::10.0.0.1 64:ff9b:1::1 100::1 2001::1 2001:0:53aa:64c:0:0:80ff:fffe 2001:db8::1 2002:7f00:1::1 2002:808:808::1
3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 ff0e::1
""".split()
PUBLIC = "1.1.1.1 8.8.8.8 93.184.215.14 172.32.0.1 192.167.1.1 223.255.255.1 ::ffff:8.8.8.8 64:ff9b::8.8.8.8".split()
PUBLIC += "2606:4700:4700::1111 2a00:1450:4007:80e::200e".split()


def answering(*rounds):
    """Return a look-up that gives each round's addresses in turn, and the list of what it was asked."""
    asked, left = [], list(rounds)

    def look_up(host, port, **_):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in left.pop(0)]

    return look_up, asked


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_on_the_public_internet_is_refused(address):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_on_the_public_internet_may_be_asked(address):
    assert is_public(ip_address(address))


def test_one_private_answer_among_public_ones_refuses_the_name():
    look_up, _ = answering(["8.8.8.8", "10.0.0.7"])
    with pytest.raises(NotAllowed, match=r"^feeds\.example is at 10\.0\.0\.7, which is no public address"):
        resolve("https://feeds.example/a", look_up=look_up)


def test_a_name_is_looked_up_once_and_its_addresses_are_kept():
    look_up, asked = answering(["8.8.8.8", "8.8.8.8", "1.1.1.1"], ["127.0.0.1"])
    target = resolve("https://Feeds.Example:8443/a/ü?b=1#c", look_up=look_up)
    assert (target.addresses, asked) == (("8.8.8.8", "1.1.1.1"), ["feeds.example"])
    assert (target.secure, target.host, target.port, target.path) == (True, "feeds.example", 8443, "/a/%C3%BC?b=1")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://0/",
     "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::]/", "http://localhost/"],
)  # fmt: skip
def test_this_machine_is_refused_however_it_is_spelled(url):
    with pytest.raises(NotAllowed, match="no public address"):
        resolve(url)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://host/a", "gopher://host/", "//host/a", "host/a", "http://", "http:///a", "http://[::1",
     "http://[fe80::1%25eth0]/", "http://host:port/", "http://host:99999/", "http://a b/", "http://host/a b",
     "http://host\\@other/", "http://host/a\r\nHost: other", "http://-host/", "http://ho%73t/", "http://\x00/"],
)  # fmt: skip
def test_what_is_no_address_to_ask_is_refused_before_anything_is_looked_up(url):
    look_up, asked = answering()
    with pytest.raises(NotAllowed):
        resolve(url, look_up=look_up)
    assert asked == []


def test_a_login_in_the_address_is_refused_and_never_repeated():
    with pytest.raises(NotAllowed) as refused:
        resolve("https://anna:geheim@feeds.example/a")
    assert "geheim" not in str(refused.value)
    assert "anna" not in str(refused.value)


def test_a_name_of_other_letters_is_looked_up_as_browsers_do():
    look_up, asked = answering(["8.8.8.8"])
    assert resolve("https://bücher.example/", look_up=look_up).host == "xn--bcher-kva.example"
    assert asked == ["xn--bcher-kva.example"]


def test_a_name_without_an_address_is_remote_trouble():
    def look_up(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(Unreachable, match="has no address") as trouble:
        resolve("https://feeds.example/", look_up=look_up)
    assert trouble.value.exit_code == 3
