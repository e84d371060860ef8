"""The steps of a tutorial in Markdown, and whether what it shows is what was printed.

An indented block is a file where the paragraph before it ends in "write `PATH`:", part of one where it ends in
"in `PATH`, instead of:" and the next in "write:", and else a terminal, in which "$" is the person's and "server$" the
server's. `...` stands for any lines, and `<!-- meanwhile: ... -->` is what others do.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """A file to write, or where `old` is given the part of it to replace."""

    path: str
    text: str
    old: str | None = None


@dataclass(frozen=True)
class Typed:
    """A command, at whose terminal, and what the tutorial shows of its output."""

    where: str
    command: str
    shown: str


@dataclass(frozen=True)
class Meanwhile:
    """What others do."""

    what: str


def steps(text):
    """Yield the tutorial's steps, in order."""
    said, old = "", None
    for part in re.split(r"\n\n(?=\S)", text):
        prose, _, block = part.partition("\n\n    ")
        said = prose if prose.strip() else said
        for what in re.findall(r"<!-- meanwhile: (.*?) -->", prose):
            yield Meanwhile(what)
        if not block:
            continue
        lines = "".join(line.removeprefix("    ") + "\n" for line in ("    " + block.rstrip()).split("\n"))
        said = " ".join(prose.split())
        if found := re.search(r"[Ww]rite `([^`]+)`:$", said):
            yield Written(found[1], lines)
        elif found := re.search(r"[Ii]n `([^`]+)`, instead of:$", said):
            old = (found[1], lines)
        elif said.endswith("write:"):
            yield Written(old[0], lines, old[1])
        else:
            yield from _typed(lines)


def _typed(lines):
    for part in re.split(r"^(?=(?:server)?\$ )", lines, flags=re.M)[1:]:
        head, _, shown = part.partition("\n")
        where, _, command = head.partition("$ ")
        yield Typed(where, command, shown.strip("\n"))


def agrees(shown, printed):
    """Return whether what the tutorial shows is what was printed, `...` standing for any lines."""
    parts = (re.escape(part.strip("\n")) for part in re.split(r"^\.\.\.$", shown, flags=re.M))
    pattern = r"(?:.*\n)*?".join(f"{part}\n" if part else "" for part in parts)
    return re.fullmatch(pattern, f"{printed}\n" if printed else "") is not None
