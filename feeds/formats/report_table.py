"""A report for people at a terminal."""

from feeds.core.reports import Kind, Report, Table
from feeds.formats.report_words import cell_words, known_once, known_words, row_words, total_words
from feeds.formats.status_text import moment_words
from feeds.formats.terminal import visible


def render(report: Report) -> str:
    """Render the report; each table is as wide as what stands in it."""
    lines = [f"{visible(report.network)}: {report.title}, {moment_words(report.at)}"]
    for table in report.tables:
        lines += [
            "",
            *([table.caption] if len(report.tables) > 1 or table.caption != "By user" else []),
            *_table(table),
        ]
    lines += ["", *(f"note: {visible(note)}" for note in report.notes)] if report.notes else []
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _table(table: Table) -> list[str]:
    heads = [table.of, *(column.title for column in table.columns)]
    body = [
        [row_words(row, table), *(cell_words(*each) for each in zip(table.columns, row.cells, strict=True))]
        for row in table.rows
    ]
    foot = ["total", *(total_words(*each) for each in zip(table.totals, table.columns, strict=True))]
    widths = [max(len(line[number]) for line in (heads, *body, foot)) for number in range(len(heads))]
    left = [True, *(column.kind is Kind.TEXT for column in table.columns)]

    def line(cells: list[str], remark: str = "") -> str:
        set_ = [
            f"{cell:{'<' if at_left else '>'}{width}}" for cell, width, at_left in zip(cells, widths, left, strict=True)
        ]
        return "  ".join([*set_, visible(remark)] if remark else set_)

    if not table.rows:
        return ["nothing yet"]
    rule = "-" * (sum(widths) + 2 * len(widths) - 2)
    lines = [line(heads), rule, *(line(cells, row.remark) for cells, row in zip(body, table.rows, strict=True))]
    return [*lines, rule, line(foot), *_known(table)]


def _known(table: Table) -> list[str]:
    """Say of how many the totals are: once where that is the same for all."""
    if once := known_once(table):
        return [f"each {once}"]
    told = {
        column.title: known_words(total, table, column)
        for total, column in zip(table.totals, table.columns, strict=True)
        if total is not None
    }
    width = max(map(len, told), default=0)
    return [f"{title:<{width}}  {words}" for title, words in told.items() if words]
