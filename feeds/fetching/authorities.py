"""Whose certificates are trusted: the public authorities', or those of a file of one's own for one's own site.

The variables are those that other programs know: SSL_CERT_FILE is OpenSSL's
(https://docs.openssl.org/3.0/man3/SSL_CTX_load_verify_locations/), REQUESTS_CA_BUNDLE that of requests
(https://requests.readthedocs.io/en/latest/user/advanced/#ssl-cert-verification). Nothing else of the environment is
heeded: no proxy, no .netrc. Dailymotion and what strangers name are held against the public authorities alone.
"""

import functools
import ssl
from collections.abc import Mapping
from pathlib import Path

from feeds.core.errors import UsageError

# The narrower one first.
NAMES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def own_authorities(environ: Mapping[str, str]) -> str | None:
    """Return the file (or OpenSSL's kind of folder) to trust for one's own site, None for the public authorities.

    Raises UsageError where it can't be read, or holds no certificate.
    """
    name = next((name for name in NAMES if environ.get(name)), None)
    if name is None:
        return None
    path = environ[name]
    try:
        verifying(path)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError, and its words are OpenSSL's own
        said = "it holds no certificate" if isinstance(error, ssl.SSLError) else getattr(error, "strerror", None)
        raise UsageError(
            f"{name}: {path} can't be read: {said or error}.\n"
            "Name a file of certificates in PEM, Debian's /etc/ssl/certs/ca-certificates.crt say, or unset it."
        ) from error
    return path


@functools.cache
def verifying(authorities: str | None = None) -> ssl.SSLContext:
    """Return the context of every connection: to read the authorities takes longer than a handshake."""
    if authorities is None:
        from requests.utils import DEFAULT_CA_BUNDLE_PATH

        authorities = DEFAULT_CA_BUNDLE_PATH
    if Path(authorities).is_dir():
        return ssl.create_default_context(capath=authorities)
    return ssl.create_default_context(cafile=authorities)
