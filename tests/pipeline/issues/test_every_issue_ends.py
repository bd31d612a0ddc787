"""Every issue comes to an end, and what a person must decide about is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from syndicator.config import SendDay
from syndicator.errors import TemporaryFailure, Uncertain
from syndicator.model import DeliveryState, IssueState, NoticeKind, Stage
from syndicator.pipeline.issues import control
from syndicator.pipeline.issues.advance import advance
from syndicator.pipeline.issues.control import Because
from syndicator.pipeline.issues.review import review
from syndicator.pipeline.issues.send import deliver_issue
from syndicator.pipeline.upkeep.alarms import (
    mail_alarms,
    refresh_notices,
)
from syndicator.store import notices
from syndicator.store.issues import outbox, transitions
from syndicator.store.upkeep.journal import JournalKind
from tests.pipeline.issues.test_lifecycle import (
    CUT_OFF,
    DAY,
    EDITOR,
    HOUR,
    SLOT,
    a_week,
    approve,
    at,
    every,
    only,
    titles,
    written,
)
from tests.pipeline.office import Office, change, office
from tests.pipeline.test_tasks import Woken
from tests.pipeline.world import Scene

ISSUE = "weekly/2026-W48"


def said(here: Scene) -> dict[str, str]:
    """Return of which kind and about what people hear now, and let alarms be mailed."""
    refresh_notices(here.world.settings, here.world.database, now=here.world.now())
    mail_alarms(here.world.editorial)
    with here.world.database.read() as tx:
        said = [one for one in notices.list_all(tx) if one.kind != NoticeKind.NO_RELAY]
    return {one.kind: one.facts.get("number", one.subject) for one in said}


def without_answer(here: Office, **changes: object) -> None:
    here.pigeon.failures["b@b.fi"] = [Uncertain(0, "no answer", stage=Stage.CONTENT)]
    here.deliver(**changes)


def test_an_issue_with_held_messages_ends_and_their_number_is_mailed_once(tmp_path: Path) -> None:
    with office(tmp_path) as here:
        without_answer(here, resends_uncertain=False)
        assert here.state() is IssueState.SENT
        assert here.noted(JournalKind.ISSUE_SENT) == [ISSUE]

        assert said(here.scene) == said(here.scene) == {NoticeKind.DELIVERIES_HELD: "1"}
        assert here.scene.editors.alarms == [(NoticeKind.DELIVERIES_HELD, ISSUE, False)]

        with here.scene.world.database.write() as tx:
            outbox.give_up(tx, here.issue)
        assert said(here.scene) == {}
        assert here.accounts()["b@b.fi"].state is DeliveryState.FAILED
        assert here.accounts()["b@b.fi"].detail == "no answer"


def test_an_issue_waits_for_what_is_offered_again_and_ends_when_that_was_for_a_day(
    tmp_path: Path,
) -> None:
    with office(tmp_path, "b@b.fi") as here:
        no = Uncertain(0, "no answer", stage=Stage.CONTENT)
        here.pigeon.failures["b@b.fi"] = [no] * 30
        delivered = here.deliver()
        assert here.state() is IssueState.SENDING
        while delivered.again_at is not None:
            here.scene.clock.at = delivered.again_at
            delivered = here.deliver()

        assert here.state() is IssueState.SENT
        assert here.accounts()["b@b.fi"].state is DeliveryState.UNCERTAIN


def test_what_is_opened_again_is_sent_under_the_same_id_and_the_issue_ends_anew(
    tmp_path: Path,
) -> None:
    with office(tmp_path) as here:
        without_answer(here, resends_uncertain=False)
        here.scene.clock.forward(9 * DAY)
        with here.scene.world.database.write() as tx:
            now = here.scene.clock.at
            assert outbox.retry_failed(tx, here.issue) == 1
            assert transitions.reopen(tx, here.issue, by="test", now=now)
        assert said(here.scene) == {}
        here.deliver(resends_uncertain=False)

        assert here.state() is IssueState.SENT
        assert here.pigeon.recipients == ["a@a.fi", "c@c.fi", "b@b.fi"]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    with a_week(tmp_path) as made:
        yield made


def without_digest(here: Scene) -> None:
    here.world = replace(here.world, settings=replace(here.world.settings, digests=()))


def test_an_issue_whose_digest_left_the_configuration_pauses_and_says_so(tmp_path: Path) -> None:
    with office(tmp_path) as office_:
        here = office_.scene

        whole = here.world.settings
        without_digest(here)

        deliver_issue(replace(office_.sender, settings=here.world.settings), Woken(), "1")
        assert office_.state() is IssueState.PAUSED
        assert said(here) == {NoticeKind.ISSUE_WITHOUT_DIGEST: ISSUE}
        assert here.editors.alarms == [(NoticeKind.ISSUE_WITHOUT_DIGEST, ISSUE, False)]

        here.world = replace(here.world, settings=whole)
        with here.world.database.write() as tx:
            assert transitions.resume(tx, 1, by="test", now=here.clock.at)
        deliver_issue(office_.sender, Woken(), "1")
        assert office_.state() is IssueState.SENT
        assert said(here) == {}


def test_a_cancelled_issue_ends_without_its_digest(tmp_path: Path) -> None:
    with office(tmp_path) as office_:
        office_.pigeon.before = lambda _: change(office_, state=IssueState.CANCELLED)
        office_.deliver()
        here = office_.scene
        without_digest(here)
        deliver_issue(replace(office_.sender, settings=here.world.settings), Woken(), "1")

        with here.world.database.read() as tx:
            assert transitions.under_delivery(tx) == ()


def test_an_issue_without_a_digest_is_shown_and_cannot_be_approved(here: Scene) -> None:
    at(here, CUT_OFF)
    without_digest(here)
    seen = review(here.world.editorial, only(here).id)

    assert seen is not None
    assert not seen.samples
    assert not seen.findings
    result = control.approve(here.world.editorial, only(here).id, version=1, by=EDITOR)
    assert result.because is Because.OVER
    assert said(here) == {NoticeKind.ISSUE_WITHOUT_DIGEST: ISSUE}


def test_what_the_relay_refused_is_spoken_of_until_the_issue_goes_on(tmp_path: Path) -> None:
    with office(tmp_path) as here:
        no = TemporaryFailure(550, "5.7.1 not your sender", stage=Stage.SENDER)
        here.pigeon.failures["a@a.fi"] = [no]
        here.deliver()
        assert NoticeKind.RELAY_REFUSES_US in said(here.scene)
        with here.scene.world.database.write() as tx:
            assert transitions.resume(tx, here.issue, by="test", now=here.scene.clock.at)

        assert said(here.scene) == {}
        assert here.scene.editors.alarms[-1] == (NoticeKind.RELAY_REFUSES_US, ISSUE, True)


# --- a digest whose day moves ---------------------------------------------------------------------


def moved(here: Scene, day: SendDay) -> None:
    settings = here.world.settings
    digests = tuple(replace(plan, send_on=day) for plan in settings.digests)
    here.world = replace(here.world, settings=replace(settings, digests=digests))


def sent_by_ticks(here: Scene, *, days: int) -> None:
    """Let so many days pass, a post a day; what editors are shown they approve, and it is sent."""
    for number in range(days * 6):
        here.clock.forward(4 * HOUR)
        advance(here.world.editorial)
        for issue in every(here):
            if issue.state is IssueState.WAITING:
                approve(here)
            if issue.state is IssueState.SENDING:
                with here.world.database.write() as tx:
                    transitions.finish(tx, issue.id, now=here.clock.at)
        if number % 6 == 0:
            written(here, f"{here.clock.at:%m%d}")


@pytest.mark.parametrize("day", [SendDay.THURSDAY, SendDay.SATURDAY, SendDay.SUNDAY])
@pytest.mark.parametrize("days", [4, 6, 8])
def test_a_day_that_moves_makes_no_issue_twice_and_loses_no_post(
    here: Scene, day: SendDay, days: int
) -> None:
    """E12: never twice; a week has one issue, or none and the next one tells of it."""
    here.clock.at = SLOT - 3 * DAY
    sent_by_ticks(here, days=days)
    moved(here, day)
    sent_by_ticks(here, days=15)
    moved(here, SendDay.MONDAY)
    sent_by_ticks(here, days=16)

    sent = [issue for issue in every(here) if issue.state is IssueState.SENT]
    told_of = [title for issue in sent for title in titles(here, issue)]
    written_in_time = {
        f"Kirjoitus {SLOT - 3 * DAY + number * DAY:%m%d}" for number in range(days + 15)
    }
    assert len({issue.period for issue in every(here)}) == len(every(here))
    assert len(told_of) == len(set(told_of))
    assert written_in_time <= set(told_of)
    moments = sorted(issue.send_at for issue in sent)
    assert max(later - sooner for sooner, later in pairwise(moments)) <= 14 * DAY
