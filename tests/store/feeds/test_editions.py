"""What a channel's documents are made from: order, size, kinds, licence, months."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from syndicator.model import Channel, Image, Kind, Licence, Scope
from syndicator.store.db.database import Database
from syndicator.store.db.schema.incoming import SourceRow
from syndicator.store.db.schema.outgoing import Meta
from syndicator.store.feeds import posts
from syndicator.store.issues import issue_archive
from tests.builders import NOW, ago, an_entry
from tests.store.stored import a_declaration, a_stored_source, again, apply, declare, new

WHOLE = Channel()


def test_posts_are_newest_first_by_recency_then_by_their_id_and_no_more_than_asked_for(
    database: Database,
) -> None:
    """Sorted by recency, then id: stable (O2)."""
    source = a_stored_source(database)
    other = a_stored_source(database, "toinen", kind=Kind.NEWS)
    for at, days in enumerate((3, 1, 2, 1, 1)):
        told = new(an_entry(f"?p={at}"), recency=ago(days=days))
        apply(database, source if at % 2 else other, new=(told,))
    with database.read() as tx:
        everything = posts.edition(tx, WHOLE).posts
        four = posts.edition(tx, WHOLE, size=4).posts
    order = [(-post.recency.timestamp(), post.public_id) for post in everything]
    assert order == sorted(order)
    assert len(everything) == 5
    assert four == everything[:4]


def test_a_channel_takes_the_kinds_it_is_told_and_a_city_takes_all(database: Database) -> None:
    """Which kinds the combined feed takes is configured (issue: configuration)."""
    news = a_stored_source(database, kind=Kind.NEWS)
    apply(database, news, new=(new(),))
    blogs = frozenset({Kind.BLOG})
    with database.read() as tx:
        assert posts.edition(tx, WHOLE, kinds=blogs).posts == ()
        assert posts.edition(tx, WHOLE, kinds=blogs).months == ()
        city = Channel(scope=Scope.CITY, value="kauhajoki")
        assert len(posts.edition(tx, city, kinds=blogs).posts) == 1


@pytest.mark.parametrize(
    ("licence", "excerpt", "content", "image"),
    [
        (Licence.LINK, "", "", None),
        (Licence.EXCERPT, "Ote", "", Image(url="https://k.fi/a.jpg", alt="A")),
        (Licence.FULL, "Ote", "<p>Koko</p>", Image(url="https://k.fi/a.jpg", alt="A")),
    ],
)
def test_only_what_the_city_granted_is_republished(
    database: Database, licence: Licence, excerpt: str, content: str, image: Image | None
) -> None:
    """A full text only where the city granted it (O4)."""
    source = a_stored_source(database, licence=licence)
    parsed = an_entry(
        excerpt="Ote", content_html="<p>Koko</p>", image=Image(url="https://k.fi/a.jpg", alt="A")
    )
    apply(database, source, new=(new(parsed),))
    with database.read() as tx:
        (post,) = posts.edition(tx, WHOLE).posts
    assert (post.excerpt, post.content_html, post.image) == (excerpt, content, image)


def test_a_post_carries_all_that_its_source_said(database: Database) -> None:
    source = a_stored_source(database, title="Kauhajoen blogi", licence=Licence.FULL)
    parsed = an_entry(
        authors=("Maija", "Åke"),
        categories=("osaajat",),
        published=ago(days=1),
        translations=(("sv", "https://k.fi/sv"),),
        rights="CC BY 4.0",
    )
    apply(database, source, new=(new(parsed, recency=ago(days=1)),))
    with database.read() as tx:
        (post,) = posts.edition(tx, WHOLE).posts
    assert (post.authors, post.categories) == (("Maija", "Åke"), ("osaajat",))
    assert (post.translations, post.rights) == ((("sv", "https://k.fi/sv"),), "CC BY 4.0")
    assert (post.published, post.updated) == (ago(days=1), ago(days=1))
    assert (post.url, post.language) == (parsed.url, "fi")
    assert (post.origin.title, post.origin.city) == ("Kauhajoen blogi", "kauhajoki")
    assert post.origin.feed_url == source.url


def test_an_entry_without_a_link_leads_to_its_feed(database: Database) -> None:
    source = a_stored_source(database)
    apply(database, source, new=(new(an_entry(url=None, link=None)),))
    with database.read() as tx:
        assert posts.edition(tx, WHOLE).posts[0].url == source.url


def test_months_are_those_that_hold_posts_and_their_archives_hold_all_of_them(
    database: Database,
) -> None:
    """Older posts in archives by month, for the whole and the languages (O2, RFC 5005)."""
    source = a_stored_source(database)
    for number in range(70):
        told = new(an_entry(f"?p={number}"), recency=NOW - timedelta(days=number))
        apply(database, source, new=(told,))
    with database.read() as tx:
        edition = posts.edition(tx, WHOLE)
        assert edition.months == ("2026-11", "2026-10", "2026-09")
        archives = [posts.edition(tx, Channel(month=month)) for month in edition.months]
        language = posts.edition(tx, Channel(scope=Scope.LANGUAGE, value="fi"))
        city = posts.edition(tx, Channel(scope=Scope.CITY, value="kauhajoki"))
    assert len(edition.posts) == 50
    assert sum(len(archive.posts) for archive in archives) == 70
    assert [archive.months for archive in archives] == [edition.months] * 3
    assert (language.months, city.months) == (edition.months, ())


def test_a_tombstone_stands_in_the_archive_of_its_post_too(database: Database) -> None:
    """RFC 6721; recent and bounded."""
    source = a_stored_source(database)
    many = [new(an_entry(f"?p={n}"), recency=ago(days=40 * (n % 2))) for n in range(60)]
    apply(database, source, new=tuple(many))
    ids = tuple(range(1, 60))
    apply(database, source, missed=ids, deleted=ids, present=(60,))
    with database.read() as tx:
        assert len(posts.edition(tx, WHOLE).tombstones) == posts.TOMBSTONES
        assert len(posts.edition(tx, Channel(month="2026-11")).tombstones) == 30
        assert len(posts.edition(tx, Channel(month="2026-10")).tombstones) == 29


def test_an_empty_edition_is_dated_by_the_first_declaration_of_the_network_for_ever(
    database: Database,
) -> None:
    """Same input, same bytes (promise 3); and nobody's feed is of 1970."""
    source = a_stored_source(database)
    later = NOW + timedelta(days=3)
    empty = (Channel(scope=Scope.CITY, value="lohja"), WHOLE)
    with database.write() as tx:
        declare(tx, again(source), a_declaration("lohja"), now=later)
    with database.read() as tx:
        dates = {posts.edition(tx, channel).updated for channel in empty}
        issues = issue_archive.edition(tx, Channel(scope=Scope.ISSUES, value="fi")).updated

    assert (dates, issues) == ({NOW}, NOW)


def test_an_empty_edition_of_an_older_database_is_dated_by_its_first_source(
    database: Database,
) -> None:
    """It read sources before it kept the moment of their declaration."""
    source = a_stored_source(database)
    with database.write() as tx:
        tx.execute(update(SourceRow).values(first_seen=NOW))
        tx.execute(delete(Meta).where(Meta.name == "declared"))
        declare(tx, again(source), now=NOW + timedelta(days=300))
    with database.read() as tx:
        assert posts.edition(tx, WHOLE).updated == NOW


def test_the_same_state_gives_the_same_edition(database: Database) -> None:
    """Same input, same bytes (promise 3)."""
    source = a_stored_source(database)
    apply(database, source, new=(new(), new(an_entry("?p=2"))))
    with database.read() as tx:
        assert posts.edition(tx, WHOLE) == posts.edition(tx, WHOLE)
        assert posts.edition(tx, WHOLE).updated == NOW
