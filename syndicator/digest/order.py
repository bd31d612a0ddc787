"""In which order an issue has its posts: city by city by the reader's alphabet, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from syndicator.config import Settings
from syndicator.locales import Locales
from syndicator.model import City, Origin, Post, speaks

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class CityNames:
    """What readers of a language call where a post comes from. ``cities`` are by slug."""

    cities: Mapping[str, City]
    locales: Locales

    def name(self, origin: Origin, language: str) -> str:
        """Return the name of the origin's city, or the source's own title."""
        return origin.name(language, cities=self.cities)

    def sort_key(self, origin: Origin, language: str) -> tuple[str, str]:
        """Return what to sort the origin's name by, in the alphabet of ``language``."""
        return self.locales[language].sort_key(self.name(origin, language))


def names_of(settings: Settings) -> CityNames:
    """Return what a network calls its cities, and other sources by their titles."""
    return CityNames(cities={city.slug: city for city in settings.cities}, locales=settings.locales)


def in_order(posts: Iterable[Post], *, language: str, names: CityNames) -> tuple[Post, ...]:
    """Return the posts as readers of ``language`` get them, whatever order they come in.

    Cities come by the alphabet of ``language``, each in one piece; within a city the posts in the
    reader's own language first, then the newest.
    """

    def place(post: Post) -> tuple[tuple[str, str], str, bool, timedelta, str]:
        name = names.sort_key(post.origin, language)
        return name, post.origin.group, not speaks(post, language), *_newest_first(post)

    return tuple(sorted(posts, key=place))


def in_fixed_order(posts: Iterable[Post]) -> tuple[Post, ...]:
    """Return the posts in the one order that no language decides: by group, then newest first."""
    return tuple(sorted(posts, key=lambda post: (post.origin.group, *_newest_first(post))))


def _newest_first(post: Post) -> tuple[timedelta, str]:
    return _EPOCH - post.recency, post.public_id
