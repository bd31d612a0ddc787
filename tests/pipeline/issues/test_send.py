"""An issue on its way, to a relay that answers as it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from syndicator.deliver.retry import TRIES
from syndicator.errors import DeliveryFailed, PermanentFailure, TemporaryFailure, Uncertain
from syndicator.model import (
    DeliveryState,
    IssueState,
    NoticeKind,
    Stage,
    SubscriberState,
)
from syndicator.pipeline.issues.send import deliver_issue
from syndicator.store.db.base import table_of
from syndicator.store.db.schema.newsletter import SubscriberRow
from syndicator.store.people import suppressions
from syndicator.store.upkeep import flags
from syndicator.store.upkeep.journal import JournalKind
from tests.builders import NOW
from tests.pipeline.office import (
    EXCERPT,
    Connects,
    Pigeon,
    change,
    ids,
    office,
    rates_of,
    take_down,
)


def test_everybody_gets_it_once_whoever_delivers_again(tmp_path: Path) -> None:
    with office(tmp_path) as here:
        first, again = here.deliver(), here.deliver()
        assert here.state() is IssueState.SENT

    assert here.noted(JournalKind.ISSUE_STARTED) == ["weekly/2026-W48"]
    assert here.noted(JournalKind.ISSUE_SENT) == ["weekly/2026-W48"]
    assert sorted(here.pigeon.recipients) == ["a@a.fi", "b@b.fi", "c@c.fi"]
    assert first.tally == again.tally == {DeliveryState.SENT: 3}
    assert first.again_at is None


def test_that_a_send_begins_is_noted_before_the_first_mail_leaves(tmp_path: Path) -> None:
    """Or a database restored from before it would begin anew (promise 10)."""
    with office(tmp_path) as here:
        at_first: list[list[str]] = []
        here.pigeon.before = lambda _to: at_first.append(here.noted(JournalKind.ISSUE_STARTED))
        here.deliver()

    assert at_first[0] == ["weekly/2026-W48"]


def test_one_refused_address_does_not_stop_the_others_and_is_suppressed(tmp_path: Path) -> None:
    """Promise 1, promise 6."""
    with office(tmp_path) as here:
        here.pigeon.failures["b@b.fi"] = [
            PermanentFailure(550, "5.1.1 no such person", stage=Stage.RECIPIENT)
        ]
        here.deliver()
        with here.scene.world.database.read() as tx:
            assert suppressions.holds(tx, "b@b.fi")
        failed = here.accounts()["b@b.fi"]

    assert sorted(here.pigeon.recipients) == ["a@a.fi", "c@c.fi"]
    assert (failed.state, failed.code) == (DeliveryState.FAILED, 550)
    assert [(line.kind, line.subject) for line in here.sender.journal.entries()] == [
        (JournalKind.ISSUE_STARTED, "weekly/2026-W48"),
        (JournalKind.SUPPRESSED, "b@b.fi"),
        (JournalKind.ISSUE_SENT, "weekly/2026-W48"),
    ]


def test_what_is_put_off_is_sent_later_under_the_same_id(tmp_path: Path) -> None:
    """Promise 6: 4xx backs off."""
    with office(tmp_path, "a@a.fi") as here:
        here.pigeon.failures["a@a.fi"] = [
            TemporaryFailure(450, "4.2.2 full", stage=Stage.RECIPIENT)
        ]
        first = here.deliver()
        assert here.pigeon.taken == []
        assert first.again_at is not None
        assert timedelta(minutes=7) < first.again_at - NOW < timedelta(minutes=20)
        here.scene.clock.at = first.again_at
        second = here.deliver()

    assert second.tally == {DeliveryState.SENT: 1}
    assert ids(here.pigeon) == [b"Message-ID: <issue.1.delivery.1@koosteet.fi>"]


def test_what_is_put_off_for_a_day_fails(tmp_path: Path) -> None:
    with office(tmp_path, "a@a.fi") as here:
        no = TemporaryFailure(450, "4.2.2 full", stage=Stage.RECIPIENT)
        here.pigeon.failures["a@a.fi"] = [no] * (TRIES + 3)
        delivered = here.deliver()
        while delivered.again_at is not None:
            here.scene.clock.at = delivered.again_at
            delivered = here.deliver()
        account = here.accounts()["a@a.fi"]

    assert account.state is DeliveryState.FAILED
    assert account.attempts == TRIES
    assert timedelta(days=1) / 2 < here.scene.clock.at - NOW < timedelta(days=2)


@pytest.mark.parametrize(
    "no",
    [
        PermanentFailure(550, "5.7.1 relaying denied", stage=Stage.RECIPIENT),
        PermanentFailure(554, "5.6.0 spam", stage=Stage.CONTENT),
        TemporaryFailure(550, "5.7.1 not your sender", stage=Stage.SENDER),
    ],
)
def test_our_own_fault_stops_the_issue_and_blames_nobody(
    tmp_path: Path, no: DeliveryFailed
) -> None:
    """Promise 6."""
    with office(tmp_path) as here:
        here.pigeon.failures["b@b.fi"] = [no]
        delivered = here.deliver()
        with here.scene.world.database.read() as tx:
            assert suppressions.list_all(tx) == ()
        assert here.state() is IssueState.PAUSED
        assert here.notices() == [NoticeKind.RELAY_REFUSES_US]
        refused = here.accounts()["b@b.fi"]

    assert here.pigeon.recipients == ["a@a.fi"]
    assert delivered.tally == {DeliveryState.SENT: 1, DeliveryState.PENDING: 2}
    assert delivered.again_at is None
    assert refused.attempts == 0


def test_a_relay_that_is_away_is_waited_for(tmp_path: Path) -> None:
    with office(tmp_path) as here:
        here.pigeon.away = 3
        delivered = here.deliver()

    assert delivered.tally == {DeliveryState.SENT: 3}


def test_a_relay_that_stays_away_is_said_and_nobody_pays(tmp_path: Path) -> None:
    with office(tmp_path) as here:
        here.pigeon.away = 99
        delivered = here.deliver()
        assert here.notices() == [NoticeKind.RELAY_AWAY]
        assert delivered.tally == {DeliveryState.PENDING: 3}
        assert delivered.again_at is not None
        here.pigeon.away = 0
        here.deliver()
        assert here.notices() == []

    assert len(here.pigeon.taken) == 3


def test_a_wrong_password_stops_the_issue(tmp_path: Path) -> None:
    class Stranger(Pigeon):
        def ready(self) -> None:
            raise TemporaryFailure(535, "5.7.8 who are you")

    with office(tmp_path) as here:
        delivered = here.deliver(relay=Connects(Stranger))
        assert here.state() is IssueState.PAUSED

    assert delivered.tally == {DeliveryState.PENDING: 3}


def test_a_message_without_an_answer_is_sent_again_under_the_same_id(tmp_path: Path) -> None:
    with office(tmp_path, "a@a.fi") as here:
        here.pigeon.failures["a@a.fi"] = [Uncertain(0, "no answer", stage=Stage.CONTENT)]
        first = here.deliver()
        assert first.tally == {DeliveryState.UNCERTAIN: 1}
        assert first.again_at is not None
        here.scene.clock.at = first.again_at
        assert here.deliver().tally == {DeliveryState.SENT: 1}

    assert ids(here.pigeon) == [b"Message-ID: <issue.1.delivery.1@koosteet.fi>"]


def test_a_message_without_an_answer_is_held_if_sochange(tmp_path: Path) -> None:
    """decisions: `uncertain` deliveries are resent by default, or held by setting."""
    with office(tmp_path, "a@a.fi") as here:
        here.pigeon.failures["a@a.fi"] = [Uncertain(0, "no answer", stage=Stage.CONTENT)]
        first = here.deliver(resends_uncertain=False)
        here.scene.clock.forward(timedelta(days=9))
        again = here.deliver(resends_uncertain=False)

    assert first.again_at is None
    assert again.tally == {DeliveryState.UNCERTAIN: 1}


def test_an_error_of_ours_in_one_message_costs_that_reader_only(tmp_path: Path) -> None:
    """Promise 1: an address that stands in no header should never have come so far."""
    quoted = '"b b"@b.fi'
    with office(tmp_path, "a@a.fi", quoted, "c@c.fi") as here:
        delivered = here.deliver()
        failed = here.accounts()[quoted]

    assert here.pigeon.recipients == ["a@a.fi", "c@c.fi"]
    assert delivered.tally == {DeliveryState.SENT: 2, DeliveryState.FAILED: 1}
    assert failed.detail == "not made: the address cannot be written in a mail"


def test_an_error_of_ours_in_a_variant_stops_the_issue_before_anybody_pays(tmp_path: Path) -> None:
    own = tmp_path / "templates"
    (own / "digest").mkdir(parents=True)
    (own / "digest" / "body.html").write_text("{{ misspelt }}")
    with office(tmp_path) as here:
        settings = here.sender.settings
        deployment = replace(settings.deployment, templates_dir=own)
        delivered = here.deliver(settings=replace(settings, deployment=deployment))
        assert here.state() is IssueState.PAUSED

    assert delivered.tally == {DeliveryState.PENDING: 3}


def test_who_unsubscribes_during_the_send_is_not_mailed(tmp_path: Path) -> None:
    with office(tmp_path) as here:

        def leave(_recipient: str) -> None:
            with here.scene.world.database.write() as tx:
                table = table_of(SubscriberRow)
                third = update(table).where(table.c.address == "c@c.fi")
                tx.execute(third.values(state=SubscriberState.LEFT))

        here.pigeon.before = leave
        here.deliver()

    assert here.pigeon.recipients == ["a@a.fi", "b@b.fi"]


def test_a_pause_takes_effect_between_two_messages_and_resuming_goes_on(tmp_path: Path) -> None:
    with office(tmp_path) as here:
        here.pigeon.before = lambda _: change(here, state=IssueState.PAUSED)
        paused = here.deliver()
        assert paused.tally == {DeliveryState.SENT: 1, DeliveryState.PENDING: 2}
        here.pigeon.before = lambda _: None
        change(here, state=IssueState.SENDING)
        here.deliver()

    assert here.pigeon.recipients == ["a@a.fi", "b@b.fi", "c@c.fi"]


def test_a_cancelled_issue_has_the_rest_cancelled(tmp_path: Path) -> None:
    with office(tmp_path) as here:
        here.pigeon.before = lambda _: change(here, state=IssueState.CANCELLED)
        cancelled = here.deliver()

    assert cancelled.tally == {DeliveryState.SENT: 1, DeliveryState.CANCELLED: 2}


def test_what_was_taken_down_during_the_send_is_in_no_later_message(tmp_path: Path) -> None:
    with office(tmp_path) as here:

        def moderate(_recipient: str) -> None:
            here.pigeon.before = lambda _: None
            with here.scene.world.database.write() as tx:
                take_down(tx, here.issue)

        here.pigeon.before = moderate
        here.deliver()

    tells = [EXCERPT.encode() in raw for _, raw in here.pigeon.taken]
    assert tells == [True, False, False]


def test_a_stopped_sender_lets_nothing_more_leave_and_loses_nobody(tmp_path: Path) -> None:
    """SIGTERM drains (promise 5)."""
    with office(tmp_path) as here:
        here.pigeon.before = lambda _: here.sender.stop.set()
        stopped = here.deliver()

    assert stopped.tally == {DeliveryState.SENT: 1, DeliveryState.PENDING: 2}


def test_an_issue_whose_sender_is_stopped_before_it_planned_is_not_called_sent(
    tmp_path: Path,
) -> None:
    with office(tmp_path) as here:
        here.sender.stop.set()
        here.deliver()
        assert here.state() is IssueState.SENDING
        here.sender.stop.clear()
        here.deliver()

    assert len(here.pigeon.taken) == 3


def test_nothing_leaves_while_no_mail_may_leave_at_all(tmp_path: Path) -> None:
    with office(tmp_path) as here:
        with here.scene.world.database.write() as tx:
            flags.withhold(tx, "restored")
        withheld = here.deliver()
        assert here.noted(JournalKind.ISSUE_STARTED) == here.pigeon.recipients == []
        assert withheld.again_at is None
        with here.scene.world.database.write() as tx:
            flags.let_go(tx)
        assert here.deliver().tally == {DeliveryState.SENT: 3}

    # Noted when mails leave, or a database restored from before would send all anew (promise 10).
    assert here.noted(JournalKind.ISSUE_STARTED) == ["weekly/2026-W48"]


def test_a_domain_that_asks_for_rest_is_left_alone_and_others_are_not(tmp_path: Path) -> None:
    """Promise 6: a failing receiving domain is slowed alone."""
    with office(tmp_path, "a@hidas.fi", "b@hidas.fi", "c@c.fi") as here:
        no = TemporaryFailure(421, "4.7.0 slower please", stage=Stage.RECIPIENT)
        here.pigeon.failures["a@hidas.fi"] = [no]
        first = here.deliver()
        assert here.pigeon.recipients == ["c@c.fi"]
        assert first.tally[DeliveryState.DEFERRED] == 2
        while first.again_at is not None:
            here.scene.clock.at = max(first.again_at, here.scene.clock.at)
            first = here.deliver()

    assert sorted(here.pigeon.recipients) == ["a@hidas.fi", "b@hidas.fi", "c@c.fi"]


def test_messages_leave_no_faster_than_the_relay_takes_them(tmp_path: Path) -> None:
    """E11."""
    with office(tmp_path) as here:
        at: list[datetime] = []
        here.pigeon.before = lambda _: at.append(here.scene.clock.at)
        here.deliver(rates=rates_of(here.scene, per_minute=6))

    assert [moment - at[0] for moment in at] == [timedelta(seconds=10) * n for n in range(3)]


def test_several_connections_share_the_work_and_nobody_gets_two(tmp_path: Path) -> None:
    addresses = [f"lukija{number}@k{number % 7}.fi" for number in range(90)]
    with office(tmp_path, *addresses) as here:
        made: list[Pigeon] = []

        def connect() -> Pigeon:
            made.append(Pigeon())
            return made[-1]

        here.deliver(relay=Connects(connect), connections=4)

    assert len(made) == 4
    assert sorted(who for pigeon in made for who in pigeon.recipients) == sorted(addresses)


def test_the_task_is_woken_again_when_more_will_be_open(tmp_path: Path) -> None:
    with office(tmp_path, "a@a.fi") as here:
        here.pigeon.failures["a@a.fi"] = [TemporaryFailure(450, "4.2.2", stage=Stage.RECIPIENT)]
        woken: list[tuple[str, str]] = []

        class Bell:
            def wake_later(self, task: str, key: str, *, after: timedelta) -> None:
                assert after > timedelta(minutes=7)
                woken.append((task, key))

        deliver_issue(here.sender, Bell(), "1")

    assert woken == [("deliver", "1")]
