"""What is compiled once does as what SQLAlchemy runs, and fails under the same names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from syndicator.model import SubscriberState
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Database
from syndicator.store.db.prepared import Prepared
from syndicator.store.db.schema.newsletter import SubscriberRow
from tests.builders import NOW
from tests.store.mailed import subscribed

SUBSCRIBER = table_of(SubscriberRow)
STATEMENT = (
    update(SUBSCRIBER)
    .where(SUBSCRIBER.c.id == bindparam("this"), SUBSCRIBER.c.state == SubscriberState.ACTIVE)
    .values(
        paused_until=bindparam("until"),
        soft_bounces=SUBSCRIBER.c.soft_bounces + 2,
        left_at=None,
        address=bindparam("to"),
    )
)


def row_of(database: Database, reader: int) -> tuple[Any, ...]:
    columns = (SUBSCRIBER.c.paused_until, SUBSCRIBER.c.soft_bounces, SUBSCRIBER.c.address)
    with database.read() as tx:
        return tuple(tx.execute(select(*columns).where(SUBSCRIBER.c.id == reader)).one())


@pytest.mark.parametrize("until", [None, NOW + timedelta(microseconds=7)])
def test_it_changes_what_the_statement_says_and_counts_it(database: Database, until: Any) -> None:
    prepared = Prepared(STATEMENT)
    with database.write() as tx:
        first, second = subscribed(tx, "a"), subscribed(tx, "b")
        assert prepared.run(tx, {"this": first, "until": until, "to": "c@k.fi"}) == 1
        plain = tx.execute(STATEMENT, {"this": second, "until": until, "to": "d@k.fi"})
        assert plain.rowcount == 1
        assert prepared.run(tx, {"this": 99, "until": until, "to": "e@k.fi"}) == 0

    assert row_of(database, first) == (until, 2, "c@k.fi")
    assert row_of(database, second) == (until, 2, "d@k.fi")


def test_a_naive_moment_is_refused_as_by_any_statement(database: Database) -> None:
    row = {"this": 1, "until": NOW.replace(tzinfo=None), "to": "c@k.fi"}
    with database.write() as tx, pytest.raises(TypeError, match="aware"):
        Prepared(STATEMENT).run(tx, row)


def test_a_fault_of_the_driver_has_its_usual_name(database: Database) -> None:
    """``Database`` tells a database that is away by it."""
    with database.write() as tx:
        first, _ = subscribed(tx, "a"), subscribed(tx, "b")
    row = {"this": first, "until": None, "to": "b@k.fi"}
    with pytest.raises(IntegrityError), database.write() as tx:
        Prepared(STATEMENT).run(tx, row)
