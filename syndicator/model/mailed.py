"""A digest and its way to one reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from syndicator.model.published import Post


class Cadence(StrEnum):
    """How often a digest is mailed."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """One digest of one cadence and period, frozen. ``period`` is ``2026-W48`` or ``2026-11``."""

    cadence: Cadence
    period: str
    opens: datetime
    closes: datetime
    posts: tuple[Post, ...]
    content_hash: str
    id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """An issue rendered for one language: what every reader of it gets, but for their tokens."""

    language: str
    subject: str
    text: str
    html: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One issue for one subscriber."""

    id: int
    issue: int
    subscriber: int
    address: str
    language: str
