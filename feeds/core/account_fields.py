"""The fields of an account that its parent may write, with their limits.

EDIT: https://developers.dailymotion.com/v0/reference/api-edit-a-user. OLD, which marks each field as writable or not:
http://www.dailymotion.com/doc/api/obj-user.html. Both want the scope userinfo. Left out on purpose: username, password
and e-mail, which are the holder's; birthday, gender and phone; and pictures, which can't be looked up once written.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from feeds.core.countries import COUNTRIES
from feeds.core.errors import UsageError
from feeds.core.values import did_you_mean


@dataclass(frozen=True, slots=True)
class Field:
    """One field: what it is, its longest text in characters, and where it is documented."""

    meaning: str
    longest: int
    source: str


FIELDS: Mapping[str, Field] = {
    "screenname": Field("the name that is shown", 50, "OLD"),
    "description": Field("what the account says of itself", 2000, "EDIT, OLD"),
    "country": Field("two letters of ISO 3166-1", 2, "EDIT, OLD"),
    "language": Field("the account's language", 150, "OLD"),
    "city": Field("where its holder lives", 150, "EDIT, OLD"),
    "address": Field("the postal address", 150, "EDIT, OLD"),
    "fullname": Field("its holder's whole name", 50, "OLD"),
    "first_name": Field("its holder's first name", 150, "OLD"),
    "last_name": Field("its holder's last name", 150, "OLD"),
}


def parse(words: Iterable[str]) -> dict[str, str]:
    """Return the values of FIELD=VALUE words by field. Raises UsageError with every fault."""
    values: dict[str, str] = {}
    faults: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            faults.append(f"{word!a} is no FIELD=VALUE.")
        elif name not in FIELDS:
            hint = did_you_mean(name, FIELDS)
            faults.append(f"{name!a} can't be written{hint or '.'} These can: {', '.join(FIELDS)}.")
        elif name in values:
            faults.append(f"{name} is given twice.")
        elif fault := _fault(name, value):
            faults.append(f"{name} {fault}")
        else:
            values[name] = value
    if faults:
        raise UsageError("\n".join([*faults, "Nothing was done."]))
    return values


def _fault(name: str, value: str) -> str | None:
    longest = FIELDS[name].longest
    if not 1 <= len(value) <= longest or not value.strip():
        return f"has {len(value):,} characters: it takes 1 to {longest:,}."
    if name == "country" and value.lower() not in COUNTRIES:
        return f"is {value!a}, which is no country: write two letters, such as fr."
    return None


def same(name: str, shown: object, wanted: str) -> bool:
    """Return whether a field shows what is wanted: nobody sees blanks around a text, nor a country's case."""
    text = shown.replace("\r\n", "\n").strip() if isinstance(shown, str) else ""
    return text.lower() == wanted.strip().lower() if name == "country" else text == wanted.strip()
