"""Notices as sentences."""

from __future__ import annotations

from syndicator.locales import Locale
from syndicator.model import HeldBecause, Notice, Reason
from syndicator.register.doctor import explain, explain_held


def notice_text(notice: Notice, *, subject: str, locale: Locale) -> str:
    """Return a notice as a sentence; one whose kind has none yet is told by its own words.

    ``subject`` is what the notice is about, as people call it.
    """
    key = f"notice.{notice.kind}"
    if key not in locale:
        return locale.text("notice.unknown", kind=notice.kind, subject=subject)
    facts = dict(notice.facts)
    if facts.get("reason") in tuple(HeldBecause):
        facts["reason"] = explain_held(HeldBecause(facts["reason"]), locale=locale)
    elif facts.get("reason") in tuple(Reason):
        facts["reason"] = explain(Reason(facts["reason"]), locale=locale)
    return locale.text(key, subject=subject, **facts)
