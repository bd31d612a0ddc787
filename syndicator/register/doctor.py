"""The doctor: from codes to sentences that tell a city what is wrong and what it can do."""

from __future__ import annotations

from dataclasses import dataclass

from syndicator.locales import translator
from syndicator.model import Fault, HeldBecause, ParsedFeed, Reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One fault in words. ``times`` is empty for what occurs once; ``example`` is raw evidence."""

    sentence: str
    times: str
    example: str


def explain(reason: Reason, *, language: str) -> str:
    """Return why a pull brought nothing and what the city can do about it."""
    return translator(language).text(f"reason.{reason}")


def explain_held(because: HeldBecause, *, language: str) -> str:
    """Return why a guard keeps an entry or a source back."""
    return translator(language).text(f"held.{because}")


def findings(feed: ParsedFeed, *, language: str) -> tuple[Finding, ...]:
    """Return the faults of ``feed`` in words, in its order."""
    return tuple(_finding(fault, language=language) for fault in feed.faults)


def _finding(fault: Fault, *, language: str) -> Finding:
    speak = translator(language)
    key = f"fault.{fault.code}"
    # A code newer than the sentences is still told: a city must never meet silence.
    known = key in speak
    sentence = speak.text(key) if known else speak.text("fault.unknown", code=fault.code)
    times = speak.count("fault.times", fault.count) if fault.count > 1 else ""
    return Finding(sentence=sentence, times=times, example=fault.example)
