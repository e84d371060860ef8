"""The command line as a whole: found by its own --help, quick to answer, and never a traceback."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from feeds.__main__ import COMMANDS, main, run

ROOT = Path(__file__).parents[1]


@pytest.fixture
def call(monkeypatch, capsys):
    """Call the command line in this process; return its exit code and what it printed."""

    def called(*arguments):
        monkeypatch.setattr(sys, "argv", ["feeds", *arguments])
        code = run()
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return called


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_lists_every_verb_with_its_line(call, option):
    code, output, _ = call(option)
    words = " ".join(output.split())
    assert code == 0
    assert sorted(COMMANDS) == sorted(
        path.stem for path in (ROOT / "feeds" / "commands").glob("[a-z]*.py") if path.stem != "options"
    )
    for name, line in COMMANDS.items():
        assert f"{name} {line}" in words


def test_help_waits_for_no_large_library():
    """Proven by what a fresh interpreter has loaded when the help is printed."""
    program = (
        "import sys\nsys.argv = ['feeds', '--help']\nfrom feeds.__main__ import run\ncode = run()\n"
        "heavy = {'pydantic', 'yaml', 'lxml', 'jinja2', 'flask', 'sqlite3', 'requests', 'multiprocessing'}\n"
        "print(code, sorted(heavy & set(sys.modules)), sorted(m for m in sys.modules if m.startswith('feeds.')))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 [] ['feeds.__main__']"


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("chek", ": did you mean check?"),
        ("bild", ": did you mean build?"),
        ("result", ": did you mean results?"),
        ("xyz", "."),
    ],
)
def test_an_unknown_verb_is_answered_with_the_nearest_one(call, word, hint):
    code, output, errors = call(word)
    assert (code, output) == (2, "")
    assert errors.endswith(f'Error: "{word}" is no command{hint}\n')


def verbs(group=main, path=()):
    """Yield every verb and group with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from verbs(command, (*path, name))


VERBS = list(verbs())


@pytest.mark.parametrize(("path", "command"), VERBS, ids=[" ".join(path) for path, _ in VERBS])
def test_every_verb_s_help_has_a_sentence_for_all_it_takes_and_an_example_that_parses(call, path, command):
    code, output, _ = call(*path, "--help")
    assert code == 0
    assert f"Example: feeds {' '.join(path)}" in " ".join(output.split())
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help
    if len(path) == 1:
        assert COMMANDS[path[0]] == COMMANDS[path[0]].strip()


def test_a_fault_that_we_know_is_a_sentence_and_no_traceback(call, tmp_path):
    code, output, errors = call("check", "--catalog", str(tmp_path))
    assert (code, output) == (2, "")
    assert errors.startswith(f"error: {tmp_path}/catalog.yaml can't be read")
    assert "Traceback" not in errors


def test_an_option_that_does_not_exist_is_a_matter_of_usage(call):
    code, _, errors = call("check", "--strikt")
    assert code == 2
    assert "--strict" in errors


def test_a_reader_that_leaves_early_is_no_fault(tmp_path):
    """As in `feeds check | head -1`, with more findings than a pipe holds."""
    (tmp_path / "users").mkdir()
    (tmp_path / "catalog.yaml").write_text("include: [users/*.yaml]\n")
    (tmp_path / "users" / "a.yaml").write_text("videos:\n" + "  - {a: b}\n" * 2000)
    program = subprocess.Popen(
        [sys.executable, "-m", "feeds", "check", "--catalog", tmp_path],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    program.stdout.readline()
    program.stdout.close()
    errors = program.stderr.read()
    program.stderr.close()
    assert program.wait(timeout=60) == 1
    assert b"Traceback" not in errors


def test_output_that_a_full_disk_refuses_is_told_in_words():
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "feeds", "schema"], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (1, b"error: The output: No space left on device.\n")
