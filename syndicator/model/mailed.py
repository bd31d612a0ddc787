"""A digest and its way to one reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from syndicator.model.post import Post

UNSUBSCRIBE_MARK = "this-readers-own-way-out".ljust(44, "-")
"""Stands in a rendered mail where a reader's token goes, as long as one, in the same letters."""

SITE_MARK = "https://this-networks-own-pages.invalid"
"""Stands in a rendered issue where the address of our pages goes: it may change between the freeze
of an issue and its messages, and one mail has one address of ours."""


class Cadence(StrEnum):
    """How often a digest is mailed."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


class IssueState(StrEnum):
    """Where an issue stands.

    waiting -> approved -> sending -> sent; a paused one goes on where it was. Ends without being
    sent: empty (nothing to tell), stopped (an editor said no), skipped (nobody said yes in time),
    cancelled (in the middle of the send).
    """

    WAITING = "waiting"
    APPROVED = "approved"
    SENDING = "sending"
    PAUSED = "paused"
    SENT = "sent"
    EMPTY = "empty"
    STOPPED = "stopped"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """One digest of one cadence and period as it would be frozen; kept nowhere.

    ``period`` is ``2026-W48`` or ``2026-11``. ``posts`` are in order, and became eligible after
    ``opens`` and not after ``closes``. ``greetings`` are plain text by language.
    """

    cadence: Cadence
    period: str
    opens: datetime
    closes: datetime
    send_at: datetime
    posts: tuple[Post, ...]
    content_hash: str
    greetings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """A draft that was frozen: one for each cadence and period.

    ``posts`` are those it tells of, in order, without what an editor left out and with what was
    taken down since reduced to title and date. ``version`` counts what editors changed,
    ``revision`` what was taken down after freezing.
    """

    id: int
    cadence: Cadence
    period: str
    opens: datetime
    closes: datetime
    send_at: datetime
    posts: tuple[Post, ...]
    content_hash: str
    state: IssueState
    version: int = 1
    revision: int = 0
    greetings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A variant of an issue, rendered: what each of its readers gets, but for their own token.

    ``UNSUBSCRIBE_MARK`` stands where that goes, once in ``text`` and once in ``html``.
    """

    language: str
    subject: str
    text: str
    html: str


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class TagKind(StrEnum):
    """What left under a return path of its own."""

    DELIVERY = "d"
    TRANSACTIONAL = "l"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tag:
    """What an address of ours says to which reports come back: which message it was made for.

    ``address`` is the hash of whom it was mailed to, or its beginning: after a restore an id may
    be given again, to somebody else.
    """

    kind: TagKind
    id: int
    address: str


class Stage(StrEnum):
    """How far a message had come when the relay's answer was no."""

    CONNECT = "connect"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


class SkippedBecause(StrEnum):
    """Why somebody does not get an issue that others get."""

    NOTHING = "nothing"
    PAUSED = "paused"
    SUPPRESSED = "suppressed"
    LEFT = "left"
    ERASED = "erased"
    MOVED = "moved"
    UNASSIGNED = "unassigned"


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """An issue for one language and one list of posts; selections that give the same share it.

    ``posts`` are public ids in the order they are told, never empty.
    """

    language: str
    posts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One issue for one subscriber. ``reader`` is the subscriber's public id, ``address_hash``
    stands for the address, ``attempts`` says how often it was tried before."""

    id: int
    issue: int
    variant: int
    reader: str
    address: str
    address_hash: str
    language: str
    attempts: int = 0

    @property
    def domain(self) -> str:
        """Whose servers it goes to."""
        return self.address.rpartition("@")[2]
