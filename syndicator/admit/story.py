"""Which story told elsewhere a new entry tells again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from syndicator.admit.likeness import begins_equal, fold, tells
from syndicator.model import KnownStory, ParsedEntry


def join(
    entries: Sequence[ParsedEntry],
    *,
    elsewhere: Sequence[KnownStory],
    told_here: Collection[int],
) -> tuple[KnownStory | None, ...]:
    """Return for each new entry the entry of another source whose story it tells, or ``None``.

    It tells the same story if it has the same canonical link, or the same title and a text of
    which 200 characters at least are equal. A link that several entries of the answer or several
    stories have tells nothing. A story takes one entry of a source, so none of ``told_here``, the
    stories this source tells already, and none twice. Translations are never guessed.

    Source: rule P3.
    """
    taken = set(told_here)
    found: dict[int, KnownStory] = {}
    order = sorted(range(len(entries)), key=lambda at: (entries[at].raw_id, entries[at].link or ""))
    for candidates in (_by_link(entries, elsewhere), _by_text(entries, elsewhere)):
        for at in order:
            free = [story for story in candidates[at] if story.story not in taken]
            if at not in found and free:
                found[at] = min(free, key=lambda story: (story.story, story.entry))
                taken.add(found[at].story)
    return tuple(found.get(at) for at in range(len(entries)))


def _by_link(
    entries: Sequence[ParsedEntry], elsewhere: Sequence[KnownStory]
) -> list[list[KnownStory]]:
    said = Counter(entry.link for entry in entries)
    stories: dict[str | None, list[KnownStory]] = defaultdict(list)
    for story in elsewhere:
        stories[story.link].append(story)
    return [
        stories[entry.link]
        if tells(entry.link)
        and said[entry.link] == 1
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
