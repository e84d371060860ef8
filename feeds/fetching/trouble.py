"""Why a host gave no answer, told apart by what one has to do about it.

What OpenSSL finds wrong with a certificate has numbers: https://docs.openssl.org/3.0/man1/openssl-verification-options/
(Diagnostics), in https://github.com/openssl/openssl/blob/openssl-3.0/include/openssl/x509_vfy.h.in .
"""

import errno
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    """What happened, in words that stand behind a colon."""

    UNTRUSTED = "nobody who is trusted vouches for its certificate"
    EXPIRED = "its certificate has expired"
    EARLY = "its certificate isn't valid yet"
    OTHER_NAME = "its certificate is of another name"
    NO_TLS = "no TLS that is understood is spoken there"
    NO_NAME = "its name leads to no address"
    REFUSED = "the connection is refused"
    NO_ROUTE = "no way leads there"
    SLOW = "it took too long"
    BROKEN = "no connection, or one that broke"


@dataclass(frozen=True, slots=True)
class Why:
    """The trouble, and how the program that found it calls it, where that says more."""

    trouble: Trouble
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.trouble} ({self.detail})" if self.detail else str(self.trouble)


_OF_CERTIFICATES = {9: Trouble.EARLY, 10: Trouble.EXPIRED, 62: Trouble.OTHER_NAME, 64: Trouble.OTHER_NAME}
_OF_NUMBERS = {
    errno.ECONNREFUSED: Trouble.REFUSED,
    errno.ENETUNREACH: Trouble.NO_ROUTE,
    errno.EHOSTUNREACH: Trouble.NO_ROUTE,
    errno.ETIMEDOUT: Trouble.SLOW,
}


def why(error: BaseException | None) -> Why:
    """Return why there was no answer, from whichever of the errors in it says most."""
    return next((said for each in _within(error) if (said := _said(each))), Why(Trouble.BROKEN))


def _within(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what led to it: libraries wrap the one of the socket three times."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _said(error: BaseException) -> Why | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        found = _OF_CERTIFICATES.get(error.verify_code, Trouble.UNTRUSTED)
        return Why(found, error.verify_message if found == Trouble.UNTRUSTED else "")
    if type(error).__name__ == "CertificateError":  # urllib3's own, which compares names that it was given
        return Why(Trouble.OTHER_NAME)
    if isinstance(error, ssl.SSLEOFError):
        return Why(Trouble.BROKEN)
    if isinstance(error, ssl.SSLError):
        return Why(Trouble.NO_TLS, (error.reason or "").lower().replace("_", " "))
    if isinstance(error, socket.gaierror):
        return Why(Trouble.NO_NAME)
    if isinstance(error, TimeoutError):
        return Why(Trouble.SLOW)
    number = error.errno if isinstance(error, OSError) else None
    return Why(_OF_NUMBERS[number]) if number in _OF_NUMBERS else None
