"""What a pass of `feeds sync` came to, as people read it in a log."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feeds.building.report import Report
    from feeds.syncing.sync import Pass, Plan

NAMES_SHOWN = 3


class Log:
    """What is said of pass after pass: nothing twice in a row, and that faults are over."""

    def __init__(self, plan: "Plan") -> None:
        self._plan, self._said, self._faulty = plan, "", False

    def new(self, done: "Pass") -> str:
        """Return what is to be said of a pass, nothing where it came to the same as the one before."""
        words, before, were_faulty = words_of(done, self._plan), self._said, self._faulty
        self._said = words
        if done.report:
            self._faulty = any(each.severity == "error" for each in done.report.findings)
        over = "The faults that were told are mended.\n" if were_faulty and not self._faulty else ""
        return over + ("" if words == before else words)


def words_of(done: "Pass", plan: "Plan") -> str:
    """Return what a pass came to; files of the catalog have the names that its editors know them by."""
    from feeds.formats import findings

    lines = []
    if done.pushed:
        lines.append(f"{_events(done.carried)} carried into results/, pushed as {done.pushed[:10]}.")
    elif done.carried:
        lines.append(f"{_events(done.carried)} carried into results/.")
    if done.backlog:
        verb = "waits" if done.backlog == 1 else "wait"
        lines.append(f"{_events(done.backlog)} {verb} in the journal for the next pass.")
    if report := done.report:
        lines.append(_built(report, done))
        lines.append(findings.render(report.findings).rstrip())
        if frozen := [user.username for user in report.users if user.frozen]:
            more = f" and {len(frozen) - NAMES_SHOWN:,} more" if len(frozen) > NAMES_SHOWN else ""
            lines.append(f"note: built from the last good version: {', '.join(frozen[:NAMES_SHOWN])}{more}.")
    lines += [f"note: {each}" for each in done.notes]
    lines += [f"trouble: {each}" for each in done.troubles]
    return "".join(f"{line}\n" for line in lines if line).replace(f"{plan.checkout.absolute()}/", "")


def _built(report: "Report", done: "Pass") -> str:
    in_list = sum(user.in_list for user in report.users)
    written = "1 file" if done.written == 1 else f"{done.written} files"
    changed = f"{written} written, {done.removed} removed" if report.published else "nothing published"
    videos = "1 video" if report.listed == 1 else f"{report.listed:,} videos"
    return f"{videos} in {'1 feed' if in_list == 1 else f'{in_list:,} feeds'}; {changed}."


def _events(number: int) -> str:
    return "1 event" if number == 1 else f"{number} events"
