"""A decision written down, and what is known of it afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from syndicator.model import (
    Alias,
    ChangedEntry,
    Channel,
    EntryState,
    HeldBecause,
    IdMode,
    Known,
    KnownEntry,
    Notice,
    ParsedEntry,
    Source,
    SourceState,
)
from syndicator.store import notices
from syndicator.store.db.database import Database
from syndicator.store.db.schema.incoming import Revision
from syndicator.store.feeds import known_entries, posts, sources
from tests.builders import NOW, a_feed, ago, an_entry, edited
from tests.store.stored import a_stored_source, apply, marked, new

DAY = timedelta(days=1)


def known(database: Database, source: Source, *parsed: ParsedEntry) -> Known:
    with database.read() as tx:
        return known_entries.load_known(tx, source, a_feed(*parsed))


def one(database: Database, source: Source, parsed: ParsedEntry) -> KnownEntry:
    (found,) = known(database, source, parsed).entries
    return found


# --- known ----------------------------------------------------------------------------------------


def test_a_stored_entry_is_known_as_it_was_decided(database: Database) -> None:
    source = a_stored_source(database)
    parsed = an_entry(published=ago(days=2))
    apply(database, source, new=(new(parsed, recency=ago(days=2), aliases=("a", "b")),))
    found = one(database, source, parsed)
    assert found.raw_ids == {"a", "b"}
    assert (found.link, found.title, found.text) == (parsed.link, parsed.title, parsed.text)
    assert found.content_hash == parsed.content_hash
    assert (found.published, found.recency) == (ago(days=2), ago(days=2))
    assert (found.state, found.in_last_answer, found.missing) == (EntryState.SHOWN, True, 0)


@pytest.mark.parametrize(
    "asked",
    [
        an_entry("?p=1", link="muu", title="Muu"),
        an_entry("?p=2", link="https://blogi.kauhajoki.fi/1", title="Muu"),
        an_entry("?p=2", link="muu", title="kirjoitus   1"),
        an_entry("?p=2", link="muu", title="Muu", published=ago(days=40)),
    ],
    ids=["id", "link", "title", "date window"],
)
def test_an_old_entry_is_reached_by_id_link_title_and_date(
    database: Database, asked: ParsedEntry
) -> None:
    source = a_stored_source(database)
    old, newest = an_entry("?p=1", published=ago(days=40)), an_entry("?p=9", published=NOW)
    apply(database, source, new=(new(old, recency=ago(days=40)),))
    apply(database, source, new=(new(newest),))
    found = known(database, source, replace(asked, published=asked.published or NOW))
    assert [entry.title for entry in found.entries] == ["Kirjoitus 1", "Kirjoitus 9"]


def test_an_old_entry_that_nothing_reaches_is_left_where_it_is(database: Database) -> None:
    """Known is bounded by the answer, not by the age of the blog."""
    source = a_stored_source(database)
    apply(database, source, new=(new(an_entry("?p=1"), recency=ago(days=40)),))
    apply(database, source, new=(new(an_entry("?p=9")),))
    found = known(database, source, an_entry("?p=3", published=NOW))
    assert [entry.title for entry in found.entries] == ["Kirjoitus 9"]


def test_an_id_that_entries_share_reaches_all_of_them(database: Database) -> None:
    """Two entries under one shared guid but different links are two (decisions: entries)."""
    source = a_stored_source(database)
    twins = [an_entry("sama", link=link, title=link) for link in ("a", "b")]
    apply(
        database,
        source,
        new=tuple(new(twin, aliases=(f"sama\n{twin.link}",)) for twin in twins),
    )
    apply(database, source, new=(new(an_entry("?p=9")),))
    found = known(database, source, an_entry("sama", link="c", title="c"))
    assert {name for entry in found.entries for name in entry.raw_ids} >= {"sama\na", "sama\nb"}


def test_an_id_of_one_source_says_nothing_of_anothers(database: Database) -> None:
    """No feed can overwrite another's entry (promise 2)."""
    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    apply(database, ours, new=(new(an_entry("?p=1")),))
    found = known(database, theirs, an_entry("?p=1", link="muu", title="Muu"))
    assert found == Known()


def test_what_others_tell_under_the_same_link_or_title_is_known(database: Database) -> None:
    """The same post in two feeds is one story (P3)."""
    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    apply(database, ours, new=(new(an_entry("?p=1", language="sv")),))
    by_link = an_entry("?p=2", link="https://blogi.kauhajoki.fi/1", title="Muu")
    by_title = an_entry("?p=3", link="muu", title="KIRJOITUS 1")
    for asked in (by_link, by_title):
        (found,) = known(database, theirs, asked).elsewhere
        assert (found.source, found.title, found.language) == (ours.id, "Kirjoitus 1", "sv")
        assert (found.state, found.eligible_at) == (EntryState.SHOWN, NOW)
    assert known(database, ours, by_link).elsewhere == ()


def test_ids_longer_than_an_index_can_hold_and_with_odd_characters_are_kept(
    database: Database,
) -> None:
    """Nothing that an outsider sends stops the run (promise 1)."""
    source = a_stored_source(database)
    for raw_id in ("x" * 20_000, "nolla\x00tavu", "\ud800puolikas"):
        parsed = replace(
            an_entry(),
            raw_id=raw_id,
            link="y" * 20_000 + raw_id,
            title=raw_id[:50],
            text=raw_id,
            authors=(raw_id,),
            content_hash="1",
        )
        apply(database, source, new=(new(parsed),))
        assert raw_id in {
            name for entry in known(database, source, parsed).entries for name in entry.raw_ids
        }


# --- applied --------------------------------------------------------------------------------------


def test_an_edit_is_a_new_revision_and_moves_nothing(database: Database) -> None:
    """Edits are kept in history, never re-mail and never move a post (promise 2)."""
    source = a_stored_source(database)
    parsed = an_entry()
    apply(database, source, new=(new(parsed, recency=ago(days=3)),))
    before = one(database, source, parsed)
    after = edited(parsed, title="Korjattu", published=NOW)
    apply(database, source, now=NOW, changed=(ChangedEntry(id=before.id, parsed=after),))
    found = one(database, source, after)
    assert (found.title, found.content_hash) == ("Korjattu", after.content_hash)
    assert (found.recency, found.story) == (before.recency, before.story)
    with database.read() as tx:
        (kept,) = tx.execute(select(Revision.title, Revision.content_hash))
        (post,) = posts.edition(tx, Channel()).posts
    assert tuple(kept) == (parsed.title, parsed.content_hash)
    assert (post.title, post.updated, post.recency) == ("Korjattu", NOW, ago(days=3))


@pytest.mark.parametrize(
    ("told", "taken"),
    [(ago(days=1), ago(days=1)), (ago(days=-1), NOW), (ago(days=9), NOW), (None, NOW)],
    ids=["plausible", "future", "older than the post", "not told"],
)
def test_an_edit_is_dated_by_the_feed_where_that_can_be_true(
    database: Database, told: object, taken: object
) -> None:
    source = a_stored_source(database)
    parsed = an_entry(published=ago(days=3))
    apply(database, source, new=(new(parsed, recency=ago(days=3)),), now=ago(days=3))
    entry = one(database, source, parsed)
    after = edited(parsed, title="Korjattu", updated=told)
    apply(database, source, changed=(ChangedEntry(id=entry.id, parsed=after),))
    with database.read() as tx:
        (post,) = posts.edition(tx, Channel()).posts
    assert post.updated == taken


def test_the_last_answer_is_what_it_held_and_what_was_new(database: Database) -> None:
    source = a_stored_source(database)
    apply(database, source, new=(new(an_entry("?p=1")), new(an_entry("?p=2"))))
    apply(database, source, present=(1,), new=(new(an_entry("?p=3")),))
    assert in_last_answer(database, source) == {1, 3}
    apply(database, source, present=(2, 3))
    assert in_last_answer(database, source) == {2, 3}


def test_an_emptied_feed_is_no_news_of_what_it_held(database: Database) -> None:
    source = a_stored_source(database)
    apply(database, source, new=(new(an_entry("?p=1")),))
    apply(database, source, notices=(Notice(kind="emptied", subject="x", at=NOW),))
    assert in_last_answer(database, source) == {1}


def test_an_answer_that_was_cut_short_is_no_news_of_what_it_lacks(database: Database) -> None:
    """Only a complete answer can lack anything (P7), and a row of absences goes on across it."""
    source = a_stored_source(database)
    apply(database, source, new=tuple(new(an_entry(f"?p={number}")) for number in (1, 2, 3)))
    apply(database, source, missed=(1,), present=(2, 3))
    apply(database, source, present=(2,), whole=False)
    assert in_last_answer(database, source) == {2, 3}
    assert known(database, source, an_entry("?p=1")).entries[0].missing == 1
    apply(database, source, present=(1,), whole=False)
    assert in_last_answer(database, source) == {1, 2, 3}
    assert known(database, source, an_entry("?p=1")).entries[0].missing == 0


def in_last_answer(database: Database, source: Source) -> set[int]:
    everything = [an_entry(f"?p={number}") for number in range(1, 9)]
    found = known(database, source, *everything).entries
    return {entry.id for entry in found if entry.in_last_answer}


def test_absences_are_counted_in_a_row(database: Database) -> None:
    """Deletion is inferred from two complete answers in a row (P7)."""
    source = a_stored_source(database)
    parsed = an_entry("?p=1")
    apply(database, source, new=(new(parsed), new(an_entry("?p=2"))))
    for expected in (1, 2):
        apply(database, source, missed=(1,), present=(2,))
        assert known(database, source, parsed).entries[0].missing == expected
        with database.read() as tx:
            assert [entry.id for entry in known_entries.load_missing(tx, source).entries] == [1]
    apply(database, source, present=(1, 2))
    with database.read() as tx:
        assert known_entries.load_missing(tx, source) == Known()


def test_what_was_deleted_at_source_goes_and_may_return(database: Database) -> None:
    """A deletion leaves a tombstone, a return takes it away (P7, O2)."""
    source = a_stored_source(database)
    apply(database, source, new=(new(an_entry("?p=1")), new(an_entry("?p=2"))))
    apply(database, source, now=NOW + DAY, missed=(1,), deleted=(1,), present=(2,))
    with database.read() as tx:
        edition = posts.edition(tx, Channel())
        assert [post.title for post in edition.posts] == ["Kirjoitus 2"]
        assert [grave.at for grave in edition.tombstones] == [NOW + DAY]
        assert edition.updated == NOW + DAY
        assert known_entries.load_missing(tx, source) == Known()
    apply(database, source, now=NOW + 2 * DAY, returned=(1,), present=(1, 2))
    with database.read() as tx:
        edition = posts.edition(tx, Channel())
    assert len(edition.posts) == 2
    assert edition.tombstones == ()
    assert edition.posts[0].public_id in {post.public_id for post in edition.posts}


def test_an_id_points_to_one_entry_from_now_on(database: Database) -> None:
    source = a_stored_source(database)
    apply(database, source, new=(new(an_entry("?p=1")), new(an_entry("?p=2"))))
    apply(database, source, aliases=(Alias(entry=1, raw_id="uusi"),), present=(1, 2))
    apply(database, source, aliases=(Alias(entry=2, raw_id="uusi"),), present=(1, 2))
    names = {entry.id: entry.raw_ids for entry in known(database, source).entries}
    assert names == {1: {"?p=1"}, 2: {"?p=2", "uusi"}}


def test_a_guard_holds_the_source_and_the_mode_of_its_ids_is_kept(database: Database) -> None:
    """Hijack guard (P6); feeds with unstable ids degrade to links, recorded (P2)."""
    source = a_stored_source(database)
    apply(
        database,
        source,
        hold_source=HeldBecause.MOVED_DOMAIN,
        id_mode=IdMode.LINK,
        notices=(Notice(kind="held", subject="kauhajoki", at=NOW),),
    )
    with database.read() as tx:
        after = sources.get(tx, source.id)
        assert [notice.kind for notice in notices.list_all(tx)] == ["held"]
    assert after is not None
    assert (after.state, after.held_because) == (SourceState.HELD, HeldBecause.MOVED_DOMAIN)
    assert after.id_mode is IdMode.LINK


def test_a_decision_that_changes_nothing_writes_nothing(database: Database) -> None:
    """Unchanged input publishes nothing (promise 3)."""
    source = a_stored_source(database)
    apply(database, source, new=(new(an_entry()),))
    marked(database)
    apply(database, source)
    apply(database, source, present=(1,))
    apply(database, source, missed=(1,))
    assert marked(database) == set()
    with database.read() as tx:
        assert tx.execute(select(func.count()).select_from(Revision)).scalar() == 0


def test_two_sources_that_tell_the_same_stories_at_once_do_not_wait_for_ever(
    database: Database,
) -> None:
    """Marks and stories in different orders (store: one order in a transaction)."""
    import threading

    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    apply(database, ours, new=tuple(new(an_entry(f"?p={n}")) for n in range(10)))
    errors: list[BaseException] = []

    def work(source: Source, numbers: range) -> None:
        try:
            for number in numbers:
                told = new(an_entry(f"{source.key} {number}"), story=number % 10 + 1)
                apply(database, source, new=(told,), now=NOW)
        except BaseException as error:
            errors.append(error)
            raise

    threads = [
        threading.Thread(target=work, args=arguments)
        for arguments in ((ours, range(20)), (theirs, range(20, 0, -1)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert not any(thread.is_alive() for thread in threads)
