"""What an editor does: keep back, release, take down, let come back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from syndicator.model import (
    Cadence,
    ChangedEntry,
    Channel,
    EntryState,
    HeldBecause,
    Known,
    Post,
    Source,
)
from syndicator.store.db.database import Database
from syndicator.store.db.schema.incoming import EntryRow, Revision
from syndicator.store.feeds import claims, health, known_entries, moderation, posts, sources
from syndicator.store.issues import issues
from tests.builders import NOW, a_feed, ago, an_entry, edited
from tests.publish.samples import a_draft
from tests.store.stored import a_stored_source, an_answer, apply, claim, fetched, marked, new

DAY = timedelta(days=1)
WHOLE = Channel()


def shown(database: Database) -> list[str]:
    with database.read() as tx:
        return [post.title for post in posts.edition(tx, WHOLE).posts]


def eligible(database: Database) -> tuple[Post, ...]:
    with database.read() as tx:
        return issues.eligible(tx, opens=ago(days=7), closes=NOW + 7 * DAY)


def test_a_released_entry_is_shown_in_its_old_place_and_may_be_mailed_from_now_on(
    database: Database,
) -> None:
    """`eligible_at` is set when an editor releases it (decisions: entries)."""
    source = a_stored_source(database)
    held = new(recency=ago(days=30), eligible_at=None, held=HeldBecause.FLOOD)
    apply(database, source, new=(held,))
    assert (shown(database), eligible(database)) == ([], ())
    with database.write() as tx:
        assert moderation.release(tx, 1, now=NOW + DAY)
        assert not moderation.release(tx, 1, now=NOW + DAY)
        (post,) = posts.edition(tx, WHOLE).posts
        (mailed,) = issues.eligible(tx, opens=NOW + DAY - DAY / 2, closes=NOW + DAY)
        assert posts.edition(tx, WHOLE).updated == NOW + DAY
    assert post.recency == ago(days=30)
    assert mailed == post


def test_a_held_entry_leaves_at_once_and_is_in_no_issue(database: Database) -> None:
    source = a_stored_source(database)
    apply(database, source, new=(new(),))
    marked(database)
    with database.write() as tx:
        assert moderation.hold(tx, 1, now=NOW + DAY)
        assert not moderation.hold(tx, 1, now=NOW + DAY)
        (line,) = moderation.list_entries(tx, state=EntryState.HELD)
    assert (line.held, line.source) == (HeldBecause.BY_EDITOR, "kauhajoki")
    assert (shown(database), eligible(database)) == ([], ())
    assert WHOLE in marked(database)


def test_releasing_a_second_telling_does_not_mail_the_story_again(database: Database) -> None:
    """Never twice the same mail (promise 2)."""
    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    apply(database, ours, new=(new(recency=ago(days=3)),))
    told_again = new(an_entry("?p=2"), story=1, eligible_at=None, held=HeldBecause.FLOOD)
    apply(database, theirs, new=(told_again,))
    with database.write() as tx:
        moderation.release(tx, 2, now=NOW)
        assert issues.eligible(tx, opens=ago(days=2), closes=NOW) == ()
        assert len(issues.eligible(tx, opens=ago(days=4), closes=NOW)) == 1


def taken_down(database: Database, source: Source) -> Any:
    """Store an entry, edit it, put it into an issue, and take it down; return its first form."""
    first = an_entry()
    apply(database, source, new=(new(first),))
    changed = ChangedEntry(id=1, parsed=edited(first, title="Korjattu", text="Muu teksti"))
    apply(database, source, changed=(changed,))
    with database.write() as tx:
        carried = issues.eligible(tx, opens=ago(days=7), closes=NOW)
        issues.create(tx, a_draft(*carried))
        assert moderation.hide(tx, 1, now=NOW + DAY)
        assert not moderation.hide(tx, 1, now=NOW + DAY)
    return first


def test_a_takedown_purges_every_text_and_leaves_a_tombstone(database: Database) -> None:
    """A takedown purges revisions, frozen texts, variants and artefacts (decisions: entries)."""
    source = a_stored_source(database)
    taken_down(database, source)
    with database.read() as tx:
        assert tx.execute(select(func.count()).select_from(Revision)).scalar() == 0
        texts = tx.execute(select(EntryRow.text, EntryRow.excerpt, EntryRow.content_html))
        assert [tuple(row) for row in texts] == [("", "", "")]
        frozen = issues.find(tx, Cadence.WEEKLY, "2026-W48")
        assert frozen is not None
        assert [(post.title, post.excerpt) for post in frozen.posts] == [("Korjattu", "")]
        edition = posts.edition(tx, WHOLE)
        assert (edition.posts, len(edition.tombstones)) == ((), 1)
        assert moderation.list_entries(tx, state=EntryState.HIDDEN)[0].title == "Korjattu"


def test_what_was_taken_down_may_not_come_back_by_id_link_or_text(database: Database) -> None:
    """Blocked by alias and hash, its earlier texts too; link and text from any source."""
    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    first = taken_down(database, ours)
    by_id = an_entry(first.raw_id, link="muu", content_hash="x")
    by_link = an_entry("?p=9", link=first.link, content_hash="x")
    by_text = an_entry("?p=9", link="muu", content_hash=first.content_hash)
    innocent = an_entry("?p=9", link="muu", content_hash="x")
    with database.read() as tx:
        for source, asked, blocked in (
            (ours, by_id, {first.raw_id}),
            (theirs, by_id, set()),
            (ours, by_link, {first.link}),
            (theirs, by_link, {first.link}),
            (theirs, by_text, {first.content_hash}),
            (ours, innocent, set()),
        ):
            assert known_entries.load_known(tx, source, a_feed(asked)).taken_down == blocked


def test_what_is_shown_again_comes_with_the_next_answer_even_an_unchanged_one(
    database: Database,
) -> None:
    """Its texts were purged: the source has to be read anew."""
    source = a_stored_source(database)
    first = taken_down(database, source)
    with database.write() as tx:
        health.record(
            tx,
            claim(tx, source),
            outcome=fetched(answer=an_answer()),
            parsed=a_feed(first),
            failed=None,
            next_fetch_at=NOW,
            now=NOW,
        )
        assert moderation.show(tx, 1, now=NOW + 2 * DAY)
        assert not moderation.show(tx, 1, now=NOW + 2 * DAY)
        after = sources.get(tx, source.id)
        assert after is not None
        assert after.body_hash is None
        assert claims.validators(tx, source) == {}
        (known,) = known_entries.load_known(tx, source, a_feed(first)).entries
        assert (known.state, known.content_hash) == (EntryState.DELETED, "")
        assert known_entries.load_known(tx, source, a_feed(first)).taken_down == frozenset()
    back = ChangedEntry(id=1, parsed=first)
    apply(database, source, returned=(1,), changed=(back,), present=(1,))
    assert shown(database) == [first.title]


def test_entries_that_do_not_exist_are_told_apart(database: Database) -> None:
    with database.write() as tx:
        for act in (moderation.hold, moderation.release, moderation.hide, moderation.show):
            assert not act(tx, 99, now=NOW)


def test_lists_are_by_state_and_source_newest_first_and_in_pages(database: Database) -> None:
    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    for number in range(5):
        told = new(an_entry(f"?p={number}"), recency=ago(days=number))
        apply(database, (ours, theirs)[number % 2], new=(told,))
    with database.write() as tx:
        moderation.hold(tx, 1, now=NOW)
        assert [line.id for line in moderation.list_entries(tx)] == [1, 2, 3, 4, 5]
        assert [line.id for line in moderation.list_entries(tx, limit=2, skip=1)] == [2, 3]
        assert [line.id for line in moderation.list_entries(tx, source="toinen")] == [2, 4]
        assert moderation.list_entries(tx, source="ei") == ()
        assert [line.id for line in moderation.list_entries(tx, state=EntryState.SHOWN)] == [
            2,
            3,
            4,
            5,
        ]
        assert moderation.count_by_state(tx) == {
            EntryState.SHOWN: 4,
            EntryState.HELD: 1,
            EntryState.DELETED: 0,
            EntryState.HIDDEN: 0,
        }


def test_nothing_of_this_is_known_to_others(database: Database) -> None:
    """A takedown of one source's id says nothing of another's equal id (promise 2)."""
    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    taken_down(database, ours)
    with database.read() as tx:
        assert known_entries.load_known(tx, theirs, a_feed(an_entry("?p=77"))) == Known()
