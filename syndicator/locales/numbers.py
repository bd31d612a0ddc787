"""Numbers, sizes and lists of names in running text."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NO_BREAK = "\u00a0"
_THOUSANDS = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_AND = {"fi": "ja", "sv": "och", "en": "and"}


def number(value: int, *, language: str) -> str:
    """Return ``1 234 567`` (no-break spaces), or ``1,234,567`` in English."""
    return f"{value:,}" if language == "en" else f"{value:,}".replace(",", _NO_BREAK)


def size(size_bytes: int, *, language: str) -> str:
    """Return a number of bytes in the largest unit that leaves at least one: ``70 kB``."""
    unit = {"fi": "t", "sv": "byte", "en": "bytes"}[language]
    for factor, name in ((1_000_000, _mega(language)), (1_000, _kilo(language))):
        if size_bytes >= factor:
            return f"{number(round(size_bytes / factor), language=language)}{_NO_BREAK}{name}"
    return f"{number(size_bytes, language=language)}{_NO_BREAK}{unit}"


def unbroken(text: str) -> str:
    """Return ``text`` with no-break spaces within its numbers, as ``number`` writes them.

    A line that ends after the 9 of ``9 000`` says nine.
    """
    return _THOUSANDS.sub(_NO_BREAK, text)


def list_of(names: Sequence[str], *, language: str) -> str:
    """Return ``Raahe, Salo ja Akaa``: no comma before the last. Empty for no names."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {_AND[language]} {names[-1]}"


def _mega(language: str) -> str:
    return "Mt" if language == "fi" else "MB"


def _kilo(language: str) -> str:
    return "kt" if language == "fi" else "kB"
