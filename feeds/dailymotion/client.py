"""Dailymotion's legacy API: one method an operation, plain values in and out.

https://developers.dailymotion.com/api/platform-api/reference/ and https://developers.dailymotion.com/mcn (user
adoption, user rejection, managing data of your children accounts).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from feeds.dailymotion.calls import Calls
from feeds.dailymotion.errors import Broken, DailymotionError, Expired, NotFound, Refused
from feeds.dailymotion.values import ADOPTION_ROLE, ADOPTION_SCOPE, Identity, Listing

# The most for `page` and `limit`: https://developers.dailymotion.com/api/platform-api/understand-api-responses/
# The most rows of one query: https://developers.dailymotion.com/me/docs/browse-large-video-catalog
PAGE_ROWS, QUERY_ROWS = 100, 1000
QUERY_PAGES = QUERY_ROWS // PAGE_ROWS
# Inferred, as PARENT_SCOPES are.
_VIDEO_NEEDS = "the scope manage_videos, and a video of an account that is this parent's child"


class Client(Calls):
    """What can be asked of Dailymotion with one login, or with none; every method raises a DailymotionError."""

    def who_am_i(self) -> Identity:
        """Return whose login this is, with its scopes and roles.

        https://developers.dailymotion.com/api/platform-api/reference/ (GET /auth). Raises Expired without a login.
        """
        told = self.get("/auth")
        if not isinstance(told.get("id"), str):
            raise Expired("Dailymotion knows nobody by this login (GET /auth). Log in again.")
        return Identity(
            told["id"],
            _text(told.get("username")),
            _text(told.get("screenname")),
            _words(told.get("scope")),
            _words(told.get("roles")),
        )

    def log_out(self) -> None:
        """End the login and what could renew it. https://developers.dailymotion.com/api/platform-api/reference/."""
        self.get("/logout")

    def me(self, fields: Iterable[str]) -> dict[str, Any]:
        """Return these fields of the account whose login this is."""
        return self.get("/me", {"fields": ",".join(fields)})

    def user(self, user_id: str, fields: Iterable[str]) -> dict[str, Any]:
        """Return these fields of an account; private ones need its own login, or its parent's. Raises NotFound."""
        return self.get(f"/user/{segment(user_id)}", {"fields": ",".join(fields)})

    def children(self, parent_id: str, fields: Iterable[str] = ("id", "username")) -> Listing:
        """Return the parent's children with these fields and `id`; public fields need no login."""
        return self._listing(f"/user/{segment(parent_id)}/children", fields)

    def children_page(self, parent_id: str, fields: Iterable[str], *, number: int) -> Listing:
        """Return one page of `children`, of 1 to QUERY_PAGES; `capped` where Dailymotion has another. One call."""
        return self._page(f"/user/{segment(parent_id)}/children", fields, number=number)

    def children_among(
        self, parent_id: str, ids: Iterable[str], fields: Iterable[str] = ("id", "username")
    ) -> dict[str, Mapping[str, Any]]:
        """Return those of these accounts that are the parent's children, by id; public fields need no login.

        Asks for a hundred at a time, by the filters `parent` and `ids` of /users, so it reaches beyond what `children`
        shows. https://developers.dailymotion.com/api/platform-api/reference/#user
        """
        wanted, found = list(dict.fromkeys(ids)), dict[str, Mapping[str, Any]]()
        for start in range(0, len(wanted), PAGE_ROWS):
            batch = wanted[start : start + PAGE_ROWS]
            rows = self._listing("/users", fields, {"parent": parent_id, "ids": ",".join(batch)}).rows
            found |= {row["id"]: row for row in rows if row["id"] in batch}
        return found

    def parents(self, fields: Iterable[str] = ("id", "username")) -> Listing:
        """Return the parents of the account whose login this is."""
        return self._listing("/me/parents", fields)

    def is_adopted(self, parent_id: str) -> bool:
        """Return whether the account whose login this is is this parent's child.

        https://developers.dailymotion.com/mcn (User verification) shows the call and not its answer: a 404, a list
        with or without the parent and the parent itself are understood, and anything else is Broken.
        """
        try:
            told = self.get(f"/me/parents/{segment(parent_id)}")
        except NotFound:
            return False
        rows = told.get("list", [told] if "id" in told else None)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Broken(f"Dailymotion said neither yes nor no to GET /me/parents/{parent_id}. Try again later.")
        return any(row.get("id") == parent_id for row in rows)

    def adopt(self, parent_id: str) -> None:
        """Make the account whose login this is the parent's child; Dailymotion then writes to its holder.

        It is asked once: after an answer that tells nothing, we look whether it was done, and only say so if not.
        https://developers.dailymotion.com/mcn (User adoption). Raises Refused, naming the role or scope that lacks.
        """
        needs = f"the role {ADOPTION_ROLE} on the API key, and the scope {ADOPTION_SCOPE}"
        try:
            self._call("POST", f"/me/parents/{segment(parent_id)}", form={}, needs=needs)
        except Broken as trouble:
            self.settle(trouble, "The adoption", lambda: self.is_adopted(parent_id))
        except Refused as refusal:
            raise Refused(f"{refusal} {self._lack()}".rstrip()) from refusal

    def reject(self, child_id: str, *, parent_id: str) -> None:
        """Make the account no longer the child of the parent, whose login this is; Dailymotion writes to its holder.

        It is fine if it was no child any more. Asked as `adopt` is. https://developers.dailymotion.com/mcn (User
        rejection). Raises Refused.
        """
        path, fallback = (
            pattern.format(child=segment(child_id), parent=segment(parent_id))
            for pattern in (self._settings.rejection, self._settings.rejection_fallback)
        )
        needs = "the login of the parent account, and a role for rejections on the API key"
        try:
            try:
                self._call("DELETE", path, needs=needs)
            except NotFound:
                self._call("DELETE", fallback, needs=needs)
        except (Broken, NotFound) as trouble:
            self.settle(trouble, "The rejection", lambda: not self._is_child(child_id, parent_id))

    def video(self, video_id: str, fields: Iterable[str]) -> dict[str, Any]:
        """Return these fields of a video; one that isn't public needs its account's login, or its parent's.

        https://developers.dailymotion.com/api/platform-api/reference/#video. Raises NotFound, Refused.
        """
        return self.get(f"/video/{segment(video_id)}", {"fields": ",".join(fields)})

    def edit_video(self, video_id: str, form: Mapping[str, str], *, is_done: Callable[[], bool]) -> None:
        """Write these fields of a video; asked as `adopt` is, and `is_done` looks whether they are written.

        https://developers.dailymotion.com/api/platform-api/reference/#video. Raises NotFound, Refused, Invalid.
        """
        try:
            self._call("POST", f"/video/{segment(video_id)}", form=form, needs=_VIDEO_NEEDS)
        except Broken as trouble:
            self.settle(trouble, "The edit", is_done)

    def delete_video(self, video_id: str) -> bool:
        """Delete a video for good; asked as `adopt` is. Return False where it was gone before.

        https://developers.dailymotion.com/api/platform-api/reference/#video. Raises Refused.
        """
        try:
            self._call("DELETE", f"/video/{segment(video_id)}", needs=_VIDEO_NEEDS)
        except NotFound as trouble:  # a path that is there no more says so, too
            self.settle(trouble, "The deletion", lambda: self.is_gone(video_id))
            return False
        except Broken as trouble:
            self.settle(trouble, "The deletion", lambda: self.is_gone(video_id))
        return True

    def is_gone(self, video_id: str) -> bool:
        """Return whether there is no such video."""
        try:
            self.video(video_id, ("id",))
        except NotFound:
            return True
        return False

    def settle(self, trouble: DailymotionError, what: str, is_done: Callable[[], bool]) -> None:
        """After an answer that tells nothing, look whether it was done; raise `trouble` with what was seen if not."""
        try:
            done = is_done()
        except DailymotionError as error:
            raise Broken(f"{trouble}\n{what} may have been done or not: looking it up failed too. {error}") from trouble
        if not done:
            raise type(trouble)(f"{trouble}\n{what} was not done, as looked up since.") from trouble

    def _is_child(self, child_id: str, parent_id: str) -> bool:
        children = self.children(parent_id, ("id",))
        if any(row.get("id") == child_id for row in children.rows):
            return True
        return children.capped and self.user(child_id, ("parent",)).get("parent") == parent_id

    def _lack(self) -> str:
        """Tell which role or scope lacks, by what /auth shows; nothing where it can't be seen."""
        try:
            identity = self.who_am_i()
        except DailymotionError:
            return ""
        lacks = [
            *([f"the role {ADOPTION_ROLE}"] if ADOPTION_ROLE not in identity.roles else []),
            *([f"the scope {ADOPTION_SCOPE}"] if ADOPTION_SCOPE not in identity.scopes else []),
        ]
        return f"This login lacks {' and '.join(lacks)}." if lacks else ""

    def _listing(self, path: str, fields: Iterable[str], filters: Mapping[str, str] | None = None) -> Listing:
        rows: dict[str, Mapping[str, Any]] = {}  # by id: an account may move to the next page while we read
        has_more, number = True, 0
        while has_more and number < QUERY_PAGES:
            number += 1
            page = self._page(path, fields, filters, number=number)
            rows |= {row["id"]: row for row in page.rows if row["id"] not in rows}
            has_more = page.capped
        return Listing(tuple(rows.values()), capped=has_more or len(rows) >= QUERY_ROWS)

    def _page(
        self, path: str, fields: Iterable[str], filters: Mapping[str, str] | None = None, *, number: int
    ) -> Listing:
        names = ",".join(dict.fromkeys(("id", *fields)))
        query = {**(filters or {}), "fields": names, "limit": str(PAGE_ROWS), "page": str(number)}
        told = self.get(path, query)
        listed = told.get("list")
        if not isinstance(listed, list) or not all(
            isinstance(row, dict) and isinstance(row.get("id"), str) for row in listed
        ):
            raise Broken(f"Dailymotion answered GET {path} with no list of accounts. Try again later.")
        return Listing(tuple(listed), capped=told.get("has_more") is True)


def segment(name: str) -> str:
    """Return an id as one segment of a path, whatever it holds."""
    if name in {"", ".", ".."}:
        raise NotFound(f'"{name}" can be no id of Dailymotion.')
    return quote(name, safe="")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _words(value: object) -> frozenset[str]:
    """Return a set of names, from an array or from words in a row."""
    words = value.split() if isinstance(value, str) else value
    return frozenset(word for word in words if isinstance(word, str)) if isinstance(words, list) else frozenset()
