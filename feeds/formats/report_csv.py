"""One table of a report as CSV (RFC 4180): exact numbers, `unknown` where nothing is known, and no totals.

A spreadsheet takes a cell that begins with = + - @, a tab or a line break for a formula
(https://owasp.org/www-community/attacks/CSV_Injection): text like that gets an apostrophe before it.
"""

import csv

from feeds.core.reports import Table
from feeds.formats.report_words import UNKNOWN, exact
from feeds.formats.terminal import visible

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Lines:
    """What a writer of CSV writes to."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, line: str) -> None:
        self.written.append(line)


def render(table: Table) -> str:
    """Render the table; the first columns are the user's id and username, or the month."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\n")
    heads = ["user", "username"] if table.of == "user" else [table.of]
    writer.writerow([*heads, *(column.name for column in table.columns), "remark"])
    for row in table.rows:
        names = [row.key, row.name] if table.of == "user" else [row.key]
        cells = [
            UNKNOWN if cell is None else _safe(cell) if isinstance(cell, str) else exact(cell) for cell in row.cells
        ]
        writer.writerow([*map(_safe, names), *cells, _safe(row.remark)])
    return "".join(lines.written)


def _safe(text: str) -> str:
    return visible(f"'{text}" if text.startswith(_FORMULA) else text)
