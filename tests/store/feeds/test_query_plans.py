"""Every question that is asked all day long is answered along an index, never by a sort or a scan.

The newest 50 of a million entries take milliseconds only as long as this holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from syndicator.model import Cadence, Changes, Channel, EntryState, Scope, Source
from syndicator.store.db.database import Database, Tx
from syndicator.store.feeds import (
    apply_changes,
    artefacts,
    claims,
    health,
    known_entries,
    moderation,
    posts,
    sources,
)
from syndicator.store.issues import issues
from tests.builders import NOW, a_feed, an_entry
from tests.store.stored import LEASE, a_declaration, a_stored_source, apply, claim, declare, new
from tests.store.stored import unchanged as an_unchanged

CHANNELS = [
    Channel(),
    Channel(month="2026-11"),
    Channel(scope=Scope.LANGUAGE, value="fi"),
    Channel(scope=Scope.LANGUAGE, value="fi", month="2026-11"),
    Channel(scope=Scope.CITY, value="kauhajoki"),
    Channel(scope=Scope.TOPIC, value="osaajat"),
]

SMALL = ("SCAN dirty", "SCAN alembic", "SCAN constant row", "SCAN counter", "SCAN (subquery")
"""Tables with a row for each channel to be made, and the like."""


@pytest.fixture
def filled(database: Database) -> Database:
    """Enough rows for a planner to prefer an index, spread over sources, months and languages."""
    source = a_stored_source(database)
    with database.write() as tx:
        declare(tx, a_declaration(), *(a_declaration(f"c{number}") for number in range(40)))
    many = tuple(
        new(
            an_entry(f"?p={number}", language=("fi", "sv", "en")[number % 3]),
            recency=NOW - timedelta(days=number),
        )
        for number in range(400)
    )
    apply(database, source, new=many[10:], topics=["osaajat"])
    apply(database, source, new=many[:10], topics=["osaajat"])
    if database.dialect == "postgresql":
        with database.write() as tx:
            tx.execute(text("ANALYZE"))
    return database


@contextmanager
def plans(tx: Tx) -> Iterator[list[str]]:
    """Yield a list that fills with the plan of every statement run inside."""
    found: list[str] = []

    def explain(
        connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if not statement.startswith(("SELECT", "UPDATE", "DELETE")) or many:
            return
        word = "EXPLAIN QUERY PLAN" if tx.dialect == "sqlite" else "EXPLAIN"
        cursor = connection.connection.cursor()
        if tx.dialect == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"{word} {statement}", parameters)
        lines = "\n".join(str(row[-1]) for row in cursor.fetchall())
        cursor.close()
        found.append(f"{statement}\n--\n{lines}")

    event.listen(tx.connection, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(tx.connection, "before_cursor_execute", explain)


def assert_along_indexes(found: list[str], *, sorts: bool = False, walks: bool = False) -> None:
    """Fail if a plan reads a whole table, or sorts what an index could have given in order.

    PostgreSQL is told to avoid both: what it still does, it cannot avoid.

    Args:
        sorts: a few rows may be sorted.
        walks: an index may be walked from its end, because a LIMIT stops the walk.
    """
    assert found
    for plan in found:
        steps = plan.partition("\n--\n")[2].splitlines()
        scans = [
            step
            for step in steps
            if ("SCAN" in step and not step.startswith(SMALL) and not (walks and "USING" in step))
            or ("Seq Scan" in step and "dirty" not in step)
        ]
        assert scans == [], plan
        sorted_steps = [step for step in steps if "TEMP B-TREE FOR ORDER" in step or "Sort" in step]
        assert sorts or sorted_steps == [], plan


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda c: f"{c.prefix}{c.month or ''}" or "whole")
def test_the_newest_of_any_channel_are_one_walk_along_an_index(
    filled: Database, channel: Channel
) -> None:
    """Newest 50 of a million take milliseconds (issue: storing)."""
    with filled.read() as tx, plans(tx) as found:
        posts.members(tx, channel, size=50)
    assert_along_indexes(found)
    assert all("ix_placement_newest" in plan for plan in found)


@pytest.mark.parametrize("channel", CHANNELS[:3], ids=lambda c: c.prefix or "whole")
def test_an_edition_reads_only_the_rows_it_shows(filled: Database, channel: Channel) -> None:
    with filled.read() as tx, plans(tx) as found:
        assert posts.edition(tx, channel).posts
    assert_along_indexes(found, sorts=channel.month is not None)


def test_what_is_known_of_fifty_entries_is_found_by_keys(filled: Database) -> None:
    asked = a_feed(*(an_entry(f"?p={number}", published=NOW) for number in range(50)))
    with filled.read() as tx:
        source = stored(tx)
        with plans(tx) as found:
            assert known_entries.load_known(tx, source, asked).entries
            known_entries.load_missing(tx, source)
    assert_along_indexes(found, sorts=True)
    if filled.dialect == "sqlite":
        for key in ("link_key", "title_key"):
            assert all(f"ix_entry_{key}" in plan for plan in found if f"{key} IN" in plan)


def test_a_pull_that_brings_nothing_touches_only_its_own_rows(filled: Database) -> None:
    with filled.write() as tx, plans(tx) as found:
        source = claim(tx, stored(tx))
        claims.validators(tx, source)
        health.record(
            tx,
            source,
            outcome=an_unchanged(),
            parsed=None,
            failed=None,
            next_fetch_at=NOW,
            now=NOW,
        )
        sources.recent_attempts(tx, since=NOW)
        claims.due(tx, now=NOW, limit=10)
        claims.release(tx, claim(tx, stored(tx)), next_fetch_at=NOW)
        wanted = claims.ClaimRequest(id=stored(tx).id, now=NOW, lease=LEASE)
        (ours,) = claims.claim_all(tx, [wanted])
        assert ours is not None
        quiet = health.UnchangedPull(
            source=ours.source,
            held=ours.validators,
            outcome=an_unchanged(),
            next_fetch_at=NOW,
            now=NOW,
        )
        assert health.record_unchanged(tx, [quiet])
        known_entries.sources_with_missing(tx, [1, 2])
    assert_along_indexes(found)


def test_a_decision_is_written_by_keys(filled: Database) -> None:
    with filled.write() as tx:
        source = stored(tx)
        with plans(tx) as found:
            changes = Changes(
                new=(new(an_entry("?p=uusi")), new(an_entry("?p=sama"), story=3)),
                present=(1, 2),
                missed=(4, 5),
                deleted=(5,),
            )
            apply_changes.apply(tx, source, changes, topics=lambda _: ("osaajat",), now=NOW)
    assert_along_indexes(found, sorts=True)


def test_editors_lists_and_issues_are_read_in_order(filled: Database) -> None:
    with filled.read() as tx, plans(tx) as found:
        moderation.list_entries(tx)
        moderation.list_entries(tx, state=EntryState.HELD)
        moderation.list_entries(tx, state=EntryState.SHOWN)
        moderation.list_entries(tx, source="kauhajoki")
    assert_along_indexes(found, walks=True)
    with filled.read() as tx, plans(tx) as found:
        issues.eligible(tx, opens=NOW, closes=NOW, cadence=Cadence.WEEKLY)
    assert_along_indexes(found, sorts=True)


def test_published_bytes_are_read_by_path(filled: Database) -> None:
    with filled.read() as tx, plans(tx) as found:
        artefacts.load(tx, "feed.xml")
        artefacts.generation(tx)
    assert_along_indexes(found)


def stored(tx: Tx) -> Source:
    found = sources.by_key(tx, "kauhajoki")
    assert found is not None
    return found


def test_a_claim_is_refused_along_the_index_too(filled: Database) -> None:
    with filled.write() as tx, plans(tx) as found:
        assert claims.claim(tx, 999, now=NOW, lease=LEASE) is None
    assert_along_indexes(found)
