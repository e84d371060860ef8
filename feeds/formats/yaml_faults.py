"""What is wrong with a text that can't be read as YAML, in words for people who indent by hand.

libyaml (https://pyyaml.org/wiki/LibYAML) says it in a parser's words, and often points to where it gave up; what helps
an editor is where the thing began.
"""

import re
from dataclasses import dataclass

from yaml.error import MarkedYAMLError
from yaml.reader import ReaderError

Path = tuple[str | int, ...]

# Our deepest catalog nests 8 levels; what nests deeper is not one, and must not exhaust the stack.
DEPTH = 20


@dataclass(frozen=True, slots=True)
class TextFault:
    """One thing that a catalog must not hold; line and column count from 1."""

    rule: str
    line: int
    column: int
    path: Path
    what: str
    remedy: str


# libyaml's words for what it met, and ours: what it means in a file that people indent by hand, and what to do.
# The last tells whether the place to look at is where the thing began.
_INDENTATION = (
    "Compare its indentation with the lines above; close each quote, and double a ' that stands inside '...'."
)
_SYNTAX: tuple[tuple[str, str, str, bool], ...] = (
    ("tab character", "a tab stands where only blanks may indent", "Indent with blanks.", False),
    (
        "mapping values are not allowed",
        "a second colon stands in this line, or the line is indented too far",
        'Text with a colon and a blank in it goes in quotes: title: "Part 1: the sea".',
        False,
    ),
    ("could not find expected ':'", "this line is no `key: value`", f"Add the colon. {_INDENTATION}", True),
    ("did not find expected key", "this doesn't belong to what stands above it", _INDENTATION, False),
    (
        "expected '-' indicator",
        "the list above ends here without need",
        "Begin the line with `- `, or indent it.",
        False,
    ),
    ("expected ',' or ']'", "the [ that opens here is not closed", "Close it with ], with commas between.", True),
    ("expected ',' or '}'", "the { that opens here is not closed", "Close it with }, with commas between.", True),
    ("unexpected end of stream", "the quote that opens here is never closed", "Close it, or take it out.", True),
    (
        "escape",
        "a backslash in double quotes stands for a special character, and this is none",
        "Use single quotes, in which a backslash is a backslash.",
        False,
    ),
    ("hexdecimal", "behind \\x, \\u or \\U come 2, 4 or 8 hexadecimal digits", "Write the character itself.", False),
    ("block sequence entries", "a list begins with its first `- ` on a line of its own", "Begin a new line.", False),
    ("alphabetic or numeric", "text that begins with * or & must be in quotes", 'Write it as "...".', False),
    ("nesting depth", f"more than {DEPTH} levels", "Indent less, and close what [ and { open.", False),
    ("expected node content", "a value is missing here", 'Write it; text such as ] or , goes in quotes: "]".', False),
    ("<document start>", "a second document begins here", "Keep one document in a file.", False),
    ("comment or line break", "text stands behind | or >", "Begin the text on the next line, indented.", False),
)


def syntax_fault(text: bytes, error: MarkedYAMLError) -> TextFault:
    """Return what libyaml says of a text that is no YAML, in our words."""
    problem = str(error.problem or error.context or "")
    mark = error.problem_mark or error.context_mark
    what, remedy = f"this is not YAML: {problem}", _INDENTATION
    if "cannot start any token" in problem and mark:
        character = _character_at(text, mark.line, mark.column)
        if character == "\t":
            problem = "tab character"
        what, remedy = f"text must not begin with {character}", f'Put it in quotes: "{character}...".'
    for words, our_what, our_remedy, at_start in _SYNTAX:
        if words in problem:
            what, remedy = our_what, our_remedy
            if at_start and error.context_mark:
                mark = error.context_mark
            break
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return TextFault("yaml", line, column, (), what, remedy)


def _character_at(text: bytes, line: int, column: int) -> str:
    lines = _lines(text)
    return lines[line][column : column + 1] if line < len(lines) else ""


def unreadable_fault(text: bytes, error: ReaderError) -> TextFault:
    """Return which bytes are no text, or which character no feed may hold."""
    if "control characters" not in str(error.reason):
        try:
            text.decode()
        except UnicodeDecodeError as broken:  # libyaml counts to the first byte that doesn't fit, this to the character
            return encoding_fault(*_line_and_column(text[: broken.start]), "not UTF-8")
    code = error.character if isinstance(error.character, int) else ord(error.character)
    line, column = _line_and_column(text[: error.position])
    what = f"U+{code:04X} is a character that no feed may hold"
    return TextFault("character", line, column, (), what, "Delete it; it is invisible in most editors.")


def _line_and_column(before: bytes) -> tuple[int, int]:
    lines = _lines(before)
    return len(lines), len(lines[-1]) + 1


def _lines(text: bytes) -> list[str]:
    return re.split("\r\n|[\r\n\x85\u2028\u2029]", text.decode("utf-8-sig", "replace"))


def encoding_fault(line: int, column: int, what: str) -> TextFault:
    """Return that the file is in another encoding."""
    return TextFault("encoding", line, column, (), f"this is {what}", "Save the file as UTF-8.")
