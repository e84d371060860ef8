"""Findings for people and for programs: text, JSON, and GitHub's annotations.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

import json
from collections.abc import Sequence
from typing import Literal

from feeds.core.errors import Finding

Format = Literal["text", "json", "github"]


def render(findings: Sequence[Finding], form: Format = "text") -> str:
    """Render findings in file and line order, one after the other; empty where there is none."""
    ordered = sorted(findings, key=lambda each: (each.place.file, each.place.line, each.place.column, each.rule))
    if form == "json":
        return json.dumps([_record(each) for each in ordered], ensure_ascii=False, indent=2) + "\n"
    return "".join((_github if form == "github" else _text)(each) for each in ordered)


def _text(finding: Finding) -> str:
    trail = " > ".join(finding.trail)
    head = f"{finding.place}: {finding.severity}[{finding.rule}]"
    return f"{head} {trail}".rstrip() + f"\n  {finding.what}.\n  {finding.remedy}\n"


def _record(finding: Finding) -> dict[str, object]:
    return {
        "file": finding.place.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "severity": finding.severity,
        "rule": finding.rule,
        "trail": list(finding.trail),
        "what": finding.what,
        "remedy": finding.remedy,
    }


def _github(finding: Finding) -> str:
    place = finding.place
    where = f"file={_property(place.file)},line={place.line},col={place.column},title={_property(finding.rule)}"
    return f"::{finding.severity} {where}::{_data(f'{finding.what}. {finding.remedy}')}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
