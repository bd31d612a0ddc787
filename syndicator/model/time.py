"""Moments as they come in from outside, and when a digest goes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from syndicator.model.mailed import Cadence

Clock: TypeAlias = Callable[[], datetime]
"""Returns the moment it is, aware, in UTC. ``app`` has the only real one."""

Jitter: TypeAlias = Callable[[], float]
"""Returns a number in [0, 1), each time another."""

Monotonic: TypeAlias = Callable[[], float]
"""Returns the seconds of a clock that only goes forward; their difference alone means something."""

Pause: TypeAlias = Callable[[timedelta], None]
"""Returns when that long has passed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rhythm:
    """When a digest goes out: on which days, at which wall time of ``zone``.

    ``weekday`` 0 is Monday. A monthly digest ignores it and takes the month's first working day.
    """

    cadence: Cadence
    weekday: int
    send_at: time
    zone: ZoneInfo
