"""What is said to Dailymotion and what comes back, as plain values.

The guide is https://developers.dailymotion.com/mcn. Only the legacy API knows parents and children, so its hosts and
paths are settings: whoever is told others by their content manager changes no code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

# The least that adopting and managing a partner's account needs. https://developers.dailymotion.com/mcn (Dailymotion
# Connect). The last two stand in no public list of scopes today, so scopes are never held against one.
ADOPTION_SCOPE = "delegate_account_management"
PARTNER_SCOPES = ("email", "userinfo", ADOPTION_SCOPE, "read_insights")
# What we ask of the parent's own login: as much as of a partner, and manage_videos for uploads to its children. That
# is inferred: https://developers.dailymotion.com/mcn (Managing data of your children accounts) names no scopes.
PARENT_SCOPES = (*PARTNER_SCOPES, "manage_videos")
# https://developers.dailymotion.com/mcn (User adoption): a role that the content manager gives to an API key.
ADOPTION_ROLE = "can-adopt-users"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where Dailymotion is, and as which application we speak to it.

    `pkce` adds a proof key (RFC 7636) to logins; that Dailymotion checks it is not documented.
    `key` is None where no API key is configured: what is public can be read without one.
    """

    # https://developers.dailymotion.com/api/platform-api/perform-api-calls
    api: str = "https://api.dailymotion.com"
    # https://developers.dailymotion.com/docs/authenticate-using-authorization-codes
    authorize: str = "https://api.dailymotion.com/oauth/authorize"
    token: str = "https://api.dailymotion.com/oauth/token"  # noqa: S105 - an address
    # The guide's text has lost the path. The first is what a public back-office that follows the guide calls; the
    # second is the connection that https://developers.dailymotion.com/api/platform-api/reference/#user documents.
    rejection: str = "/me/children/{child}"
    rejection_fallback: str = "/user/{parent}/children/{child}"
    key: str | None = None
    secret: str | None = field(default=None, repr=False)
    pkce: bool = False


@dataclass(frozen=True, slots=True)
class Credentials:
    """How the parent account logs in where nobody has done so in a browser: by password, or as the application."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    as_application: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """A login: what may be done with it and until when; its repr shows no secret.

    `expires_at` is None where Dailymotion named no time. `uid` is the account's id.
    """

    access_token: str = field(repr=False)
    scopes: frozenset[str]
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    uid: str | None = None

    def is_over(self, now: datetime) -> bool:
        """Return whether it has expired, by the time that Dailymotion gave it."""
        return self.expires_at is not None and now >= self.expires_at

    def lacks(self, scopes: Iterable[str]) -> frozenset[str]:
        """Return which of these scopes were not granted: people may untick some.

        http://www.dailymotion.com/doc/api/authentication.html
        """
        return frozenset(scopes) - self.scopes

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it, secrets included: for an encrypted cookie, or a file of mode 0600."""
        return {
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "scopes": sorted(self.scopes),
            "uid": self.uid,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Token":
        """Return what `to_plain` made. Raises ValueError, which never holds a secret, for anything else."""
        try:
            expires_at = plain["expires_at"]
            return cls(
                access_token=_text(plain["access_token"]),
                refresh_token=_text(plain["refresh_token"], optional=True) or None,
                expires_at=datetime.fromisoformat(expires_at).astimezone(UTC) if expires_at else None,
                scopes=frozenset(map(_text, plain["scopes"])),
                uid=_text(plain["uid"], optional=True) or None,
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ValueError("This is no login as `to_plain` writes it.") from None


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose login it is and what it may do; `roles` are those of the API key, `can-adopt-users` among them."""

    id: str
    username: str | None
    screenname: str | None
    scopes: frozenset[str]
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Listing:
    """Accounts in Dailymotion's order, each once; `capped` where there are or may be more than it tells.

    Then what isn't among the rows can only be asked for user by user.
    """

    rows: tuple[Mapping[str, Any], ...]
    capped: bool


def _text(value: Any, *, optional: bool = False) -> str:
    if isinstance(value, str) and value:
        return value
    if optional and value is None:
        return ""
    raise ValueError
