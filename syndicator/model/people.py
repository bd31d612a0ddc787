"""People who asked for the digest, what they agreed to, and the emails we write to one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from syndicator.model.mailed import Cadence


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """What a subscriber wants: language x cadence x cities x topics.

    ``cities`` empty means every city. ``topics`` empty means whatever the post is about; otherwise
    a post must be in one of them. Both hold slugs.
    """

    language: str
    cadence: Cadence
    cities: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()

    @property
    def words(self) -> str:
        """One spelling for one selection: equal selections give equal words."""
        cities, topics = ",".join(sorted(self.cities)), ",".join(sorted(self.topics))
        return f"{self.language}/{self.cadence}/{cities}/{topics}"


class SubscriberState(StrEnum):
    """Where a subscriber stands. Only ACTIVE ones are mailed a digest."""

    PENDING = "pending"
    ACTIVE = "active"
    LEFT = "left"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriber:
    """Someone who asked for the digest.

    ``public_id`` may stand in a link; ``id`` never does. ``address_hash`` is keyed and outlives the
    row. ``paused_until`` in the future means no digest before then.
    """

    id: int
    public_id: str
    address: str
    address_hash: str
    selection: Selection
    state: SubscriberState
    at: datetime
    confirmed_at: datetime | None = None
    paused_until: datetime | None = None
    left_at: datetime | None = None


class ConsentEvent(StrEnum):
    """What happened to somebody's consent. The ledger is append-only."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    IMPORTED = "imported"
    CHANGED = "changed"
    MOVED = "moved"
    LEFT = "left"
    ERASED = "erased"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    LIFTED = "lifted"


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """One line of the consent ledger.

    ``page`` is where it happened (``/fi/subscribe``), ``text_version`` which words were agreed to,
    ``message_id`` the email that asked, ``evidence`` what an import brought along.
    """

    address_hash: str
    event: ConsentEvent
    at: datetime
    language: str | None = None
    text_version: str | None = None
    page: str | None = None
    message_id: str | None = None
    evidence: str | None = None


class SuppressedBecause(StrEnum):
    """Why an address is never to be mailed again."""

    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCES = "soft_bounces"
    COMPLAINT = "complaint"
    BY_EDITOR = "by_editor"


class UnknownBy(StrEnum):
    """What proves whose address does not exist.

    ``SIGNED`` is the relay's own answer, or a report to an address that we signed. ``WAY_OUT`` is
    the reader's own way out in what a report returns, which others may have, too.
    """

    SIGNED = "signed"
    WAY_OUT = "way_out"


class EmailKind(StrEnum):
    """What an email to one person is about. Emails go out before newsletters."""

    CONFIRM = "confirm"
    LINK = "link"
    NEW_ADDRESS = "new_address"
    LEFT = "left"
    MOVED = "moved"
    REVIEW = "review"
    WAITING = "waiting"
    SKIPPED = "skipped"
    ALARM = "alarm"


@dataclass(frozen=True, kw_only=True, slots=True)
class TransactionalEmail:
    """An email to one person. ``facts`` say what its template needs; no token is ever stored.

    ``subscriber`` is the public id of whom it is about, where there is one.
    """

    id: int
    kind: EmailKind
    address: str
    address_hash: str
    language: str
    at: datetime
    subscriber: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
