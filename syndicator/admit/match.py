"""Which stored entry an entry of the answer is.

Identity is (source, id), but ids are only as good as the feed that gives them. So four questions
are asked in turn, each of all entries at once, and whoever is paired is out of the game:

1. equal id and equal link;
2. equal id, if no other entry has it and nothing says that it was used again for another post;
3. equal link (the id changed), if it is the only one with that link on both sides;
4. equal title, the only one in the source on both sides, and nearly equal text (both changed).

Where a feed gives no ids of its own, equal link and equal text or title come before all of these.
Where ids proved unstable the third comes before the second. A stored entry is never paired twice,
and the order of the feed never matters.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from syndicator.admit.aliases import FeedPost, base, named, unnumbered, with_link, with_title
from syndicator.admit.likeness import fold, identifies, nearly_equal
from syndicator.model import IdKind, IdMode, KnownEntry, ParsedEntry

SAME_DATE = timedelta(days=1)
"""Two publication dates further apart than this are those of two posts."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class By(StrEnum):
    """How an entry was recognised."""

    ID = "id"
    LINK = "link"
    TEXT = "text"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """A post of the answer and the stored entry that it is."""

    post: FeedPost
    entry: KnownEntry
    by: By


@dataclass(frozen=True, kw_only=True, slots=True)
class Matching:
    """Every post of the answer once: recognised, or fresh in the feed's order."""

    pairs: tuple[Pair, ...]
    fresh: tuple[FeedPost, ...]


def posts(entries: Iterable[ParsedEntry]) -> tuple[FeedPost, ...]:
    """Return each post of an answer once, in the feed's order.

    Equal id and equal link are one post, and so are equal link, title and date (or text) under two
    ids. A whole month of notes may link to one page, and some of them have one title. Two entries
    under one id but with different links are two. Of several forms of one post the newest counts.
    """
    groups: list[list[ParsedEntry]] = []
    places: dict[tuple[str, ...], list[ParsedEntry]] = {}
    for entry in entries:
        keys = _keys(entry)
        touched = list({id(places[key]): places[key] for key in keys if key in places}.values())
        group = touched[0] if touched else []
        if not touched:
            groups.append(group)
        for other in touched[1:]:
            group.extend(other)
            groups.remove(other)
        group.append(entry)
        for member in group:
            places.update(dict.fromkeys(_keys(member), group))
    return tuple(_feed_post(group) for group in groups)


def _keys(entry: ParsedEntry) -> list[tuple[str, ...]]:
    keys: list[tuple[str, ...]] = [("id", entry.raw_id, entry.link or "")]
    if entry.link is not None and identifies(entry.link):
        page = ("title", entry.link, fold(entry.title))
        keys.append((*page, entry.published.isoformat() if entry.published else entry.content_hash))
        if entry.id_kind is not IdKind.OWN:
            # Without ids of their own the link is all that sets posts apart.
            keys.append(page)
    return keys


def _feed_post(group: Sequence[ParsedEntry]) -> FeedPost:
    newest = max(
        group, key=lambda e: (e.updated or e.published or _LONG_AGO, e.content_hash, e.raw_id)
    )
    return FeedPost(parsed=newest, raw_ids=tuple(sorted({entry.raw_id for entry in group})))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Candidate:
    """A post and an entry it may be; ``sure`` is higher for the better evidence."""

    post: FeedPost
    entry: KnownEntry
    sure: int = 0

    @property
    def rank(self) -> tuple[int, bool, bool, tuple[str, ...], int]:
        """The likelier first; the last two only so that the order of the feed never decides."""
        return (
            -self.sure,
            fold(self.post.parsed.title) != fold(self.entry.title),
            not self.entry.in_last_answer,
            self.post.raw_ids,
            self.entry.id,
        )


class _Pairing:
    """The posts and entries that are still without a partner, and the pairs made so far."""

    def __init__(self, posts: Sequence[FeedPost], entries: Sequence[KnownEntry]) -> None:
        self.posts, self.entries = posts, sorted(entries, key=lambda entry: entry.id)
        self.pairs: dict[int, Pair] = {}
        self.taken: set[int] = set()
        self.sharers = Counter(base(raw_id) for post in posts for raw_id in post.raw_ids)
        self.owners: dict[str, set[int]] = defaultdict(set)
        for entry in entries:
            for name in entry.raw_ids:
                self.owners[base(name)].add(entry.id)

    def shared(self, raw_id: str) -> bool:
        return self.sharers[base(raw_id)] > 1 or len(self.owners[base(raw_id)]) > 1

    def open_posts(self) -> list[FeedPost]:
        return [post for post in self.posts if id(post) not in self.pairs]

    def open_entries(self) -> list[KnownEntry]:
        return [entry for entry in self.entries if entry.id not in self.taken]

    def settle(self, candidates: Iterable[_Candidate], *, by: By) -> None:
        """Pair the candidates, the likelier first, each post and each entry at most once."""
        for candidate in sorted(candidates, key=lambda candidate: candidate.rank):
            if id(candidate.post) not in self.pairs and candidate.entry.id not in self.taken:
                self.pairs[id(candidate.post)] = Pair(
                    post=candidate.post, entry=candidate.entry, by=by
                )
                self.taken.add(candidate.entry.id)


def match(answer: Sequence[FeedPost], known: Sequence[KnownEntry], *, mode: IdMode) -> Matching:
    """Return which post of the answer is which stored entry, and which are fresh.

    Args:
        known: entries of the same source; each at most once.
        mode: whether ids or links are believed first.
    """
    pairing = _Pairing(answer, known)
    # Where links are believed, what the link and the text told is no reason to learn an id.
    pairing.settle(_by_sight(pairing), by=By.ID if mode is IdMode.OWN else By.LINK)
    pairing.settle(_by_name(pairing), by=By.ID)
    steps: list[tuple[By, Callable[[_Pairing], list[_Candidate]]]] = [
        (By.ID, _by_id),
        (By.LINK, lambda pairing: _by_link(pairing, mode=mode)),
    ]
    for by, step in steps if mode is IdMode.OWN else reversed(steps):
        pairing.settle(step(pairing), by=by)
    pairing.settle(_by_text(pairing), by=By.TEXT)
    return Matching(
        pairs=tuple(pairing.pairs[id(post)] for post in answer if id(post) in pairing.pairs),
        fresh=tuple(pairing.open_posts()),
    )


def _by_name(pairing: _Pairing) -> list[_Candidate]:
    """Candidates with equal id and equal link. A name of more parts is the surer."""
    index: dict[str, list[tuple[str, KnownEntry]]] = defaultdict(list)
    for entry in pairing.entries:
        for name in entry.raw_ids:
            index[unnumbered(name)].append((name, entry))
    return [
        _Candidate(post=post, entry=entry, sure=name.count("\n"))
        for post in pairing.posts
        for raw_id in post.raw_ids
        for asked in (raw_id, with_link(raw_id, post.parsed), with_title(raw_id, post.parsed))
        for name, entry in index[asked]
        if asked != raw_id or entry.link == post.parsed.link
    ]


def _by_sight(pairing: _Pairing) -> list[_Candidate]:
    """Candidates with equal link and equal text, or equal link and title, among posts without an
    id of their own. Of two alike, the one that has the name is the surer.

    Of several posts with one link the first is called by it and the others by a hash. So a feed
    that puts a new version above the old one hands the old one's name to the new one.
    """
    stored: dict[str | None, list[KnownEntry]] = defaultdict(list)
    for entry in pairing.entries:
        stored[entry.link].append(entry)
    return [
        _Candidate(post=post, entry=entry, sure=2 * same + _is_named(post, entry))
        for post in pairing.posts
        if post.parsed.id_kind is not IdKind.OWN
        for entry in stored[post.parsed.link]
        if (same := entry.content_hash == post.parsed.content_hash)
        or (identifies(entry.link) and fold(entry.title) == fold(post.parsed.title))
    ]


def _is_named(post: FeedPost, entry: KnownEntry) -> bool:
    return any(named(raw_id, post.parsed, among=entry.raw_ids) for raw_id in post.raw_ids)


def _by_id(pairing: _Pairing) -> list[_Candidate]:
    index = {name: entry for entry in pairing.open_entries() for name in entry.raw_ids}
    return [
        _Candidate(post=post, entry=entry)
        for post in pairing.open_posts()
        for raw_id in post.raw_ids
        if (entry := index.get(raw_id)) is not None
        and not pairing.shared(raw_id)
        and not _used_again(post.parsed, entry)
    ]


def _used_again(parsed: ParsedEntry, entry: KnownEntry) -> bool:
    """Return True if an equal id under another link names another post.

    A post whose address alone changed keeps its date or its text. Some feeds build the guid from
    the title: next week's "Viikkokatsaus" has last week's guid, and only the link tells.
    """
    if not (identifies(parsed.link) and identifies(entry.link)) or parsed.link == entry.link:
        return False
    if parsed.published is not None and parsed.published == entry.published:
        return False
    if not parsed.text and not entry.text:
        return fold(parsed.title) != fold(entry.title)
    return not nearly_equal(parsed.text, entry.text)


def _by_link(pairing: _Pairing, *, mode: IdMode) -> list[_Candidate]:
    listed = Counter(post.parsed.link for post in pairing.posts)
    stored = Counter(entry.link for entry in pairing.open_entries())
    index = {entry.link: entry for entry in pairing.open_entries() if stored[entry.link] == 1}
    return [
        _Candidate(post=post, entry=entry)
        for post in pairing.open_posts()
        if identifies(post.parsed.link)
        and listed[post.parsed.link] == 1
        and (entry := index.get(post.parsed.link)) is not None
        and (mode is IdMode.LINK or not _next_on_the_page(post.parsed, entry))
    ]


def _next_on_the_page(parsed: ParsedEntry, entry: KnownEntry) -> bool:
    """Return True if a new id, a new date and a new text stand at an old address: a page that
    carries one post after the other."""
    return (
        _dates_apart(parsed, entry)
        and bool(parsed.text and entry.text)
        and not nearly_equal(parsed.text, entry.text)
    )


def _by_text(pairing: _Pairing) -> list[_Candidate]:
    listed = Counter(fold(post.parsed.title) for post in pairing.posts)
    stored = Counter(fold(entry.title) for entry in pairing.entries)
    index = {fold(entry.title): entry for entry in pairing.open_entries()}
    return [
        _Candidate(post=post, entry=entry)
        for post in pairing.open_posts()
        if (entry := index.get(title := fold(post.parsed.title))) is not None
        and listed[title] == stored[title] == 1
        and not _dates_apart(post.parsed, entry)
        and nearly_equal(post.parsed.text, entry.text)
    ]


def _dates_apart(parsed: ParsedEntry, entry: KnownEntry) -> bool:
    if parsed.published is None or entry.published is None:
        return False
    return abs(parsed.published - entry.published) > SAME_DATE
