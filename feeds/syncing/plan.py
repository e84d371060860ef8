"""What a pass is asked to do, what it works with, and what it comes to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from feeds.building.report import Report
from feeds.settings import Folders
from feeds.storage.journal import Journal
from feeds.storage.repository import Repository
from feeds.syncing.memory import Memory
from feeds.syncing.online import Previous


@dataclass(frozen=True, slots=True)
class Plan:
    """What to sync: the folders, where to publish, and the names in Git. `take_over` claims the results folder.

    `results_branch` takes the results where the catalog's own branch takes no push from programs.
    `secret_path` stands in the site's addresses where the network wants one. `previous` is what is online, for who
    keeps nothing from pass to pass. Without a `site` events are carried and nothing is built: somebody else publishes.
    """

    folders: Folders
    out: Path
    instance: str = "main"
    remote: str = "origin"
    branch: str | None = None
    results_branch: str | None = None
    jobs: int = 1
    take_over: bool = False
    secret_path: str | None = field(default=None, repr=False)
    previous: Previous | None = None
    site: bool = True

    @property
    def results(self) -> str:
        """The folder in the repository that this machine's results go to."""
        return f"results/{self.instance}"

    @property
    def checkout(self) -> Path:
        """The folder of our own that a commit is checked out into, to be built from."""
        return self.folders.state / "checkout"


@dataclass(slots=True)
class Pass:
    """What one pass came to; `troubles` are sentences for the person in charge."""

    carried: int = 0
    pushed: str | None = None
    backlog: int = 0
    written: int = 0
    removed: int = 0
    report: Report | None = None
    troubles: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    remote_trouble: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """What all steps of a pass stand on: the plan, the moment, the clone, and the pass itself, which they add to."""

    plan: Plan
    now: datetime
    journal: Journal
    repository: Repository
    memory: Memory
    may_push: Callable[[], bool]
    done: Pass
