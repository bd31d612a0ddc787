"""A feed that lists posts of another city in its own words, from bytes to each channel."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from syndicator.model import Channel, Scope, Source
from syndicator.store.db.database import Database
from syndicator.store.feeds import posts
from tests.builders import NOW
from tests.pipeline.feeds.test_repeated_items import pulled
from tests.store.stored import a_stored_source

LINK = "http://www.raahe.fi/uimahalli/?utm_source=rss"


def a_city(database: Database, slug: str, *, url: str | None = None) -> Source:
    return a_stored_source(database, slug, url=url or f"https://blogi.{slug}.fi/feed/")


def listed(words: str, *, link: str = LINK) -> str:
    """Return an item with this title and text, under an id that tells nothing."""
    return (
        f"<item><title>{words}</title><guid isPermaLink='false'>{words}</guid>"
        f"<link>{link}</link><description>{words}: teksti.</description>"
        "<pubDate>Tue, 24 Nov 2026 07:05:00 +0200</pubDate></item>"
    )


def titles(database: Database, *cities: str) -> list[str]:
    """Return the titles of the combined feed, or of the channels of cities."""
    channels = [Channel(scope=Scope.CITY, value=city) for city in cities] or [Channel()]
    with database.read() as tx:
        return [post.title for one in channels for post in posts.edition(tx, one).posts]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_city_of_the_link_leads_whoever_is_polled_first(
    database: Database, order: tuple[int, ...]
) -> None:
    cities = [a_city(database, slug) for slug in ("raahe", "oulainen", "nurmes")]
    for hours, at in enumerate(order):
        city = cities[at]
        pulled(database, city, listed(f"Sanat: {city.key}"), now=NOW + timedelta(hours=hours))

    assert titles(database) == ["Sanat: raahe"]
    assert titles(database, "raahe", "oulainen", "nurmes") == [
        "Sanat: raahe", "Sanat: oulainen", "Sanat: nurmes"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("feeds", "link"),
    [
        (("https://a.fi/feed", "https://b.fi/feed"), "https://muu.example/1"),
        (("https://a.seutu.fi/feed", "https://b.seutu.fi/feed"), "https://b.seutu.fi/1"),
    ],
    ids=["a link of nobody's", "a domain that both have"],
)
def test_where_nobody_or_several_own_a_link_the_first_leads(
    database: Database, feeds: tuple[str, str], link: str
) -> None:
    for slug, url in zip(("raahe", "oulainen"), feeds, strict=True):
        pulled(database, a_city(database, slug, url=url), listed(slug, link=link))

    assert titles(database) == ["raahe"]
    assert titles(database, "raahe", "oulainen") == ["raahe", "oulainen"]


def test_blogs_of_one_platform_own_no_posts_of_each_other(database: Database) -> None:
    link = "https://raahe.wordpress.com/1"
    for slug in ("oulainen", "raahe"):
        city = a_city(database, slug, url=f"https://{slug}.wordpress.com/feed/")
        pulled(database, city, listed(slug, link=link))

    assert titles(database) == ["raahe"]


TEXT = "Valtuusto päätti uudesta uimahallista. " * 6


def told(guid: str, title: str, *, link: str, text: str = "Teksti.") -> str:
    return (
        f"<item><title>{title}</title><guid isPermaLink='false'>{guid}</guid><link>{link}</link>"
        f"<description>{text}</description>"
        "<pubDate>Tue, 24 Nov 2026 07:05:00 +0200</pubDate></item>"
    )


@pytest.mark.parametrize(
    ("link", "title", "text"),
    [
        ("https://www.raahe.fi/uimahalli", "Ostakaa", "Muuta."),
        ("https://www.oulainen.fi/1", "Uimahalli", TEXT),
    ],
    ids=["its link", "its words"],
)
def test_an_old_post_edited_into_another_citys_new_one_takes_nothing_from_it(
    database: Database, link: str, title: str, text: str
) -> None:
    """It would stand under the old date and its id, and be in no issue."""
    honest, sly = (a_city(database, slug) for slug in ("raahe", "oulainen"))
    pulled(database, sly, told("1", "Vanha", link="https://www.oulainen.fi/1"), now=NOW)
    new = told("2", "Uimahalli", link="https://www.raahe.fi/uimahalli", text=TEXT)
    pulled(database, honest, new, now=NOW + timedelta(days=1))
    with database.read() as tx:
        before = {post.public_id for post in posts.edition(tx, Channel()).posts}

    pulled(database, sly, told("1", title, link=link, text=text), now=NOW + timedelta(days=2))
    pulled(database, honest, new, now=NOW + timedelta(days=3))

    with database.read() as tx:
        after = posts.edition(tx, Channel()).posts
    assert {post.public_id for post in after} == before
    assert {post.title for post in after if post.origin.key == honest.key} == {"Uimahalli"}
