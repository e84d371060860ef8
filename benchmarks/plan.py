"""What `feeds plan` costs where one user of a large network was edited, against a full build of that network."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import network
from benchmarks.measure import Candidate, interleaved, seconds
from benchmarks.rows import ROOT, OutputsDifferError, Row, Size


def one_user_changed(size: Size, scratch: Path) -> Iterator[Row]:
    """Yield what planning one changed user of a committed network costs."""
    users, videos = size.full
    catalog, out, state = scratch / "catalog", scratch / "out", scratch / "state"
    network.write_network(catalog, users, videos)
    for arguments in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "-m", "Begin")):
        _git(catalog, *arguments)
    network.write_user(catalog, users // 2, videos, edition=1)

    def forget() -> None:
        for folder in (out, state):
            shutil.rmtree(folder, ignore_errors=True)

    feeds: list[str | Path] = [sys.executable, "-m", "feeds"]
    environ = {"FEEDS_STATE": str(state)}
    build = [*feeds, "build", "--catalog", catalog, "--out", out, "--jobs", "2", "--full"]
    full, plan = interleaved(
        Candidate(build, before=forget, folder=ROOT, environ=environ),
        Candidate([*feeds, "plan", "--catalog", catalog, "--against", "HEAD"], folder=ROOT, environ=environ),
        rounds=size.rounds,
    )
    for run in plan:
        if "+0 listed, -0 no longer listed, 1 changed." not in run.output:
            raise OutputsDifferError(f"the plan of one changed title says: {run.output}")
    share = seconds(plan) / seconds(full)
    name = f"`feeds plan`, one user of {users:,} x {videos} changed, against the full build"
    figure = f"{share:.1%} ({seconds(plan):.2f} s; {seconds(full):.2f} s)"
    yield Row(name, "<= 10 % of its time", figure, share <= 0.10)


def _git(folder: Path, *arguments: str) -> None:
    who = {f"GIT_{role}_{what}": "bench@nord.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environ = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **who}
    subprocess.run(["git", *arguments], cwd=folder, check=True, env=environ)
