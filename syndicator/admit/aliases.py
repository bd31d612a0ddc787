"""Under which names an entry will be found again.

The name of an entry is its raw id. Where feeds give one id to several posts, the link makes the
name its own, then the title, then a number. The parts stand on lines of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from syndicator.admit.likeness import fold
from syndicator.model import ParsedEntry

_NUMBERED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedPost:
    """One post of the answer, with every raw id under which the answer holds it."""

    parsed: ParsedEntry
    raw_ids: tuple[str, ...]


def base(name: str) -> str:
    """Return what a name shares with those made from the same raw id."""
    return name.partition("\n")[0]


def with_link(raw_id: str, parsed: ParsedEntry) -> str:
    """Return the name that tells posts of one raw id apart by their links."""
    return f"{raw_id}\n{parsed.link or ''}"


def with_title(raw_id: str, parsed: ParsedEntry) -> str:
    """Return the name that tells posts of one raw id and one link apart by their titles."""
    return f"{with_link(raw_id, parsed)}\n{fold(parsed.title)}"


def unnumbered(name: str) -> str:
    """Return the name without the number that sets it apart from an equal one, if it has one."""
    return name if name.count("\n") < _NUMBERED else name.rpartition("\n")[0]


class Register:
    """Which names are taken: by stored entries, and by ids that several posts of an answer use."""

    def __init__(self, posts: Iterable[FeedPost], names: Iterable[str]) -> None:
        self._taken = frozenset(names)
        self._bases = frozenset(base(name) for name in self._taken)
        self._sharers = Counter(base(raw_id) for post in posts for raw_id in post.raw_ids)

    def free(self, post: FeedPost) -> tuple[str, ...]:
        """Return for each raw id of a new post the shortest name that points to nothing yet."""
        return tuple(self.free_name(raw_id, post.parsed) for raw_id in post.raw_ids)

    def free_name(self, raw_id: str, parsed: ParsedEntry) -> str:
        """Return the shortest name for this id of this post that points to nothing yet."""
        return next(name for name in self._names(raw_id, parsed) if name not in self._taken)

    def _names(self, raw_id: str, parsed: ParsedEntry) -> Iterator[str]:
        if self._sharers[base(raw_id)] == 1 and base(raw_id) not in self._bases:
            yield raw_id
        yield with_link(raw_id, parsed)
        yield with_title(raw_id, parsed)
        for number in count(2):
            yield f"{with_title(raw_id, parsed)}\n{number}"


def named(raw_id: str, parsed: ParsedEntry, *, among: Container[str]) -> bool:
    """Return True if a name by which this id of the post would be found is ``among`` those."""
    names = (raw_id, with_link(raw_id, parsed), with_title(raw_id, parsed))
    return any(name in among for name in names)
