"""What came back: kept once, and what it does to deliveries and counts (E10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from syndicator.model import DeliveryState, EmailKind
from syndicator.store.db.database import Database, Tx
from syndicator.store.db.schema.newsletter import SubscriberRow
from syndicator.store.people import bounces, transactional_emails
from syndicator.store.people.bounces import Addressee, Report
from tests.builders import NOW, ago
from tests.store.mailed import delivered, public_id_of, state_of, subscribed

SINCE = ago(days=200)
S = DeliveryState


def came_back(tx: Tx, delivery_id: int, kind: str = "soft", at: datetime = NOW) -> Addressee:
    """Keep a report on a delivery, as ``pipeline`` does."""
    whose = bounces.addressee(tx, delivery_id, address="")
    assert whose is not None
    assert bounces.keep(tx, f"{delivery_id} {kind} {at}", kind=kind, at=at, addressee=whose)
    bounces.mark_delivery_failed(tx, delivery_id, detail="no")
    return whose


def test_a_report_is_kept_once(database: Database) -> None:
    with database.write() as tx:
        first = delivered(tx, subscribed(tx), week=48)
        whose = bounces.addressee(tx, first, address="maija")
        told: dict[str, Any] = {"kind": "hard", "status": "5.1.1", "detail": "no such person"}
        assert bounces.keep(tx, "k", at=NOW, addressee=whose, **told)
        assert not bounces.keep(tx, "k", at=NOW + timedelta(hours=1), kind="soft")
        (kept,) = bounces.newest(tx)
    assert kept == Report(id=kept.id, key="k", at=NOW, address_hash="maija", delivery=first, **told)


def test_what_nobody_is_behind_is_kept_too(database: Database) -> None:
    with database.write() as tx:
        assert bounces.addressee(tx, 12, address="") is None
        assert bounces.keep(tx, "k", kind="unknown", at=NOW)
        assert bounces.newest(tx)[0].address_hash is None


def test_an_erased_reader_is_known_by_the_hash_of_the_delivery(database: Database) -> None:
    with database.write() as tx:
        late = delivered(tx, None, week=48, name="gone")
        whose = bounces.addressee(tx, late, address="go")
        assert whose == Addressee(
            delivery=late, address_hash="gone", subscriber=None, at=ago(days=1)
        )
        assert bounces.soft_bounces(tx, whose, since=SINCE, most=5) == 0


def test_a_readers_own_delivery_is_found_by_name_else_their_newest(database: Database) -> None:
    with database.write() as tx:
        reader, other = subscribed(tx), subscribed(tx, "pekka")
        older = delivered(tx, reader, week=47)
        newest = delivered(tx, reader, week=48)
        delivered(tx, reader, week=49, state=S.PENDING)
        others = delivered(tx, other, week=48, name="pekka")
        public_id = public_id_of(tx, reader)

        def found(named: int | None) -> int | None:
            whose = bounces.addressee_of(tx, public_id, named=named)
            return whose.delivery if whose else None

        assert [found(older), found(newest)] == [older, newest]
        assert [found(None), found(others), found(10_000)] == [newest] * 3
        assert bounces.addressee_of(tx, "0f0f0f0f", named=older) is None


@pytest.mark.parametrize(
    ("state", "after"),
    [
        (S.SENT, (S.FAILED, "5.1.1 no")),
        (S.UNCERTAIN, (S.FAILED, "5.1.1 no")),
        (S.SENDING, (S.SENDING, None)),
        (S.DEFERRED, (S.DEFERRED, None)),
        (S.CANCELLED, (S.CANCELLED, None)),
    ],
)
def test_what_left_has_failed_after_all_and_what_did_not_is_left_alone(
    database: Database, state: S, after: tuple[S, str | None]
) -> None:
    with database.write() as tx:
        one = delivered(tx, subscribed(tx), week=48, state=state)
        assert bounces.mark_delivery_failed(tx, one, detail="5.1.1 no") is (after[0] is S.FAILED)
        assert state_of(tx, one) == after


def test_mails_that_come_back_in_a_row_are_counted(database: Database) -> None:
    with database.write() as tx:
        reader = subscribed(tx)
        counts = []
        for week in (45, 46, 47, 48):
            one = delivered(tx, reader, week=week, days=100 - week)
            counts.append(bounces.soft_bounces(tx, came_back(tx, one), since=SINCE, most=3))
    assert counts == [1, 2, 3, 3]


def test_one_delivery_counts_once_however_often_it_is_reported(database: Database) -> None:
    with database.write() as tx:
        one = delivered(tx, subscribed(tx), week=48)
        came_back(tx, one)
        whose = came_back(tx, one, at=NOW + timedelta(days=1))
        assert bounces.soft_bounces(tx, whose, since=SINCE, most=5) == 1


def test_a_mail_that_arrived_forgives_those_that_did_not(database: Database) -> None:
    with database.write() as tx:
        reader = subscribed(tx)
        came_back(tx, delivered(tx, reader, week=46))
        delivered(tx, reader, week=47)
        last = came_back(tx, delivered(tx, reader, week=48))
        assert bounces.soft_bounces(tx, last, since=SINCE, most=5) == 1


def test_a_report_that_comes_after_the_next_issue_left_counts_as_it_fell(
    database: Database,
) -> None:
    with database.write() as tx:
        reader = subscribed(tx)
        came_back(tx, delivered(tx, reader, week=46))
        slow = delivered(tx, reader, week=47)
        delivered(tx, reader, week=48)
        assert bounces.soft_bounces(tx, came_back(tx, slow), since=SINCE, most=5) == 2


def test_time_forgives(database: Database) -> None:
    with database.write() as tx:
        reader = subscribed(tx)
        came_back(tx, delivered(tx, reader, week=10, days=201))
        last = came_back(tx, delivered(tx, reader, week=48, days=1))
        assert bounces.soft_bounces(tx, last, since=SINCE, most=5) == 1


def test_what_was_our_own_fault_neither_counts_nor_forgives(database: Database) -> None:
    with database.write() as tx:
        reader = subscribed(tx)
        came_back(tx, delivered(tx, reader, week=46))
        came_back(tx, delivered(tx, reader, week=47), kind="ours")
        last = came_back(tx, delivered(tx, reader, week=48))
        assert bounces.soft_bounces(tx, last, since=SINCE, most=5) == 2


def test_the_count_stands_beside_the_subscriber_of_that_address(database: Database) -> None:
    with database.write() as tx:
        reader = subscribed(tx)
        whose = came_back(tx, delivered(tx, reader, week=48))
        bounces.set_soft_bounces(tx, whose, count=1, at=NOW)
        moved = Addressee(delivery=1, address_hash="an older address", subscriber=reader, at=NOW)
        bounces.set_soft_bounces(tx, moved, count=9, at=NOW)
        row = tx.execute(
            select(SubscriberRow.soft_bounces, SubscriberRow.soft_bounced_at).where(
                SubscriberRow.id == reader
            )
        ).one()
    assert tuple(row) == (1, NOW)


def an_email(tx: Tx, *, days: float, softly: bool = True, name: str = "maija") -> Addressee:
    """Return whom a letter was for that left so many days ago, and came back or not."""
    put = {"address": f"{name}@k.fi", "address_hash": name, "language": "fi", "now": ago(days=days)}
    email = transactional_emails.put(tx, EmailKind.LINK, **put)  # type: ignore[arg-type]
    transactional_emails.claim(tx, now=ago(days=days), lease=timedelta(minutes=5))
    transactional_emails.mark_sent(tx, email, now=ago(days=days))
    whose = bounces.addressee_of_email(tx, email, address=name)
    assert whose is not None
    if softly:
        assert bounces.keep(tx, f"letter {email}", kind="soft", at=NOW, addressee=whose)
        transactional_emails.mark_bounced(tx, email, detail="full")
    return whose


def test_a_letter_counts_among_deliveries_and_letters_in_a_row_count_once(
    database: Database,
) -> None:
    with database.write() as tx:
        reader = subscribed(tx)
        came_back(tx, delivered(tx, reader, week=45, days=40))
        an_email(tx, days=35)
        last = an_email(tx, days=34)
        assert bounces.soft_bounces(tx, last, since=SINCE, most=5) == 2
        digest = came_back(tx, delivered(tx, reader, week=46, days=30))
        assert bounces.soft_bounces(tx, digest, since=SINCE, most=5) == 3
        assert bounces.soft_bounces(tx, last, since=SINCE, most=5) == 2


def test_a_letter_that_arrived_forgives_and_somebody_elses_does_not(database: Database) -> None:
    with database.write() as tx:
        reader = subscribed(tx)
        came_back(tx, delivered(tx, reader, week=45, days=40))
        an_email(tx, days=35, softly=False, name="pekka")
        digest = came_back(tx, delivered(tx, reader, week=46, days=30))
        assert bounces.soft_bounces(tx, digest, since=SINCE, most=5) == 2
        an_email(tx, days=20, softly=False)
        digest = came_back(tx, delivered(tx, reader, week=47, days=10))
        assert bounces.soft_bounces(tx, digest, since=SINCE, most=5) == 1
