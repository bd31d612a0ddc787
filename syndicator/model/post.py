"""A post: its one definition. Stored, hashed, taken down and shown forms are derived from it.

    Post --store.issues.frozen--> JSON of an issue
         --hashed_values--> what the content hash of an issue covers
         --taken_down--> what a takedown leaves of it in an issue
         --model.post_view--> PostView --> a page's line, a mail's lines
         --publish.feed_item--> Item --> RSS, Atom, JSON Feed

A field is added here, with its marks; a table in the test of this module says where it shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime
from enum import Enum, auto
from typing import Annotated, Any, get_type_hints

from syndicator.model.network import City, Kind
from syndicator.model.parsed import Image


class Mark(Enum):
    """What else a field takes part in. One without marks is emptied by a takedown, not hashed."""

    KEPT = auto()
    """Stays in an issue from which the post is taken down; every other field is emptied."""

    HASHED = auto()
    """Covered by the content hash of an issue: what reads differently has another hash."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a post was first published, for attribution."""

    key: str
    city: Annotated[str | None, Mark.HASHED]
    title: Annotated[str, Mark.HASHED]
    feed_url: str
    home: str | None
    feed_id: str | None
    updated: datetime
    kind: Kind

    @property
    def group(self) -> str:
        """Under what its posts stand together: the slug of its city, or its own key without one."""
        return self.city or self.key

    def name(self, language: str, *, cities: Mapping[str, City]) -> str:
        """Return what readers call it: its city's name (``cities`` by slug), or its own title."""
        city = cities.get(self.city or "")
        return self.title if city is None else city.name(language)


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """A story as published: what feeds, pages and digests show.

    ``public_id`` is for ever. ``content_html`` is empty unless the city granted the full text, and
    ``excerpt`` is empty where it granted only the link. ``updated`` is the last real edit.
    ``url`` is empty in an issue from which the post was taken down: title and date are left of it.
    ``topics`` are filled in for the posts of an issue only.

    A new field has a default: issues that were stored before it are read with that.
    """

    public_id: Annotated[str, Mark.KEPT, Mark.HASHED]
    url: Annotated[str, Mark.HASHED]
    title: Annotated[str, Mark.KEPT, Mark.HASHED]
    excerpt: Annotated[str, Mark.HASHED]
    content_html: str
    language: Annotated[str | None, Mark.KEPT, Mark.HASHED]
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    published: Annotated[datetime | None, Mark.KEPT, Mark.HASHED]
    updated: Annotated[datetime, Mark.KEPT]
    recency: Annotated[datetime, Mark.KEPT]
    origin: Annotated[Origin, Mark.KEPT, Mark.HASHED]
    others: tuple[Origin, ...] = ()
    translations: tuple[tuple[str, str], ...] = ()
    image: Image | None = None
    rights: str | None = None
    topics: Annotated[tuple[str, ...], Mark.KEPT] = ()

    def hashed_values(self) -> list[Any]:
        """Return what the content hash of an issue covers of it, as values that JSON knows.

        In the order of definition: the hash of these values is stored with each issue.
        """
        return _hashed_values(self)

    def taken_down(self) -> Post:
        """Return what a takedown leaves of it in an issue: the fields marked as kept.

        Every other field is as if nothing had been given: its default, or empty (``""``, ``()``).
        """
        emptied = {
            field.name: type(getattr(self, field.name))()
            if field.default is MISSING
            else field.default
            for field in fields(self)
            if field.name not in _KEPT
        }
        return replace(self, **emptied)


def _hashed_values(noun: Post | Origin) -> list[Any]:
    values: list[Any] = []
    for name in _HASHED[type(noun)]:
        match getattr(noun, name):
            case Origin() as origin:
                values += _hashed_values(origin)
            case datetime() as moment:
                values.append(moment.isoformat())
            case value:
                values.append(value)
    return values


def _marked(noun: type[Any], mark: Mark) -> tuple[str, ...]:
    """Return the names of the fields that carry ``mark``, as they are defined."""
    hints = get_type_hints(noun, include_extras=True)
    return tuple(
        field.name
        for field in fields(noun)
        if mark in getattr(hints[field.name], "__metadata__", ())
    )


_KEPT = _marked(Post, Mark.KEPT)
_HASHED: Mapping[type[Any], tuple[str, ...]] = {
    noun: _marked(noun, Mark.HASHED) for noun in (Origin, Post)
}
