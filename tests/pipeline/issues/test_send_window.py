"""The hours in which newsletters leave: what rests, what goes on, and what none of it costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from syndicator import tasks
from syndicator.config import SendHours
from syndicator.errors import TemporaryFailure
from syndicator.model import Cadence, DeliveryState, IssueState, NoticeKind, Stage
from syndicator.pipeline.issues.advance import advance
from syndicator.pipeline.issues.review import review
from syndicator.pipeline.upkeep.alarms import refresh_notices
from syndicator.store import notices
from tests.pipeline.issues.test_lifecycle import (
    CUT_OFF,
    HOUR,
    MINUTE,
    SLOT,
    approve,
    at,
    mailing,
    only,
    with_digests,
    written,
)
from tests.pipeline.office import change, office
from tests.pipeline.test_tasks import Woken
from tests.pipeline.world import Scene, scene

DAYTIME = SendHours(begins=time(7), ends=time(20))
EVENING = datetime(2026, 11, 24, 17, 59, 59, tzinfo=UTC)
"""A second before the clock shows 20:00 in Helsinki."""
MORNING = datetime(2026, 11, 25, 5, tzinfo=UTC)


def test_a_send_rests_when_its_hours_end_and_goes_on_when_they_begin(tmp_path: Path) -> None:
    with office(tmp_path) as here:
        here.scene.clock.at = EVENING
        here.pigeon.before = lambda _: here.scene.clock.forward(timedelta(seconds=1))

        rests = here.deliver(send_between=DAYTIME)
        assert here.pigeon.recipients == ["a@a.fi"]
        assert rests.tally == {DeliveryState.SENT: 1, DeliveryState.PENDING: 2}
        assert rests.again_at == MORNING
        assert here.state() is IssueState.SENDING

        again = here.deliver(send_between=DAYTIME)
        assert again == rests

        here.scene.clock.at = MORNING
        assert here.deliver(send_between=DAYTIME).tally == {DeliveryState.SENT: 3}
        assert here.state() is IssueState.SENT


def test_what_was_put_off_is_offered_again_in_the_hours_only_and_has_lost_no_try(
    tmp_path: Path,
) -> None:
    with office(tmp_path, "a@a.fi") as here:
        here.scene.clock.at = EVENING
        full = TemporaryFailure(450, "4.2.2 full", stage=Stage.RECIPIENT)
        here.pigeon.failures["a@a.fi"] = [full]
        put_off = here.deliver(send_between=DAYTIME)
        assert put_off.again_at == MORNING

        here.scene.clock.at = MORNING - MINUTE
        here.deliver(send_between=DAYTIME)
        assert here.accounts()["a@a.fi"].attempts == 1

        here.scene.clock.at = MORNING
        here.deliver(send_between=DAYTIME)
        assert here.accounts()["a@a.fi"].state is DeliveryState.SENT


def test_a_cancelled_issue_has_the_rest_cancelled_at_any_hour(tmp_path: Path) -> None:
    with office(tmp_path) as here:
        here.scene.clock.at = EVENING
        here.pigeon.before = lambda _: here.scene.clock.forward(MINUTE)
        here.deliver(send_between=DAYTIME)
        change(here, state=IssueState.CANCELLED)

        assert here.deliver(send_between=DAYTIME).tally == {
            DeliveryState.SENT: 1,
            DeliveryState.CANCELLED: 2,
        }


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    """A network whose newsletters leave by day, with a post for its weekly issue."""
    with scene(tmp_path) as made:
        made.world = with_digests(made.world, Cadence.WEEKLY)
        made.world = mailing(made, send_between=DAYTIME)
        advance(made.world.editorial)
        written(made, "yksi")
        at(made, CUT_OFF)
        yield made


def said(here: Scene) -> dict[str, dict[str, str]]:
    refresh_notices(here.world.settings, here.world.database, now=here.world.now())
    with here.world.database.read() as tx:
        return {one.kind: dict(one.facts) for one in notices.list_all(tx)}


def sending(here: Scene) -> None:
    """Let the issue begin at its slot, with a relay to send it to."""
    settings = here.world.settings
    deployment = replace(settings.deployment, smtp_url="smtp://127.0.0.1:1")
    here.world = replace(here.world, settings=replace(settings, deployment=deployment))
    approve(here)
    at(here, SLOT)
    assert only(here).state is IssueState.SENDING


def test_an_issue_approved_at_night_waits_for_the_morning(here: Scene) -> None:
    night = SLOT + 15 * HOUR
    at(here, night)
    approve(here)

    assert at(here, night + MINUTE) == ()
    assert only(here).state is IssueState.APPROVED
    seen = review(here.world.editorial, only(here).id)
    assert seen is not None
    assert seen.rests_until == SLOT + 24 * HOUR - 3 * MINUTE

    assert at(here, SLOT + 24 * HOUR) == (only(here).id,)


def test_an_issue_is_not_too_late_because_no_mail_may_leave_at_night(here: Scene) -> None:
    """E12: what was approved in time leaves in the first hour of the morning."""
    here.world = mailing(here, send_between=DAYTIME, late=15 * HOUR)
    at(here, SLOT + 14 * HOUR)
    approve(here)
    at(here, SLOT + 15 * HOUR + MINUTE)
    assert only(here).state is IssueState.APPROVED

    assert at(here, SLOT + 24 * HOUR) == (only(here).id,)


def test_an_issue_nobody_approved_is_skipped_after_the_first_hour_of_the_morning(
    here: Scene,
) -> None:
    """E12: else it is skipped and said."""
    here.world = mailing(here, send_between=DAYTIME, late=15 * HOUR)
    opening = SLOT + 24 * HOUR - 3 * MINUTE
    at(here, opening + HOUR)
    assert only(here).state is IssueState.WAITING

    at(here, opening + HOUR + MINUTE)
    assert only(here).state is IssueState.SKIPPED


def test_the_night_is_spoken_of_and_is_no_alarm(here: Scene) -> None:
    sending(here)
    here.clock.at = SLOT + 13 * HOUR

    assert said(here) == {NoticeKind.ISSUE_RESTS: {"at": "07:00"}}


def test_a_send_that_does_not_go_on_within_an_hour_of_the_morning_is_late(here: Scene) -> None:
    sending(here)
    opening = SLOT + 24 * HOUR - 3 * MINUTE
    here.clock.at = opening + HOUR
    assert said(here) == {}

    here.clock.forward(MINUTE)
    assert set(said(here)) == {NoticeKind.ISSUE_LATE}


def test_no_tick_of_the_night_wakes_the_sender(tmp_path: Path) -> None:
    with office(tmp_path) as here:
        editorial = mailing(here.scene, send_between=DAYTIME).editorial
        here.scene.clock.at = EVENING
        by_day, by_night = Woken(), Woken()
        tasks.tick(editorial, by_day, emails=False)
        here.scene.clock.forward(MINUTE)
        tasks.tick(editorial, by_night, emails=False)

    assert ("deliver", "1") in by_day.calls
    assert ("deliver", "1") not in by_night.calls
