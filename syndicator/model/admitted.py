"""What is known of a source, and the decision about its answer: new, changed, held, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from syndicator.model.notice import Notice
from syndicator.model.parsed import ParsedEntry
from syndicator.model.source import HeldBecause, IdMode


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
    date window, that lacked it. ``text`` is the plain text of the last revision, which came at
    ``changed_at``. ``owns_link`` is what was decided of it last (see ``NewEntry``).
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
    first_seen: datetime
    changed_at: datetime
    state: EntryState
    in_last_answer: bool = False
    missing: int = 0
    owns_link: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownStory:
    """An entry of *another* source that a new one may tell again, found by link or text.

    ``eligible_at`` is the entry's own: who tells the story again inherits it, so that a story is
    never mailed a second time because a second source brought it. ``first_seen`` and
    ``changed_at`` are as in ``KnownEntry``.
    """

    story: int
    entry: int
    source: int
    link: str | None
    title: str
    text: str
    language: str | None
    first_seen: datetime
    changed_at: datetime
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

    ``tellers``: the sources that tell each story of ``entries`` and ``elsewhere``; it may be empty
    where ``elsewhere`` is.

    ``taken_down``: what must not come back, as far as the answer holds it: raw ids of this source,
    links and content hashes of any source.
    """

    entries: tuple[KnownEntry, ...] = ()
    elsewhere: tuple[KnownStory, ...] = ()
    taken_down: frozenset[str] = frozenset()
    tellers: Mapping[int, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewEntry:
    """An entry to store. ``story`` joins it to a story already told; ``None`` begins its own.

    ``eligible_at`` is the moment from which it may be mailed; ``None`` means never (until an
    editor releases it). ``recency`` is its place in feeds and pages, set once. ``aliases`` are
    never empty and point to no other entry (see ``Alias``). ``held`` is ``None`` if it is shown.
    ``owns_link`` is True where the domain of the link is that of the source: among those who tell
    a story, it leads.
    """

    parsed: ParsedEntry
    aliases: tuple[str, ...]
    recency: datetime
    eligible_at: datetime | None
    story: int | None = None
    held: HeldBecause | None = None
    owns_link: bool = False


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
class Merge:
    """Two stories that are one post: what ``story`` tells stands in ``into`` from now on."""

    story: int
    into: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """The decision about one answer: what the store writes, in one transaction.

    ``present`` are ids of stored entries the answer held, ``missed`` those it should have held and
    did not: their ``missing`` grows by one. If the answer was ``whole``, every other entry of the
    source leaves the last answer, and its ``missing`` goes back to 0. An answer that was cut short
    or holds nothing is not whole: what it lacks stays as it was. ``deleted`` are among the missed
    and now taken as deleted at source; ``returned`` were deleted before and are here again (they
    are present, and may be changed as well). ``merged`` are stories that proved to be one; none of
    them goes twice, and none goes that another goes into. ``owning`` and ``disowning`` are present
    ones whose ``owns_link`` became True or False: the post or the source moved. ``hold_source``
    puts the source under guard.
    """

    new: tuple[NewEntry, ...] = ()
    changed: tuple[ChangedEntry, ...] = ()
    aliases: tuple[Alias, ...] = ()
    present: tuple[int, ...] = ()
    missed: tuple[int, ...] = ()
    deleted: tuple[int, ...] = ()
    returned: tuple[int, ...] = ()
    merged: tuple[Merge, ...] = ()
    owning: tuple[int, ...] = ()
    disowning: tuple[int, ...] = ()
    hold_source: HeldBecause | None = None
    id_mode: IdMode | None = None
    whole: bool = True
    notices: tuple[Notice, ...] = ()

    @property
    def visible(self) -> bool:
        """True if a reader of the feeds could see a difference."""
        shown = any(entry.held is None for entry in self.new)
        stored = (self.changed, self.deleted, self.returned, self.merged)
        return shown or any(stored) or bool(self.owning or self.disowning)
