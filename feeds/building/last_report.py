"""What the last build reported, where it can still be read: a status doesn't fail for a report that it can't use."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from feeds.building.status_events import read_text
from feeds.building.status_users import Sums, add_reported
from feeds.core.status import Publication


def last_report(state: Path) -> dict[str, Any] | None:
    """Return what the last build reported, or None where there is none that can be read."""
    try:
        report: dict[str, Any] = json.loads(read_text(state / "report.json") or b"null")
        for user in report["users"]:
            add_reported(Sums(), {"id": user["id"], **user})
        last = publication(report)
        return report if last and last.at.tzinfo and isinstance(last.commit, str | None) else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def publication(report: Mapping[str, Any] | None) -> Publication | None:
    """Return what a report says of its build as a whole."""
    if report is None:
        return None
    errors = sum(each["severity"] == "error" for each in report["findings"])
    at = datetime.fromisoformat(report["at"])
    return Publication(at, report["commit"], report["published"], report["listed"], errors)
