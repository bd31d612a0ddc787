"""Findings of ``mail check``, by how bad they are."""

from __future__ import annotations

from syndicator.model import Finding, Severity


def ok(about: str, fact: str) -> Finding:
    """Return that nothing is to be done."""
    return Finding(severity=Severity.OK, about=about, fact=fact)


def note(about: str, fact: str, advice: str) -> Finding:
    """Return what works, and would be better otherwise."""
    return Finding(severity=Severity.NOTE, about=about, fact=fact, advice=advice)


def fault(about: str, fact: str, advice: str) -> Finding:
    """Return what keeps mail from arriving, or reports from coming back."""
    return Finding(severity=Severity.ERROR, about=about, fact=fact, advice=advice)


def unchecked(about: str, fact: str, advice: str) -> Finding:
    """Return what cannot be seen from here, and how to see it."""
    return Finding(severity=Severity.UNCHECKED, about=about, fact=fact, advice=advice)
