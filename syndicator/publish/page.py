"""The public pages as artefacts: an edition's own, and those that stand whatever is published.

    Edition + Site --pages--> /fi/ /fi/archive/ /fi/archive/2026-11/ /fi/language/sv/
                              /fi/city/raahe/ /fi/topic/osaajat/      (and /sv/..., /en/...)
    Site --standing--> /fi/cities/ /fi/feeds/ /fi/about/ /fi/accessibility/ /fi/privacy/
                       /index.html (a choice of language) /style.css /icon.svg /robots.txt

A page's path in the store ends in ``index.html``; readers see the folder. Same edition and site,
same bytes: nothing here knows what time it is or how a source is doing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from syndicator.model import Artefact, Edition, Scope
from syndicator.publish.artefact import plain
from syndicator.publish.page_frame import Place, archive_name, feeds, render
from syndicator.publish.page_post import post_line
from syndicator.publish.page_site import Site

_HTML = "text/html; charset=utf-8"
_STANDING = ("cities", "feeds", "about", "accessibility", "privacy")


def pages(edition: Edition, *, site: Site) -> tuple[Artefact, ...]:
    """Return the pages of ``edition``, one for each language of the site.

    The whole has its archive's list beside its front page. Months of a language, city or topic
    have no page of their own: their months are in the whole's archive and in the feeds.

    Raises:
        KeyError: the channel names a city or topic that ``site`` does not have.
    """
    channel = edition.channel
    if channel.month and channel.scope is not Scope.WHOLE:
        return ()
    return tuple(page for language in site.languages for page in _in(language, edition, site=site))


def standing(site: Site, *, modified: datetime) -> tuple[Artefact, ...]:
    """Return what stands beside the posts: cities, feeds, about, statements, style, icon.

    ``modified`` is when the facts of ``site`` last changed (its fingerprint did).
    """
    own = [page for language in site.languages for page in _standing(language, site, modified)]
    return (*own, *_files(site, modified=modified))


def _in(language: str, edition: Edition, *, site: Site) -> Iterator[Artefact]:
    place = _place(edition, site=site, language=language)
    is_of_city = edition.channel.scope is Scope.CITY
    facts = {
        "channel": edition.channel,
        "months": edition.months,
        "city": site.cities_by_slug[edition.channel.value] if is_of_city else None,
        "posts": [post_line(post, site=site, language=language) for post in edition.posts],
    }
    body = render(site, "site/posts.html", language=language, place=place, **facts)
    yield page_artefact(body, place=place, language=language, modified=edition.updated)
    if edition.channel.scope is Scope.WHOLE and edition.channel.month is None:
        place = Place(path="archive/", title=site.locales[language].text("archive"))
        # Both the years and their months in the order given: newest first.
        by_year = groupby(edition.months, key=lambda month: month[:4])
        years = [(year, list(months)) for year, months in by_year]
        body = render(site, "site/archive.html", language=language, place=place, years=years)
        yield page_artefact(body, place=place, language=language, modified=edition.updated)


def _place(edition: Edition, *, site: Site, language: str) -> Place:
    channel, locale = edition.channel, site.locales[language]
    match channel.scope:
        case Scope.WHOLE if channel.month:
            month = archive_name(channel.archive or "", locale=locale)
            title = locale.text("archive.month", month=month)
            return Place(path=f"archive/{channel.archive}/", title=title)
        case Scope.WHOLE:
            description = site.combined.descriptions.get(language, "")
            return Place(path="", title=site.combined.title, description=description)
        case Scope.LANGUAGE:
            path, title = f"language/{channel.value}/", locale.text(f"posts.in.{channel.value}")
        case Scope.CITY:
            path = f"city/{channel.value}/"
            title = site.cities_by_slug[channel.value].name(language)
        case Scope.TOPIC:
            path = f"topic/{channel.value}/"
            topics = {topic.slug: topic for topic in site.topics}
            title = topics[channel.value].name(language)
    own = feeds(site, prefix=channel.prefix, title=f"{site.combined.title}: {title}")
    return Place(path=path, title=title, feeds=own)


def _standing(language: str, site: Site, modified: datetime) -> Iterator[Artefact]:
    for name in _STANDING:
        place = Place(path=f"{name}/", title=site.locales[language].text(f"{name}.title"))
        body = render(site, f"site/{name}.html", language=language, place=place, modified=modified)
        yield page_artefact(body, place=place, language=language, modified=modified)


def page_artefact(body: bytes, *, place: Place, language: str, modified: datetime) -> Artefact:
    """Return what ``render`` made for ``place`` as an artefact in its language's folder."""
    return plain(
        f"{language}/{place.path}index.html",
        content_type=_HTML,
        body=body,
        modified=modified,
        language=language,
    )


def _files(site: Site, *, modified: datetime) -> tuple[Artefact, ...]:
    chooser = render(
        site,
        "site/chooser.html",
        language=site.languages[0],
        place=Place(path="", title=site.network.name(site.languages[0])),
    )
    icon = site.templates.get_template("site/icon.svg").render().encode()
    robots = b"User-agent: *\nAllow: /\n"
    return (
        plain("index.html", content_type=_HTML, body=chooser, modified=modified),
        plain(
            "style.css", content_type="text/css; charset=utf-8", body=site.style, modified=modified
        ),
        plain("icon.svg", content_type="image/svg+xml", body=icon, modified=modified),
        plain(
            "robots.txt", content_type="text/plain; charset=utf-8", body=robots, modified=modified
        ),
    )
