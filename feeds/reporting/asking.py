"""Ask Dailymotion for fields of the parent's children, in the guide's two ways, within bounds.

https://developers.dailymotion.com/mcn (Managing data of your children accounts): one call a child, or a paged call at
the parent, which shows 1,000 at most. Whoever isn't shown there is asked for in hundreds. What was read is kept at
every step, so a trouble or ^C costs only what had not been read by then.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from feeds.core.report_accounts import NOT_ASKED, Answers, Wanted
from feeds.dailymotion.client import PAGE_ROWS, QUERY_PAGES, QUERY_ROWS, Client
from feeds.dailymotion.errors import DailymotionError, Expired, NotFound, Throttled

# Up to so many accounts are asked for one by one: then a trouble is the matter of one of them.
FEW = 10
# Where so many calls in a row get no usable answer, the others won't either.
TROUBLES = 3
# How long we wait where Dailymotion wants fewer requests and names no time, and how long altogether.
WAIT_S, PATIENCE_S = 30.0, 300.0

_Told = TypeVar("_Told")


class _NotAskedError(DailymotionError):
    """Nobody was asked any more."""


class Asking:
    """Asks with the parent's login; `wait` is given the seconds that Dailymotion wants us to wait.

    `answers` is what was told so far, `calls` how often we asked, `first` the first trouble that cost us something.
    """

    def __init__(
        self, client: Client, parent_id: str, fields: Iterable[str], wait: Callable[[float], None] = time.sleep
    ) -> None:
        self.answers = Answers()
        self.calls = 0
        self._client, self._parent_id, self._wait = client, parent_id, wait
        self._fields = ("id", "username", *fields)
        self._in_a_row, self._patience_s = 0, PATIENCE_S
        self.first: DailymotionError | None = None

    def ask(self, wanted: Wanted) -> None:
        """Ask for who is wanted: by name where they are few, else at the parent, or in hundreds for who was named.

        Raises the DailymotionError of a trouble only where nobody would have a line that tells of it.
        """
        if wanted.named is not None:
            self.by_name(wanted.named) if len(wanted.named) <= FEW else self.among(wanted.named)
        elif (few := self._few(wanted)) is not None:
            self.by_name(few)
        else:
            self.at_parent(wanted)
        nobody = not (wanted.named or wanted.adopted or self.answers.children)
        if self.first is not None and nobody:
            raise self.first

    def at_parent(self, wanted: Wanted) -> None:
        """Ask by the paged call, and in hundreds for whom it doesn't show."""
        whole = self._pages()
        # Nobody is gone because of one answer; and behind a list that isn't whole may be any of the catalog's users.
        ids = wanted.adopted if whole else wanted.adopted | wanted.usernames.keys()
        self.among(sorted(ids - self.answers.children.keys()))

    def by_name(self, ids: Iterable[str]) -> None:
        """Ask by one call an account. `parent` tells whether it is a child; where it has several, another call does."""
        doubtful = []
        for user_id in ids:
            try:
                told = self._asked(partial(self._client.user, user_id, (*self._fields, "parent")))
            except NotFound:
                self.answers.others.add(user_id)
            except DailymotionError as trouble:
                self.answers.troubles[user_id] = self._reason(trouble)
            else:
                if told.pop("parent", None) == self._parent_id:
                    self.answers.children[user_id] = told
                else:
                    doubtful.append(user_id)
        self.among(doubtful)

    def among(self, ids: Sequence[str]) -> None:
        """Ask for a hundred accounts a call, by the filters of /users."""
        for start in range(0, len(ids), PAGE_ROWS):
            batch = ids[start : start + PAGE_ROWS]
            try:
                found = self._asked(partial(self._client.children_among, self._parent_id, batch, self._fields))
            except DailymotionError as trouble:
                self.answers.troubles |= dict.fromkeys(batch, self._reason(trouble))
            else:
                self.answers.children |= found
                self.answers.others |= set(batch) - found.keys()

    def _few(self, wanted: Wanted) -> list[str] | None:
        """Return all accounts to ask for, children that no event knows among them; None where they are many."""
        if len(wanted.adopted) > FEW:
            return None
        try:
            page = self._asked(partial(self._client.children_page, self._parent_id, ("id",), number=1))
        except DailymotionError as trouble:
            self.answers.list_trouble = str(trouble)
            return sorted(wanted.adopted)
        ids = wanted.adopted | {row["id"] for row in page.rows}
        return None if page.capped or len(ids) > FEW else sorted(ids)

    def _pages(self) -> bool:
        """Read the parent's children, a page at a time; return whether these are all."""
        for number in range(1, QUERY_PAGES + 1):
            try:
                page = self._asked(partial(self._client.children_page, self._parent_id, self._fields, number=number))
            except DailymotionError as trouble:
                self.answers.list_trouble = str(trouble)
                return False
            for row in page.rows:
                self.answers.children.setdefault(row["id"], row)
            if not page.capped and len(self.answers.children) < QUERY_ROWS:
                return True
        self.answers.capped = True
        return False

    def _asked(self, call: Callable[[], _Told]) -> _Told:
        """Return what a call tells; one that came too early is repeated when Dailymotion says, within our patience."""
        if self.answers.stopped is not None:
            raise _NotAskedError
        while True:
            self.calls += 1
            try:
                told = call()
            except NotFound:
                raise
            except DailymotionError as trouble:
                if isinstance(trouble, Throttled) and self._waited(trouble):
                    continue
                self.first = self.first or trouble
                self._in_a_row += 1
                if isinstance(trouble, Expired | Throttled) or self._in_a_row == TROUBLES:
                    self.answers.stopped = str(trouble)
                raise
            self._in_a_row = 0
            return told

    def _waited(self, trouble: Throttled) -> bool:
        seconds = WAIT_S if trouble.retry_after_s is None else trouble.retry_after_s
        if seconds > self._patience_s:
            return False
        self._patience_s -= max(seconds, 1.0)  # who names no time at all doesn't keep us for ever
        self._wait(seconds)
        return True

    @staticmethod
    def _reason(trouble: DailymotionError) -> str:
        return NOT_ASKED if isinstance(trouble, _NotAskedError) else f"not read: {trouble}"
