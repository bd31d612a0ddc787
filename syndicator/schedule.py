"""APScheduler rings the bell. It stores nothing and decides nothing.

A job store would be a second truth beside the tables, and a one-off job is removed when it is
handed to its executor: a kill in the middle would lose it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]

TICK = timedelta(minutes=1)


class Bell:
    """Calls ``ring`` at ``first`` and then every ``every``, one call at a time, until stopped."""

    def __init__(
        self, ring: Callable[[], None], *, first: datetime, every: timedelta = TICK
    ) -> None:
        self._scheduler = BackgroundScheduler(timezone=UTC)
        self._scheduler.add_job(
            ring,
            IntervalTrigger(seconds=int(every.total_seconds()), timezone=UTC),
            next_run_time=first,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        """Begin to ring, on a thread of its own."""
        self._scheduler.start()

    def stop(self) -> None:
        """Ring no more; a call under way is not waited for."""
        self._scheduler.shutdown(wait=False)
