"""What is taken for granted of a feed that does not say."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, kw_only=True, slots=True)
class Defaults:
    """By whose clock a date is that names no zone, and which languages are expected.

    The network's own: its cities live by its clock and write mostly in its languages.
    """

    zone: ZoneInfo
    languages: tuple[str, ...]
