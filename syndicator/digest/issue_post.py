"""What a mail shows of each post and city, in the reader's language: plain text, not yet marked up.

A post is told in up to three forms, from generous to spare, so that a mail that grows too large
says less of each before it leaves one out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from syndicator.digest.links import web_address
from syndicator.digest.order import Names, group_of, in_order, main_language, speaks
from syndicator.locales import Locale, unbroken
from syndicator.model import SITE_MARK, UNSUBSCRIBE_MARK, Post

SHORT = 120
"""Letters of an excerpt in the second form. The third has none."""

LONGEST_TITLE = 240

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A post in one form. ``number`` and ``form`` name its piece.

    ``href`` is empty where no link may lead; ``lang`` where the language is the reader's own or
    unknown; ``foreign`` is set where it is another of ours. ``gone`` was taken down since.
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
class ToldCity:
    """A city's posts, each in all its forms.

    Where a post is of no city, ``slug`` is the key of its source.
    """

    number: int
    slug: str
    name: str
    is_city: bool
    posts: tuple[Told, ...]


def cities_of(
    posts: tuple[Post, ...],
    *,
    language: str,
    languages: Collection[str],
    names: Names,
    zone: ZoneInfo,
) -> tuple[ToldCity, ...]:
    """Return all posts by city, in the order of ``language``; the numbers are unique.

    ``languages`` are those that have a word for a post in another language.
    """
    ordered = in_order(posts, language=language, names=names)
    numbers = {post.public_id: number for number, post in enumerate(ordered)}
    return tuple(
        ToldCity(
            number=number,
            slug=slug,
            name=one_line(names.author(own[0].origin, language)),
            is_city=own[0].origin.city is not None,
            posts=tuple(
                told
                for post in own
                for told in _forms(
                    post,
                    number=numbers[post.public_id],
                    day=_day(post, locale=names.locales[language], zone=zone),
                    language=language,
                    foreign=_foreign(post, language, languages),
                )
            ),
        )
        for number, (slug, own) in enumerate(
            (slug, list(group)) for slug, group in groupby(ordered, key=group_of)
        )
    )


def _forms(post: Post, *, number: int, day: str, language: str, foreign: str) -> Iterator[Told]:
    excerpt = one_line(post.excerpt)
    seen = dict.fromkeys((excerpt, shortened(excerpt, SHORT), ""))
    for form, text in enumerate(seen):
        yield Told(
            number=number,
            form=form,
            public_id=post.public_id,
            title=shortened(one_line(post.title) or one_line(post.origin.title), LONGEST_TITLE),
            href=web_address(post.url),
            excerpt=text,
            day=day,
            lang="" if speaks(post, language) else _tag(post),
            foreign=foreign,
            gone=not post.url,
        )


def shortened(text: str, longest: int) -> str:
    """Return ``text``, or its first words and an ellipsis: at most ``longest`` letters."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    words = cut if text[longest - 1].isspace() else cut.rpartition(" ")[0] or cut
    return words.rstrip(" ,;:.–-") + "…"


def _day(post: Post, *, locale: Locale, zone: ZoneInfo) -> str:
    if post.published is None:
        return ""
    return locale.long_date(post.published.astimezone(zone).date())


def _foreign(post: Post, language: str, languages: Collection[str]) -> str:
    main = main_language(post)
    return main if main != language and main in languages else ""


def _tag(post: Post) -> str:
    return post.language if post.language and _TAG.fullmatch(post.language) else ""


def without_mark(text: str) -> str:
    """Return text that cannot pass for a mark of ours: each reader's token would be put into it.

    Something stands in its place, or what was on both sides of it could be a mark in turn.
    """
    return text.replace(UNSUBSCRIBE_MARK, "…").replace(SITE_MARK, "…")


def one_line(text: str) -> str:
    """Return ``text`` on one line, without our marks, its numbers unbroken."""
    return unbroken(" ".join(without_mark(text).split()))
