"""What a person agrees to, in which words, and what may follow what in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from syndicator.locales import Locale
from syndicator.model import ConsentEvent

_ASKED = frozenset({ConsentEvent.REQUESTED, ConsentEvent.CONFIRMED, ConsentEvent.EXPIRED})
_AGREED = frozenset(
    {
        ConsentEvent.REQUESTED,
        ConsentEvent.CHANGED,
        ConsentEvent.MOVED,
        ConsentEvent.CONFIRMED,
        ConsentEvent.LEFT,
    }
)
_ABSENT = frozenset({ConsentEvent.REQUESTED, ConsentEvent.MOVED})

_FOLLOWS: Mapping[ConsentEvent | None, frozenset[ConsentEvent]] = {
    None: _ABSENT | {ConsentEvent.IMPORTED},
    ConsentEvent.REQUESTED: _ASKED | _AGREED,
    ConsentEvent.CONFIRMED: _AGREED,
    ConsentEvent.IMPORTED: _AGREED,
    ConsentEvent.CHANGED: _AGREED,
    ConsentEvent.MOVED: _ABSENT | {ConsentEvent.CONFIRMED},
    ConsentEvent.LEFT: _ABSENT,
    ConsentEvent.EXPIRED: _ABSENT | {ConsentEvent.IMPORTED},
    ConsentEvent.ERASED: _ABSENT,
}
BESIDE = frozenset({ConsentEvent.SUPPRESSED, ConsentEvent.LIFTED})
"""Stand in the ledger too, but are ours: they change nothing of what a person agreed to."""


def sentence(locale: Locale) -> str:
    """Return the words a person agrees to, as every sign-up form shows them."""
    return locale.text("consent.sentence")


def text_version(locale: Locale) -> str:
    """Return which words those are: ``2026-11-fi-1f0e2d3c4b5a``, at most 40 letters.

    The first part is written by hand beside the sentence and can be looked up in its history; the
    last is of the sentence itself, so that nobody can change the words and forget the number.
    """
    number = locale.text("consent.version")
    return f"{number}-{locale.language}-{sha256(sentence(locale).encode()).hexdigest()[:12]}"


def may_follow(event: ConsentEvent, *, after: ConsentEvent | None) -> bool:
    """Return whether ``event`` may stand in a chain whose newest line is ``after``.

    ``after=None`` is an empty chain. Who left, was erased or moved away comes back by asking
    themselves: an import may not follow that. Lines ``BESIDE`` do not count and may always stand.
    """
    return event in BESIDE or event in _FOLLOWS[after] or event is ConsentEvent.ERASED
