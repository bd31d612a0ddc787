"""Plain text for readers: titles, texts and excerpts."""

from __future__ import annotations

import html
import re
import unicodedata

_LONGEST_TITLE = 500
EXCERPT_LENGTH = 300

_MARKUP = re.compile(r"<(/?)([a-z][a-z0-9]*)[^<>]*>", re.IGNORECASE)
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_BLOCK = re.compile(
    r"</?(?:p|div|h[1-6]|li|ul|ol|dl|dt|dd|tr|table|blockquote|pre|figure|br|hr)\b[^>]*>"
)
_ANY_TAG = re.compile(r"<[^>]*>")


def plain_title(value: str, *, is_html: bool) -> str:  # noqa: ARG001
    """Return a title as plain text on one line, in NFC; ``""`` only if nothing is left of it."""
    text = value
    for _ in range(2):
        text = _MARKUP.sub("", text)
        text = html.unescape(text)
    return tidy(text)[:_LONGEST_TITLE]


def tidy(text: str) -> str:
    """Return ``text`` on one line without invisible characters, in NFC."""
    text = _INVISIBLE.sub("", _CONTROL.sub("", unicodedata.normalize("NFC", text)))
    return " ".join(text.split())


def plain_text(safe_html: str) -> str:
    """Return the text of HTML that ``clean`` made: a line a block, nothing but words."""
    text = html.unescape(_ANY_TAG.sub("", _BLOCK.sub("\n", safe_html)))
    return "\n".join(line for line in map(tidy, text.split("\n")) if line)


def excerpt(text: str, *, limit: int = EXCERPT_LENGTH) -> str:
    """Return the beginning of ``text``, cut at a sentence or a word, at most ``limit`` long."""
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    cut = flat[: limit - 1]
    return cut[: max(cut.rfind(" "), limit // 2)].rstrip(" ,;:–-") + "…"
