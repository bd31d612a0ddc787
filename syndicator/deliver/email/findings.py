"""What a check found, for a person to read: a verdict, a fact, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How things stand. ``UNCHECKED`` is said, never left out: silence would read as fine."""

    FINE = "ok"
    NOTE = "note"
    WRONG = "wrong"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was looked at. ``advice`` is empty where there is nothing to do."""

    verdict: Verdict
    about: str
    fact: str
    advice: str = ""


def fine(about: str, fact: str) -> Finding:
    """Return that nothing is to be done."""
    return Finding(verdict=Verdict.FINE, about=about, fact=fact)


def note(about: str, fact: str, advice: str) -> Finding:
    """Return what works, and would be better otherwise."""
    return Finding(verdict=Verdict.NOTE, about=about, fact=fact, advice=advice)


def wrong(about: str, fact: str, advice: str) -> Finding:
    """Return what keeps mail from arriving, or reports from coming back."""
    return Finding(verdict=Verdict.WRONG, about=about, fact=fact, advice=advice)


def unchecked(about: str, fact: str, advice: str) -> Finding:
    """Return what cannot be seen from here, and how to see it."""
    return Finding(verdict=Verdict.UNCHECKED, about=about, fact=fact, advice=advice)
