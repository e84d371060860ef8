"""Who acts in the machine of promises: a server with all that it must know by now, and what an editor writes."""

import json
import subprocess
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from app import create_app
from feeds.settings import AppSettings, Folders
from tests.campaigns.promised import Catalog, User, Video
from tests.clones import Server, git
from tests.serving import SECRET
from tests.sites import user_text

OF = {"anna": [f"a{number}" for number in range(15)], "bo": [f"b{number}" for number in range(5)], "cleo": ["c0", "c1"]}
GUIDS = [guid for guids in OF.values() for guid in guids]
START = Catalog(
    (
        ("anna", User("anna", tuple(Video(guid, f"Title of {guid}") for guid in OF["anna"][:12]))),
        ("bo", User("bo", tuple(Video(guid, f"Title of {guid}") for guid in OF["bo"][:3]))),
    )
)


def body_of(guid, what):
    """Return what Dailymotion says of a video: the second import is the older one, by its clock."""
    word, _, number = what.partition(" ")
    if word == "nonsense":
        return {"type": "injector.item.ready", "data": {"uid": guid}}
    data = {"status": "ready", "uid": guid, "remote_id": f"x{guid}{number}"}
    if word == "error":
        data = {"status": what, "uid": guid}
    return {"timestamp": 1407770138078 - int(number) * 1000, "type": f"injector.item.{word}", "data": data}


def text_of(name, user):
    """Return a user's file as an editor has written it, slips and all."""
    its = [{"guid": each.guid, "title": each.title, **({"hold": "wait"} if each.held else {})} for each in user.videos]
    return {
        "": user_text(name, *its, enabled=user.enabled),
        "syntax": f"id: {name}\nusername: [",
        "empty": "",
        "no text": b"id: \xff",
        "a guid twice": user_text(name, "same", "same"),
        "another's guid": user_text(name, *its, "b0" if name == "anna" else "a0"),
        "a wrong category": user_text(name, *its).replace("category: tv", "category: cooking"),
    }[user.slip]


SLIPS = ["syntax", "empty", "no text", "a guid twice", "another's guid", "a wrong category"]


@dataclass
class Host:
    """A server, and what it must know by now.

    `known` are the lines it has seen in a pass that ended; `may_show` are the catalogs that it may have built from,
    `before` those that it has published; `word` is how many removals pushes have allowed since. `unsure` is set by a
    kill, after which more may be true; `blind` where what it built before may be forgotten.
    """

    name: str
    server: Server
    known: set = field(default_factory=set)
    may_show: list = field(default_factory=lambda: [START])
    before: set = field(default_factory=lambda: {START})
    word: int = 0
    unsure: bool = False
    blind: bool = False
    mess: dict = field(default_factory=dict)

    def __post_init__(self):
        folders = Folders(self.server.catalog, self.server.state)
        self.client = create_app(AppSettings(folders, (SECRET,))).test_client()

    def journal(self):
        folder = self.server.state / "journal"
        return [line for path in sorted(folder.glob("*.yaml")) for line in path.read_bytes().splitlines()]

    def published(self):
        """Return what the site shows: (guid, title) by user, and that it is a site at all."""
        if not (self.server.out / "users.json").exists():
            return {}
        feeds = {}
        for entry in json.loads((self.server.out / "users.json").read_bytes()):
            channel = ET.fromstring((self.server.out / "feeds" / f"{entry['id']}.xml").read_bytes()).find("channel")
            feeds[entry["id"]] = [(item.findtext("guid"), item.findtext("title")) for item in channel.findall("item")]
        return feeds


def guids_of(feeds):
    return {(name, guid) for name, feed in feeds.items() for guid, _ in feed}


def lines_at(folder, *revisions):
    """Return the lines of all results files of these commits."""
    known = [each for each in revisions if git(folder, "for-each-ref", "--format=%(refname)", each) or each == "main"]
    if not known:
        return []
    words = ["git", "grep", "--no-color", "-h", "", *known, "--", "results/*.yaml"]
    return subprocess.run(words, cwd=folder, capture_output=True, check=False).stdout.splitlines()
