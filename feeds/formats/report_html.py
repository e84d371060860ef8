"""A report as one self-contained page, for people without a terminal, and to be printed.

The page's own shape stands in templates/report.html: no script, nothing from elsewhere, light and dark. Charts are
inline SVG; what they show stands beside them as text.
"""

from feeds.core.report_chart import chart
from feeds.core.reports import Kind, Report
from feeds.formats import report_words
from feeds.formats.own_templates import template
from feeds.formats.status_text import moment_words


def render(report: Report) -> str:
    """Render the page. What UTF-8 can't hold is spelled out."""
    page = template("report.html", escaped=True).render(
        report=report,
        tables=[(table, chart(table)) for table in report.tables],
        words=report_words,
        moment_words=moment_words,
        texts=Kind.TEXT,
        zip=zip,
    )
    return page.encode("utf-8", "backslashreplace").decode()
