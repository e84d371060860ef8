"""What the clone remembers of our own pushes and publications, and what follows from it.

Three references of our own, which no fetch and no force-push touches: from them we know which events have been lost,
which removals a push allows, and whether a push only goes back to what was published before. A clone that is new each
time is told by what is online instead (`recall`).
"""

from collections.abc import Iterable, Sequence

from feeds.core.removals import TRAILER, allowed_by
from feeds.formats.origins import MOST, Origin
from feeds.storage.repository import Repository
from feeds.syncing.carrying import put_back, with_lines

PUSHED, PUBLISHED = "refs/feeds/pushed", "refs/feeds/published"
# What the site went on from when a head could not be published: the last publication, with that head's events.
GONE_ON = "refs/feeds/gone-on"
# How the first line of a commit begins by which a publisher noted what it had published.
_NOTED = "^Record .*[0-9] listed"


class Memory:
    """What was pushed and published from one clone."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        named = repository.references("refs/feeds/")  # read once, as one pass at a time writes them
        self._named = {name: named[name] for name in (PUSHED, PUBLISHED, GONE_ON) if name in named}
        self.online: tuple[Origin, ...] | None = None

    def recall(self, online: Sequence[Origin]) -> None:
        """Take for the publications, newest first, those that are online; the clone has the commits of the latest.

        From then on `online` has them, and those that follow.
        """
        self.online = tuple(online)
        if online and self.published() != online[0][0]:
            self._keep(PUBLISHED, online[0][0])

    def note_pushed(self, commit: str) -> None:
        """Remember that the remote has had this commit."""
        self._keep(PUSHED, commit)

    def note_published(self, commit: str, *heads: str) -> None:
        """Remember that the site was published from this commit, made of these heads: itself, if none are named."""
        if self.published() != commit:
            self._keep(PUBLISHED, commit)
        if self.online is not None:
            heads, former = heads or (commit,), self.online[0] if self.online else ()
            # What the heads lack, and no push has brought them yet, those have that were online before.
            origin = tuple(dict.fromkeys([*heads, *(former if self.lost(heads) else ())]))
            if origin != former:
                self.online = (origin, *self.online)[:MOST]

    def note_gone_on(self, commit: str) -> None:
        """Remember that the site went on from this commit of our own: its events must not be forgotten either."""
        if self._named.get(GONE_ON) != commit:
            self._keep(GONE_ON, commit)

    def published(self) -> str | None:
        """Return the commit that the site was published from last."""
        return self._named.get(PUBLISHED)

    def lost(self, heads: Sequence[str], *others: str) -> dict[str, list[bytes]]:
        """Return the events, by results file, that we or these others have and none of the heads has."""
        online = self.online[0] if self.online else ()
        sources = {*self._named.values(), *online, *others} - set(heads)
        theirs = [self._repository.files(head, "results") for head in heads]
        differing: dict[str, set[str]] = {}
        for source in sources:
            for path, blob in self._repository.files(source, "results").items():
                if path.endswith(".yaml") and all(files.get(path) != blob for files in theirs):
                    differing.setdefault(path, set()).add(blob)
        return put_back(
            {path: self._joined(blobs) for path, blobs in differing.items()},
            {path: self._joined(files[path] for files in theirs if path in files) for path in differing},
        )

    def whole(self, head: str, *others: str) -> str:
        """Return the commit, or one on top of it, made here and pushed nowhere, that lacks no event of ours or others.

        Whoever builds from it lists no video whose import a force-push has made forgotten. The same call gives the
        same commit.
        """
        if not (lost := self.lost([head], *others)):
            return head
        texts = self.texts(head, lost)
        files = {path: with_lines(texts.get(path, b""), lines) for path, lines in lost.items()}
        return self._repository.commit_files(
            head, files, "Bring the results together", at=self._repository.time_of(head)
        )

    def allowed_removals(self, commit: str) -> int:
        """Return how many removals the commits since the last publication allow.

        A new clone remembers none: there the commits count since a publication was last noted, or the last one alone.
        """
        since = self.published()
        if since == commit:
            return 0
        since = since or self._repository.last_like(commit, _NOTED) or self._repository.commit_of(f"{commit}^")
        return allowed_by(self._repository.trailers(since, commit, TRAILER))

    def is_revert(self, commit: str) -> bool:
        """Return whether the catalog of this commit, all but results/, is one that was published before."""
        known = [*self._repository.kept(PUBLISHED, most=MOST), *(catalog for catalog, *_ in self.online or ())]
        its, *published = self._repository.trees([commit, *known], without="results")
        return its in published

    def texts(self, commit: str, paths: Iterable[str]) -> dict[str, bytes]:
        """Return those of these files that a commit has, with their bytes."""
        blobs = self._repository.files(commit, "results")
        found = {path: blobs[path] for path in paths if path in blobs}
        texts = self._repository.read(*found.values())
        return {path: texts[blob] for path, blob in found.items()}

    def _joined(self, blobs: Iterable[str]) -> bytes:
        return b"\n".join(text for _, text in sorted(self._repository.read(*blobs).items()))

    def _keep(self, reference: str, commit: str) -> None:
        self._repository.keep(reference, commit)
        self._named[reference] = commit
