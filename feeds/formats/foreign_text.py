"""The bytes of a foreign file to text: in the encoding that it names, if that is one of text, and not in any other."""

import codecs
import re

from feeds.formats.foreign import ForeignFault

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
# Of Python's codecs those that stand for the characters of https://encoding.spec.whatwg.org/ and the two Unicode ones.
_KNOWN = frozenset(
    "utf-8 utf-16 ascii iso8859-1 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-9"
    " iso8859-10 iso8859-13 iso8859-14 iso8859-15 iso8859-16 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257"
    " cp1258 koi8-r koi8-u shift_jis euc_jp iso2022_jp gb2312 gbk gb18030 big5 euc_kr".split()
)


def decode(content: bytes, *, charset: str | None = None) -> str:
    """Return the text, without a byte order mark. `charset` is what the server said, which a mark outdoes.

    Raises ForeignFault: for what is compressed, for an encoding that isn't known, and for bytes that aren't in it.
    """
    if content[:2] == b"\x1f\x8b" or content[:4] == b"PK\x03\x04":
        raise ForeignFault("The file is compressed: unpack it first.")
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(content[len(mark) :], encoding, "its byte order mark says")
    declared = _DECLARED.match(content[:400])
    if declared:
        return _decoded(content, declared[1].decode(), "its first line says")
    if charset:
        return _decoded(content, charset, "its server says")
    return _decoded(content, "utf-8", "it should be")


def without_declaration(text: str) -> str:
    """Return an XML text without its first line's declaration, whose encoding is spent."""
    return _DECLARATION.sub("", text, count=1)


def _decoded(content: bytes, named: str, who: str) -> str:
    try:
        encoding = codecs.lookup(named).name
    except LookupError:
        encoding = ""
    if encoding.removesuffix("-le").removesuffix("-be") not in _KNOWN:
        raise ForeignFault(f'"{named}" is no encoding that is read here: save the file as UTF-8.')
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ForeignFault(f"Line {line} is not {named}, as {who}: save the file as UTF-8.") from error
