"""From the cut-off to the moment mails may leave: what a clock, editors and killed workers make."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from syndicator.model import Cadence, DeliveryState, EmailKind, IssueState, Selection
from syndicator.pipeline.data_folder import KEYRING, keyring, put_keyring
from syndicator.pipeline.issues.advance import advance
from syndicator.store.issues import issues, outbox, transitions
from syndicator.store.issues.issues import IssueStatus
from syndicator.store.people import subscribers
from syndicator.store.upkeep import flags
from tests.at_once import at_once
from tests.builders import an_entry
from tests.pipeline.world import Scene, World, scene
from tests.store.stored import apply, new

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
EDITOR = "toimitus@kaupungit.example"

CUT_OFF = datetime(2026, 11, 29, 5, 3, tzinfo=UTC)
"""Sunday 07:03 in Helsinki, of the weekly issue that goes out on Monday."""
SLOT = CUT_OFF + DAY


@contextmanager
def a_week(folder: Path) -> Iterator[Scene]:
    """Yield a network with one weekly digest, started on the Tuesday before, with one post."""
    with scene(folder) as made:
        made.world = with_digests(made.world, Cadence.WEEKLY)
        advance(made.world.editorial)
        written(made, "yksi")
        yield made


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    with a_week(tmp_path) as made:
        yield made


def with_digests(world: World, *cadences: Cadence) -> World:
    digests = tuple(plan for plan in world.settings.digests if plan.cadence in cadences)
    return replace(world, settings=replace(world.settings, digests=digests))


def mailing(here: Scene, **changes: object) -> World:
    mail = replace(here.world.settings.mail, **changes)  # type: ignore[arg-type]
    return replace(here.world, settings=replace(here.world.settings, mail=mail))


def written(here: Scene, name: str) -> None:
    """Let the blog publish a post now."""
    entry = an_entry(f"https://blogi.kauhajoki.fi/?p={name}", published=here.clock.at)
    moment = here.clock.at
    apply(here.world.database, here.source(), now=moment, new=(new(entry, recency=moment),))


def at(here: Scene, moment: datetime) -> tuple[int, ...]:
    here.clock.at = moment
    return advance(here.world.editorial)


def every(here: Scene) -> list[IssueStatus]:
    """Return where all issues stand, oldest first."""
    with here.world.database.read() as tx:
        return list(reversed(issues.statuses(tx)))


def only(here: Scene) -> IssueStatus:
    (issue,) = every(here)
    return issue


def told(here: Scene) -> list[str]:
    return [kind.value for kind, _, _ in here.editors.told]


def titles(here: Scene, status: IssueStatus) -> list[str]:
    with here.world.database.read() as tx:
        issue = issues.get(tx, status.id)
    assert issue is not None
    return [post.title for post in issue.posts]


def approve(here: Scene, *, version: int = 1) -> None:
    with here.world.database.write() as tx:
        newest = issues.statuses(tx)[0]
        assert transitions.approve(tx, newest.id, version=version, by=EDITOR, now=here.clock.at)


def subscribed(here: Scene, *names: str) -> None:
    wanted = Selection(language="fi", cadence=Cadence.WEEKLY)
    with here.world.database.write() as tx:
        for name in names:
            address = f"{name}@k.example"
            subscribers.add(
                tx, address=address, address_hash=name, selection=wanted, now=here.clock.at
            )


def test_an_issue_is_frozen_at_its_cut_off_and_shown_to_the_editors_once(here: Scene) -> None:
    """Promise 12."""
    at(here, CUT_OFF - MINUTE)
    assert every(here) == []

    at(here, CUT_OFF)
    written(here, "liian myöhään")
    at(here, CUT_OFF + MINUTE)

    issue = only(here)
    assert (issue.name, issue.state, issue.send_at) == (
        "weekly/2026-W48",
        IssueState.WAITING,
        SLOT,
    )
    assert titles(here, issue) == ["Kirjoitus yksi"]
    assert here.editors.told == [(EmailKind.REVIEW, "weekly/2026-W48", 1)]


def test_an_approved_issue_goes_at_its_slot_to_those_who_subscribe_by_then(here: Scene) -> None:
    subscribed(here, "a")
    at(here, CUT_OFF)
    approve(here)
    assert at(here, SLOT - MINUTE) == ()

    subscribed(here, "b")
    sending = at(here, SLOT)

    assert sending == (only(here).id,)
    assert only(here).state is IssueState.SENDING
    assert only(here).started_at == SLOT
    with here.world.database.write() as tx:
        outbox.plan(tx, sending[0])
        assert outbox.tally(tx, sending[0]) == {DeliveryState.PENDING: 2}


def test_an_unapproved_issue_waits_says_so_once_and_is_skipped_with_its_posts_rolled_over(
    here: Scene,
) -> None:
    """Promise 12, rule E12."""
    at(here, CUT_OFF)
    for hours in range(0, 48, 6):
        at(here, SLOT + hours * HOUR)
        assert only(here).state is IssueState.WAITING
    assert told(here) == ["review", "waiting"]

    at(here, SLOT + 2 * DAY + MINUTE)
    at(here, SLOT + 2 * DAY + 2 * MINUTE)
    assert (only(here).state, only(here).detail) == (IssueState.SKIPPED, "not_approved")
    assert told(here) == ["review", "waiting", "skipped"]

    written(here, "kaksi")
    at(here, CUT_OFF + 7 * DAY)
    assert titles(here, every(here)[-1]) == ["Kirjoitus kaksi", "Kirjoitus yksi"]


def test_an_issue_approved_late_is_still_sent(here: Scene) -> None:
    """E12."""
    at(here, CUT_OFF)
    at(here, SLOT + 5 * HOUR)
    approve(here)

    at(here, SLOT + 6 * HOUR)

    assert only(here).state is IssueState.SENDING


def test_sending_by_itself_goes_without_an_approval_and_says_who_let_it_go(here: Scene) -> None:
    here.world = mailing(here, sends_by_itself=True)
    at(here, CUT_OFF)
    at(here, SLOT - MINUTE)
    assert only(here).state is IssueState.WAITING

    at(here, SLOT)

    assert only(here).state is IssueState.SENDING
    assert told(here) == ["review"]
    with here.world.database.read() as tx:
        (approval,) = [a for a in transitions.acts(tx, only(here).id) if a.event == "approved"]
    assert approval.by == "sends_by_itself"


def test_what_preflight_refuses_does_not_go_by_itself(here: Scene) -> None:
    here.world = mailing(here, sends_by_itself=True)
    here.editors.refuses = ("120 KB",)
    at(here, CUT_OFF)

    at(here, SLOT)
    at(here, SLOT + MINUTE)

    assert only(here).state is IssueState.WAITING
    assert told(here) == ["review", "waiting"]


def test_what_preflight_refuses_does_not_go_though_it_was_approved(here: Scene) -> None:
    at(here, CUT_OFF)
    approve(here)
    here.editors.refuses = ("120 KB",)

    assert at(here, SLOT) == ()

    assert only(here).state is IssueState.WAITING
    assert told(here) == ["review", "waiting"]
    with here.world.database.read() as tx:
        assert transitions.acts(tx, only(here).id)[-1].detail == "E7: 120 KB"


def test_nothing_leaves_while_mail_is_withheld_and_nothing_is_lost(here: Scene) -> None:
    """Promise 10; without a relay issues are made and wait."""
    here.editors.hinders = "restored"
    at(here, CUT_OFF)
    approve(here)
    assert at(here, SLOT) == ()
    assert only(here).state is IssueState.APPROVED

    here.editors.hinders = None

    assert at(here, SLOT + HOUR) == (only(here).id,)


def test_an_approved_issue_that_could_not_leave_in_time_is_skipped(here: Scene) -> None:
    """E12: sent late within a window, else skipped and said."""
    here.editors.hinders = "no_relay"
    at(here, CUT_OFF)
    approve(here)

    at(here, SLOT + 2 * DAY + MINUTE)

    assert (only(here).state, only(here).detail) == (IssueState.SKIPPED, "not_sent")
    assert told(here) == ["review", "skipped"]


def test_a_new_version_is_shown_again_and_needs_its_own_approval(here: Scene) -> None:
    at(here, CUT_OFF)
    approve(here)
    with here.world.database.write() as tx:
        transitions.revise(
            tx,
            only(here).id,
            version=1,
            greetings={"fi": "Hei!"},
            left_out=(),
            content_hash="h",
            by=EDITOR,
            now=here.clock.at,
        )
    at(here, CUT_OFF + MINUTE)
    assert here.editors.told[-1] == (EmailKind.REVIEW, "weekly/2026-W48", 2)
    assert at(here, SLOT) == ()

    approve(here, version=2)

    assert at(here, SLOT + MINUTE) == (only(here).id,)


def test_a_stopped_issue_is_never_sent(here: Scene) -> None:
    at(here, CUT_OFF)
    approve(here)
    with here.world.database.write() as tx:
        transitions.stop(tx, only(here).id, by=EDITOR, now=here.clock.at)

    assert at(here, SLOT) == ()
    assert only(here).state is IssueState.STOPPED


def test_no_news_is_recorded_and_mails_nobody(tmp_path: Path) -> None:
    """E9."""
    with scene(tmp_path) as here:
        here.world = with_digests(here.world, Cadence.WEEKLY)
        advance(here.world.editorial)
        at(here, CUT_OFF)
        at(here, SLOT)

        assert only(here).state is IssueState.EMPTY
        assert here.editors.told == []
        with here.world.database.read() as tx:
            assert [act.detail for act in transitions.acts(tx, only(here).id)] == ["nothing_new"]


def test_a_new_installation_does_not_mail_the_backlog(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.world = with_digests(here.world, Cadence.WEEKLY)
        here.clock.at = CUT_OFF - HOUR
        written(here, "yksi")

        at(here, CUT_OFF + HOUR)
        at(here, SLOT)

        assert every(here) == []


def test_slots_missed_while_the_program_stood_still_are_skipped_and_said(here: Scene) -> None:
    """E12: and what they would have told comes with the next one."""
    at(here, SLOT + 14 * DAY - HOUR)

    assert [(one.period, one.state, one.detail) for one in every(here)] == [
        ("2026-W48", IssueState.SKIPPED, "missed"),
        ("2026-W49", IssueState.SKIPPED, "missed"),
        ("2026-W50", IssueState.WAITING, None),
    ]
    assert titles(here, every(here)[-1]) == ["Kirjoitus yksi"]
    assert told(here) == ["skipped", "skipped", "review"]


def test_a_program_that_stood_still_for_a_year_makes_up_for_a_few_slots_only(
    here: Scene,
) -> None:
    at(here, CUT_OFF + 53 * 7 * DAY)
    assert len(every(here)) == 8


def test_what_was_stored_while_its_window_closed_comes_with_the_next_issue(here: Scene) -> None:
    at(here, CUT_OFF)
    approve(here)
    here.clock.at = CUT_OFF - MINUTE
    written(here, "myöhässä tallennettu")

    at(here, SLOT)
    at(here, CUT_OFF + 7 * DAY)

    assert titles(here, every(here)[0]) == ["Kirjoitus yksi"]
    assert titles(here, every(here)[-1]) == ["Kirjoitus myöhässä tallennettu"]


def test_two_advances_at_the_same_moment_make_one_issue_and_one_letter(here: Scene) -> None:
    """Promise 4."""
    for moment in (CUT_OFF, SLOT):
        here.clock.at = moment
        at_once(*[partial(advance, here.world.editorial)] * 2)

    assert only(here).state is IssueState.WAITING
    assert sorted(told(here)) == ["review", "waiting"]


def test_a_fault_between_the_issue_and_its_letters_leaves_the_letters_to_be_written(
    here: Scene, tmp_path: Path
) -> None:
    """Their addresses are hashed with a key."""
    here.clock.at = CUT_OFF
    keyring(tmp_path)
    kept = (tmp_path / KEYRING).read_bytes()
    put_keyring(tmp_path, b"{}")
    advance(here.world.editorial)
    assert only(here).state is IssueState.WAITING
    assert told(here) == []
    put_keyring(tmp_path, kept)

    advance(here.world.editorial)
    advance(here.world.editorial)

    assert told(here) == ["review"]


def test_the_first_start_is_when_an_issue_was_first_looked_for(here: Scene) -> None:
    with here.world.database.write() as tx:
        assert flags.first_start(tx, now=SLOT) < CUT_OFF


def test_an_issue_of_a_digest_that_was_taken_out_of_the_file_waits_and_is_skipped(
    here: Scene,
) -> None:
    at(here, CUT_OFF)
    approve(here)
    here.world = with_digests(here.world)

    assert at(here, SLOT) == ()
    at(here, SLOT + 2 * DAY + MINUTE)

    assert only(here).state is IssueState.SKIPPED
