"""Where each field of a post shows. A new field fails here until the table says where it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from syndicator.digest.compose import content_hash
from syndicator.model import Image, Kind, Mail, Origin, Post
from syndicator.publish.page import pages
from syndicator.store.issues import frozen
from tests.digest.issues import an_issue, mail_of
from tests.publish import sites
from tests.publish.formats import to_atom, to_json, to_rss
from tests.publish.samples import a_masthead, an_edition

SHOWN = """
field             rss  atom  json  page  text  html  stored  hash  takedown
public_id         yes  yes   yes   no    no    no    yes     yes   yes
url               yes  yes   yes   yes   yes   yes   yes     yes   no
title             yes  yes   yes   yes   yes   yes   yes     yes   yes
excerpt           yes  yes   yes   yes   yes   yes   yes     yes   no
content_html      yes  yes   yes   no    no    no    yes     no    no
language          yes  yes   yes   yes   yes   yes   yes     yes   yes
authors           yes  yes   yes   yes   no    no    yes     no    no
categories        yes  yes   yes   no    no    no    yes     no    no
published         yes  yes   yes   yes   yes   yes   yes     yes   yes
updated           no   yes   yes   yes   no    no    yes     no    yes
recency           no   no    no    no    no    no    yes     no    yes
origin.key        no   no    no    no    no    no    yes     no    yes
origin.city       no   no    yes   yes   yes   yes   yes     yes   yes
origin.title      yes  yes   yes   no    no    no    yes     yes   yes
origin.feed_url   yes  yes   yes   no    no    no    yes     no    yes
origin.home       no   yes   yes   no    no    no    yes     no    yes
origin.feed_id    no   yes   yes   no    no    no    yes     no    yes
origin.updated    no   yes   no    no    no    no    yes     no    yes
origin.kind       no   no    no    no    no    no    yes     no    yes
others            no   no    yes   yes   no    no    yes     no    no
translations      no   yes   yes   yes   no    no    yes     no    no
image             no   no    yes   no    no    no    yes     no    no
rights            yes  yes   yes   no    no    no    yes     no    no
topics            no   no    no    no    no    no    yes     no    yes
"""
"""RSS, Atom, JSON Feed, the front page, both parts of a mail, the stored JSON, what the hash of an
issue covers, and what a takedown leaves in it. Not in the table: ``recency`` orders posts and is
the date of one that has none, ``origin.title`` names a source of no city, ``origin.key`` gives an
id to one whose feed has none, and ``topics`` choose who is mailed."""

BLOG = Origin(
    key="raahe-blogi",
    city="raahe",
    title="Raahen blogi",
    feed_url="https://blogi.raahe.example/feed/",
    home="https://blogi.raahe.example/",
    feed_id="tag:raahe.example,2026:blogi",
    updated=datetime(2026, 11, 20, 9, tzinfo=UTC),
    kind=Kind.BLOG,
)
POST = Post(
    public_id="p1",
    url="https://blogi.raahe.example/tori/",
    title="Tori uudistuu",
    excerpt="Tori saa uuden kiveyksen.",
    content_html="<p>Tori saa <b>uuden</b> kiveyksen.</p>",
    language="fi",
    authors=("Maija Meri",),
    categories=("Tori",),
    published=datetime(2026, 11, 20, 8, tzinfo=UTC),
    updated=datetime(2026, 11, 22, 8, tzinfo=UTC),
    recency=datetime(2026, 11, 20, 8, 30, tzinfo=UTC),
    origin=BLOG,
    others=(replace(BLOG, key="toinen", city="ahtari", title="Toinen"),),
    translations=(("sv", "https://blogi.raahe.example/sv/torget/"),),
    image=Image(url="https://blogi.raahe.example/tori.jpg", alt="Tori"),
    rights="CC BY 4.0",
    topics=("asuminen",),
)
OTHER_VALUES: Mapping[str, Any] = {
    "public_id": "p2",
    "url": "https://blogi.raahe.example/ranta/",
    "title": "Ranta uudistuu",
    "excerpt": "Ranta saa uuden laiturin.",
    "content_html": "<p>Ranta saa <b>uuden</b> laiturin.</p>",
    "language": "sv",
    "authors": ("Matti Mänty",),
    "categories": ("Ranta",),
    "published": datetime(2026, 11, 19, 8, tzinfo=UTC),
    "updated": datetime(2026, 11, 23, 8, tzinfo=UTC),
    "recency": datetime(2026, 11, 21, 8, tzinfo=UTC),
    "origin.key": "raahe-uutiset",
    "origin.city": "ahtari",
    "origin.title": "Raahen uutiset",
    "origin.feed_url": "https://uutiset.raahe.example/feed/",
    "origin.home": "https://uutiset.raahe.example/",
    "origin.feed_id": "tag:raahe.example,2026:uutiset",
    "origin.updated": datetime(2026, 11, 21, 9, tzinfo=UTC),
    "origin.kind": Kind.NEWS,
    "others": (replace(BLOG, key="kolmas", city=None, title="Kolmas"),),
    "translations": (("sv", "https://blogi.raahe.example/sv/stranden/"),),
    "image": Image(url="https://blogi.raahe.example/ranta.jpg", alt="Ranta"),
    "rights": "CC0",
    "topics": ("osaajat",),
}


def page(post: Post) -> bytes:
    made = pages(sites.edition(post), site=sites.site())
    return next(page.body for page in made if page.path == "fi/index.html")


def mail(post: Post) -> Mail:
    # A post has a hash wherever it is mailed, and that must not pass for something that it shows.
    return mail_of(replace(an_issue(post), content_hash="of-no-post"))


FORMS: Mapping[str, Callable[[Post], object]] = {
    "rss": lambda post: to_rss(an_edition(post), masthead=a_masthead()).body,
    "atom": lambda post: to_atom(an_edition(post), masthead=a_masthead()).body,
    "json": lambda post: to_json(an_edition(post), masthead=a_masthead()).body,
    "page": page,
    "text": lambda post: mail(post).text,
    "html": lambda post: mail(post).html,
    "stored": frozen.to_json,
    "hash": lambda post: content_hash([post], greetings={}),
    "takedown": Post.taken_down,
}


def table() -> dict[str, dict[str, str]]:
    head, *rows = (line.split() for line in SHOWN.strip().splitlines())
    return {name: dict(zip(head[1:], row, strict=True)) for name, *row in rows}


def field_names() -> Iterator[str]:
    for field in fields(Post):
        if field.name == "origin":
            yield from (f"origin.{own.name}" for own in fields(Origin))
        else:
            yield field.name


def changed(name: str) -> Post:
    """Return the post with another value in one field."""
    outer, _, inner = name.partition(".")
    change: dict[str, Any] = {inner or outer: OTHER_VALUES[name]}
    return replace(POST, origin=replace(BLOG, **change)) if inner else replace(POST, **change)


def test_the_table_names_every_field_of_a_post() -> None:
    assert list(table()) == list(OTHER_VALUES) == list(field_names())


@pytest.mark.parametrize("name", [*field_names()])
def test_a_field_shows_where_the_table_says_and_nowhere_else(name: str) -> None:
    other = changed(name)

    shown = {form: "no" if of(POST) == of(other) else "yes" for form, of in FORMS.items()}

    assert shown == table()[name]


def test_what_a_takedown_does_not_keep_is_as_if_nothing_had_been_given() -> None:
    left = POST.taken_down()

    assert left == Post(
        public_id="p1",
        url="",
        title="Tori uudistuu",
        excerpt="",
        content_html="",
        language="fi",
        authors=(),
        categories=(),
        published=POST.published,
        updated=POST.updated,
        recency=POST.recency,
        origin=BLOG,
        topics=("asuminen",),
    )
    assert left.taken_down() == left
