"""One language: its sentences, and how it writes dates, numbers and names.

Local time is the caller's to choose: every method takes the zone, or a date that is local already.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from functools import cached_property

from babel import Locale as Cldr
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit

from syndicator.locales.catalogue import Sentences, compiled
from syndicator.locales.formats import Formats, pattern_of
from syndicator.locales.order import Alphabet, sort_key

_NO_BREAK = "\u00a0"
_THOUSANDS = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_NUMBERS = (*range(200), 1_000_000)
"""Numbers among which every plural form of every language occurs."""


class Locale:
    """Sentences of one language by key, and its habits. Immutable, shared by threads."""

    def __init__(
        self, language: str, *, sentences: Sentences, formats: Formats, letters: Alphabet
    ) -> None:
        self.language = language
        self.keys = frozenset(sentences)
        self.feed_code = formats.feed or language
        self._texts = compiled(language, sentences)
        self._cldr = Cldr.parse(formats.locale)
        self._formats = formats
        self._letters = letters

    def __contains__(self, key: str) -> bool:
        return key in self.keys

    def text(self, key: str, **facts: object) -> str:
        """Return the sentence of ``key`` with ``facts`` in their places, unescaped.

        Raises:
            KeyError: no such key, or a fact the sentence needs is missing: both are our mistake.
        """
        if key not in self.keys:
            raise KeyError(f"{self.language}: {key}")
        return self._texts.gettext(key).format(**facts)

    def count(self, key: str, n: int, **facts: object) -> str:
        """Return the sentence of ``key`` in the form that ``n`` things take; ``{n}`` is in it.

        Raises:
            KeyError: as for ``text``.
        """
        if key not in self.keys:
            raise KeyError(f"{self.language}: {key}")
        return self._texts.ngettext(key, key, n).format(n=n, **facts)

    def forms(self, key: str) -> Mapping[str, str]:
        """Return the sentence of ``key`` in each of its forms, its facts still in braces.

        They are by CLDR's names of numbers (``one``, ``few``, ``other``), as ``plural_category``
        says them.

        Raises:
            KeyError: no such key.
        """
        if key not in self.keys:
            raise KeyError(f"{self.language}: {key}")
        forms = {
            category: self._texts.ngettext(key, key, n) for category, n in self._examples.items()
        }
        # Polish has it for fractions only, but whoever meets a number unforeseen looks there.
        return {**forms, "other": forms.get("other", list(forms.values())[-1])}

    @cached_property
    def _examples(self) -> Mapping[str, int]:
        examples: dict[str, int] = {}
        for n in _NUMBERS:
            examples.setdefault(plural_category(n, language=self.language), n)
        return dict(sorted(examples.items(), key=lambda each: (each[0] == "other", each[1])))

    # --- dates ------------------------------------------------------------------------------------

    def short_date(self, day: date) -> str:
        """Return ``24.11.2026``; in English ``24 November 2026``, since digits alone mislead."""
        return self._date(day, self._formats.short or self._numeric)

    def digits(self, day: date) -> str:
        """Return ``24.11.2026`` in every language: a date as it may be typed into a form."""
        return self._date(day, self._formats.digits or self._numeric)

    def read_digits(self, written: str) -> date | None:
        """Return the day that ``digits`` writes so; ``None`` if it is none."""
        match = self._typed.fullmatch(written.strip())
        try:
            return date(*(int(match[part]) for part in "yMd")) if match else None
        except ValueError:
            return None

    @cached_property
    def _typed(self) -> re.Pattern[str]:
        pattern = ""
        for part in re.findall(r"d+|M+|y+|\s+|.", self._formats.digits or self._numeric):
            if part[0] in "dMy":
                pattern += rf"(?P<{part[0]}>\d{{{'4' if part[0] == 'y' else '1,2'}}})"
            else:
                pattern += rf"{re.escape(part.strip())}\s?"
        return re.compile(pattern, re.ASCII)

    def long_date(self, day: date) -> str:
        """Return ``24. marraskuuta 2026``, ``24 november 2026`` or ``24 November 2026``."""
        return self._date(day, "long")

    def full_date(self, day: date) -> str:
        """Return the long date with its weekday: ``tiistai 24. marraskuuta 2026``."""
        return self._date(day, "full")

    def time_of_day(self, moment: datetime, *, zone: tzinfo) -> str:
        """Return ``klo 7.05``, ``kl. 7.05`` or ``at 7:05``, by the clock of ``zone``."""
        local = moment.astimezone(zone)
        return format_time(local.time(), self._formats.time or "short", locale=self._cldr)

    def moment(self, at: datetime, *, zone: tzinfo) -> str:
        """Return the short date and the time of day: ``24.11.2026 klo 7.05``."""
        day = self.short_date(at.astimezone(zone).date())
        together = self._formats.moment or str(self._cldr.datetime_formats["medium"])
        return together.replace("{1}", day).replace("{0}", self.time_of_day(at, zone=zone))

    def month_name(self, month: str) -> str:
        """Return ``2026-11`` as a heading: ``marraskuu 2026``, ``november 2026``.

        Raises:
            ValueError: ``month`` is not a year and a month.
        """
        first = date.fromisoformat(f"{month}-01")
        return self._date(first, pattern_of("yMMMM", cldr=self._cldr, otherwise="LLLL y"))

    def week_name(self, day: date) -> str:
        """Return the ISO week ``day`` falls in, with the week's own year: ``viikko 53/2026``."""
        year, week, _ = day.isocalendar()
        return self.text("week.name", week=week, year=year).replace(" ", _NO_BREAK)

    def period_name(self, period: str) -> str:
        """Return the week or month a digest tells of: ``viikko 47/2026``, ``marraskuu 2026``.

        Args:
            period: ``2026-W47`` or ``2026-11``.

        Raises:
            ValueError: it is neither.
        """
        year, is_week, week = period.partition("-W")
        if not is_week:
            return self.month_name(period)
        return self.week_name(date.fromisocalendar(int(year), int(week), 1))

    @cached_property
    def _numeric(self) -> str:
        return pattern_of("yMd", cldr=self._cldr, otherwise="d.M.y")

    def _date(self, day: date, pattern: str) -> str:
        return format_date(day, pattern, locale=self._cldr)

    # --- numbers and names ------------------------------------------------------------------------

    def number(self, value: int) -> str:
        """Return ``1 234 567`` (no-break spaces), or ``1,234,567`` in English."""
        return format_decimal(value, locale=self._cldr)

    def size(self, size_bytes: int) -> str:
        """Return a number of bytes in the largest unit that leaves at least one: ``70 kB``."""
        if size_bytes < 1_000 and self._formats.size:
            return self._formats.size.replace("{0}", str(size_bytes)).replace(" ", _NO_BREAK)
        units = ((1_000_000, "digital-megabyte"), (1_000, "digital-kilobyte"))
        factor, unit = next((each for each in units if size_bytes >= each[0]), (1, "digital-byte"))
        value = round(size_bytes / factor)
        written = format_unit(value, unit, length="short", locale=self._cldr)
        return written.replace(" ", _NO_BREAK)

    def list_of(self, names: Sequence[str]) -> str:
        """Return ``Raahe, Salo ja Akaa``. Empty for no names."""
        return format_list(names, locale=self._cldr) if names else ""

    def sort_key(self, name: str) -> tuple[str, str]:
        """Return what to sort ``name`` by, so that Äänekoski comes after Ylivieska."""
        return sort_key(name, letters=self._letters)


def plural_category(n: int, *, language: str) -> str:
    """Return CLDR's name of the form that ``n`` things take: ``one``, ``few``, ``other``."""
    return str(Cldr.parse(language, sep="-").plural_form(n))


def unbroken(text: str) -> str:
    """Return ``text`` with no-break spaces within its numbers.

    A line that ends after the 9 of ``9 000`` says nine.
    """
    return _THOUSANDS.sub(_NO_BREAK, text)
