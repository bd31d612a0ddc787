"""What the characters of a body are, whatever its server and its declaration say.

The standards give the word to the HTTP header (RFC 7303) and every reader in use ignores them
where they are plainly wrong: bytes that are valid UTF-8 and not plain ASCII are UTF-8, since text
in another encoding practically never is by accident. So the bytes are asked first, the
declarations only when the bytes say no.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAKED_UTF16 = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_NAKED_UTF16_JSON = ((b"{\x00", "utf-16-le"), (b"\x00{", "utf-16-be"))

_DECLARATION = re.compile(
    r"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']"""
)
_PARAMETER = re.compile(r""";\s*charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)

# People write the name of a smaller set and use the larger one that grew out of it; the WHATWG
# encoding standard reads these names the same way.
_LARGER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
# Seven-bit encodings hide text in what looks like ASCII. Only the ones in use are believed: UTF-7
# can smuggle markup past a filter and no feed needs it.
_SEVEN_BIT = frozenset({"iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_kr", "hz"})
_REFUSED = frozenset({"utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The encoding chosen, and what was said that turned out not to be true (or ``""``)."""

    encoding: str
    wrong: str = ""
    damaged: bool = False


def decode(body: bytes, content_type: str | None) -> str:
    """Return the text of ``body``, without byte order mark; never fails, never loses a letter.

    Args:
        content_type: the HTTP header as sent, or ``None``.

    Bytes no encoding explains are read as windows-1252 one by one, since that is what the
    remains of an old text pasted into a UTF-8 page are; what even it lacks becomes U+FFFD.
    """
    chosen = choose(body, content_type).encoding
    text = body.decode(chosen, "rescue-windows-1252" if chosen == "utf-8" else "replace")
    return text.removeprefix("\ufeff")


def choose(body: bytes, content_type: str | None) -> Choice:
    """Return the encoding that fits the bytes, preferring marks, then UTF-8, then what is said."""
    for mark, name in _BOMS:
        if body.startswith(mark):
            return Choice(encoding=name, damaged=not _fits(body, name))
    for start, name in (*_NAKED_UTF16, *_NAKED_UTF16_JSON):
        if body.startswith(start):
            return Choice(encoding=name, damaged=not _fits(body, name))
    declared, served = _declared(body), _served(content_type)
    if _fits(body, "utf-8"):
        return _utf8_or_seven_bit(body, declared=declared, served=served)
    for said in (declared, served):
        name = _known(said) or "utf-8"
        if name != "utf-8" and _fits(body, name, replaceable=name.startswith("cp125")):
            other = next((x for x in (declared, served) if x and _known(x) != name), "")
            return Choice(encoding=name, wrong=other)
    said = declared or served
    if _known(said) == "utf-8":
        return Choice(encoding="utf-8", wrong=said, damaged=True)
    return Choice(encoding="utf-8", wrong=said, damaged=bool(said))


def _utf8_or_seven_bit(body: bytes, *, declared: str, served: str) -> Choice:
    """Return UTF-8 unless the bytes are ASCII and a seven-bit encoding is declared."""
    said = {said: _known(said) for said in (declared, served) if said}
    if body.isascii():
        hidden = next((name for name in said.values() if name in _SEVEN_BIT), None)
        return Choice(encoding=hidden if hidden and _fits(body, hidden) else "utf-8")
    wrong = next((said for said, name in said.items() if name != "utf-8"), "")
    return Choice(encoding="utf-8", wrong=wrong)


def _declared(body: bytes) -> str:
    """Return the encoding named by the XML declaration, as written, or ``""``."""
    found = _DECLARATION.match(body[:400].decode("latin-1"))
    return found[1] if found else ""


def _served(content_type: str | None) -> str:
    """Return the charset parameter of the header, as written, or ``""``."""
    found = _PARAMETER.search(content_type or "")
    return found[1] if found else ""


def _known(name: str) -> str | None:
    """Return Python's name of the encoding people mean by ``name``; ``None`` if there is none."""
    try:
        normal = codecs.lookup(name).name
    except LookupError:
        return None
    if normal in _REFUSED or not _is_text(normal):
        return None
    return _LARGER.get(normal, normal)


def _is_text(name: str) -> bool:
    """Tell encodings of text from Python's other codecs (rot13, zip ...)."""
    try:
        "".encode(name)
    except (LookupError, TypeError):
        return False
    return True


def _fits(body: bytes, name: str, *, replaceable: bool = False) -> bool:
    """Tell whether all of ``body`` is valid in the encoding.

    The windows code pages leave a few positions empty, and a text is theirs all the same.
    """
    try:
        body.decode(name, "replace" if replaceable else "strict")
    except (UnicodeError, LookupError):
        return False
    return True


def _rescue(error: UnicodeError) -> tuple[str, int]:
    """Read the bytes UTF-8 cannot explain as windows-1252, for ``bytes.decode(errors=...)``."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("rescue-windows-1252", _rescue)
