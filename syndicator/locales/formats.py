"""How a language writes dates, times and numbers: as CLDR has it, but for what its folder says.

``formats.toml`` beside the catalogue is for what CLDR gets wrong of a country: its Swedish is
Sweden's (2026-11-24, 07:05), and its English numeric date is read in two ways. Patterns are CLDR's
own (``d.M.y``), so that what is right one day in CLDR is one line less here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, time
from pathlib import Path

from babel import Locale as Cldr
from babel import UnknownLocaleError
from babel.dates import format_date, format_time, parse_pattern

from syndicator.locales.order import alphabet

FILE = "formats.toml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Formats:
    """What a folder says of its language; ``None`` is as CLDR has it.

    Args:
        locale: the language of the names and patterns, with its country: ``sv_FI``.
        short: pattern of a date in a line: ``d.M.y``.
        digits: pattern of a date as it may be typed into a form.
        time: pattern of a time of day, with the word before it: ``'klo' H.mm``.
        moment: a date (``{1}``) and a time of day (``{0}``) together.
        size: a number of bytes (``{0}``) too small for a larger unit.
        order: the letters that stand elsewhere than in plain Latin order, as in ``order.toml``.
        feed: the language code that RSS knows, where it is not the language's own.
    """

    locale: str
    short: str | None = None
    digits: str | None = None
    time: str | None = None
    moment: str | None = None
    size: str | None = None
    order: str | None = None
    feed: str | None = None


def read_formats(language: str, *, paths: Sequence[Path]) -> Formats:
    """Return what the files say, the first of them first; a key of none is as CLDR has it.

    Raises:
        ValueError: a file cannot be read, has an unknown key, or CLDR does not know the language
            or pattern; the message begins with the file's name.
    """
    chosen: dict[str, str] = {"locale": language.replace("-", "_")}
    for path in reversed(paths):
        if path.is_file():
            chosen |= _checked(path)
    formats = Formats(**chosen)
    try:
        cldr = Cldr.parse(formats.locale)
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f'{paths[0]}: CLDR does not know "{formats.locale}"') from error
    try:
        for pattern in (formats.short, formats.digits):
            format_date(date(2026, 11, 24), pattern or "long", locale=cldr)
        format_time(time(7, 5), formats.time or "short", locale=cldr)
        alphabet(formats.order or "")
    except (KeyError, AttributeError, ValueError) as error:
        raise ValueError(f"{paths[0]}: holds what is none of CLDR's: {error}") from error
    return formats


def _checked(path: Path) -> Mapping[str, str]:
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: is not TOML: {error}") from error
    names = {field.name for field in fields(Formats)}
    for key, value in written.items():
        if key not in names or not isinstance(value, str):
            raise ValueError(f"{path}: {key}: must be one of {', '.join(sorted(names))}, in quotes")
    return written


def pattern_of(skeleton: str, *, cldr: Cldr, otherwise: str) -> str:
    """Return CLDR's pattern of a skeleton (``yMMMM``), or ``otherwise`` where it has none."""
    pattern = cldr.datetime_skeletons.get(skeleton)
    return otherwise if pattern is None else str(parse_pattern(pattern).pattern)
