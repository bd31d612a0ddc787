"""Connections that claim one outbox: what is in one's hands is no other's (promise 5)."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import update

from syndicator.model import Delivery, DeliveryState, IssueState, SubscriberState
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Database
from syndicator.store.db.schema.newsletter import IssueRow
from syndicator.store.issues import outbox
from syndicator.store.issues.outbox import Done, Step
from tests.builders import NOW
from tests.store.posting import (
    FINNISH,
    HOUR,
    LEASE,
    SWEDISH,
    Posting,
    an_issue,
    change,
    change_in,
    planned,
    posting,
    subscribed,
)

S = DeliveryState
PATIENCE = 20


def lost(here: Posting) -> tuple[Delivery, ...]:
    """Return what ``a`` claimed and, its lease over, ``b`` claimed anew."""
    ours = here.claim("a")
    assert here.claim("b", now=NOW + LEASE) == ours
    return ours


def test_who_lost_a_claim_begins_nothing_of_it_and_the_new_holder_keeps_it(
    database: Database,
) -> None:
    here = posting(database, "maija")
    ours = lost(here)

    assert here.step("a", now=NOW + LEASE, ahead=ours).started is None
    assert here.step("b", now=NOW + LEASE, ahead=ours).started == ours[0]


def test_who_lost_a_claim_does_not_pass_by_what_another_is_sending(database: Database) -> None:
    here = posting(database, "maija")
    ours = lost(here)
    here.step("b", now=NOW + LEASE, ahead=ours)
    change(database, "maija", state=SubscriberState.LEFT)

    here.step("a", now=NOW + LEASE, ahead=ours)
    assert here.tally() == {S.SENDING: 1}


def test_an_answer_that_came_too_late_does_not_settle_what_another_is_sending(
    database: Database,
) -> None:
    here = posting(database, "maija")
    ours = here.claim("a")
    here.step("a", ahead=ours)
    (again,) = here.claim("b", now=NOW + LEASE, resend=2)
    here.step("b", now=NOW + LEASE, ahead=(again,))

    here.step("a", done=Done(id=again.id, state=S.DEFERRED, at=NOW, not_before=NOW + HOUR))
    assert here.tally() == {S.SENDING: 1}


def test_a_message_that_begins_late_in_a_lease_has_a_whole_one(database: Database) -> None:
    """A relay may take its time to answer; nobody else calls that message uncertain meanwhile."""
    here = posting(database, "maija")
    here.step("a", now=NOW + LEASE / 2, ahead=here.claim("a"))

    assert here.claim("b", now=NOW + LEASE, resend=2) == ()
    assert here.tally() == {S.SENDING: 1}


def test_one_claims_no_more_than_a_power_cut_may_leave_uncertain(database: Database) -> None:
    """At most the chunk in hand, a hundred, is uncertain then."""
    here = posting(database, *(f"n{number}" for number in range(101)))
    assert len(here.claim("a")) == 100
    assert len(here.claim("b")) == 1


def test_deliveries_of_one_variant_are_claimed_together(database: Database) -> None:
    """A sender makes one variant's template at a time."""
    with database.write() as tx:
        subscribed(tx, "eka")
        subscribed(tx, "andra", selection=SWEDISH)
        subscribed(tx, "kolmas", selection=FINNISH)
        issue_id = an_issue(tx)
        planned(tx, issue_id)
    here = Posting(database, issue_id)

    first, second = here.claim("a", limit=2)
    assert first.variant == second.variant


def test_two_who_claim_at_the_same_moment_share_the_work_and_wait_for_nobody(
    database: Database,
) -> None:
    here = posting(database, "a", "b")
    theirs: list[Delivery] = []
    other = threading.Thread(target=lambda: theirs.extend(here.claim("y")))
    with database.write() as tx:
        ours = outbox.claim(tx, here.id, holder="x", now=NOW, lease=LEASE, limit=1)
        other.start()
        if database.dialect == "postgresql":
            other.join(PATIENCE)
            assert not other.is_alive()
    other.join(PATIENCE)

    assert sorted(one.address for one in (*ours, *theirs)) == ["a@a.fi", "b@b.fi"]


def test_a_message_waits_for_a_leaving_that_is_just_being_written(database: Database) -> None:
    """Effective at once (promise 7): who is told that they left is not mailed a moment later."""
    here = posting(database, "a")
    ours = here.claim()
    steps: list[Step] = []
    sender = threading.Thread(target=lambda: steps.append(here.step(ahead=ours)))
    with database.write() as tx:
        change_in(tx, "a", state=SubscriberState.LEFT)
        sender.start()
        sender.join(0.5)
        assert sender.is_alive()
    sender.join(PATIENCE)

    assert steps == [Step(started=None, passed=1)]


@pytest.mark.parametrize("state", [IssueState.PAUSED, IssueState.CANCELLED])
def test_what_the_dead_held_of_an_issue_that_rests_is_known_too(
    database: Database, state: IssueState
) -> None:
    here = posting(database, "a", "b")
    here.step("x.1", ahead=here.claim("x.1"))
    with database.write() as tx:
        tx.execute(update(table_of(IssueRow)).values(state=state))
        outbox.recover(tx, holders="x.")

    assert here.tally() == {S.UNCERTAIN: 1, S.PENDING: 1}


def test_what_is_in_hand_may_be_open_again_when_its_lease_ends(database: Database) -> None:
    here = posting(database, "a", "b")
    here.step("a", now=NOW + LEASE / 2, ahead=here.claim("a", limit=1))
    with database.read() as tx:
        assert outbox.due(tx, here.id) == NOW + LEASE + LEASE / 2
    here.claim("b")
    with database.read() as tx:
        assert outbox.due(tx, here.id) == NOW + LEASE
