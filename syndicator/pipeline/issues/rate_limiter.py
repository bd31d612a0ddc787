"""Whose turn it is: ``deliver.rates`` for all connections of one process at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Lock

from syndicator.deliver import rates
from syndicator.deliver.rates import Domain, DomainRates
from syndicator.deliver.retry import Meaning
from syndicator.model import Delivery

MOST_DOMAINS = 10_000
"""Domains remembered; when there are more, those that take our mail well are forgotten."""


class RateLimiter:
    """Hands out turns at the relay and remembers which domains rest.

    One for all issues that a process sends: neither a relay nor a domain knows them apart.
    """

    def __init__(
        self,
        *,
        per_minute: int,
        per_domain: DomainRates,
        now: Callable[[], datetime],
        jitter: Callable[[], float],
    ) -> None:
        self._per_minute = per_minute
        self._per_domain = per_domain
        self._now = now
        self._jitter = jitter
        self._lock = Lock()
        self._free_at: datetime | None = None
        self._domains: dict[str, Domain] = {}

    def next(self) -> timedelta:
        """Take a turn at the relay; return how long until it comes."""
        with self._lock:
            now = self._now()
            at, self._free_at = rates.turn(self._free_at, per_minute=self._per_minute, now=now)
            return at - now

    def first_free(self, ahead: Sequence[Delivery]) -> tuple[int, datetime]:
        """Return which of those ahead, never none, may leave first, and when; now for at once."""
        with self._lock:
            now = self._now()
            best, earliest = 0, self._domain(ahead[0]).free(now)
            for at, delivery in enumerate(ahead[1:], 1):
                if earliest <= now:
                    break
                free = self._domain(delivery).free(now)
                if free < earliest:
                    best, earliest = at, free
            return best, earliest

    def left(self, delivery: Delivery) -> None:
        """Count a message to the domain of this reader."""
        per_minute = self._per_domain.of(delivery.domain)
        if per_minute is not None:
            with self._lock:
                now = self._now()
                after = rates.taken(self._domain(delivery), per_minute=per_minute, now=now)
                self._remember(delivery, after)

    def heard(self, delivery: Delivery, meaning: Meaning | None) -> None:
        """Note what came of it, ``None`` for a yes. A no to one reader says nothing of others."""
        with self._lock:
            domain = self._domain(delivery)
            if meaning is None:
                after = rates.accepted(domain)
            elif meaning in (Meaning.LATER, Meaning.SLOWER):
                slower = meaning is Meaning.SLOWER
                after = rates.put_off(domain, now=self._now(), slower=slower, jitter=self._jitter())
            else:
                return
            self._remember(delivery, after)

    def _domain(self, delivery: Delivery) -> Domain:
        return self._domains.get(delivery.domain, _WELL)

    def _remember(self, delivery: Delivery, domain: Domain) -> None:
        if domain == _WELL:
            self._domains.pop(delivery.domain, None)
            return
        if len(self._domains) >= MOST_DOMAINS:
            now, kept = self._now(), self._domains.items()
            self._domains = {
                name: one for name, one in kept if one.failures or one.rests or one.free(now) > now
            }
        self._domains[delivery.domain] = domain


_WELL = Domain()
