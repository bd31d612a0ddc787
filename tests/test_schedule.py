"""The bell rings at once, then again, and not after it was stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Semaphore

from syndicator.schedule import Bell


def test_the_bell_rings_first_and_again_even_when_a_ring_failed() -> None:
    rung = Semaphore(0)

    def ring() -> None:
        rung.release()
        raise RuntimeError("a tick that fails")

    bell = Bell(ring, first=datetime.now(UTC), every=timedelta(seconds=1))
    bell.start()
    try:
        assert rung.acquire(timeout=20)
        assert rung.acquire(timeout=20)
    finally:
        bell.stop()


def test_a_bell_does_not_ring_before_its_first_moment() -> None:
    rung = Semaphore(0)
    bell = Bell(rung.release, first=datetime.now(UTC) + timedelta(hours=1))
    bell.start()
    bell.stop()

    assert not rung.acquire(blocking=False)
