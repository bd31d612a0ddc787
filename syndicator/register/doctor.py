"""The doctor: from codes to sentences that say what is wrong and what a city can do."""

from __future__ import annotations

from dataclasses import dataclass

from syndicator.locales import Locale
from syndicator.model import Fault, HeldBecause, ParsedFeed, Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainedFault:
    """One fault in words. ``times`` is empty for what occurs once; ``example`` is raw evidence."""

    sentence: str
    times: str
    example: str


def explain(reason: Reason, *, locale: Locale) -> str:
    """Return why a pull brought nothing and what the city can do about it."""
    return locale.text(f"reason.{reason}")


def explain_held(because: HeldBecause, *, locale: Locale) -> str:
    """Return why a guard keeps an entry or a source back."""
    return locale.text(f"held.{because}")


def explain_faults(feed: ParsedFeed, *, locale: Locale) -> tuple[ExplainedFault, ...]:
    """Return the faults of ``feed`` in words, in its order."""
    return tuple(_explained(fault, locale=locale) for fault in feed.faults)


def _explained(fault: Fault, *, locale: Locale) -> ExplainedFault:
    key = f"fault.{fault.code}"
    # A code newer than the sentences is still named: a city must never meet silence.
    has_sentence = key in locale
    sentence = locale.text(key) if has_sentence else locale.text("fault.unknown", code=fault.code)
    times = locale.count("fault.times", fault.count) if fault.count > 1 else ""
    return ExplainedFault(sentence=sentence, times=times, example=fault.example)
