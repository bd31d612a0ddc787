"""The outbox: who is planned, what may leave, and what a death leaves behind (promise 5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from syndicator.model import (
    DeliveryState,
    IssueState,
    SkippedBecause,
    SubscriberState,
    SuppressedBecause,
    UnknownBy,
)
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Database
from syndicator.store.db.schema.newsletter import IssueRow, SubscriberRow
from syndicator.store.issues import failures, outbox
from syndicator.store.issues.outbox import Done, Step
from syndicator.store.issues.planning import PACE
from syndicator.store.people import suppressions
from tests.builders import NOW
from tests.store.posting import (
    HOUR,
    LEASE,
    MONTHLY,
    SWEDISH,
    WEEK,
    Posting,
    an_issue,
    change,
    planned,
    posting,
    subscribed,
)

# --- planning -------------------------------------------------------------------------------------


def test_everybody_who_confirmed_in_time_has_a_row_and_everybody_left_out_a_reason(
    database: Database,
) -> None:
    """Accounted for per person (promise 5)."""
    with database.write() as tx:
        subscribed(tx, "gets", "pauses", "suppressed", "late", "gone")
        subscribed(tx, "ruotsi", selection=SWEDISH)
        subscribed(tx, "kuukausi", selection=MONTHLY)
        suppressions.suppress(tx, "suppressed", SuppressedBecause.COMPLAINT, at=NOW)
    change(database, "pauses", paused_until=NOW + HOUR)
    change(database, "late", confirmed_at=NOW + HOUR)
    change(database, "gone", state=SubscriberState.LEFT)
    with database.write() as tx:
        issue_id = an_issue(tx, nothing_for=(SWEDISH,))
        planned(tx, issue_id)

    assert Posting(database, issue_id).why() == {
        "gets@gets.fi": ("pending", None),
        "pauses@pauses.fi": ("skipped", SkippedBecause.PAUSED),
        "suppressed@suppressed.fi": ("skipped", SkippedBecause.SUPPRESSED),
        "ruotsi@ruotsi.fi": ("skipped", SkippedBecause.NOTHING),
    }


def test_who_chose_something_new_after_the_variants_were_made_is_told_why(
    database: Database,
) -> None:
    with database.write() as tx:
        issue_id = an_issue(tx)
        subscribed(tx, "a")
        planned(tx, issue_id)

    assert Posting(database, issue_id).why() == {"a@a.fi": ("skipped", SkippedBecause.UNASSIGNED)}


def test_planning_that_was_cut_off_goes_on_where_it_was(database: Database) -> None:
    with database.write() as tx:
        subscribed(tx, *"abcde")
        issue_id = an_issue(tx)
        assert not outbox.planned(tx, issue_id)
        assert outbox.plan(tx, issue_id, limit=2) == 2
    with database.write() as tx:
        assert not outbox.planned(tx, issue_id)
        assert planned(tx, issue_id, limit=2) == 3
        assert outbox.planned(tx, issue_id)
        assert outbox.plan(tx, issue_id) is None
        found = outbox.accounts(tx, issue_id)
    assert [one.domain for one in found] == ["a.fi", "b.fi", "c.fi", "d.fi", "e.fi"]


def test_who_was_erased_and_came_back_gets_no_second_copy(database: Database) -> None:
    """One delivery per (issue, address as keyed hash)."""
    sent = posting(database, "a", "b")
    with database.write() as tx:
        table = table_of(SubscriberRow)
        tx.execute(table.delete().where(table.c.address_hash == "a"))
        subscribed(tx, "c", "a")
        planned(tx, sent.id)

    assert sum(sent.tally().values()) == 3


# --- leaving --------------------------------------------------------------------------------------


def test_a_step_settles_one_message_and_begins_the_next(database: Database) -> None:
    here = posting(database, "a", "b")
    ours = here.claim()

    assert here.step(ahead=ours) == Step(started=ours[0], passed=1)
    done = Done(id=ours[0].id, state=DeliveryState.SENT, at=NOW, code=250)
    assert here.step(done=done, ahead=ours[1:]) == Step(started=ours[1], passed=1)
    assert here.tally() == {DeliveryState.SENT: 1, DeliveryState.SENDING: 1}


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"state": SubscriberState.LEFT}, SkippedBecause.LEFT),
        ({"paused_until": NOW + HOUR}, SkippedBecause.PAUSED),
    ],
)
def test_who_left_a_moment_ago_is_passed_by(
    database: Database, values: dict[str, object], why: SkippedBecause
) -> None:
    """Re-checked at send (promise 7), in the transaction that begins the message."""
    here = posting(database, "a", "b")
    ours = here.claim()
    change(database, "a", **values)

    assert here.step(ahead=ours) == Step(started=ours[1], passed=2)
    assert here.why()["a@a.fi"] == ("skipped", why)


def test_a_suppression_made_a_moment_ago_is_respected(database: Database) -> None:
    here = posting(database, "a")
    ours = here.claim()
    with database.write() as tx:
        suppressions.suppress(tx, "a", SuppressedBecause.BY_EDITOR, at=NOW)

    assert here.step(ahead=ours).started is None
    assert here.why()["a@a.fi"] == ("skipped", SkippedBecause.SUPPRESSED)


def test_who_was_erased_a_moment_ago_is_passed_by(database: Database) -> None:
    here = posting(database, "a", "b")
    ours = here.claim()
    with database.write() as tx:
        table = table_of(SubscriberRow)
        tx.execute(table.delete())

    assert here.step(ahead=ours[:1]).started is None
    assert here.tally()[DeliveryState.SKIPPED] == 1
    later = NOW + LEASE
    assert here.claim("b", now=later) == ()
    assert here.tally()[DeliveryState.SKIPPED] == 2


def test_who_moved_gets_it_at_the_new_address_and_only_there(database: Database) -> None:
    here = posting(database, "a")
    ours = here.claim()
    change(database, "a", address="uusi@b.fi", address_hash="uusi")

    assert here.step(ahead=ours).started is None
    (again,) = here.claim()
    assert again.address == "uusi@b.fi"
    assert here.step(ahead=(again,)).started == again


def test_who_moved_to_an_address_that_got_it_gets_no_second_copy(database: Database) -> None:
    here = posting(database, "a", "b")
    change(database, "b", state=SubscriberState.LEFT, address="x", address_hash="x")
    change(database, "a", address="b@b.fi", address_hash="b")

    assert [one.address for one in here.claim()] == ["x"]
    assert here.tally()[DeliveryState.SKIPPED] == 1


@pytest.mark.parametrize("values", [{"state": IssueState.PAUSED}, {"revision": 1}])
def test_nothing_more_leaves_of_an_issue_that_was_paused_or_changed(
    database: Database, values: dict[str, object]
) -> None:
    """Pause, resume and cancel work at any moment (promise 5)."""
    here = posting(database, "a", "b")
    ours = here.claim()
    here.step(ahead=ours[:1])
    with database.write() as tx:
        tx.execute(update(table_of(IssueRow)).values(**values))
    done = Done(id=ours[0].id, state=DeliveryState.SENT, at=NOW)

    assert here.step(done=done, ahead=ours[1:]) == Step(started=None, passed=0, halted=True)
    assert here.tally() == {DeliveryState.SENT: 1, DeliveryState.CLAIMED: 1}


# --- deaths and second thoughts -------------------------------------------------------------------


def test_what_a_dead_holder_claimed_is_open_and_what_it_sent_is_uncertain(
    database: Database,
) -> None:
    here = posting(database, "a", "b")
    ours = here.claim()
    here.step(ahead=ours)

    assert here.claim("b", now=NOW + LEASE / 2) == ()
    assert here.claim("b", now=NOW + LEASE) == ours[1:]
    assert here.tally() == {DeliveryState.UNCERTAIN: 1, DeliveryState.CLAIMED: 1}
    (again,) = here.claim("c", now=NOW + LEASE, resend=3)
    assert (again.id, again.attempts) == (ours[0].id, 1)


def test_a_renewed_claim_is_kept(database: Database) -> None:
    here = posting(database, "a")
    here.claim()
    with database.write() as tx:
        outbox.renew(tx, here.id, holder="a", until=NOW + 2 * LEASE)

    assert here.claim("b", now=NOW + LEASE) == ()


def test_an_answer_that_came_after_the_lease_still_counts(database: Database) -> None:
    here = posting(database, "a")
    ours = here.claim()
    here.step(ahead=ours)
    assert here.claim("b", now=NOW + LEASE) == ()
    here.step(done=Done(id=ours[0].id, state=DeliveryState.SENT, at=NOW))

    assert here.tally() == {DeliveryState.SENT: 1}
    assert here.claim("b", now=NOW + WEEK, resend=9) == ()


def test_an_uncertain_message_is_not_offered_for_ever(database: Database) -> None:
    here = posting(database, "a")
    here.step(ahead=here.claim())

    assert here.claim("b", now=NOW + LEASE, resend=1) == ()


def test_a_process_that_owns_the_database_need_not_wait_for_leases(database: Database) -> None:
    here = posting(database, "a", "b")
    here.step("x.1", ahead=here.claim("x.1"))
    with database.write() as tx:
        outbox.recover(tx, holders="y.")
        assert outbox.tally(tx, here.id)[DeliveryState.CLAIMED] == 1
        outbox.recover(tx, holders="x.")

    assert here.tally() == {DeliveryState.UNCERTAIN: 1, DeliveryState.PENDING: 1}


def test_what_is_given_back_is_open_at_once_or_when_it_was_said(database: Database) -> None:
    here = posting(database, "a", "b")
    first, second = here.claim()
    with database.write() as tx:
        outbox.release(tx, here.id, holder="a", only=(first.id,))
        outbox.release(tx, here.id, holder="a", not_before=NOW + HOUR)
        assert outbox.due(tx, here.id) == NOW + HOUR

    assert [one.id for one in here.claim("b")] == [first.id]
    assert [one.id for one in here.claim("c", now=NOW + HOUR)][-1:] == [second.id]


def test_an_address_that_is_gone_waits_with_its_delivery_until_the_failures_are_looked_at(
    database: Database,
) -> None:
    here = posting(database, "a", "b")
    ours = here.claim()
    here.step(ahead=ours)
    done = Done(
        id=ours[0].id, state=DeliveryState.FAILED, at=NOW, code=550, detail="5.1.1 no", gone=True
    )
    here.step(done=done)
    with database.read() as tx:
        assert suppressions.list_all(tx) == ()
        (waiting,) = failures.unknown(tx, here.id, limit=9)
    assert (waiting.address_hash, waiting.by) == ("a", UnknownBy.SIGNED)
    assert waiting.detail == "550 5.1.1 no"
    with database.write() as tx:
        assert outbox.retry_failed(tx, here.id) == 1
        assert failures.unknown(tx, here.id, limit=9) == ()


@pytest.mark.parametrize("state", [DeliveryState.FAILED, DeliveryState.UNCERTAIN])
def test_what_did_not_arrive_is_opened_again_when_a_person_asks(
    database: Database, state: DeliveryState
) -> None:
    here = posting(database, "a")
    ours = here.claim()
    here.step(ahead=ours)
    here.step(done=Done(id=ours[0].id, state=state, at=NOW, detail="5.2.1 no"))
    assert here.claim("b", now=NOW + WEEK) == ()
    with database.write() as tx:
        assert outbox.reasons(tx, here.id, state) == {"5.2.1 no": 1}
        assert outbox.retry_failed(tx, here.id) == 1

    (again,) = here.claim("b")
    assert (again.id, again.attempts) == (ours[0].id, 0)


def test_cancelling_leaves_what_left_and_cancels_what_is_open(database: Database) -> None:
    here = posting(database, "a", "b", "c")
    ours = here.claim(limit=2)
    here.step(ahead=ours)
    with database.write() as tx:
        assert outbox.cancel(tx, here.id, limit=1) == 1
        assert outbox.cancel(tx, here.id) == 1
        assert outbox.cancel(tx, here.id) == 0

    assert here.tally() == {DeliveryState.SENDING: 1, DeliveryState.CANCELLED: 2}


@given(limit=st.integers(50, 5_000), took=st.floats(0, 10).map(lambda s: timedelta(seconds=s)))
def test_a_transaction_of_planning_is_paced_by_the_one_before(limit: int, took: timedelta) -> None:
    """decisions: transactions <= 20 ms."""
    then = outbox.paced(limit, took=took)

    assert 50 <= then <= 5_000
    assert limit // 2 <= then <= limit * 2 or then in (50, 5_000)
    if took > PACE:
        assert then <= limit
    if took < PACE:
        assert then >= min(limit, 5_000)
