"""A network in real folders, and builds of it in this process: what the tests of the build share."""

import json
import os
import shutil
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from feeds.building.site import Wish, build
from feeds.formats import mrss
from feeds.settings import Folders

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
RESULTS = "results/main/2026-11-20.yaml"


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def line(event, at="2026-11-20T10:00:00.000Z", **fields):
    """Return an event's line."""
    return f"- {json.dumps({'at': at, 'event': event, **fields})}\n"


def adopted(*users, at="2026-11-20T10:00:00.000Z"):
    return "".join(line("adopted", at, user=user, username=f"{user}-name", parent="x1nord") for user in users)


def imported(*guids, at="2026-11-21T10:00:00.000Z"):
    return "".join(line("imported", at, guid=guid, remote_id=f"x-{guid}", raw=f"of {guid}") for guid in guids)


def failed(guid, number, at="2026-11-21T10:00:00.000Z"):
    return line("import_failed", at, guid=guid, status="broken", raw=f"failure {number} of {guid}")


def videos(*given):
    """Return the lines of videos: guids, or mappings of their keys."""
    entries = [each if isinstance(each, dict) else {"guid": each} for each in given]
    filled = [{"title": f"Title of {each['guid']}", "media": f"{each['guid']}.mp4", **each} for each in entries]
    return "".join(f"  - {json.dumps(each)}\n" for each in filled)


def user_text(user_id, *given, **keys):
    head = {"id": user_id, "username": f"{user_id}-name", **keys}
    lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in head.items())
    defaults = '{category: tv, media_base: "https://cdn.nord.example/"}'
    return f"{lines}defaults: {defaults}\nvideos:{' []' if not given else ''}\n{videos(*given)}"


class Site:
    """A catalog with one user a file, its state and its output, each in a folder of their own below `root`."""

    def __init__(self, root):
        self.catalog, self.out, self.state = root / "catalog", root / "out", root / "state"
        self.network()
        self.write(RESULTS, "")

    def write(self, name, text):
        path = self.catalog / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def network(self, users="[]", **settings):
        """Write catalog.yaml; `users` is what stands behind that key."""
        known = {
            "name": "Nord Clips",
            "site": "https://nord.example/",
            "base_url": "https://feeds.nord.example",
            "parent_id": "x1nord",
            **settings,
        }
        lines = "".join(f"  {key}: {json.dumps(value)}\n" for key, value in known.items())
        return self.write("catalog.yaml", f"network:\n{lines}include: [users/*.yaml]\nusers: {users}\n")

    def user(self, user_id, *given, **keys):
        return self.write(f"users/{user_id}.yaml", user_text(user_id, *given, **keys))

    def happened(self, lines, name=RESULTS):
        """Append lines to the results."""
        path = self.catalog / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(lines)
        return path

    def journal(self, lines, number=1):
        """Append lines to a segment of the journal."""
        path = self.state / "journal" / f"{number:08}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(lines)
        return path

    def journalled(self):
        """Return the events of the journal, read back."""
        text = b"".join(path.read_bytes() for path in sorted((self.state / "journal").glob("*.yaml")))
        return [json.loads(each[2:]) for each in text.splitlines()]

    def wish(self, at=AT, **wishes):
        return Wish(Folders(self.catalog, self.state), self.out, at, **{"jobs": 1, **wishes})

    def build(self, at=AT, **wishes):
        return build(self.wish(at, **wishes))

    def tree(self):
        return tree(self.out)

    def users(self):
        return [entry["id"] for entry in json.loads((self.out / "users.json").read_bytes())]

    def feed(self, user_id):
        """Return a published feed's items, read back."""
        return mrss.parse((self.out / "feeds" / f"{user_id}.xml").read_bytes())[1]

    def listed(self, user_id):
        return [item.guid for item in self.feed(user_id)]

    def fresh(self, at=AT):
        """Return the tree that a first build of the same catalog and journal gives."""
        with tempfile.TemporaryDirectory() as folder:
            other = Site.__new__(Site)
            other.catalog, other.out, other.state = self.catalog, Path(folder, "out"), Path(folder, "state")
            if (self.state / "journal").exists():
                shutil.copytree(self.state / "journal", other.state / "journal")
            other.build(at)
            return other.tree()

    def git(self, *arguments):
        who = {
            f"GIT_{role}_{what}": "test@nord.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", **who}
        done = subprocess.run(["git", *arguments], cwd=self.catalog, env=environ, check=True, capture_output=True)
        return done.stdout.decode().strip()


def tree(folder):
    """Return a folder's files as {path: bytes}."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
