"""A source as stored, and what it asks of the next pull."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from syndicator.model.network import Kind, Licence


class SourceState(StrEnum):
    """Where a source stands. Only those in ``PULLED`` are pulled; what HELD brings is held too."""

    PENDING = "pending"
    ACTIVE = "active"
    HELD = "held"
    GONE = "gone"
    RETIRED = "retired"
    REFUSED = "refused"


PULLED = (SourceState.ACTIVE, SourceState.HELD)
"""The states in which a source is pulled, and named to readers."""


class HeldBecause(StrEnum):
    """Why a guard keeps an entry or a source back until an editor decides."""

    FLOOD = "flood"
    MOVED_DOMAIN = "moved_domain"
    LANGUAGE_CHANGED = "language_changed"
    TITLE_CHANGED = "title_changed"
    IDS_CHANGED = "ids_changed"
    SOURCE_HELD = "source_held"
    BY_EDITOR = "by_editor"


class IdMode(StrEnum):
    """Which id of an entry we believe: the feed's own, or its link where ids proved unstable."""

    OWN = "own"
    LINK = "link"


class Reason(StrEnum):
    """Why a pull brought nothing: one word for the store, a sentence for people elsewhere."""

    DNS = "dns"
    ADDRESS = "address"
    CONNECT = "connect"
    CERTIFICATE = "certificate"
    TLS = "tls"
    TIMEOUT = "timeout"
    SIZE = "size"
    HEADERS = "headers"
    TRUNCATED = "truncated"
    ENCODING = "encoding"
    PROTOCOL = "protocol"
    REDIRECTS = "redirects"
    REDIRECT_TARGET = "redirect_target"
    DENIED = "denied"
    MISSING = "missing"
    GONE = "gone"
    THROTTLED = "throttled"
    BUSY = "busy"
    SERVER = "server"
    STATUS = "status"
    EMPTY = "empty"
    NOT_A_FEED = "not_a_feed"
    UNREADABLE = "unreadable"
    PARSE_TIMEOUT = "parse_timeout"
    LOCAL = "local"


@dataclass(frozen=True, kw_only=True, slots=True)
class Validators:
    """What a server gave to ask again with, byte for byte. They belong to one URL."""

    etag: str | None = None
    last_modified: str | None = None

    def __bool__(self) -> bool:
        return self.etag is not None or self.last_modified is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Hints:
    """How often a feed says it changes; it may only slow us down. Hours (0-23) and days
    (Monday is 0) are GMT."""

    ttl: timedelta | None = None
    update_period: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One feed of a city, as stored, with what the next pull must know.

    ``city`` is a slug, ``None`` for the network's own source. ``moves`` counts identical permanent
    redirects in a row and ``moved_to`` is where they led. ``claims`` is the token of a claim.

    ``title`` and ``language`` are what we call the source and take it to speak. ``feed_title`` and
    ``feed_language`` are what the last feed read from it said of itself, ``feed_host`` the host
    that answered; the hijack guard compares the next answer with them. All three are recorded at
    every answer, also while the source is held, and forgotten when an editor gives it another URL.
    """

    id: int
    key: str
    url: str
    city: str | None
    kind: Kind
    licence: Licence
    state: SourceState
    language: str | None = None
    title: str | None = None
    home: str | None = None
    feed_id: str | None = None
    categories: tuple[str, ...] = ()
    path_prefixes: tuple[str, ...] = ()
    id_mode: IdMode = IdMode.OWN
    first_seen: datetime | None = None
    next_fetch_at: datetime | None = None
    last_attempt_at: datetime | None = None
    last_success_at: datetime | None = None
    last_change_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    reason: Reason | None = None
    detail: str | None = None
    held_because: HeldBecause | None = None
    feed_title: str | None = None
    feed_language: str | None = None
    feed_host: str | None = None
    body_hash: str | None = None
    body_bytes: int | None = None
    moved_to: str | None = None
    moves: int = 0
    hints: Hints = Hints()
    contact: str | None = None
    claims: int = 0

    @property
    def first_sight(self) -> bool:
        """True until a feed was read from this source once."""
        return self.first_seen is None
