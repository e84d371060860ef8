"""What the stand-in knows: accounts, API keys, sessions, videos, uploads and sent e-mails, as plain values.

One lock guards it all, held for each request (see sandbox/server.py). With a file it outlives the program.
Every id and secret in it is made up; nothing here is worth protecting.
"""

import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

# Video and account ids look like x8k3f9a; 32 characters of base 32 make a token.
_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass
class Account:
    """One Dailymotion account; `parents` holds the ids of those that adopted it, the latest last.

    `profile` holds what was written to further fields. `revenues` maps e.g. `video_total` to net US dollars,
    or to None where Dailymotion would say null.
    """

    id: str
    username: str
    password: str
    screenname: str
    email: str
    created_time: int
    parents: list[str] = field(default_factory=list)
    status: str = "active"
    profile: dict[str, str] = field(default_factory=dict)
    revenues: dict[str, float | None] = field(default_factory=dict)


@dataclass
class Key:
    """One API key, as its owner made it: `grants` are the grant types that it may use."""

    id: str
    secret: str
    name: str
    description: str
    callback_url: str
    owner: str
    grants: list[str]
    roles: list[str]


@dataclass
class Code:
    """One authorization code; once `session` is set it is used up."""

    key: str
    account: str
    scope: list[str]
    redirect_uri: str
    expires_s: float
    challenge: str | None = None
    session: str | None = None


@dataclass
class Session:
    """What one consent, password or key opened; `account` is None where there is no user."""

    key: str
    account: str | None
    scope: list[str]
    refresh_token: str | None


@dataclass
class Token:
    """One access token of a session."""

    session: str
    expires_s: float


@dataclass
class Video:
    """One video; `values` holds what was given on creation and by later edits."""

    id: str
    owner: str
    created_time: int
    values: dict[str, Any]


@dataclass
class Upload:
    """One file on its way: `state` is starting, uploading, done or error."""

    state: str = "starting"
    size: int = 0
    received: int = 0
    name: str = ""


@dataclass
class Mail:
    """One e-mail that Dailymotion would have sent."""

    to: str
    account: str
    parent: str
    about: str
    time: int


@dataclass(frozen=True)
class Totals:
    """How many children and videos the accounts have, by their ids."""

    children: Counter[str]
    videos: Counter[str]


@dataclass
class World:
    """All of it; dictionaries go by id, by code or by token. `encoding_s`: how long a video is processed.

    `issued` are the codes and tokens that this program has given out, ended ones included; no file keeps them.
    """

    accounts: dict[str, Account] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    videos: dict[str, Video] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)
    issued: list[str] = field(default_factory=list)
    encoding_s: float = 0.0
    now: Callable[[], float] = time.time
    path: Path | None = None
    lock: Any = field(default_factory=threading.RLock, repr=False)

    def by_username(self, username: str) -> Account | None:
        """Return the account of that name."""
        return next((one for one in self.accounts.values() if one.username == username), None)

    def children(self, parent: str) -> list[Account]:
        """Return the accounts that have been adopted by `parent`, in the order of their ids."""
        found = (one for one in self.accounts.values() if parent in one.parents)
        return sorted(found, key=lambda one: one.id)

    def videos_of(self, owner: str) -> list[Video]:
        """Return an account's videos, the newest first."""
        found = (one for one in self.videos.values() if one.owner == owner)
        return sorted(found, key=lambda one: (one.created_time, one.id), reverse=True)

    def totals(self) -> Totals:
        """Count the children and the videos of every account."""
        children = Counter(parent for one in self.accounts.values() for parent in one.parents)
        return Totals(children, Counter(one.owner for one in self.videos.values()))

    def new_secret(self) -> str:
        """Return a code or token that nobody can guess, and note that it was given out."""
        self.issued.append(secrets.token_urlsafe(24))
        return self.issued[-1]

    def send(self, account: Account, parent: str, about: str) -> None:
        """Note the e-mail of a change of status, https://developer.dailymotion.com/guides/mcn ("User adoption")."""
        self.mails.append(Mail(account.email, account.id, parent, about, int(self.now())))

    def new_id(self) -> str:
        """Return an id that looks like one of Dailymotion's."""
        while (fresh := "x" + "".join(secrets.choice(_ALPHABET) for _ in range(7))) in self.videos:
            pass
        return fresh

    def save(self) -> None:
        """Write everything into the file, if there is one; a reader sees the old or the new file."""
        if self.path is None:
            return
        aside = self.path.with_name(self.path.name + ".new")
        kept = {name: getattr(self, name) for name in _KINDS} | {"mails": self.mails}
        text = json.dumps(kept, default=vars)
        aside.write_text(text)
        aside.replace(self.path)


_KINDS: dict[str, Callable[..., Any]] = {
    "accounts": Account,
    "keys": Key,
    "codes": Code,
    "sessions": Session,
    "tokens": Token,
    "videos": Video,
    "uploads": Upload,
}


def load(path: Path) -> World:
    """Return the world that `save` wrote.

    Raises ValueError where the file is none, with the reason.
    """
    try:
        kept = json.loads(path.read_bytes())
        world = World(path=path)
        for name, kind in _KINDS.items():
            setattr(world, name, {key: kind(**value) for key, value in kept[name].items()})
        world.mails = [Mail(**value) for value in kept["mails"]]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path} is not a memory of `sandbox serve` ({type(error).__name__}: {error})") from error
    return world


def facts(world: World) -> dict[str, Any]:
    """Return what a test or a person may look at: everything but passwords, secrets, codes and tokens."""
    hidden = {"password", "secret", "refresh_token"}

    def shown(value: Any) -> dict[str, Any]:
        return {one.name: getattr(value, one.name) for one in fields(value) if one.name not in hidden}

    kinds = ("accounts", "keys", "sessions", "videos", "uploads")
    kept = {kind: {key: shown(one) for key, one in getattr(world, kind).items()} for kind in kinds}
    return {**kept, "mails": [shown(one) for one in world.mails]}
