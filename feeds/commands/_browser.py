"""A person's browser, as far as a walk through pages needs one: it follows links, fills forms in, and keeps cookies."""

from collections.abc import Iterator, Mapping
from typing import Self

import requests
from lxml import html

from feeds.core.errors import FeedsError

CALL_S = 60.0


class Lost(FeedsError):
    """The page has no such link or button: the message quotes what it shows instead."""


class Browser:
    """One person at their browser; `page` is what they see, and is there once an address was opened."""

    page: html.HtmlElement

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.trust_env = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    @property
    def heading(self) -> str:
        """Return what the page says of itself."""
        return " ".join(" ".join(each.text_content() for each in self.page.iter("h1")).split())

    def open(self, address: str) -> None:
        """Go to an address. Raises FeedsError where nothing answers."""
        self._go("GET", address, {})

    def follow(self, words: str) -> None:
        """Follow the link that reads so."""
        for link in self.page.iter("a"):
            if _text(link) == words:
                self.open(str(link.get("href")))
                return
        raise Lost(f'"{self.heading}" has no link "{words}".')

    def press(self, words: str, **filled: str) -> None:
        """Press the button that begins with these words, with its form filled in; the rest stays as the page has it."""
        for form in self.page.forms:
            for button in form.iter("button"):
                if _text(button).startswith(words):
                    values = [(name, value) for name, value in _values(form) if name not in filled]
                    if button.get("name"):
                        values.append((str(button.get("name")), str(button.get("value", ""))))
                    self._go(form.method, form.action or self._address, {"data": [*values, *filled.items()]})
                    return
        raise Lost(f'"{self.heading}" has no button "{words}".')

    def _go(self, method: str, address: str, sent: Mapping[str, list[tuple[str, str]]]) -> None:
        try:
            answer = self._session.request(method, address, timeout=CALL_S, **sent)  # type: ignore[arg-type]
        except requests.RequestException as error:
            raise FeedsError(f"A page could not be opened ({type(error).__name__}).") from error
        self._address = answer.url
        self.page = html.document_fromstring(answer.content or b"<p/>", base_url=answer.url)
        self.page.make_links_absolute()


def _values(form: html.HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield what the inputs of a form would send; lxml's own `form_values` sends `on` where a value is empty."""
    for field in form.iter("input"):
        is_choice = field.get("type") in ("radio", "checkbox")
        if field.get("name") and (not is_choice or field.get("checked") is not None):
            yield str(field.get("name")), str(field.get("value", "on" if is_choice else ""))


def _text(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())
