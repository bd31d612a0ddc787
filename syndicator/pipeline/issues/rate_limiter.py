"""Whose turn it is: ``deliver.rates`` for all connections of one process at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock

from syndicator.deliver import rates
from syndicator.deliver.rates import Domain, DomainRates
from syndicator.deliver.retry import Meaning
from syndicator.model import Clock, Delivery, Jitter

SILENT = 3
"""Whole messages without an answer, one after the other, from which on the relay is away."""

QUIET = timedelta(minutes=5)
"""How long a relay that fell silent is left alone; twice as long each time it still is."""

LONGEST_QUIET = timedelta(hours=4)

MOST_DOMAINS = 10_000
"""Domains remembered; when there are more, those that take our mail well are forgotten."""


class RateLimiter:
    """Hands out turns at the relay and remembers which domains rest.

    One for all issues that a process sends: neither a relay nor a domain knows them apart. It
    notices, too, when the relay takes messages without a word: each of them may have arrived, and
    who is given the next may get two.
    """

    def __init__(
        self,
        *,
        per_minute: int,
        per_domain: DomainRates,
        now: Clock,
        jitter: Jitter,
    ) -> None:
        self._per_minute = per_minute
        self._per_domain = per_domain
        self._now = now
        self._jitter = jitter
        self._lock = Lock()
        self._free_at: datetime | None = None
        self._domains: dict[str, Domain] = {}
        self._unanswered = 0
        self._silences = 0
        self._quiet_until: datetime | None = None

    @property
    def quiet_until(self) -> datetime | None:
        """Until when a relay that takes messages and never answers is left alone.

        From then on one message may ask whether it is back. ``None`` while it answers.
        """
        with self._lock:
            return self._quiet_until

    def unanswered(self) -> None:
        """Count a message that was given to the relay and never answered, on any connection."""
        with self._lock:
            now = self._now()
            self._unanswered += 1
            # What was in flight when it fell silent says no more than what came before.
            if self._unanswered < SILENT or now < (self._quiet_until or now):
                return
            self._quiet_until = now + min(QUIET * 2**self._silences, LONGEST_QUIET)
            self._silences += 1

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
        """Note an answer, ``None`` for a yes. A no to one reader says nothing of others."""
        with self._lock:
            self._unanswered = self._silences = 0
            self._quiet_until = None
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
                name: domain
                for name, domain in kept
                if domain.failures or domain.rests or domain.free(now) > now
            }
        self._domains[delivery.domain] = domain


_WELL = Domain()
