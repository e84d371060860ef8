"""Findings for people and for programs: text, JSON, and GitHub's annotations.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

import json
from collections.abc import Sequence
from typing import Literal

from feeds.core.errors import Finding
from feeds.formats.terminal import visible

Format = Literal["text", "json", "github"]


def render(findings: Sequence[Finding], form: Format = "text") -> str:
    """Render findings in file and line order, one after the other; empty where there is none."""
    ordered = sorted(findings, key=lambda each: (each.place.file, each.place.line, each.place.column, each.rule))
    if form == "json":
        text = json.dumps([_record(each) for each in ordered], ensure_ascii=False, indent=2) + "\n"
    else:
        text = "".join((_github if form == "github" else _text)(each) for each in ordered)
    return text.encode("utf-8", "backslashreplace").decode()  # a file's name need not be UTF-8


def _text(finding: Finding) -> str:
    head = f"{finding.place}: {finding.severity}[{finding.rule}] {' > '.join(finding.trail)}"
    return f"{visible(head).rstrip()}\n  {visible(_sentence(finding.what))}\n  {visible(finding.remedy)}\n"


def _sentence(text: str) -> str:
    return text if text.endswith("?") else f"{text}."


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
    words = f"{' > '.join(finding.trail)}: {_sentence(finding.what)} {finding.remedy}".removeprefix(": ")
    return f"::{finding.severity} {where}::{_data(words)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
