"""Items that a feed repeats, and posts and comments of one page, from bytes to the store."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from syndicator.admit.decide import decide
from syndicator.model import Changes, Channel, Source
from syndicator.parse import document
from syndicator.store.db.database import Database
from syndicator.store.db.schema.incoming import EntryRow
from syndicator.store.feeds import apply_changes, known_entries, posts, sources
from tests.admit.judging import RULES
from tests.builders import DEFAULTS, NOW
from tests.parse.test_document import item, rss
from tests.store.conftest import empty_tables
from tests.store.stored import a_stored_source

LATER = NOW + timedelta(hours=2)


def pulled(database: Database, source: Source, *items: str, now: datetime = NOW) -> Changes:
    """Read an answer with these items, decide about it, and store the decision."""
    feed = document.read(
        rss(*items).encode(), content_type=None, url=source.url, language="fi", defaults=DEFAULTS
    )
    with database.write() as tx:
        stored = sources.get(tx, source.id)
        assert stored is not None
        known = known_entries.load_known(tx, stored, feed)
        changes = decide(
            feed, source=stored, known=known, final_url=stored.url, now=now, rules=RULES
        )
        apply_changes.apply(tx, stored, changes, topics=lambda _: (), now=now)
    return changes


def shown(database: Database) -> list[tuple[str, str]]:
    """Return title and address of each post of the combined feed, sorted."""
    with database.read() as tx:
        return sorted((post.title, post.url) for post in posts.edition(tx, Channel()).posts)


some_items = st.lists(
    st.builds(
        lambda n, guid, title: item(f"{title} {n}", n=n, guid=guid),
        st.integers(1, 3),
        st.sampled_from([None, "", "sama"]),
        st.sampled_from(["Uimahalli", "Kirjasto"]),
    ),
    unique=True,
    min_size=1,
    max_size=4,
)


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(items=some_items, times=st.integers(2, 4), first=st.booleans())
def test_a_feed_that_repeats_its_items_is_stored_like_one_that_does_not(
    database: Database, items: list[str], times: int, first: bool
) -> None:
    """On first sight, and when it begins or ends to repeat them later."""
    stored = []
    for answers in ([items, items], [items * times, items] if first else [items, items * times]):
        empty_tables(database)
        source = a_stored_source(database)
        for hours, answer in enumerate(answers):
            pulled(database, source, *answer, now=NOW + timedelta(hours=2 * hours))
        columns = (EntryRow.link, EntryRow.title, EntryRow.content_hash, EntryRow.in_last_answer)
        with database.read() as tx:
            stored.append(sorted(map(tuple, tx.execute(select(*columns)))))

    assert stored[0] == stored[1]


def note(n: int) -> str:
    """Return a note on a page of many, all of which have one title and none an id."""
    return (
        f"<item><title>Merkintä</title><link>https://blogi.example/loki#{n}</link>"
        f"<description>Teksti {n}.</description>"
        f"<pubDate>Tue, 24 Nov 2026 0{n}:05:00 +0200</pubDate></item>"
    )


def test_posts_that_differ_by_their_fragment_stay_apart_at_every_pull(database: Database) -> None:
    source = a_stored_source(database)
    pulled(database, source, note(1))
    pulled(database, source, note(2), note(1), now=LATER)

    again = pulled(database, source, note(3), note(2), note(1), now=LATER + timedelta(hours=2))

    assert len(again.new) == 1
    assert [url for _, url in shown(database)] == [
        f"https://blogi.example/loki#{n}" for n in (1, 2, 3)
    ]


def test_the_one_comment_of_a_feed_is_not_the_post_it_comments_on(database: Database) -> None:
    blog, comments = a_stored_source(database), a_stored_source(database, "kommentit")
    pulled(database, blog, item("Uimahalli"))

    comment = item("Kommentti", guid=None).replace("example/1<", "example/1#comment-12<")
    pulled(database, comments, comment)

    assert [title for title, _ in shown(database)] == ["Kommentti", "Uimahalli"]
