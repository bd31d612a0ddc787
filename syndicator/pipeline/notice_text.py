"""Notices as sentences."""

from __future__ import annotations

from syndicator.locales import translator
from syndicator.model import HeldBecause, Notice, Reason
from syndicator.register.doctor import explain, explain_held


def notice_text(notice: Notice, *, subject: str, language: str) -> str:
    """Return a notice as a sentence; one whose kind has none yet is told by its own words.

    ``subject`` is what the notice is about, as people call it.
    """
    speak = translator(language)
    key = f"notice.{notice.kind}"
    if key not in speak:
        return speak.text("notice.unknown", kind=notice.kind, subject=subject)
    facts = dict(notice.facts)
    if facts.get("reason") in tuple(HeldBecause):
        facts["reason"] = explain_held(HeldBecause(facts["reason"]), language=language)
    elif facts.get("reason") in tuple(Reason):
        facts["reason"] = explain(Reason(facts["reason"]), language=language)
    return speak.text(key, subject=subject, **facts)
