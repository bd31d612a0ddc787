"""A post as one line of a list: what is shown of it, and in whose language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from syndicator.locales import unbroken
from syndicator.model import Origin, Post, post_view, web_address
from syndicator.publish.authors import named
from syndicator.publish.page_site import Site


@dataclass(frozen=True, kw_only=True, slots=True)
class OriginLink:
    """Where a post was published: a name to show, and the slug of our page where a city's."""

    name: str
    city: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PostLine:
    """What a list shows of a post: what ``PostView`` has, and what only a page has room for.

    ``edited`` is set when the post changed on a later day than the one shown.
    """

    title: str
    href: str
    excerpt: str
    lang: str
    foreign: str
    at: datetime
    edited: datetime | None
    authors: tuple[str, ...]
    origin: OriginLink
    others: tuple[OriginLink, ...]
    translations: tuple[tuple[str, str], ...]
    gone: bool


def post_line(post: Post, *, site: Site, language: str) -> PostLine:
    """Return what a page in ``language`` shows of ``post``.

    The excerpt only, even where the full text was granted: a list of whole posts is no list, and
    the pictures in them would send our readers' addresses to the servers they lie on.
    """
    city = site.cities_by_slug.get(post.origin.city or "")
    view = post_view(
        post,
        language=language,
        languages=site.languages,
        assumed=city.languages[0] if city else "",
    )
    at = post.published or post.recency
    origin = _origin_link(post.origin, site=site, language=language)
    others = (_origin_link(other, site=site, language=language) for other in post.others)
    edited_later = _day(post.updated, site=site) > _day(at, site=site)
    return PostLine(
        title=unbroken(post.title),
        href=view.href,
        excerpt=unbroken(post.excerpt),
        lang=view.lang,
        foreign=view.foreign,
        at=at,
        edited=post.updated if edited_later else None,
        authors=named(post.authors),
        origin=origin,
        others=tuple(other for other in dict.fromkeys(others) if other != origin),
        translations=tuple(
            (tag, address)
            for tag, address in ((tag, web_address(url)) for tag, url in post.translations)
            if address and tag in site.languages
        ),
        gone=view.gone,
    )


def _origin_link(origin: Origin, *, site: Site, language: str) -> OriginLink:
    name = origin.name(language, cities=site.cities_by_slug) or site.network.name(language)
    return OriginLink(name=name, city=origin.city if origin.city in site.cities_by_slug else None)


def _day(moment: datetime, *, site: Site) -> date:
    return moment.astimezone(site.zone).date()
