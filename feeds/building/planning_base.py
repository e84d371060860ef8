"""What an edit is compared with: the catalog of a commit, or, where there is no Git, the last publication.

Only what differs is read: git names the files that are not as the commit has them, and their former bytes come in one
answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from feeds.building.sources import CATALOG, CatalogText
from feeds.building.work import text_digest
from feeds.core.errors import UsageError
from feeds.core.removals import TRAILER, allowed_by
from feeds.formats.catalog_yaml import ReadNetwork
from feeds.storage.repository import GitFailed, Repository

# How far back a version of a file without faults is looked for.
VERSIONS = 30


class FormerText(CatalogText):
    """catalog.yaml as a commit has it."""

    def __init__(self, name: str, text: bytes) -> None:
        self.path, self.text, self.digest = Path(name), text, text_digest(text)


@dataclass(slots=True)
class Commit:
    """The catalog of a commit: its text, its files by name, and which of them the work tree has otherwise."""

    repository: Repository
    name: str
    words: str
    text: CatalogText
    files: frozenset[str]
    differing: frozenset[str]
    results: Sequence[str] = ()
    _blobs: dict[str, bytes] = field(default_factory=dict)

    def read(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of these files at the commit, by name."""
        return _blobs(self.repository, self.name, names)

    def versions(self, name: str) -> list[bytes]:
        """Return what a file said up to the commit, newest first."""
        words = ("log", "--format=%H", f"--max-count={VERSIONS}", self.name, "--", name)
        commits = self.repository.run(*words).decode().split()
        found = (_blobs(self.repository, commit, [name]) for commit in commits)
        return [each[name] for each in found if name in each]

    def allowed(self) -> int:
        """Return how many removals the commits since then allow."""
        return allowed_by(self.repository.trailers(self.name, "HEAD", TRAILER))

    def former_results(self) -> list[bytes]:
        """Return the texts of the results files that the work tree has otherwise, or not at all."""
        return list(self.read(self.results).values())


def commit_of(catalog: Path, against: str | None, text: CatalogText) -> Commit | None:
    """Return the commit to compare with, None where the catalog is in no repository or nothing is committed.

    `text` is catalog.yaml as it is now: where the commit has the same it isn't read twice.

    Raises UsageError where the commit can't be found, or its catalog can't be read; GitFailed.
    """
    repository = Repository.at(catalog)
    if repository is None or (against is None and repository.commit_of("HEAD") is None):
        if against is not None:
            raise UsageError(f"{catalog} is the top of no Git repository, so there is no {against} to compare with.")
        return None
    name, words = _chosen(repository, against)
    listed = _names(repository.run("ls-tree", "-r", "-z", "--name-only", name))
    found = _blobs(repository, name, [CATALOG]).get(CATALOG)
    if found is None:
        raise UsageError(f"{words} has no {CATALOG}. Compare with another commit: --against.")
    former = text if found == text.text else FormerText(f"{words}:{CATALOG}", found)
    if not isinstance(former.read, ReadNetwork):
        raise UsageError(f"{CATALOG} has faults in {words}. Compare with another commit: --against.")
    # What git's index only suspects to differ is among them; who asks compares the bytes.
    differing = _names(repository.run("diff-index", "-z", "--name-only", "--no-renames", name, "--"))
    results = [each for each in differing & listed if each.startswith("results/") and each.endswith(".yaml")]
    return Commit(repository, name, words, former, frozenset(listed), frozenset(differing), sorted(results))


def _chosen(repository: Repository, against: str | None) -> tuple[str, str]:
    """Return the commit to compare with, and what it is called."""
    if against is not None:
        commit = None if against.startswith("-") else repository.commit_of(against)
        if commit is None:
            raise UsageError(f'"{against}" names no commit here. Fetch it first, or name another: --against.')
        return commit, against if commit.startswith(against) else f"{against} ({commit[:10]})"
    head = repository.commit_of("HEAD") or ""
    if upstream := repository.commit_of("@{upstream}"):
        try:
            base = repository.run("merge-base", head, upstream).decode().split()[0]
        except GitFailed:  # no common history
            return head, f"HEAD ({head[:10]})"
        name = repository.run("rev-parse", "--abbrev-ref", "@{upstream}").decode("utf-8", "replace").strip()
        return base, f"{base[:10]}, where this branch left {name}" if base != upstream else f"{name} ({base[:10]})"
    return head, f"HEAD ({head[:10]})"


def _names(listed: bytes) -> set[str]:
    return {name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name}


def _blobs(repository: Repository, commit: str, names: Iterable[str]) -> dict[str, bytes]:
    """Return the bytes of a commit's files, by name; what it has not, or is no file, is left out."""
    found = {}
    wanted = sorted(set(names))
    if not wanted:
        return {}
    listed = repository.run("ls-tree", "-z", commit, "--", *wanted).decode("utf-8", "surrogateescape")
    for entry in filter(None, listed.split("\0")):
        head, _, name = entry.partition("\t")
        if head.split()[1] == "blob":
            found[name] = head.split()[2]
    texts = repository.read(*found.values())
    return {name: texts[blob] for name, blob in found.items()}


@dataclass(frozen=True)
class Patterns:
    """The patterns of user files, matched against names alone as the build matches them against the folder."""

    patterns: tuple[str, ...]

    def of(self, names: Iterable[str]) -> set[str]:
        """Return those of these names that a pattern includes."""
        parted = [PurePosixPath(pattern).parts for pattern in self.patterns]
        return {name for name in names if name != CATALOG and any(_fits(name.split("/"), each) for each in parted)}


def _fits(name: Sequence[str], pattern: Sequence[str]) -> bool:
    """Return what glob.glob(..., recursive=True) means: no wildcard stands for a dot at the beginning of a name."""
    if not pattern:
        return not name
    first, rest = pattern[0], pattern[1:]
    if first == "**":
        seen = next((number for number, part in enumerate(name) if part.startswith(".")), len(name))
        return any(_fits(name[skipped:], rest) for skipped in range(seen + 1))
    if not name or (name[0].startswith(".") and not first.startswith(".")):
        return False
    return fnmatchcase(name[0], first) and _fits(name[1:], rest)
