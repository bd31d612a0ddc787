"""What is asked of a million readers is answered along an index that gives it in order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from syndicator.model import SubscriberState
from syndicator.store.db.database import Database
from syndicator.store.issues import audience, outbox
from syndicator.store.people import subscriber_lists
from tests.builders import NOW
from tests.store.feeds.test_query_plans import assert_along_indexes, plans
from tests.store.posting import an_issue, planned, subscribed


@pytest.fixture
def mailed(database: Database) -> Database:
    """A planned issue and its 200 readers."""
    with database.write() as tx:
        subscribed(tx, *(f"u{number}" for number in range(200)))
        planned(tx, an_issue(tx))
    if database.dialect == "postgresql":
        with database.write() as tx:
            tx.execute(text("ANALYZE"))
    return database


def test_a_page_of_deliveries_is_a_walk_from_where_the_last_one_ended(mailed: Database) -> None:
    with mailed.read() as tx, plans(tx) as found:
        first = outbox.accounts(tx, 1, limit=100)
        second = outbox.accounts(tx, 1, after=first[-1].key, limit=100)
        assert outbox.accounts(tx, 1, after=second[-1].key) == ()
    assert_along_indexes(found)
    assert len({one.id for one in (*first, *second)}) == 200


def test_a_page_of_subscribers_is_a_walk_from_where_the_last_one_ended(mailed: Database) -> None:
    active = (SubscriberState.ACTIVE,)
    with mailed.read() as tx, plans(tx) as found:
        assert len(subscriber_lists.next_page(tx)) == 200
        assert subscriber_lists.next_page(tx, states=active, after=200) == ()
    assert_along_indexes(found)


def test_what_one_reader_got_is_found_by_their_address_in_each_issue(mailed: Database) -> None:
    with mailed.read() as tx, plans(tx) as found:
        assert len(subscriber_lists.received(tx, "u7")) == 1
    assert all("SCAN delivery" not in plan for plan in found)
    assert all("Seq Scan on delivery" not in plan for plan in found)


def test_whether_a_send_stands_still_is_one_look_each_minute(mailed: Database) -> None:
    with mailed.read() as tx, plans(tx) as found:
        assert audience.stalled(tx, 1, since=NOW - timedelta(hours=1))
    assert_along_indexes(found)


def test_whom_to_forget_is_looked_for_along_the_index_of_states(mailed: Database) -> None:
    with mailed.read() as tx, plans(tx) as found:
        assert subscriber_lists.unconfirmed(tx, before=NOW) == ()
    assert_along_indexes(found)
