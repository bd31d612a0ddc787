"""Which story told elsewhere a new entry tells again, and which stories turn out to be one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicator.admit.likeness import begins_equal, fold, identifies
from syndicator.model import EntryState, Known, KnownStory, Merge, ParsedEntry

AT_ONE_MOMENT = timedelta(minutes=2)
"""What two sources bring no further apart may be written without either knowing of the other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """A shown post of the answer, and the story it tells: when it first came, and since when it
    reads as it does."""

    parsed: ParsedEntry
    story: int
    first_seen: datetime
    changed_at: datetime


def join(
    entries: Sequence[ParsedEntry],
    *,
    elsewhere: Sequence[KnownStory],
    own_stories: Collection[int],
) -> tuple[KnownStory | None, ...]:
    """Return for each new entry the entry of another source whose story it tells, or ``None``.

    It tells the same story if it has the same canonical link, or the same title and a text of
    which 200 characters at least are equal. A link that several entries of the answer or several
    stories have tells nothing. A story takes one entry of a source, so none of ``own_stories``, the
    stories this source tells already, and none twice. Translations are never guessed.

    Source: rule P3.
    """
    taken = set(own_stories)
    joined: dict[int, KnownStory] = {}
    order = sorted(range(len(entries)), key=lambda at: (entries[at].raw_id, entries[at].link or ""))
    for candidates in (_by_link(entries, elsewhere), _by_text(entries, elsewhere)):
        for at in order:
            free = [story for story in candidates[at] if story.story not in taken]
            if at not in joined and free:
                joined[at] = min(free, key=lambda story: (story.story, story.entry))
                taken.add(joined[at].story)
    return tuple(joined.get(at) for at in range(len(entries)))


def _by_link(
    entries: Sequence[ParsedEntry], elsewhere: Sequence[KnownStory]
) -> list[list[KnownStory]]:
    listed = Counter(entry.link for entry in entries)
    stories: dict[str | None, list[KnownStory]] = defaultdict(list)
    for story in elsewhere:
        stories[story.link].append(story)
    return [
        stories[entry.link]
        if identifies(entry.link)
        and listed[entry.link] == 1
        and len({story.story for story in stories[entry.link]}) == 1
        else []
        for entry in entries
    ]


def _by_text(
    entries: Sequence[ParsedEntry], elsewhere: Sequence[KnownStory]
) -> list[list[KnownStory]]:
    return [
        [
            story
            for story in elsewhere
            if fold(story.title) == fold(entry.title) and begins_equal(story.text, entry.text)
        ]
        for entry in entries
    ]


def merges(
    shown_here: Iterable[Telling],
    *,
    links: Iterable[str | None],
    source: int,
    known: Known,
) -> tuple[Merge, ...]:
    """Return the stored stories that are one post, as this answer tells; the oldest goes on.

    By the same marks as ``join``, which sees an entry once, when it is new: an edit may give it
    the link or the text of another story later, and two sources may bring a post at one moment.
    Two stories that one source tells are two: it lists them apart itself. What waits or was taken
    away is left where it is. A story takes no younger one over by an edit of its own: whoever gives
    an old post the words or the link of somebody's new one would have that out of all channels. Nor
    does one source's telling make a story another's that a third tells, too, or two others one.

    Args:
        shown_here: each shown post of the answer.
        links: the link of every post of the answer.

    Source: rule P3; decisions, "Entries".
    """
    shown = [story for story in known.elsewhere if story.state is EntryState.SHOWN]
    listed = Counter(links)
    merged = _MergedStories(known.tellers, shown)
    for here in sorted(shown_here, key=lambda telling: (telling.story, telling.parsed.raw_id)):
        merged.meet(here.story, source)
        retellings = _retellings(here.parsed, here.story, shown=shown, listed=listed)
        same = (there for there in retellings if _told_so_before(here, there))
        for there in sorted(same, key=lambda there: there.story):
            younger, by = max((here.story, source), (there.story, there.source))
            alone = known.tellers.get(younger, frozenset()) <= {by}
            if alone and not merged.went(here.story):
                merged.unite(here.story, there.story)
    return merged.merges()


def _told_so_before(here: Telling, there: KnownStory) -> bool:
    """Return True if the older of the two read as it does when the younger came."""
    if here.story < there.story:
        return here.changed_at <= there.first_seen + AT_ONE_MOMENT
    return there.changed_at <= here.first_seen + AT_ONE_MOMENT


def _retellings(
    parsed: ParsedEntry, own: int, *, shown: Sequence[KnownStory], listed: Mapping[str | None, int]
) -> list[KnownStory]:
    """Return what other stories tell the same post."""
    others = [story for story in shown if story.story != own]
    linked = [story for story in others if story.link == parsed.link]
    alone = listed[parsed.link] == 1 and len({story.story for story in linked}) == 1
    return [
        *(linked if identifies(parsed.link) and alone else ()),
        *_by_text([parsed], others)[0],
    ]


class _MergedStories:
    """Which stories are one by now, and who tells them."""

    def __init__(
        self, tellers: Mapping[int, frozenset[int]], elsewhere: Iterable[KnownStory]
    ) -> None:
        self._tellers: dict[int, set[int]] = defaultdict(set)
        self._into: dict[int, int] = {}
        for story, sources in tellers.items():
            self._tellers[story] |= sources
        for entry in elsewhere:
            self._tellers[entry.story].add(entry.source)

    def meet(self, story: int, source: int) -> None:
        """Remember that this source tells the story."""
        self._tellers[self._home(story)].add(source)

    def went(self, story: int) -> bool:
        """Return True if the story is part of an older one by now."""
        return story in self._into

    def unite(self, story: int, other: int) -> None:
        """Make the two one story, unless they are, or some source tells both."""
        into, gone = sorted((self._home(story), self._home(other)))
        if into != gone and not self._tellers[into] & self._tellers[gone]:
            self._into[gone] = into
            self._tellers[into] |= self._tellers[gone]

    def merges(self) -> tuple[Merge, ...]:
        """Return where each story went that is no longer its own."""
        return tuple(Merge(story=gone, into=self._home(gone)) for gone in sorted(self._into))

    def _home(self, story: int) -> int:
        while story in self._into:
            story = self._into[story]
        return story
