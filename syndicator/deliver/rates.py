"""How fast we may send: turns at the relay, and domains that ask for rest. Values, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

BURST = timedelta(seconds=2)
"""Turns not taken are kept for so long: a slow answer is made up for, an idle hour is not."""

FAILURES = 5
"""Messages in a row that a domain put off before it is left alone for a while."""

FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class DomainRates:
    """Messages a minute to one receiving domain: to any (``None`` is no limit), and to those named.

    A named one has its own, which may also be faster than that of any other.
    """

    usual: int | None = None
    named: Mapping[str, int] = field(default_factory=dict)

    def of(self, domain: str) -> int | None:
        """Return the rate of a domain, in small ASCII letters; ``None`` if it has no limit."""
        return self.named.get(domain, self.usual)


@dataclass(frozen=True, kw_only=True, slots=True)
class Domain:
    """How a receiving domain takes our mail. It rests until ``closed_until``."""

    failures: int = 0
    rests: int = 0
    closed_until: datetime | None = None
    free_at: datetime | None = None

    def free(self, now: datetime) -> datetime:
        """Return when its next message may leave, not before ``now``."""
        return max(moment for moment in (now, self.closed_until, self.free_at) if moment)


def turn(free_at: datetime | None, *, per_minute: int, now: datetime) -> tuple[datetime, datetime]:
    """Return when the next message may leave, and what to ask with for the one after it.

    Args:
        free_at: what the call before returned; ``None`` at first.
        per_minute: messages a minute, at least 1.
    """
    ours = max(free_at, now - BURST) if free_at else now
    return max(ours, now), ours + timedelta(minutes=1) / per_minute


def taken(domain: Domain, *, per_minute: int | None, now: datetime) -> Domain:
    """Return the domain after one more message to it left; ``per_minute`` ``None`` is no limit."""
    if per_minute is None:
        return domain
    return replace(domain, free_at=turn(domain.free_at, per_minute=per_minute, now=now)[1])


def accepted(domain: Domain) -> Domain:
    """Return the domain after it took a message: what was before is forgiven."""
    return replace(domain, failures=0, rests=0, closed_until=None)


def put_off(domain: Domain, *, now: datetime, slower: bool, jitter: float) -> Domain:
    """Return the domain after it put a message off.

    It rests after FAILURES in a row, at once if it asked us to be slower or if it just rested:
    first a minute, twice as long each time, an hour at most.
    """
    failures = domain.failures + 1
    if not slower and failures < FAILURES and not domain.rests:
        return replace(domain, failures=failures)
    rest = min(FIRST_REST * 2**domain.rests, LONGEST_REST) * (0.75 + jitter / 2)
    return replace(domain, failures=0, rests=min(domain.rests + 1, 10), closed_until=now + rest)
