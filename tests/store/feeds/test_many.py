"""Many at once: claims, records and rows that are written in few statements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select, update

from syndicator.model import HeldBecause, Source
from syndicator.store.db import bulk, row_ids
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Database, Tx
from syndicator.store.db.schema.incoming import (
    ArchiveMonth,
    EntryRow,
    EntryTopic,
    Placement,
    SourceRow,
    StoryRow,
    TombstoneRow,
)
from syndicator.store.db.schema.outgoing import DirtyRow
from syndicator.store.feeds import claims, health, known_entries, sources, stories
from tests.builders import NOW, a_feed, ago, an_entry
from tests.store.stored import (
    LEASE,
    a_stored_source,
    an_answer,
    apply,
    claim,
    declare,
    fetched,
    new,
    unchanged,
    unmark_all,
)
from tests.store.stored import a_declaration as declared

HOUR = timedelta(hours=1)


def three(database: Database) -> list[Source]:
    with database.write() as tx:
        declare(tx, *(declared(key) for key in ("a", "b", "c")))
        return list(sources.list_all(tx))


def wish(source: Source, **changes: Any) -> claims.ClaimRequest:
    return claims.ClaimRequest(id=source.id, now=NOW, lease=LEASE, **changes)


def quiet(claimed: claims.ClaimedSource, **changes: Any) -> health.UnchangedPull:
    return health.UnchangedPull(
        source=claimed.source,
        held=claimed.validators,
        outcome=unchanged(**changes),
        next_fetch_at=NOW + HOUR,
        now=NOW,
    )


# --- claims ---------------------------------------------------------------------------------------


def test_of_many_wishes_each_free_source_is_given_to_one(database: Database) -> None:
    """Two who ask for one source at once ask its server once."""
    a, b, c = three(database)
    with database.write() as tx:
        claim(tx, c)
        got = claims.claim_all(tx, [wish(a), wish(b), wish(a), wish(c)])
    assert [claimed and claimed.source.key for claimed in got] == ["a", "b", None, None]


def test_who_may_ask_early_is_given_what_others_are_not(database: Database) -> None:
    a, b, _ = three(database)
    with database.write() as tx:
        for source in (a, b):
            claims.release(tx, claim(tx, source), next_fetch_at=NOW + HOUR)
        got = claims.claim_all(tx, [wish(a), wish(b, early=True)])
    assert [claimed and claimed.source.key for claimed in got] == [None, "b"]


def test_each_claimed_source_comes_with_its_own_validators(database: Database) -> None:
    a, b, _ = three(database)
    with database.write() as tx:
        for source, etag in ((a, '"a"'), (b, '"b"')):
            health.record(
                tx,
                claim(tx, source),
                outcome=fetched(answer=an_answer(source.url, etag=etag)),
                parsed=None,
                failed=None,
                next_fetch_at=NOW,
                now=NOW,
            )
        got = claims.claim_all(tx, [wish(b), wish(a)])
    held = [claimed.validators for claimed in got if claimed]
    assert [(list(by_url), *(v.etag for v in by_url.values())) for by_url in held] == [
        ([b.url], '"b"'),
        ([a.url], '"a"'),
    ]


# --- quiet pulls ----------------------------------------------------------------------------------


def row_of(tx: Tx, source: Source) -> dict[str, Any]:
    found = tx.execute(select(table_of(SourceRow)).where(SourceRow.id == source.id)).one()
    return {name: value for name, value in found._asdict().items() if name not in OF_ITS_OWN}


OF_ITS_OWN = {"id", "key", "url", "declared_url", "city"}


def test_many_quiet_pulls_leave_what_each_alone_would(database: Database) -> None:
    a, b, c = three(database)
    with database.write() as tx:
        values = {"failures": 3, "failing_since": ago(days=1), "detail": "busy", "moves": 1}
        tx.execute(update(SourceRow).values(values))
        got = [one for one in claims.claim_all(tx, [wish(s) for s in (a, b, c)]) if one]
        alone = got[0].source
        answer = an_answer(wait=2 * HOUR)
        assert health.record(
            tx,
            alone,
            outcome=unchanged(answer=answer),
            parsed=None,
            failed=None,
            next_fetch_at=NOW + HOUR,
            now=NOW,
        )
        assert health.record_unchanged(tx, [quiet(one, answer=answer) for one in got[1:]]) == {
            b.id,
            c.id,
        }
        assert row_of(tx, a) == row_of(tx, b) == row_of(tx, c)
        assert claims.validators(tx, a) == claims.validators(tx, b) == claims.validators(tx, c)
        assert claims.validators(tx, c)[answer.url].etag == '"1"'


def test_a_quiet_pull_of_a_source_that_is_anothers_by_now_is_refused_and_others_are_not(
    database: Database,
) -> None:
    a, b, _ = three(database)
    with database.write() as tx:
        got = [one for one in claims.claim_all(tx, [wish(a), wish(b)]) if one]
        later = claim(tx, a, now=NOW + LEASE)
        assert health.record_unchanged(tx, [quiet(one) for one in got]) == {b.id}
        after = sources.get(tx, a.id)
    assert after is not None
    assert (after.last_attempt_at, after.claims) == (None, later.claims)


def test_only_sources_whose_entries_were_lacking_have_them_looked_at(database: Database) -> None:
    a, b, _ = three(database)
    for source in (a, b):
        apply(database, source, new=(new(an_entry("?p=1")), new(an_entry("?p=2"))))
    feed = a_feed(an_entry("?p=1"), an_entry("?p=2"))
    with database.read() as tx:
        first, second = (entry.id for entry in known_entries.load_known(tx, b, feed).entries)
    apply(database, b, present=(first,), missed=(second,))
    with database.read() as tx:
        assert known_entries.sources_with_missing(tx, [a.id, b.id]) == {b.id}


# --- rows -----------------------------------------------------------------------------------------

WRITTEN = (StoryRow, Placement, ArchiveMonth, TombstoneRow, EntryTopic, DirtyRow)


def everything(tx: Tx) -> dict[str, list[Any]]:
    return {
        model.__tablename__: sorted(map(str, tx.execute(select(table_of(model))).all()))
        for model in WRITTEN
    }


def test_a_story_that_begins_stands_as_one_that_was_looked_at_anew(database: Database) -> None:
    """What ``fresh`` writes without reading is what ``stories.refresh`` would have found out."""
    source = a_stored_source(database)
    held = new(an_entry("?p=3"), held=HeldBecause.FLOOD, eligible_at=None)
    apply(
        database,
        source,
        topics=("osaajat",),
        new=(
            new(an_entry("?p=1", language="sv"), recency=ago(days=40)),
            new(an_entry("?p=2", language="de")),
            held,
        ),
    )
    unmark_all(database)
    with database.write() as tx:
        before = everything(tx)
        ids = tx.execute(select(StoryRow.id)).scalars().all()
        stories.refresh(tx, ids, now=NOW + HOUR)
        assert everything(tx) == before
    assert len(before["placement"]) == 4 + 3
    assert len(before["story"]) == 3


def test_numbers_taken_for_rows_are_nobody_elses(database: Database) -> None:
    source = a_stored_source(database)
    apply(database, source, new=(new(an_entry("?p=1")),))
    with database.write() as tx:
        ids = row_ids.take(tx, table_of(EntryRow), 3)
        assert row_ids.take(tx, table_of(EntryRow), 0) == ()
        assert list(ids) == sorted(set(ids))
        row = tx.execute(select(table_of(EntryRow))).one()._asdict()
        assert row["id"] not in ids
        for id_ in ids:
            tx.execute(insert(table_of(EntryRow)), row | {"id": id_})
        del row["id"]
        tx.execute(insert(table_of(EntryRow)), row)
        assert len(tx.execute(select(EntryRow.id)).all()) == 5


def test_rows_written_in_bulk_come_back_as_they_went_in(database: Database) -> None:
    statement = insert(table_of(TombstoneRow)).values(channel="fi/")
    with database.write() as tx:
        ids = _stories(tx)
        rows = [
            {"story_id": id_, "at": NOW, "recency": ago(days=id_), "public_id": f"{id_}"}
            for id_ in ids
        ]
        bulk.run(tx, statement, rows)
        bulk.run(tx, statement, [])
        found = tx.execute(select(table_of(TombstoneRow)).order_by(TombstoneRow.story_id)).all()
    assert [(row.story_id, row.channel, row.at, row.recency) for row in found] == [
        (id_, "fi/", NOW, ago(days=id_)) for id_ in ids
    ]


def _stories(tx: Tx) -> list[int]:
    for number in (1, 2):
        values = {
            "id": number,
            "public_id": str(number),
            "recency": NOW,
            "updated": NOW,
            "changed_at": NOW,
            "published_once": True,
        }
        tx.execute(insert(table_of(StoryRow)), values)
    return [1, 2]


def test_a_row_that_lacks_a_value_is_a_mistake_of_ours(database: Database) -> None:
    statement = update(table_of(StoryRow)).values(public_id=bindparam("told"))
    with pytest.raises(Exception, match="told"), database.write() as tx:
        bulk.run(tx, statement, [{"other": 1}])
