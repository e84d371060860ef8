"""A report for programs: money as text with its exact digits, spans in seconds, null where nothing is known."""

import json
from typing import Any

from feeds.core.reports import Kind, Report, Row, Table
from feeds.formats.report_words import exact
from feeds.formats.results_yaml import render_time


def render(report: Report) -> str:
    """Render the report with every line and total."""
    record: dict[str, Any] = {
        "report": report.name,
        "network": report.network,
        "at": render_time(report.at),
        "tables": [_table(table) for table in report.tables],
        "notes": list(report.notes),
    }
    if any(column.kind is Kind.MONEY for table in report.tables for column in table.columns):
        record["currency"] = "USD"
    # ASCII alone: a username with a lone surrogate is a JSON string, and no UTF-8.
    return json.dumps(record, indent=1) + "\n"


def _table(table: Table) -> dict[str, Any]:
    return {
        "of": table.of,
        "caption": table.caption,
        "rows": [_row(row, table) for row in table.rows],
        "totals": {
            column.name: {"value": exact(total.value), "known": total.known, "unknown": total.unknown}
            for column, total in zip(table.columns, table.totals, strict=True)
            if total is not None
        },
    }


def _row(row: Row, table: Table) -> dict[str, Any]:
    names = {"user": row.key or None, "username": row.name} if table.of == "user" else {table.of: row.key}
    cells = {column.name: exact(cell) for column, cell in zip(table.columns, row.cells, strict=True)}
    return {**names, **cells, "remark": row.remark or None}
