"""What an address of the published site answered, or why there is nothing to use, and what to do about that."""

from dataclasses import dataclass

from urllib3.exceptions import DecodeError

from feeds.fetching.trouble import Trouble, why

_ADDRESS = "network.base_url, or --site"

_NEXT = {
    Trouble.UNTRUSTED: "Serve the whole chain (fullchain.pem). Of an authority of your own: name its file in "
    "SSL_CERT_FILE. Dailymotion may trust none but public ones.",
    Trouble.EXPIRED: "Renew it, and reload the web server: it goes on with the old one until then.",
    Trouble.EARLY: "See that the clocks of this machine and of the one that made it are set by NTP.",
    Trouble.OTHER_NAME: f"Get one of this name, and see that the web server's block for it has it; or mend {_ADDRESS}.",
    Trouble.NO_TLS: f"Have the web server speak TLS at this port, and under this name; or mend {_ADDRESS}.",
    Trouble.NO_NAME: f"Enter the name at your name server; or mend how it is written in {_ADDRESS}.",
    Trouble.REFUSED: f"Start the web server, and see that a firewall lets this port in; or mend {_ADDRESS}.",
    Trouble.NO_ROUTE: "See that this machine has a way to that network, and that no firewall is between.",
    Trouble.SLOW: "See that no firewall swallows the requests, and that the web server isn't stuck.",
    Trouble.BROKEN: "Look into the web server's log, and run `feeds doctor` again.",
}


class Unfit(Exception):
    """An answer that Dailymotion could not use; the message says why, `status` what was answered, 0 for nothing.

    `remedy` is what to do about it, where the reason tells that already.
    """

    def __init__(self, why: str, status: int = 0, *, remedy: str = "") -> None:
        super().__init__(why)
        self.status, self.remedy = status, remedy


@dataclass(frozen=True, slots=True)
class Seen:
    """What an address answered, its body up to a size."""

    status: int
    kind: str
    location: str
    challenge: str
    body: bytes

    @property
    def shows(self) -> bool:
        """Return whether it gave something away; some servers answer 200 and nothing for what isn't there."""
        return 200 <= self.status < 300 and bool(self.body)

    @property
    def gives_away(self) -> bool:
        """Return whether it shows a list or a feed, and not only some page: hosts have one for what isn't there."""
        return self.shows and (self.body.lstrip()[:1] in (b"[", b"{") or b"<rss" in self.body)


def unfit(error: Exception) -> Unfit:
    """Return what it means that a request ended by this error, with its next step."""
    if isinstance(error, DecodeError):
        return Unfit("is packed otherwise than it says", remedy="See that the web server's Content-Encoding is true.")
    if isinstance(error, ValueError):
        return Unfit("is no address that can be asked", remedy="Mend network.base_url, or --site.")
    said = why(error)
    return Unfit(f"can't be read: {said}", remedy=_NEXT[said.trouble])
