"""A Dockerfile's instructions, read: https://docs.docker.com/reference/dockerfile/ , as far as ours uses it.

What else stands there is refused, so that nothing is passed over.
"""

import json
import re
import shlex
from fnmatch import fnmatchcase
from pathlib import Path

KNOWN = set("ARG FROM COPY RUN ENV WORKDIR USER EXPOSE STOPSIGNAL HEALTHCHECK CMD".split())


def instructions(text):
    """Return (instruction, words) in order; comments are gone, and continued lines are one."""
    lines = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.M)).splitlines()
    found = [tuple(line.split(None, 1)) for line in lines if line.strip()]
    assert {name for name, _ in found} <= KNOWN
    return found


def options(words):
    """Return the options of an instruction, and what follows them."""
    given, rest = {}, words
    while match := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
        given[match[1]], rest = match[2], rest[match.end() :]
    return given, rest


class Stage:
    """What a Dockerfile says of one stage: steps that change files, and how a container of it is run."""

    def __init__(self):
        self.steps, self.environ, self.said = [], {}, {}

    def exec_form(self, name):
        """Return the words of CMD or HEALTHCHECK, which stand there as JSON: without a shell."""
        return json.loads(options(self.said[name])[1].removeprefix("CMD "))

    def spec(self, command, environ, writable):
        """Return for confine.py how Docker runs a command: as USER without rights, under a read-only root."""
        return {
            "user": "feeds", "umask": "0022", "cwd": self.said["WORKDIR"], "command": command,
            "environ": {"HOME": "/var/lib/feeds"} | self.environ | environ, "writable": writable, "emptied": [],
            "credentials": {}, "private_tmp": True, "network": False, "proc": "", "strict": True, "mdwe": False,
            "calls": [], "families": [], "listener": None,
        }  # fmt: skip


def stages(text):
    """Return the stages, the last one being the image."""
    found = []
    for name, words in instructions(text):
        if name == "FROM":
            found.append(Stage())
        elif name in {"COPY", "RUN"}:
            found[-1].steps.append((name, *options(words)))
        elif name == "ENV":
            found[-1].environ |= dict(word.split("=", 1) for word in shlex.split(words))
        elif found:
            assert name not in found[-1].said, f"{name} is said twice"
            found[-1].said[name] = words
    return found


def context(root, names):
    """Return which of the files a build is sent, by .dockerignore: https://docs.docker.com/build/concepts/context/ ."""
    lines = (root / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    sent = []
    for name in names:
        kept = True
        for pattern in patterns:
            plain = pattern.removeprefix("!").removeprefix("**/")
            parts = [str(each) for each in (Path(name), *Path(name).parents)][:-1]
            parts += Path(name).parts if "**/" in pattern else []
            if any(fnmatchcase(part, plain) and (plain != "*" or "/" not in part) for part in parts):
                kept = pattern.startswith("!")
        if kept:
            sent.append(name)
    return sent
