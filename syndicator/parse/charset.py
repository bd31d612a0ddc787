"""What the characters of a body are, whatever its server and its declaration say.

The standards give the word to the HTTP header (RFC 7303), and every reader in use ignores it
where it is plainly wrong: bytes that are valid UTF-8 and not plain ASCII are UTF-8, since text in
another encoding practically never is by accident. So the bytes are asked first, the declarations
only when the bytes say no: a byte here and there that is none does not make UTF-8 another encoding.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    # Without a mark, the zero beside the first "<" or "{" still tells.
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
    (b"{\x00", "utf-16-le"),
    (b"\x00{", "utf-16-be"),
)

_DECLARATION = re.compile(r"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_PARAMETER = re.compile(r""";\s*charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)

# People write the name of a small set and use the larger one that grew out of it; the WHATWG
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
# Seven-bit encodings hide text in what looks like ASCII. Only those in use are believed (never
# UTF-7), and Python's own ways of escaping are none: both can smuggle markup past a filter.
_SEVEN_BIT = frozenset({"iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_kr", "hz"})
_REFUSED = frozenset({"unicode-escape", "raw-unicode-escape"})

# Against a declared encoding, UTF-8 must explain this many letters for each byte it cannot: by
# accident a text in another has more bytes that are no UTF-8 than sequences that happen to be.
_LETTERS_FOR_A_STRAY = 10

_RESCUE = "rescue-windows-1252"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The encoding chosen. ``wrong`` is what was said of it that is not true, or ``""``;
    ``damaged`` is True when some bytes do not fit it."""

    encoding: str
    wrong: str = ""
    damaged: bool = False


def text_of(body: bytes, choice: Choice) -> str:
    """Return ``body`` in the encoding that was chosen for it, without byte order mark.

    It never fails and loses no letter. In a UTF-8 text the bytes that are none are read as
    windows-1252 one by one, since that is what the remains of an old text pasted into a new page
    are; what even that lacks becomes U+FFFD.
    """
    text = body.decode(choice.encoding, _RESCUE if choice.encoding == "utf-8" else "replace")
    return text.removeprefix("\ufeff")


def choose(body: bytes, content_type: str | None) -> Choice:
    """Return the encoding that fits the bytes: their mark, else UTF-8, else what is said, else
    windows-1252.

    Args:
        content_type: the HTTP header as sent, or ``None``.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return Choice(encoding=name, damaged=not _fits(body, name))
    declared = _DECLARATION.match(body[:400].decode("latin-1"))
    served = _PARAMETER.search(content_type or "")
    labels = [label[1] for label in (declared, served) if label and label[1]]
    if _fits(body, "utf-8"):
        return _utf8_or_seven_bit(body, labels)
    letters, strays = _as_utf8(body)
    believed = labels if letters < strays * _LETTERS_FOR_A_STRAY else []
    for word in believed:
        name = _codec(word) or "utf-8"
        if name != "utf-8" and _fits(body, name):
            other = next((other for other in labels if _codec(other) != name), "")
            return Choice(encoding=name, wrong=other)
    wrong = labels[0] if labels else ""
    if letters > strays:
        return Choice(
            encoding="utf-8", wrong="" if _codec(wrong) == "utf-8" else wrong, damaged=True
        )
    return Choice(encoding="cp1252", wrong=wrong, damaged=not _fits(body, "cp1252"))


def _utf8_or_seven_bit(body: bytes, labels: list[str]) -> Choice:
    """Return UTF-8, unless the bytes are ASCII and a seven-bit encoding is declared."""
    if body.isascii():
        hidden = next((name for name in map(_codec, labels) if name in _SEVEN_BIT), None)
        return Choice(encoding=hidden if hidden and _fits(body, hidden) else "utf-8")
    return Choice(encoding="utf-8", wrong=next((w for w in labels if _codec(w) != "utf-8"), ""))


def _as_utf8(body: bytes) -> tuple[int, int]:
    """Return how many letters beyond ASCII the body has as UTF-8, and how many pieces are none.

    In a single-byte encoding a pair of letters may look like UTF-8 here and there.
    """
    text = body.decode("utf-8", "replace")
    beyond = len(text) - len(text.encode("ascii", "ignore"))
    strays = text.count("\ufffd") - body.count("\ufffd".encode())
    return beyond - strays, strays


def _codec(word: str) -> str | None:
    """Return Python's name of the encoding people mean by ``word``; ``None`` if there is none."""
    try:
        name = codecs.lookup(word).name
        "".encode(name)  # rot13, zip and their like are codecs too, and not of text
    except (LookupError, ValueError, TypeError):
        return None
    return None if name in _REFUSED else _LARGER.get(name, name)


def _fits(body: bytes, name: str) -> bool:
    """Tell whether all of ``body`` is text in the encoding.

    The windows code pages leave some positions empty; a text is theirs for all that.
    """
    try:
        body.decode(name, "replace" if name.startswith("cp125") else "strict")
    except (UnicodeError, LookupError):
        return False
    return True


def _rescue(error: UnicodeError) -> tuple[str, int]:
    """Read what UTF-8 cannot explain as windows-1252, for ``bytes.decode(errors=...)``."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_RESCUE, _rescue)
