"""Logins of a site as servers keep them: lines `name:hash`, as in the files of Apache's htpasswd.

https://httpd.apache.org/docs/2.4/misc/password_encryptions.html ; what nginx takes:
https://nginx.org/en/docs/http/ngx_http_auth_basic_module.html . Left out on purpose: what is as good as the password
itself (`{PLAIN}`, `{SHA}`, `{SSHA}`, plain text), and DES and MD5.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

# Where it is understood: bcrypt by nginx (by way of crypt(3), on Debian and Alpine), Caddy, Apache; SHA-crypt by nginx
# and Apache; ours by the functions for Netlify and Cloudflare, which have no bcrypt but Web Crypto's PBKDF2.
_BCRYPT = re.compile(r"\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
_SHA_CRYPT = re.compile(r"\$[56]\$(?:rounds=[0-9]{4,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43,86}")
_PBKDF2 = re.compile(r"\$pbkdf2-sha256\$[1-9][0-9]{0,5}\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{43}")
_KINDS = {"bcrypt": _BCRYPT, "sha-crypt": _SHA_CRYPT, "pbkdf2-sha256": _PBKDF2}
# Letters that are the same in every file and header: RFC 7617 allows more, but for the colon.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")


@dataclass(frozen=True, slots=True)
class SiteUser:
    """One login: its name, and the hash of its password, which is one of `_KINDS`."""

    name: str
    hash: str = field(repr=False)
    kind: str

    @property
    def line(self) -> str:
        """The line of a file or a setting; it holds the hash."""
        return f"{self.name}:{self.hash}"


def is_name(text: str) -> bool:
    """Return whether this can be the name of a login."""
    return _NAME.fullmatch(text) is not None


def parse(text: str) -> tuple[tuple[SiteUser, ...], list[str]]:
    """Return the logins, in order, and a sentence for each line that is none.

    Lines may be parted by commas, too. Blank lines and those that begin with # count for nothing.
    """
    users: list[SiteUser] = []
    faults = []
    for number, line in enumerate(_lines(text), start=1):
        name, colon, its_hash = line.partition(":")
        kind = next((kind for kind, form in _KINDS.items() if form.fullmatch(its_hash)), None)
        if not colon or not is_name(name):  # without a colon it may be a password, which nobody is shown
            faults.append(
                f"login {number} has no name before its colon, of letters, digits and ._@+- alone. "
                "Write it as `name:hash`."
            )
        elif kind is None:
            faults.append(
                f'the hash of "{name}" is none that can be used. Make the line by `feeds edge hash {name}`; in a shell '
                "or a file of settings put it into single quotes, for its $."
            )
        elif any(name == user.name for user in users):
            # nginx asks the first line of a name alone, so that an older password would be refused there.
            faults.append(f'"{name}" is there twice. While a password changes, give the new one a name of its own.')
        else:
            users.append(SiteUser(name, its_hash, kind))
    return tuple(users), faults


def _lines(text: str) -> list[str]:
    lines = (line.strip() for line in re.split(r"[\n,]", text))
    return [line for line in lines if line and not line.startswith("#")]


def render(users: Iterable[SiteUser]) -> str:
    """Render the logins as a file that nginx reads."""
    return "".join(f"{user.line}\n" for user in users)
