"""What a mail shows of each post and city, in the reader's language: plain text, not yet marked up.

A post comes in up to three forms, from generous to spare, so that a mail that grows too large has
fewer words of each before it leaves one out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from syndicator.digest.links import ascii_address
from syndicator.digest.order import CityNames, in_order
from syndicator.locales import unbroken
from syndicator.model import SITE_MARK, UNSUBSCRIBE_MARK, Post, PostView, post_view

SHORT = 120
"""Letters of an excerpt in the second form. The third has none."""

LONGEST_TITLE = 240


@dataclass(frozen=True, kw_only=True, slots=True)
class IssuePost:
    """A post in one form. ``number`` and ``form`` name its piece.

    ``lang`` is empty where the language is the reader's own or unknown; the rest is as in
    ``PostView``.
    """

    number: int
    form: int
    public_id: str
    title: str
    href: str
    excerpt: str
    day: str
    lang: str
    foreign: str
    gone: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueCity:
    """A city's posts, each in all its forms.

    Where a post is of no city, ``slug`` is the key of its source.
    """

    number: int
    slug: str
    name: str
    is_city: bool
    posts: tuple[IssuePost, ...]


def cities_of(
    posts: tuple[Post, ...],
    *,
    language: str,
    languages: Collection[str],
    names: CityNames,
    zone: ZoneInfo,
) -> tuple[IssueCity, ...]:
    """Return all posts by city, in the order of ``language``; the numbers are unique.

    ``languages`` are those that have a word for a post in another language.
    """
    ordered = in_order(posts, language=language, names=names)
    numbers = {post.public_id: number for number, post in enumerate(ordered)}
    locale = names.locales[language]

    def forms(post: Post) -> Iterator[IssuePost]:
        view = post_view(post, language=language, languages=languages)
        at = post.published
        day = "" if at is None else locale.long_date(at.astimezone(zone).date())
        return _forms(post, view, number=numbers[post.public_id], day=day)

    groups = (
        (slug, list(group)) for slug, group in groupby(ordered, key=lambda post: post.origin.group)
    )
    return tuple(
        IssueCity(
            number=number,
            slug=slug,
            name=one_line(names.name(own[0].origin, language)),
            is_city=own[0].origin.city is not None,
            posts=tuple(form for post in own for form in forms(post)),
        )
        for number, (slug, own) in enumerate(groups)
    )


def _forms(post: Post, view: PostView, *, number: int, day: str) -> Iterator[IssuePost]:
    excerpt = one_line(post.excerpt)
    for form, text in enumerate(dict.fromkeys((excerpt, shortened(excerpt, SHORT), ""))):
        yield IssuePost(
            number=number,
            form=form,
            public_id=post.public_id,
            title=shortened(one_line(post.title) or one_line(post.origin.title), LONGEST_TITLE),
            href=ascii_address(view.href),
            excerpt=text,
            day=day,
            lang="" if view.in_own_language else view.lang,
            foreign=view.foreign,
            gone=view.gone,
        )


def shortened(text: str, longest: int) -> str:
    """Return ``text``, or its first words and an ellipsis: at most ``longest`` letters."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    words = cut if text[longest - 1].isspace() else cut.rpartition(" ")[0] or cut
    return words.rstrip(" ,;:.–-") + "…"


def one_line(text: str) -> str:
    """Return ``text`` on one line, its numbers unbroken, and nothing in it that could pass for a
    mark of ours: each reader's token would be put into it."""
    # Something stands in a mark's place, or what was on both sides could be a mark in turn.
    unmarked = text.replace(UNSUBSCRIBE_MARK, "…").replace(SITE_MARK, "…")
    return unbroken(" ".join(unmarked.split()))
