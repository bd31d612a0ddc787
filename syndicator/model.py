"""The nouns of the trade, immutable. One word for one thing, in code, tables, pages and docs.

Only values that travel between stages live here; what a stage keeps to itself stays in its folder.
Every ``datetime`` is aware and in UTC; every length of time is a ``timedelta``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

LANGUAGES = ("fi", "sv", "en")
"""The languages of our own pages and mails, in the order they are offered."""


# --- the network, as configured ---------------------------------------------------------------


class Kind(StrEnum):
    """What a source carries."""

    BLOG = "blog"
    NEWS = "news"


class Licence(StrEnum):
    """What a city granted: how much of a post we may republish."""

    LINK = "link"
    EXCERPT = "excerpt"
    FULL = "full"


@dataclass(frozen=True, kw_only=True, slots=True)
class City:
    """A member of the network. ``code`` is its kuntakoodi, a string with leading zeros."""

    slug: str
    code: str
    names: Mapping[str, str]
    genitive_fi: str = ""
    locative_fi: str = ""
    regions: Mapping[str, str] = field(default_factory=dict)
    languages: tuple[str, ...] = ("fi",)
    website: str | None = None

    def name(self, language: str) -> str:
        """Return the name in ``language``; English and the unknown use the city's main language."""
        return self.names.get(language) or self.names[self.languages[0]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Topic:
    """A named filter: an entry belongs if a category, a word or its source matches."""

    slug: str
    names: Mapping[str, str]
    categories: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def name(self, language: str) -> str:
        """Return the topic's name in ``language``, or in Finnish."""
        return self.names.get(language) or self.names["fi"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Declaration:
    """A source as the configuration declares it; ``key`` is its name for ever."""

    key: str
    url: str
    city: str | None
    kind: Kind
    licence: Licence = Licence.EXCERPT
    language: str | None = None
    title: str | None = None
    categories: tuple[str, ...] = ()
    path_prefixes: tuple[str, ...] = ()


# --- a source, as stored ----------------------------------------------------------------------


class SourceState(StrEnum):
    """Where a source stands. Only ACTIVE and HELD are pulled; what HELD brings is held too."""

    PENDING = "pending"
    ACTIVE = "active"
    HELD = "held"
    GONE = "gone"
    RETIRED = "retired"
    REFUSED = "refused"


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


# --- fetch --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One polite GET. ``validators`` maps each URL we hold validators for to them, so that the
    hops of a redirect carry their own and never another's."""

    url: str
    validators: Mapping[str, Validators] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hop:
    """One redirect followed: where it stood, its status, where it led."""

    url: str
    status: int
    target: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """A complete HTTP answer. Header names are lower case; ``body`` is decoded and within limits.

    ``url`` is the address that answered, after ``hops``. ``wire_bytes`` is what travelled.
    ``conditional`` is True if validators were sent to it: only then may it answer 304.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    hops: tuple[Hop, ...] = ()
    wire_bytes: int = 0
    conditional: bool = False

    @property
    def content_type(self) -> str | None:
        """The Content-Type header as sent, or ``None``."""
        return self.headers.get("content-type")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What every answer of a server tells about the next one, whatever it carried.

    ``wait`` is what the server asked for by Retry-After or its freshness lifetime; ``throttled``
    is True when it came with a 429 or 503, so that no failure pace may be shorter.
    """

    url: str
    validators: Validators = Validators()
    wait: timedelta | None = None
    moved_to: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """New bytes came."""

    answer: Answer
    body: bytes
    body_hash: str
    content_type: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unchanged:
    """304, or the same bytes as last time. Validators may still be new."""

    answer: Answer
    body_bytes: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """Nothing usable came. ``answer`` is ``None`` when no server answered at all."""

    reason: Reason
    detail: str
    answer: Answer | None = None


Outcome = Fetched | Unchanged | Failed


# --- parse --------------------------------------------------------------------------------------


class IdKind(StrEnum):
    """Where an entry's raw id comes from."""

    OWN = "own"
    LINK = "link"
    HASH = "hash"


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """A picture of an entry. ``alt`` is what the source said; we never invent one."""

    url: str
    alt: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Something wrong in a feed that we could live with; the doctor tells the city.

    ``code`` is a constant word (``date_missing``), ``example`` a short piece of the evidence.
    """

    code: str
    example: str = ""
    count: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedEntry:
    """One entry as read: cleaned, dated, in one language, with plain-text title and excerpt.

    ``raw_id`` is never empty and never resolved against anything. ``link`` is ``url`` normalised
    for comparison (scheme, www, trailing slash, tracking parameters). ``content_html`` is
    sanitised; ``text`` is it as plain text. ``content_hash`` covers all that readers see.
    ``translations`` are (language, url) pairs that the feed itself states.
    """

    raw_id: str
    id_kind: IdKind
    url: str | None
    link: str | None
    title: str
    excerpt: str = ""
    content_html: str = ""
    text: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None
    translations: tuple[tuple[str, str], ...] = ()
    image: Image | None = None
    rights: str | None = None
    content_hash: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedFeed:
    """A feed as read. ``entries`` keep the feed's order; raw ids are unique within it.

    ``complete`` is True for a well-formed document read to its end: only then may the absence of
    an entry mean that it was deleted.
    """

    format: str
    title: str = ""
    home: str | None = None
    feed_id: str | None = None
    language: str | None = None
    rights: str | None = None
    hub: str | None = None
    hints: Hints = Hints()
    complete: bool = True
    faults: tuple[Fault, ...] = ()
    entries: tuple[ParsedEntry, ...] = ()


# --- admit: what is new, what changed, what must wait for a person ------------------------------


class HeldBecause(StrEnum):
    """Why a guard keeps an entry or a source back until an editor decides."""

    FLOOD = "flood"
    MOVED_DOMAIN = "moved_domain"
    LANGUAGE_CHANGED = "language_changed"
    TITLE_CHANGED = "title_changed"
    IDS_CHANGED = "ids_changed"
    SOURCE_HELD = "source_held"
    BY_EDITOR = "by_editor"


class EntryState(StrEnum):
    """Where an entry stands: shown, kept back, taken away at source, or hidden by an editor."""

    SHOWN = "shown"
    HELD = "held"
    DELETED = "deleted"
    HIDDEN = "hidden"


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownEntry:
    """What the store remembers of an entry of this source, enough to decide about a new answer.

    ``raw_ids`` are its aliases as they were given (see ``Alias``). ``in_last_answer`` speaks of the
    last answer that held any entry. ``missing`` counts complete answers in a row, within the feed's
    date window, that lacked it. ``text`` is the plain text of the last revision.
    """

    id: int
    story: int
    raw_ids: frozenset[str]
    link: str | None
    title: str
    text: str
    content_hash: str
    published: datetime | None
    recency: datetime
    state: EntryState
    in_last_answer: bool = False
    missing: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownStory:
    """An entry of *another* source that a new one may tell again, found by link or text.

    ``eligible_at`` is the entry's own: who tells the story again inherits it, so that a story is
    never mailed a second time because a second source brought it.
    """

    story: int
    entry: int
    source: int
    link: str | None
    title: str
    text: str
    language: str | None
    state: EntryState = EntryState.SHOWN
    eligible_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """Everything the store knows that bears on one answer of one source.

    ``entries``, of this source, in every state, each once; all of:
      - those that any raw id (also as the beginning of an alias), link or title of the answer
        reaches (titles compared without regard to case and spacing), deleted and hidden ones too:
        they may return;
      - those in the last answer that held any entry, and those with ``missing`` above 0;
      - those published within the answer's date window: since its earliest ``published``.
    It is empty only if this source never brought an entry.

    ``elsewhere``: entries of other sources with the same link or the same title as one of the
    answer; one row for each entry.

    ``taken_down``: what must not come back, as far as the answer holds it: raw ids of this source,
    links and content hashes of any source.
    """

    entries: tuple[KnownEntry, ...] = ()
    elsewhere: tuple[KnownStory, ...] = ()
    taken_down: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class NewEntry:
    """An entry to store. ``story`` joins it to a story already told; ``None`` begins its own.

    ``eligible_at`` is the moment from which it may be mailed; ``None`` means never (until an
    editor releases it). ``recency`` is its place in feeds and pages, set once. ``aliases`` are
    never empty and point to no other entry (see ``Alias``). ``held`` is ``None`` if it is shown.
    """

    parsed: ParsedEntry
    aliases: tuple[str, ...]
    recency: datetime
    eligible_at: datetime | None
    story: int | None = None
    held: HeldBecause | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangedEntry:
    """A stored entry whose text changed: a new revision, never a new place, never a new mail."""

    id: int
    parsed: ParsedEntry


@dataclass(frozen=True, kw_only=True, slots=True)
class Alias:
    """A raw id that from now on also points to a stored entry.

    An alias points to one entry of its source. Where several entries share one raw id, the alias
    goes on after it with a newline and what tells them apart. Compare aliases whole.
    """

    entry: int
    raw_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """Something people should hear. One row per (kind, subject); ``at``: last true then."""

    kind: str
    subject: str
    at: datetime
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """The decision about one answer: what the store writes, in one transaction.

    ``present`` are ids of stored entries the answer held, ``missed`` those it should have held and
    did not: their ``missing`` grows by one. If the answer was ``whole``, every other entry of the
    source leaves the last answer, and its ``missing`` goes back to 0. An answer that was cut short
    or holds nothing is not whole: what it lacks stays as it was. ``deleted`` are among the missed
    and now taken as deleted at source; ``returned`` were deleted before and are here again (they
    are present, and may be changed as well). ``hold_source`` puts the source under guard.
    """

    new: tuple[NewEntry, ...] = ()
    changed: tuple[ChangedEntry, ...] = ()
    aliases: tuple[Alias, ...] = ()
    present: tuple[int, ...] = ()
    missed: tuple[int, ...] = ()
    deleted: tuple[int, ...] = ()
    returned: tuple[int, ...] = ()
    hold_source: HeldBecause | None = None
    id_mode: IdMode | None = None
    whole: bool = True
    notices: tuple[Notice, ...] = ()

    @property
    def visible(self) -> bool:
        """True if a reader of the feeds could see a difference."""
        shown = any(entry.held is None for entry in self.new)
        return shown or bool(self.changed or self.deleted or self.returned)


# --- publish ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a post was first published, for attribution."""

    key: str
    city: str | None
    title: str
    feed_url: str
    home: str | None
    feed_id: str | None
    updated: datetime
    kind: Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """A story as published: what feeds, pages and digests show.

    ``public_id`` is for ever. ``content_html`` is empty unless the city granted the full text, and
    ``excerpt`` is empty where it granted only the link. ``updated`` is the last real edit.
    """

    public_id: str
    url: str
    title: str
    excerpt: str
    content_html: str
    language: str | None
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    published: datetime | None
    updated: datetime
    recency: datetime
    origin: Origin
    others: tuple[Origin, ...] = ()
    translations: tuple[tuple[str, str], ...] = ()
    image: Image | None = None
    rights: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tombstone:
    """A story that was published and is gone (RFC 6721)."""

    public_id: str
    at: datetime


class Scope(StrEnum):
    """Which posts a channel gathers."""

    WHOLE = "whole"
    LANGUAGE = "language"
    CITY = "city"
    TOPIC = "topic"


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """One selection of posts that is published under its own addresses.

    ``value`` is the language, city or topic; empty for the whole. ``month`` (``2026-11``) makes it
    the archive of that calendar month (Helsinki time); ``None`` is the current document.
    """

    scope: Scope = Scope.WHOLE
    value: str = ""
    month: str | None = None

    @property
    def prefix(self) -> str:
        """The folder of its addresses: empty, ``fi/``, ``city/raahe/`` or ``topic/osaajat/``."""
        match self.scope:
            case Scope.WHOLE:
                return ""
            case Scope.LANGUAGE:
                return f"{self.value}/"
            case Scope.CITY | Scope.TOPIC:
                return f"{self.scope}/{self.value}/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """All that a channel's documents are made from, and nothing else: same edition, same bytes.

    ``posts`` are newest first by (recency, public_id). ``months`` are the archive months that
    exist, newest first. ``updated`` is the moment of the last change among its posts.
    """

    channel: Channel
    posts: tuple[Post, ...]
    tombstones: tuple[Tombstone, ...]
    months: tuple[str, ...]
    updated: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Artefact:
    """Published bytes. ``path`` has no leading slash; ``etag`` is the strong, quoted validator of
    the plain form; ``gz`` and ``br`` are prepared forms, ``None`` where none is kept."""

    path: str
    content_type: str
    body: bytes
    etag: str
    modified: datetime
    gz: bytes | None = None
    br: bytes | None = None
    language: str | None = None


# --- digest and delivery ------------------------------------------------------------------------


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
