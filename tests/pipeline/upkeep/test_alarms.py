"""Silence is noticed (promise 11): what is said of mail, and which of it is mailed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from syndicator import tasks
from syndicator.model import (
    ALARMING,
    Cadence,
    DeliveryState,
    EmailKind,
    Licence,
    Notice,
    NoticeKind,
)
from syndicator.pipeline.issues.advance import advance
from syndicator.pipeline.issues.compose import compose, due_slots
from syndicator.pipeline.upkeep.alarms import (
    MISSED,
    mail_alarms,
    refresh_notices,
)
from syndicator.store import notices
from syndicator.store.feeds import registrations
from syndicator.store.feeds.registrations import Registration
from syndicator.store.issues import outbox, transitions
from syndicator.store.people import transactional_emails
from syndicator.store.upkeep import flags
from tests.pipeline.issues.test_lifecycle import (
    CUT_OFF,
    DAY,
    HOUR,
    MINUTE,
    SLOT,
    approve,
    at,
    only,
    subscribed,
    with_digests,
    written,
)
from tests.pipeline.overtaken import overtaken
from tests.pipeline.test_tasks import AWAY, Woken, with_mailbox
from tests.pipeline.world import Scene, scene


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    """A network with a relay and one post, at the cut-off of its weekly issue."""
    with scene(tmp_path) as made:
        made.world = with_digests(made.world, Cadence.WEEKLY)
        advance(made.world.editorial)
        written(made, "yksi")
        at(made, CUT_OFF)
        yield made


def said(here: Scene) -> set[tuple[str, str]]:
    """Return what the notices say now."""
    refresh_notices(here.world.settings, here.world.database, now=here.world.now())
    mail_alarms(here.world.editorial)
    with here.world.database.read() as tx:
        return {(one.kind, one.subject) for one in notices.list_all(tx)}


def mailed_to_editors(here: Scene) -> None:
    """Let every email that waits have left."""
    with here.world.database.write() as tx:
        for email in transactional_emails.claim(tx, now=here.clock.at, lease=MINUTE):
            transactional_emails.mark_sent(tx, email.id, now=here.clock.at)


ISSUE = "weekly/2026-W48"


def test_an_issue_before_its_time_is_nothing_to_speak_of(here: Scene) -> None:
    assert said(here) == set()


def test_an_unapproved_issue_is_spoken_of_until_it_is_skipped_and_then_for_a_week(
    here: Scene,
) -> None:
    at(here, SLOT)
    assert said(here) == {(NoticeKind.ISSUE_WAITING, ISSUE)}

    at(here, SLOT + 2 * DAY + MINUTE)
    assert said(here) == {(NoticeKind.ISSUE_SKIPPED, ISSUE)}

    here.clock.forward(7 * DAY)
    assert said(here) == set()
    assert here.editors.alarms == []


def test_an_approved_issue_that_did_not_leave_within_an_hour_alarms_once(here: Scene) -> None:
    approve(here)
    here.clock.at = SLOT + MISSED
    assert said(here) == set()

    here.clock.forward(MINUTE)
    for _ in range(3):
        assert said(here) == {(NoticeKind.ISSUE_LATE, ISSUE)}
        here.clock.forward(MINUTE)

    assert here.editors.alarms == [(NoticeKind.ISSUE_LATE, ISSUE, False)]


def test_an_issue_that_could_not_be_shown_to_anybody_within_an_hour_alarms(here: Scene) -> None:
    at(here, CUT_OFF + 6 * DAY)  # what waited is skipped, so only the next one is spoken of
    said(here)
    here.clock.at = CUT_OFF + 7 * DAY
    written(here, "kaksi")
    compose(here.world.editorial, due_slots(here.world.editorial)[0])
    here.clock.forward(MISSED + MINUTE)

    assert (NoticeKind.ISSUE_LATE, "weekly/2026-W49") in said(here)

    advance(here.world.editorial)
    assert (NoticeKind.ISSUE_LATE, "weekly/2026-W49") not in said(here)


def test_what_is_well_again_is_said_once(here: Scene) -> None:
    approve(here)
    here.clock.at = SLOT + MISSED + MINUTE
    said(here)

    advance(here.world.editorial)
    for _ in range(2):
        assert said(here) == set()

    assert here.editors.alarms == [
        (NoticeKind.ISSUE_LATE, ISSUE, False),
        (NoticeKind.ISSUE_LATE, ISSUE, True),
    ]


def test_an_approved_issue_that_may_not_leave_alarms_at_its_time(here: Scene) -> None:
    """Its sender is an example still."""
    approve(here)
    settings = here.world.settings
    digests = tuple(replace(plan, sender="kooste@kooste.example") for plan in settings.digests)
    here.world = replace(here.world, settings=replace(settings, digests=digests))
    at(here, SLOT)

    assert said(here) == {(NoticeKind.ISSUE_HELD, ISSUE)}
    assert here.editors.alarms == [(NoticeKind.ISSUE_HELD, ISSUE, False)]


def test_a_send_of_which_nothing_leaves_for_an_hour_alarms(here: Scene) -> None:
    approve(here)
    at(here, SLOT)
    assert said(here) == set()

    here.clock.forward(MISSED + MINUTE)
    assert said(here) == {(NoticeKind.ISSUE_LATE, ISSUE)}

    with here.world.database.write() as tx:
        transitions.finish(tx, only(here).id, now=here.clock.at)
    assert said(here) == set()


def test_a_send_whose_last_readers_servers_are_busy_is_not_late(here: Scene) -> None:
    """A receiver that puts mail off for a day is no incident of ours."""
    issue = leaving(here)
    settle(here, issue, DeliveryState.SENT, DeliveryState.DEFERRED)

    here.clock.forward(MISSED + MINUTE)

    assert said(here) == set()


def test_a_send_that_stopped_in_the_middle_alarms_after_an_hour_of_silence(here: Scene) -> None:
    issue = leaving(here)
    here.clock.forward(HOUR)
    settle(here, issue, DeliveryState.SENT)

    here.clock.forward(MISSED - MINUTE)
    assert said(here) == set()

    here.clock.forward(2 * MINUTE)
    assert said(here) == {(NoticeKind.ISSUE_LATE, ISSUE)}


def test_a_send_that_goes_on_after_a_long_pause_is_not_late_at_once(here: Scene) -> None:
    subscribed(here, "a")
    approve(here)
    at(here, SLOT)
    issue = only(here).id
    with here.world.database.write() as tx:
        outbox.plan(tx, issue)
        transitions.pause(tx, issue, by="e", now=here.clock.at)
    here.clock.forward(5 * HOUR)
    with here.world.database.write() as tx:
        transitions.resume(tx, issue, by="e", now=here.clock.at)
    assert said(here) == set()

    here.clock.forward(MISSED + MINUTE)
    assert said(here) == {(NoticeKind.ISSUE_LATE, ISSUE)}


def leaving(here: Scene) -> int:
    """Let the issue begin to leave to two readers; return its id."""
    subscribed(here, "a", "b")
    approve(here)
    at(here, SLOT)
    issue = only(here).id
    with here.world.database.write() as tx:
        outbox.plan(tx, issue)
    return issue


def settle(here: Scene, issue: int, *states: DeliveryState) -> None:
    """Let the first deliveries of an issue end so now, in the order they leave in."""
    with here.world.database.write() as tx:
        mine = outbox.claim(
            tx, issue, holder="h", now=here.clock.at, lease=MINUTE, limit=len(states)
        )
        for delivery, state in zip(mine, states, strict=True):
            begun = outbox.step(
                tx, holder="h", now=here.clock.at, lease=MINUTE, revision=0, ahead=[delivery]
            )
            assert begun.started == delivery
            later = here.clock.at + 4 * HOUR if state is DeliveryState.DEFERRED else None
            done = outbox.Done(id=delivery.id, state=state, at=here.clock.at, not_before=later)
            outbox.step(tx, holder="h", now=here.clock.at, lease=MINUTE, revision=0, done=done)


def test_without_a_relay_it_is_said_as_soon_as_something_waits(here: Scene) -> None:
    settings = here.world.settings
    deployment = replace(settings.deployment, smtp_url=None)
    here.world = replace(here.world, settings=replace(settings, deployment=deployment))
    mailed_to_editors(here)

    assert said(here) == {(NoticeKind.NO_RELAY, "")}

    with here.world.database.write() as tx:
        transitions.stop(tx, only(here).id, by="e", now=here.clock.at)
    assert said(here) == set()


def test_mail_withheld_by_a_person_is_said_and_alarms_nobody(here: Scene) -> None:
    with here.world.database.write() as tx:
        flags.withhold(tx, "restored")

    assert said(here) == {(NoticeKind.MAIL_WITHHELD, "")}
    assert here.editors.alarms == []


def test_an_alarm_does_not_care_who_put_the_notice(here: Scene) -> None:
    with here.world.database.write() as tx:
        away = Notice(kind="relay_away", subject="", at=here.clock.at, facts={"fact": "x"})
        notices.put(tx, away)
    mail_alarms(here.world.editorial)
    with here.world.database.write() as tx:
        notices.clear(tx, "relay_away", "")
    here.clock.forward(HOUR)
    mail_alarms(here.world.editorial)

    assert here.editors.alarms == [("relay_away", "", False), ("relay_away", "", True)]


@pytest.mark.parametrize("kind", sorted(ALARMING))
def test_what_must_not_wait_for_somebody_to_look_is_mailed(here: Scene, kind: str) -> None:
    with here.world.database.write() as tx:
        notices.put(tx, Notice(kind=kind, subject="x", at=here.clock.at))

    mail_alarms(here.world.editorial)

    assert here.editors.alarms == [(kind, "x", False)]


def test_silence_of_each_sort_is_among_what_is_mailed() -> None:
    """Promise 11."""
    silent = {"pulls_late", "issue_late", "issue_held", "deliveries_held"}
    assert silent | {"relay_away", "relay_refuses_us"} <= ALARMING


@pytest.mark.parametrize("kind", ["mail_refused", "letter_returned"])
def test_mail_of_ours_that_nobody_takes_alarms_once_however_often_it_happens(
    here: Scene, kind: str
) -> None:
    """The public page does not speak of it, so a letter has to."""
    for status in ("5.7.1", "5.7.26"):
        with here.world.database.write() as tx:
            facts = {"status": status, "letter": "review"}
            notices.put(tx, Notice(kind=kind, subject="", at=here.clock.at, facts=facts))
        mail_alarms(here.world.editorial)

    assert here.editors.alarms == [(kind, "", False)]


def test_a_relay_that_refused_us_is_spoken_of_until_somebody_lets_the_issue_go_on(
    here: Scene,
) -> None:
    approve(here)
    at(here, SLOT)
    issue = only(here).id
    with here.world.database.write() as tx:
        transitions.pause(tx, issue, by="relay", now=SLOT, why="5.7.1")
        notices.put(tx, Notice(kind=NoticeKind.RELAY_REFUSES_US, subject=ISSUE, at=SLOT))
    assert said(here) == {(NoticeKind.RELAY_REFUSES_US, ISSUE)}

    with here.world.database.write() as tx:
        transitions.resume(tx, issue, by="e", now=SLOT)

    assert said(here) == set()
    assert here.editors.alarms == [
        (NoticeKind.RELAY_REFUSES_US, ISSUE, False),
        (NoticeKind.RELAY_REFUSES_US, ISSUE, True),
    ]


def test_what_is_true_keeps_the_moment_it_became_so_until_its_facts_change(here: Scene) -> None:
    def seen() -> tuple[datetime, str]:
        said(here)
        with here.world.database.read() as tx:
            (one,) = notices.list_all(tx)
        return one.at, one.facts["reason"]

    first = here.clock.at
    with here.world.database.write() as tx:
        flags.withhold(tx, "restored")
    assert seen() == (first, "restored")
    here.clock.forward(MINUTE)
    assert seen() == (first, "restored")

    with here.world.database.write() as tx:
        flags.let_go(tx)
        flags.withhold(tx, "all mail paused")
    assert seen() == (first + MINUTE, "all mail paused")


def test_without_a_relay_a_letter_that_waits_is_said_too(here: Scene) -> None:
    """Somebody asked to subscribe, and would wait for ever."""
    settings = here.world.settings
    deployment = replace(settings.deployment, smtp_url=None)
    here.world = replace(here.world, settings=replace(settings, deployment=deployment))
    mailed_to_editors(here)
    with here.world.database.write() as tx:
        transitions.stop(tx, only(here).id, by="e", now=here.clock.at)
    assert said(here) == set()

    with here.world.database.write() as tx:
        transactional_emails.put(
            tx,
            EmailKind.CONFIRM,
            address="a@k.fi",
            address_hash="a",
            language="fi",
            now=here.clock.at,
        )

    assert said(here) == {(NoticeKind.NO_RELAY, "")}


def test_a_mailbox_that_is_away_is_said_at_once_and_alarms_after_an_hour(here: Scene) -> None:
    """Whoever leaves by mail would else wait for ever, and nobody would know."""

    def read(url: str | None) -> None:
        world = with_mailbox(here.world, url)
        tasks.read_mailbox(world.settings, world.database, here.clock, Woken(), "")

    read(AWAY)
    assert said(here) == {(NoticeKind.MAILBOX_AWAY, "")}
    assert here.editors.alarms == []

    here.clock.forward(MISSED + MINUTE)
    read(AWAY)
    said(here)
    assert here.editors.alarms == [(NoticeKind.MAILBOX_AWAY, "", False)]

    read(None)
    assert said(here) == set()
    assert here.editors.alarms[1:] == [(NoticeKind.MAILBOX_AWAY, "", True)]


def test_of_two_who_tell_at_the_same_moment_one_does(here: Scene) -> None:
    with here.world.database.write() as tx:
        assert flags.replace_mailed_alarms(tx, "a", before=None)
        assert not flags.replace_mailed_alarms(tx, "b", before=None)
        assert not flags.replace_mailed_alarms(tx, "b", before="c")
        assert flags.replace_mailed_alarms(tx, "b", before="a")
        assert flags.mailed_alarms(tx) == "b"


def test_of_two_who_found_the_same_alarm_one_writes_the_letter(here: Scene) -> None:
    with here.world.database.write() as tx:
        notices.put(tx, Notice(kind=NoticeKind.RELAY_AWAY, subject="", at=here.clock.at))

    editorial = here.world.editorial
    first = partial(mail_alarms, editorial)
    mail_alarms(replace(editorial, database=overtaken(here.world.database, first)))

    assert here.editors.alarms == [(NoticeKind.RELAY_AWAY, "", False)]


def test_a_ceiling_of_letters_to_strangers_is_told_once_reached_until_the_hour_is_over(
    here: Scene,
) -> None:
    plan = replace(here.world.settings.mail, confirmations_per_hour=2)
    here.world = replace(here.world, settings=replace(here.world.settings, mail=plan))

    def told_after(*strangers: str) -> bool:
        put = partial(transactional_emails.put, language="fi", now=here.world.now())
        with here.world.database.write() as tx:
            for one in strangers:
                put(tx, EmailKind.CONFIRM, address=one, address_hash=one)
        return (NoticeKind.CONFIRMATIONS_FULL, "") in said(here)

    assert not told_after("yksi")
    assert told_after("kaksi")
    assert NoticeKind.CONFIRMATIONS_FULL in ALARMING
    here.clock.forward(HOUR)
    assert not told_after()


def test_a_city_that_waits_for_approval_is_mailed_about_once_and_its_end_is_no_news(
    here: Scene,
) -> None:
    claim = Registration(
        city_name="Kemi",
        url="https://kemi.example/feed",
        contact="k@kemi.example",
        licence=Licence.EXCERPT,
    )
    with here.world.database.write() as tx:
        first = registrations.register(tx, claim, now=here.clock.at)
    for _ in range(2):
        assert said(here) == {(NoticeKind.REGISTRATIONS_WAIT, "")}
    assert here.editors.alarms == [(NoticeKind.REGISTRATIONS_WAIT, "", False)]

    with here.world.database.write() as tx:
        assert registrations.refuse(tx, first)

    assert said(here) == set()
    assert here.editors.alarms == [(NoticeKind.REGISTRATIONS_WAIT, "", False)]
