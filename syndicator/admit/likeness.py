"""When two titles, two texts or two links say the same."""

from __future__ import annotations

from urllib.parse import urlsplit

EQUAL_CHARACTERS = 200
"""How much of two texts must be equal before they count as the same post told twice."""

_NEARLY = 0.8
_SHINGLE = 3
_WORDS = 20
_ENOUGH = 20_000


def fold(title: str) -> str:
    """Return the title without the differences that are none: case and spacing."""
    return " ".join(title.casefold().split())


def identifies(link: str | None) -> bool:
    """Return True if the link can tell one post from another: a site's front page cannot."""
    if link is None:
        return False
    parts = urlsplit(link)
    return bool(parts.path.strip("/") or parts.query or parts.fragment)


def nearly_equal(text: str, other: str) -> bool:
    """Return True if two texts are one text with small edits, or one is the beginning of the other.

    Compared are the words of the first 20,000 characters, three in a row at a time. Of texts under
    20 words nothing may differ, and empty ones are equal to nothing: they are no evidence.
    """
    if begins_equal(text, other):
        return True
    first, second = text[:_ENOUGH].casefold().split(), other[:_ENOUGH].casefold().split()
    if first == second or min(len(first), len(second)) < _WORDS:
        return first == second and bool(first)
    left, right = _shingles(first), _shingles(second)
    together = len(left | right)
    return together > 0 and len(left & right) / together >= _NEARLY


def begins_equal(text: str, other: str) -> bool:
    """Return True if the whole of the shorter text, 200 characters at least, begins the longer.

    Feeds cut their excerpts at different places; the dots and brackets of the cut are not text.
    """
    first, second = _uncut(text), _uncut(other)
    shorter, longer = sorted((first, second), key=len)
    return len(shorter) >= EQUAL_CHARACTERS and longer.startswith(shorter)


def _uncut(text: str) -> str:
    return " ".join(text[:_ENOUGH].casefold().split()).rstrip(" .…[]()")


def _shingles(words: list[str]) -> set[tuple[str, ...]]:
    return {tuple(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)}
