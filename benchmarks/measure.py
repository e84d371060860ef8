"""Whole commands, timed from their start to their exit, with the memory that they and their children took."""

import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_EVERY_S = 0.1


class CommandError(Exception):
    """A measured command ended otherwise than asked: its figure would mean nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run; the memory is None where it was not sampled, or where the system doesn't tell.

    `largest_mib` is the peak resident memory of the largest process of the command; `together_mib` the highest
    sum over all its processes at one moment, shared pages counted once. `cpu_s` is what all its processes computed.
    """

    seconds: float
    largest_mib: float | None
    together_mib: float | None
    output: str
    cpu_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A command to compare, and what must be made ready before each of its runs, untimed."""

    command: Sequence[str | Path]
    before: Callable[[], object] = lambda: None
    folder: Path | None = None
    environ: Mapping[str, str] | None = None
    memory: bool = False


def interleaved(*candidates: Candidate, rounds: int) -> list[list[Run]]:
    """Run the candidates in turn (A B A B ...), and return each one's runs.

    Taking turns, they share what the machine does beside; what one left to write is synced before the next.
    Raises CommandError when a command does not end with 0.
    """
    runs: list[list[Run]] = [[] for _ in candidates]
    for _ in range(rounds):
        for candidate, its_runs in zip(candidates, runs, strict=True):
            candidate.before()
            os.sync()
            its_runs.append(run(candidate))
    return runs


def seconds(runs: Sequence[Run]) -> float:
    """Return the median time."""
    return statistics.median(run.seconds for run in runs)


def cpu_seconds(runs: Sequence[Run]) -> float:
    """Return the median of what the processors were at work."""
    return statistics.median(run.cpu_s for run in runs)


def run(candidate: Candidate) -> Run:
    """Run the command once."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start, before = time.perf_counter(), _children_cpu_s()
        process = subprocess.Popen(
            candidate.command,
            cwd=candidate.folder,
            env=None if candidate.environ is None else {**os.environ, **candidate.environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
        )
        sampler = _Sampler(process.pid) if candidate.memory else None
        process.wait()
        took = time.perf_counter() - start
        largest_mib, together_mib = sampler.stop() if sampler else (None, None)
        output.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            said = errors.read().decode(errors="replace").strip().splitlines()[-5:]
            raise CommandError(f"{' '.join(map(str, candidate.command))} ended with {process.returncode}: {said}")
        cpu_s = _children_cpu_s() - before
        return Run(took, largest_mib, together_mib, output.read().decode(errors="replace"), cpu_s)


def _children_cpu_s() -> float:
    its = os.times()
    return its.children_user + its.children_system


class _Sampler:
    """Watch the memory of a process and its descendants (VmHWM and proportional set size, proc(5)).

    Not ru_maxrss: it starts from the peak of the process that started the command, which is the benchmark's own.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._largest_kib = self._together_kib = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> tuple[float | None, float | None]:
        """Return the largest process's peak and the highest sum, in MiB."""
        self._ended.set()
        self._thread.join()
        return self._largest_kib / 1024 or None, self._together_kib / 1024 or None

    def _look(self) -> None:
        while not self._ended.wait(SAMPLE_EVERY_S):
            family = _family(self._pid)
            peaks = [_kib(Path(f"/proc/{pid}/status"), "VmHWM:") for pid in family]
            shares = [_kib(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") for pid in family]
            self._largest_kib = max(self._largest_kib, *peaks)
            self._together_kib = max(self._together_kib, sum(shares))


def _family(pid: int) -> list[int]:
    found = [pid]
    for member in found:
        try:
            for task in Path(f"/proc/{member}/task").iterdir():
                found.extend(int(child) for child in (task / "children").read_text().split())
        except OSError:
            continue  # it has just ended
    return found


def _kib(file: Path, field: str) -> int:
    try:
        for line in file.read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1])
    except OSError:
        pass  # it has just ended
    return 0
