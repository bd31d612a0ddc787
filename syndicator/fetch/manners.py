"""One request per host at a time, spaced and jittered; hosts that share an address share the limit.

Slots are kept in memory, per host name and per connected address. Nothing here waits: a taken slot
is ``HostBusy`` with the time after which to ask again, and the caller puts its source back.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from threading import Lock
from typing import Self

from syndicator.errors import HostBusy
from syndicator.fetch.guard import Address, Network, innermost
from syndicator.model import Jitter, Monotonic

_MANY_SLOTS = 2048
_SHORTEST_RETRY = 0.05


@dataclass(slots=True)
class _Slot:
    """Who is inside, or who was last and until when others must stay out (monotonic seconds)."""

    visit: Visit
    taken: bool
    free_at: float


class Manners:
    """The slots of one process. Thread-safe.

    Args:
        spacing: least time between two requests to one host or address; up to half as much again
            is added by ``jitter``.
        unspaced: networks whose hosts are not spaced (one at a time still holds).
        clock: monotonic seconds.
        jitter: a number in [0, 1), drawn anew each time.
    """

    def __init__(
        self,
        *,
        spacing: timedelta = timedelta(seconds=1),
        unspaced: Iterable[Network] = (),
        clock: Monotonic = time.monotonic,
        jitter: Jitter = random.random,
    ) -> None:
        self._spacing = spacing.total_seconds()
        self._unspaced = tuple(unspaced)
        self._clock = clock
        self._jitter = jitter
        self._lock = Lock()
        self._slots: dict[str, _Slot] = {}

    def visit(self) -> Visit:
        """Return a visit: one chain of hops. Used as a context manager, it leaves at the end."""
        return Visit(self)

    def _take(self, key: str, visit: Visit) -> None:
        with self._lock:
            slot = self._slots.get(key)
            now = self._clock()
            if slot is not None and slot.visit is not visit and (slot.taken or slot.free_at > now):
                left = self._gap(key) if slot.taken else slot.free_at - now
                wait = max(left, _SHORTEST_RETRY) * (1 + 0.5 * self._jitter())
                raise HostBusy(key, timedelta(seconds=wait))
            self._slots[key] = _Slot(visit=visit, taken=True, free_at=now)

    def _free(self, keys: Iterable[str], *, spaced: bool) -> None:
        with self._lock:
            now = self._clock()
            gap = self._spacing * (1 + 0.5 * self._jitter()) if spaced else 0.0
            for key in keys:
                slot = self._slots[key]
                slot.taken, slot.free_at = False, now + gap
            if len(self._slots) > _MANY_SLOTS:
                kept = {k: s for k, s in self._slots.items() if s.taken or s.free_at > now}
                self._slots = kept

    def _is_spaced(self, address: Address) -> bool:
        return not any(address in network for network in self._unspaced)

    def _gap(self, key: str) -> float:
        try:
            spaced = self._is_spaced(innermost(ip_address(key)))
        except ValueError:
            spaced = True
        return self._spacing if spaced else 0.0


class Visit:
    """The slots that one chain of hops holds, one hop at a time.

    A chain is not kept waiting by its own earlier hops: ``http://x`` -> ``https://x`` goes through.
    """

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._keys: list[str] = []
        self._spaced = False

    def enter(self, host: str) -> None:
        """Take the slot of ``host``, leaving what the hop before held.

        Raises:
            HostBusy: another visit is there, or was too short a while ago.
        """
        self.leave()
        self._hold(host)

    def reach(self, address: Address | str) -> None:
        """Take the slot of an ``address`` about to be connected, too.

        Raises:
            HostBusy: as for ``enter``.
        """
        inner = innermost(ip_address(address) if isinstance(address, str) else address)
        self._hold(str(inner))
        self._spaced = self._spaced or self._manners._is_spaced(inner)

    def leave(self) -> None:
        """Free what is held. The spacing counts from now, if anything was connected."""
        self._manners._free(self._keys, spaced=self._spaced)
        self._keys, self._spaced = [], False

    def _hold(self, key: str) -> None:
        if key not in self._keys:
            self._manners._take(key, self)
            self._keys.append(key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()
