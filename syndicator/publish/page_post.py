"""A post as one line of a list: what is shown of it, and in whose language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from syndicator.locales import unbroken
from syndicator.model import Origin, Post
from syndicator.publish.authors import named
from syndicator.publish.page_site import Site

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Whence:
    """Where a post was published: a name to show and our page about it, if it is a city's."""

    name: str
    city: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PostLine:
    """What a list shows of a post. ``href`` is empty when its address is no web address.

    ``lang`` is for the attribute, empty when nobody knows; ``foreign`` is the post's language when
    it is one of ours but not the page's, so that the list can say so. ``edited`` is set when the
    post changed on a later day than the one shown. ``gone`` was taken down from an issue.
    """

    title: str
    href: str
    excerpt: str
    lang: str
    foreign: str
    at: datetime
    edited: datetime | None
    authors: tuple[str, ...]
    whence: Whence
    others: tuple[Whence, ...]
    translations: tuple[tuple[str, str], ...]
    gone: bool = False


def post_line(post: Post, *, site: Site, language: str) -> PostLine:
    """Return what a page in ``language`` shows of ``post``.

    The excerpt only, even where the full text was granted: a list of whole posts is no list, and
    the pictures in them would send our readers' addresses to the servers they lie on.
    """
    lang = _language_tag(post, site=site)
    main = lang.partition("-")[0].lower()
    at = post.published or post.recency
    whence = _whence(post.origin, site=site, language=language)
    others = dict.fromkeys(_whence(one, site=site, language=language) for one in post.others)
    return PostLine(
        title=unbroken(post.title),
        href=web_address(post.url),
        excerpt=unbroken(post.excerpt),
        lang=lang,
        foreign=main if main != language and main in site.languages else "",
        at=at,
        edited=_edited(post, shown=at, site=site),
        authors=named(post.authors),
        whence=whence,
        others=tuple(other for other in others if other != whence),
        translations=tuple(
            (tag, address)
            for tag, address in ((tag, web_address(url)) for tag, url in post.translations)
            if address and tag in site.languages
        ),
        gone=not post.url,
    )


def web_address(url: str) -> str:
    """Return ``url`` if a link may lead there, else an empty string.

    Parsing has cleaned addresses already; the page is the last door before a reader's browser,
    and a ``javascript:`` address that ever slipped through would act in our name.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def _language_tag(post: Post, *, site: Site) -> str:
    if post.language and _TAG.fullmatch(post.language):
        return post.language
    city = site.cities_by_slug.get(post.origin.city or "")
    return city.languages[0] if city else ""


def _whence(origin: Origin, *, site: Site, language: str) -> Whence:
    city = site.cities_by_slug.get(origin.city or "")
    if city is not None:
        return Whence(name=city.name(language), city=city.slug)
    return Whence(name=origin.title or site.network.name(language), city=None)


def _edited(post: Post, *, shown: datetime, site: Site) -> datetime | None:
    day = post.updated.astimezone(site.zone).date()
    return post.updated if day > shown.astimezone(site.zone).date() else None
