"""The archive of past issues: a list and feeds for each language, and a page for each issue.

    Edition of /fi/issues/ + Site --> /fi/issues/ and its feed.xml, atom.xml, feed.json
    Edition of one issue   + Site --> /fi/issues/weekly/2026-W47/

Pages and feeds are the site's own, not the mail's HTML: they hold no token and no reader's link.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby

from syndicator.model import Artefact, Edition, PastIssue
from syndicator.publish.artefact import Documents, documents_of
from syndicator.publish.feed_item import Item, Items
from syndicator.publish.feed_text import legal, line
from syndicator.publish.masthead import FeedMeta
from syndicator.publish.page import page_artefact
from syndicator.publish.page_frame import Place, feeds, render
from syndicator.publish.page_post import PostLine, post_line
from syndicator.publish.page_site import Site


@dataclass(frozen=True, kw_only=True, slots=True)
class CityPosts:
    """The posts of a city in an issue. ``slug`` is where links from a mail lead to on the page."""

    slug: str
    name: str
    city: str | None
    posts: tuple[PostLine, ...]


def archive(edition: Edition, *, site: Site, masthead: FeedMeta) -> Documents:
    """Return the documents of the list of past issues, or of one, and what no feed could hold.

    Same edition and site, same bytes. An issue that is not there (yet) has no page.
    """
    language, slash, _ = edition.channel.value.partition("/")
    if slash:
        pages = (_page(issue, site=site, language=language) for issue in edition.issues)
        return Documents(artefacts=tuple(pages))
    documents = _feeds(edition, site=site, masthead=masthead)
    own = _list(edition, site=site, language=language)
    return replace(documents, artefacts=(own, *documents.artefacts))


def title_of(issue: PastIssue, *, site: Site, language: str) -> str:
    """Return what an issue is called: ``Viikkokooste, viikko 47/2026``."""
    locale = site.locales[language]
    own = site.digest_titles.get(issue.cadence, {}).get(language)
    name = own or locale.text(f"digest.{issue.cadence}")
    return f"{name}, {locale.period_name(issue.period)}"


def _list(edition: Edition, *, site: Site, language: str) -> Artefact:
    title = site.locales[language].text("issues.title")
    own = feeds(site, prefix=f"{language}/issues/", title=f"{site.combined.title}: {title}")
    issues = [(title_of(issue, site=site, language=language), issue) for issue in edition.issues]
    years = groupby(issues, key=lambda each: each[1].sent_at.astimezone(site.zone).year)
    place = Place(path="issues/", title=title, feeds=own)
    body = render(
        site,
        "site/issues.html",
        language=language,
        place=place,
        years=[(year, list(of_year)) for year, of_year in years],
    )
    return page_artefact(body, place=place, language=language, modified=edition.updated)


def _page(issue: PastIssue, *, site: Site, language: str) -> Artefact:
    place = Place(path=issue.path, title=title_of(issue, site=site, language=language))
    body = render(
        site,
        "site/issue.html",
        language=language,
        place=place,
        issue=issue,
        greeting=_paragraphs(issue.greeting),
        cities=tuple(_by_city(issue, site=site, language=language)),
    )
    return page_artefact(body, place=place, language=language, modified=issue.changed_at)


def _by_city(issue: PastIssue, *, site: Site, language: str) -> Iterator[CityPosts]:
    for slug, own in groupby(issue.posts, key=lambda post: post.origin.group):
        posts = tuple(post_line(post, site=site, language=language) for post in own)
        origin = posts[0].origin
        yield CityPosts(slug=slug, name=origin.name, city=origin.city, posts=posts)


def _paragraphs(text: str) -> list[list[str]]:
    parts = legal(text).split("\n\n")
    paragraphs = ([line(raw) for raw in part.splitlines() if line(raw)] for part in parts)
    return [lines for lines in paragraphs if lines]


# --- feeds ----------------------------------------------------------------------------------------


def _feeds(edition: Edition, *, site: Site, masthead: FeedMeta) -> Documents:
    language = edition.channel.value
    with_posts = [issue for issue in edition.issues if issue.posts]
    items = Items(
        items=tuple(
            _item(issue, site=site, masthead=masthead, language=language) for issue in with_posts
        ),
        left_out=(),
    )
    return documents_of(edition, items, masthead=masthead, language=language)


def _item(issue: PastIssue, *, site: Site, masthead: FeedMeta, language: str) -> Item:
    cities = tuple(_by_city(issue, site=site, language=language))
    return Item(
        id=masthead.tag(f"issue/{issue.cadence}/{issue.period}/{language}"),
        public_id=f"{issue.cadence}-{issue.period}",
        url=masthead.url(f"{language}/{issue.path}"),
        title=line(title_of(issue, site=site, language=language)),
        summary=line(", ".join(dict.fromkeys(city.name for city in cities))),
        content_html=legal("".join(_html(cities, greeting=_paragraphs(issue.greeting)))),
        language=language,
        authors=(line(masthead.organisation) or line(masthead.title),),
        categories=(),
        published=issue.sent_at,
        updated=issue.changed_at,
        rights="",
        source=None,
        others=(),
        translations=(),
        image=None,
    )


def _html(cities: Iterable[CityPosts], *, greeting: list[list[str]]) -> Iterator[str]:
    for lines in greeting:
        yield f"<p>{'<br>'.join(map(escape, lines))}</p>"
    for city in cities:
        yield f"<h2>{escape(city.name)}</h2><ul>"
        for post in city.posts:
            lang = f' lang="{escape(post.lang)}"' if post.lang else ""
            title = escape(post.title)
            link = f'<a href="{escape(post.href)}">{title}</a>' if post.href else title
            yield f"<li{lang}>{link}</li>"
        yield "</ul>"
