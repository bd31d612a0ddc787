"""Which posts of an issue each selection gives. Selections that give the same share a variant."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from syndicator.digest.order import CityNames, in_order
from syndicator.model import Draft, Issue, Post, Selection, Variant


def variants(
    issue: Draft | Issue, selections: Mapping[int, Selection], *, names: CityNames
) -> Mapping[int, Variant | None]:
    """Return what each selection (by id) gets of ``issue``; ``None`` where that is nothing.

    Nobody is mailed an empty issue (E9). Equal variants are one object.
    """

    @cache
    def carried(language: str) -> tuple[Post, ...]:
        return in_order(issue.posts, language=language, names=names)

    @cache
    def variant(selection: Selection) -> Variant | None:
        ids = tuple(
            post.public_id for post in carried(selection.language) if wants(selection, post)
        )
        return Variant(language=selection.language, posts=ids) if ids else None

    return {id_: variant(selection) for id_, selection in selections.items()}


def wants(selection: Selection, post: Post) -> bool:
    """Return True if the post is of a chosen city and of a chosen topic; none chosen is all.

    A story that several cities published is each one's own.
    """
    cities = {origin.city for origin in (post.origin, *post.others)}
    of_city = not selection.cities or not selection.cities.isdisjoint(cities)
    return of_city and (not selection.topics or not selection.topics.isdisjoint(post.topics))
