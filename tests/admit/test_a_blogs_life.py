"""A blog that lives for weeks: it writes, edits, deletes, moves, renumbers, and is read each day.

The machine knows which post is which; the code under test only sees the feed. Whatever happens, a
post keeps its entry, no entry becomes another post, and nothing old is news again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from syndicator.admit.decide import Rules
from syndicator.model import Changes, EntryState, IdMode, ParsedEntry
from tests.admit.memory import Memory
from tests.builders import NOW, ZONE, a_feed, a_source, an_entry, prose

FEED_HOLDS = 8


@dataclass(frozen=True, kw_only=True)
class Post:
    """A post as its author knows it: ``number`` is who it is, all else may change."""

    number: int
    guid: str
    slug: str
    published: datetime
    dated: bool = True
    edition: int = 1

    def entry(self) -> ParsedEntry:
        """Return the post as the feed shows it. Every third is a weekly review."""
        title = "Viikkokatsaus" if self.number % 3 == 0 else f"Kirjoitus {self.number}"
        text = f"{prose(f'aihe {self.number}', sentences=12)} Versio {self.edition}."
        return an_entry(
            self.guid,
            link=f"https://blogi.kauhajoki.fi/{self.slug}",
            title=title,
            text=text,
            published=self.published if self.dated else None,
            content_hash=f"{self.number}/{self.edition}",
        )


class BlogsLife(RuleBasedStateMachine):
    """What a blog may do between two pulls, and what must be true after each."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.posts: list[Post] = []
        self.deleted_at_source: set[int] = set()
        self.written = 0
        self.places: dict[int, tuple[datetime, datetime | None]] = {}
        self.memory = Memory(a_source(first_seen=None))
        self.last: Changes | None = None

    @property
    def today(self) -> Rules:
        """The rules of the day: the mail window opened five days ago."""
        return Rules(mail_window_opens=self.now - timedelta(days=5), time_zone=ZONE)

    @initialize(count=st.integers(0, 12))
    def has_an_archive(self, count: int) -> None:
        for back in range(count, 0, -1):
            self._write(published=self.now - timedelta(days=3 * back))
        self._pull()

    def _write(self, *, published: datetime, dated: bool = True) -> None:
        self.written += 1
        name = str(self.written)
        self.posts.append(
            Post(
                number=self.written,
                guid=f"https://blogi.kauhajoki.fi/?p={name}",
                slug=name,
                published=published,
                dated=dated,
            )
        )

    def _shown(self) -> list[Post]:
        return sorted(self.posts, key=lambda post: post.published, reverse=True)[:FEED_HOLDS]

    def _pull(self, *, complete: bool = True, upside_down: bool = False) -> Changes:
        entries = [post.entry() for post in self._shown()]
        feed = a_feed(*(entries[::-1] if upside_down else entries), complete=complete)
        self.last = self.memory.pull(feed, now=self.now, rules=self.today)
        again = self.memory.decide(feed, now=self.now, rules=self.today)
        assert not again.new + again.changed + again.aliases + again.returned
        for post, entry in zip(self._shown(), entries, strict=True):
            stored = self._stored(post.number)
            assert len(stored) == 1, "a post has one entry, whatever happened to it"
            assert self.memory.parsed[stored[0]].content_hash == entry.content_hash
            assert self.memory.entries[stored[0]].state is not EntryState.DELETED
        return self.last

    def _stored(self, number: int) -> list[int]:
        return [
            at
            for at, parsed in self.memory.parsed.items()
            if parsed.content_hash.partition("/")[0] == str(number)
        ]

    @rule(hours=st.integers(1, 80), upside_down=st.booleans(), complete=st.booleans())
    def is_read_again(self, hours: int, upside_down: bool, complete: bool) -> None:
        self.now += timedelta(hours=hours)
        changes = self._pull(upside_down=upside_down, complete=complete)
        assert not changes.new
        assert not changes.changed

    @rule(count=st.integers(1, 4), dated=st.booleans())
    def writes(self, count: int, dated: bool) -> None:
        shared = bool(self.posts)
        for _ in range(count):
            self.now += timedelta(hours=2)
            self._write(published=self.now - timedelta(minutes=5), dated=dated)
        changes = self._pull()
        assert len(changes.new) == count
        if shared:
            assert all(new.held is None for new in changes.new)
            assert all(new.eligible_at == self.now for new in changes.new)

    @precondition(lambda self: self.posts)
    @rule(pick=st.integers(0, 100))
    def edits(self, pick: int) -> None:
        at = self.posts.index(self._shown()[pick % len(self._shown())])
        self.posts[at] = replace(self.posts[at], edition=self.posts[at].edition + 1)
        self.now += timedelta(hours=1)
        changes = self._pull()
        assert len(changes.changed) == 1
        assert not changes.new

    @precondition(lambda self: self.posts)
    @rule(pick=st.integers(0, 100))
    def pretends_that_an_old_post_is_new(self, pick: int) -> None:
        at = self.posts.index(self._shown()[pick % len(self._shown())])
        self.posts[at] = replace(
            self.posts[at], published=self.now, edition=self.posts[at].edition + 1
        )
        self.now += timedelta(hours=1)
        assert not self._pull().new

    @precondition(lambda self: self.posts)
    @rule()
    def numbers_everything_anew(self) -> None:
        self.posts = [
            replace(post, guid=f"urn:{self.now:%d%H}:{post.number}") for post in self.posts
        ]
        self.now += timedelta(hours=1)
        assert not self._pull().new

    @precondition(lambda self: self.posts and self.memory.source.id_mode is IdMode.OWN)
    @rule()
    def moves_to_other_addresses(self) -> None:
        day = f"{self.now:%d%H}"
        self.posts = [replace(post, slug=f"{day}/{post.number}") for post in self.posts]
        self.now += timedelta(hours=1)
        assert not self._pull().new

    @precondition(lambda self: len(self.posts) > 2)
    @rule(pick=st.integers(0, 100))
    def deletes(self, pick: int) -> None:
        shown = self._shown()
        gone = shown[pick % (len(shown) - 1)]
        self.posts.remove(gone)
        for _ in range(2):
            self.now += timedelta(hours=1)
            self._pull()
        (at,) = self._stored(gone.number)
        if gone.dated and self.memory.entries[at].published == gone.published:
            self._check_deleted(at)

    def _check_deleted(self, at: int) -> None:
        """Where half of the feed is older, no post can only have made room."""
        when = self.memory.entries[at].published
        older = [post for post in self._shown() if post.dated and post.published < when]  # type: ignore[operator]
        if len(older) * 2 >= len(self._shown()):
            assert self.memory.entries[at].state in (EntryState.DELETED, EntryState.HELD)

    @rule()
    def is_empty_for_a_moment(self) -> None:
        before = {at: entry.state for at, entry in self.memory.entries.items()}
        for _ in range(3):
            self.now += timedelta(hours=1)
            self.memory.pull(a_feed(), now=self.now, rules=self.today)
        assert before == {at: entry.state for at, entry in self.memory.entries.items()}

    @precondition(lambda self: self.posts)
    @rule(count=st.integers(FEED_HOLDS, 12))
    def floods(self, count: int) -> None:
        for _ in range(count):
            self.now += timedelta(minutes=1)
            self._write(published=self.now)
        changes = self._pull()
        assert len(changes.new) == FEED_HOLDS
        assert all(new.held is not None and new.eligible_at is None for new in changes.new)

    @precondition(
        lambda self: any(e.state is EntryState.HELD for e in self.memory.entries.values())
    )
    @rule()
    def is_released_by_an_editor(self) -> None:
        for at, entry in self.memory.entries.items():
            if entry.state is EntryState.HELD:
                self.memory.entries[at] = replace(entry, state=EntryState.SHOWN)

    @invariant()
    def nothing_old_is_news_again(self) -> None:
        for at, entry in self.memory.entries.items():
            place = (entry.recency, self.memory.eligible[at])
            assert self.places.setdefault(at, place) == place
            assert entry.recency <= self.now

    @invariant()
    def what_the_blog_still_shows_is_never_taken_away(self) -> None:
        numbers = {str(post.number) for post in self._shown()}
        assert not [
            at
            for at, entry in self.memory.entries.items()
            if entry.state is EntryState.DELETED
            and self.memory.parsed[at].content_hash.partition("/")[0] in numbers
        ]


TestABlogsLife = BlogsLife.TestCase
TestABlogsLife.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
