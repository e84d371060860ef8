"""docs/access.md: what it has one type can be typed, and its facts are those of the program."""

import re
import shlex

import click
import pytest

from feeds.__main__ import main
from feeds.core.access import CRAWLER_RANGES, MAX_AGE_S, SECRET_CHARACTERS, Way
from feeds.formats.edge_functions import CLOUDFLARE_FILES
from tests.clones import ROOT

TEXT = (ROOT / "docs/access.md").read_text()
TYPED = re.findall(r"^    feeds (.*)$", TEXT.replace("\\\n", ""), re.M)
QUOTED = re.findall(r"`feeds (edge hash [^`]*)`", TEXT)


def parse(words):
    """Have click take the words apart and do nothing with them. Raises UsageError of click's."""
    command, context = main, click.Context(main)
    while isinstance(command, click.Group):
        _, command, words = command.resolve_command(context, words)
        context = click.Context(command, parent=context)
    command.make_context(command.name, words)


@pytest.mark.parametrize("line", [*TYPED, *QUOTED])
def test_what_is_to_be_typed_can_be_typed(line):
    words = shlex.split(line, comments=True)
    words = words[: next((at for at, word in enumerate(words) if word in {">>", "&&", ">", "<"}), len(words))]
    parse(words)
    with pytest.raises(click.UsageError):
        parse([*words, "--no-such-option"])


def test_it_leads_through_every_server_and_way():
    assert len(TYPED) >= 5
    assert {line.split()[1] for line in TYPED if line.startswith("edge ")} == {
        "nginx", "caddy", "netlify", "cloudflare", "hash",
    }  # fmt: skip
    assert all(f"| `{way}` |" in TEXT for way in Way)
    assert ", ".join(CRAWLER_RANGES) in TEXT
    assert f"{CLOUDFLARE_FILES:,} files at most" in TEXT
    assert MAX_AGE_S == 60
    assert "a minute of" in TEXT
    assert SECRET_CHARACTERS == 22
