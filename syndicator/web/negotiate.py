"""What a request wants: an encoding, a language, and only what it does not hold. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

CODINGS = (b"br", b"gzip", b"identity")
"""The encodings we may hold, the one we would rather send first."""


def coding(accept_encoding: bytes | None, *, offered: Collection[bytes]) -> bytes:
    """Return which of ``offered`` to send: the most wanted, and among equals the smallest.

    ``identity`` is always offered and is what remains when nothing else is acceptable.

    Source: RFC 9110 12.5.3.
    """
    if not accept_encoding:
        return b"identity"
    wanted = _weights(accept_encoding.lower().replace(b"x-gzip", b"gzip"))
    others = wanted.get(b"*")
    best, best_weight = b"identity", 0.0
    for name in CODINGS:
        if name == b"identity":
            # Not named, identity is acceptable, but never preferred to what was asked for.
            weight = wanted.get(name, 0.0001 if others is None else others)
        else:
            weight = wanted.get(name, others or 0.0)
        if name in offered and weight > best_weight:
            best, best_weight = name, weight
    return best


def language(accept_language: str | None, *, offered: Sequence[str]) -> str:
    """Return the offered language a browser wants most; the first offered if it names none.

    Source: RFC 9110 12.5.4 (a prefix match: ``sv-FI`` asks for ``sv``).
    """
    wanted = _weights((accept_language or "").lower().encode("latin-1", "replace"))
    best, best_weight = offered[0], 0.0
    for tag, weight in wanted.items():
        main = tag.partition(b"-")[0].decode("latin-1")
        if main in offered and weight > best_weight:
            best, best_weight = main, weight
    return best


def matches(if_none_match: bytes, *, etag: bytes) -> bool:
    """Return True if the list names ``etag``, strong or weak, or is ``*``.

    Source: RFC 9110 13.1.2 and 8.8.3.2 (weak comparison).
    """
    if if_none_match == etag:
        return True
    if if_none_match.strip() == b"*":
        return True
    # An opaque tag may hold a comma, ours never does: a split can only miss tags not our own.
    return any(tag.strip().removeprefix(b"W/") == etag for tag in if_none_match.split(b","))


def unchanged_since(if_modified_since: bytes, *, modified: datetime) -> bool:
    """Return True if nothing changed after the moment named; a date that is none says nothing.

    Source: RFC 9110 13.1.3.
    """
    try:
        since = parsedate_to_datetime(if_modified_since.decode("latin-1"))
    except (ValueError, OverflowError):  # a year, hour or zone of twenty digits
        return False
    if since.tzinfo is None:
        since = since.replace(tzinfo=UTC)
    return modified.replace(microsecond=0) <= since


def _weights(header: bytes) -> dict[bytes, float]:
    """Read ``a;q=0.5, b`` as weights; a weight that is none counts as nothing wanted."""
    weights: dict[bytes, float] = {}
    for part in header.split(b","):
        name, _, parameters = part.partition(b";")
        if name.strip():
            weights[name.strip()] = _weight(parameters)
    return weights


def _weight(parameters: bytes) -> float:
    for parameter in parameters.split(b";"):
        key, _, value = parameter.partition(b"=")
        if key.strip() == b"q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
