"""Passwords for the site's logins, and their hashes: as feeds/formats/htpasswd.py reads them.

bcrypt, https://www.usenix.org/legacy/events/usenix99/provos/provos.pdf , for nginx and Caddy; PBKDF2,
https://www.rfc-editor.org/rfc/rfc8018#section-5.2 , for Netlify and Cloudflare, whose functions have no bcrypt.
"""

import base64
import hashlib
import secrets

import bcrypt

from feeds.core.errors import UsageError

# 144 random bits: nobody guesses them, however cheap a guess is.
_GENERATED_BYTES = 18
LEAST_CHARACTERS, MOST_BYTES = 12, 72  # the last is bcrypt's own bound
# A server computes it at every request, nginx in the way of all others: 2 ms for a password that nobody can guess,
# 60 ms for one that a person has thought of.
_ROUNDS_GENERATED, _ROUNDS_TYPED = 5, 10
# A free Worker has 10 ms for a request: https://developers.cloudflare.com/workers/platform/limits/#cpu-time
_ITERATIONS = 5000
_SALT_BYTES = 16


def generate() -> str:
    """Return a password of letters, digits, - and _."""
    return secrets.token_urlsafe(_GENERATED_BYTES)


def refuse_weak(password: str) -> None:
    """Raise UsageError for a password that can be guessed, or that not every client sends alike."""
    if not all("!" <= character <= "~" for character in password):
        raise UsageError("The password has blanks or letters beyond ASCII, which not every client sends alike.")
    if len(password) < LEAST_CHARACTERS or len(set(password)) < LEAST_CHARACTERS // 2:
        raise UsageError(
            f"The password is too easy to guess: take {LEAST_CHARACTERS} characters or more, or --generate."
        )
    if len(password) > MOST_BYTES:
        raise UsageError(f"The password has more than {MOST_BYTES} characters, which is the most.")


def bcrypt_hash(password: str, *, generated: bool) -> str:
    """Return the hash for nginx and Caddy."""
    rounds = _ROUNDS_GENERATED if generated else _ROUNDS_TYPED
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds)).decode()


def is_password_of(its_hash: str, password: str) -> bool:
    """Return whether a hash that `bcrypt_hash` made is this password's."""
    return len(password.encode()) <= MOST_BYTES and bcrypt.checkpw(password.encode(), its_hash.encode())


def pbkdf2_hash(password: str) -> str:
    """Return the hash for Netlify and Cloudflare. Its few iterations are for generated passwords alone."""
    salt = secrets.token_bytes(_SALT_BYTES)
    key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    return f"$pbkdf2-sha256${_ITERATIONS}${_base64(salt)}${_base64(key)}"


def _base64(value: bytes) -> str:
    # With . for +, as crypt(3) has it, and without the = at the end.
    return base64.b64encode(value, altchars=b"./").decode().rstrip("=")
