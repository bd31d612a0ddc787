"""The network as configured: its cities, topics and the sources it declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


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
    """A member of the network.

    ``code`` is its country's official code, a string with leading zeros. ``languages`` are its own,
    the main one first. ``forms`` are bent forms of its name by language: ``Raahessa``.
    """

    slug: str
    code: str
    names: Mapping[str, str]
    languages: tuple[str, ...]
    forms: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
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
        """Return the topic's name in ``language``, or in the first it has one in."""
        return self.names.get(language) or next(iter(self.names.values()))


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
