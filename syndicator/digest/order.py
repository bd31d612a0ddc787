"""In which order an issue is told: city by city by the reader's alphabet, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from syndicator.config import Settings
from syndicator.locales import Locales
from syndicator.model import Origin, Post

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Names:
    """What readers of a language call where a post comes from, and in which order.

    ``author`` names it: the city, or the source's own title.
    """

    author: Callable[[Origin, str], str]
    locales: Locales

    def order(self, origin: Origin, language: str) -> tuple[str, str]:
        """Return what to sort the origin's name by, in the alphabet of ``language``."""
        return self.locales[language].sort_key(self.author(origin, language))


def names_of(settings: Settings) -> Names:
    """Return what a network calls its cities, and other sources by their titles."""
    return Names(author=settings.author, locales=settings.locales)


def in_order(posts: Iterable[Post], *, language: str, names: Names) -> tuple[Post, ...]:
    """Return the posts as readers of ``language`` are told them, whatever order they come in.

    Cities come by the alphabet of ``language``, each in one piece; within a city the posts in the
    reader's own language first, then the newest.
    """

    def place(post: Post) -> tuple[tuple[str, str], str, bool, timedelta, str]:
        name = names.order(post.origin, language)
        return name, group_of(post), not speaks(post, language), *_newest_first(post)

    return tuple(sorted(posts, key=place))


def settled(posts: Iterable[Post]) -> tuple[Post, ...]:
    """Return the posts in the one order that no language decides: by group, then newest first."""
    return tuple(sorted(posts, key=lambda post: (group_of(post), *_newest_first(post))))


def group_of(post: Post) -> str:
    """Return the slug of the city a post is told under; a source of no city stands for itself."""
    return post.origin.city or post.origin.key


def speaks(post: Post, language: str) -> bool:
    """Return True if the post is in ``language``; ``sv-FI`` is Swedish."""
    return main_language(post) == language


def main_language(post: Post) -> str:
    """Return the language of a post without its region, empty where nobody knows."""
    return (post.language or "").replace("_", "-").partition("-")[0].lower()


def _newest_first(post: Post) -> tuple[timedelta, str]:
    return _EPOCH - post.recency, post.public_id
