"""Text from elsewhere, on a terminal or in a log."""

from unicodedata import category


def visible(text: str) -> str:
    """Spell out what a terminal would obey or hide: one line stays one line, whatever the text says."""
    return text if text.isprintable() else "".join(map(_spelled, text))


def _spelled(character: str) -> str:
    if character.isprintable() or category(character) == "Zs":  # blanks of all widths are typography
        return character
    return character.encode("unicode_escape").decode()
