"""The life of an issue: who may move it where, and what two at once make of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from syndicator.model import Cadence, IssueState, Post, Selection, Variant
from syndicator.model import DeliveryState as Sent
from syndicator.store.db.database import Database, Tx
from syndicator.store.issues import issues, outbox, transitions, variants
from syndicator.store.people import subscribers
from syndicator.store.upkeep import flags
from tests.at_once import at_once
from tests.builders import NOW, an_entry
from tests.publish.samples import a_draft
from tests.store.stored import a_stored_source, apply, new

HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)
EDITOR = "toimitus@kaupungit.example"


def made(tx: Tx, *carried: Post, period: str = "2026-W47", closes: int = 0) -> int:
    """Return the id of a waiting issue whose window closed so many weeks ago."""
    issue = issues.create(
        tx,
        a_draft(
            *carried,
            period=period,
            opens=NOW - (closes + 1) * WEEK,
            closes=NOW - closes * WEEK,
            send_at=NOW - closes * WEEK + 24 * HOUR,
        ),
    )
    return issue.id


def state(database: Database, issue_id: int) -> IssueState:
    with database.read() as tx:
        status = issues.status(tx, issue_id)
    assert status is not None
    return status.state


def revised(
    tx: Tx, issue_id: int, *, version: int = 1, left_out: set[str] | None = None
) -> int | None:
    return transitions.revise(
        tx,
        issue_id,
        version=version,
        greetings={"fi": "Hei!"},
        left_out=left_out or set(),
        content_hash="h2",
        by=EDITOR,
        now=NOW,
    )


def in_state(tx: Tx, wanted: IssueState, *carried: Post, period: str = "2026-W47") -> int:
    """Return an issue that was taken to a state by what may take it there."""
    issue_id = made(tx, *carried, period=period)
    by: dict[str, Any] = {"by": EDITOR, "now": NOW}
    match wanted:
        case IssueState.APPROVED | IssueState.SENDING | IssueState.SENT | IssueState.PAUSED:
            assert transitions.approve(tx, issue_id, version=1, **by)
    match wanted:
        case IssueState.SENDING | IssueState.SENT | IssueState.PAUSED:
            assert transitions.start(tx, issue_id, version=1, now=NOW)
    match wanted:
        case IssueState.SENT:
            assert transitions.finish(tx, issue_id, now=NOW)
        case IssueState.PAUSED:
            assert transitions.pause(tx, issue_id, **by)
        case IssueState.STOPPED:
            assert transitions.stop(tx, issue_id, **by)
        case IssueState.SKIPPED:
            assert transitions.skip(tx, issue_id, why="not_approved", now=NOW)
        case IssueState.CANCELLED:
            assert transitions.cancel(tx, issue_id, **by)
    return issue_id


Move = Callable[[Tx, int], object]

MOVES: dict[str, Move] = {
    "approve": lambda tx, id_: transitions.approve(tx, id_, version=1, by=EDITOR, now=NOW),
    "stop": lambda tx, id_: transitions.stop(tx, id_, by=EDITOR, now=NOW),
    "start": lambda tx, id_: transitions.start(tx, id_, version=1, now=NOW),
    "finish": lambda tx, id_: transitions.finish(tx, id_, now=NOW),
    "pause": lambda tx, id_: transitions.pause(tx, id_, by=EDITOR, now=NOW),
    "resume": lambda tx, id_: transitions.resume(tx, id_, by=EDITOR, now=NOW),
    "cancel": lambda tx, id_: transitions.cancel(tx, id_, by=EDITOR, now=NOW),
    "skip": lambda tx, id_: transitions.skip(tx, id_, why="not_approved", now=NOW),
    "revise": revised,
    "unapprove": lambda tx, id_: transitions.unapprove(tx, id_, version=1, why="E7", now=NOW),
}
ALLOWED = {
    IssueState.WAITING: {"approve", "stop", "pause", "cancel", "skip", "revise"},
    IssueState.APPROVED: {"stop", "start", "pause", "cancel", "skip", "revise", "unapprove"},
    IssueState.SENDING: {"finish", "pause", "cancel"},
    # It was being sent when it was paused.
    IssueState.PAUSED: {"resume", "cancel"},
}
REACHED = tuple(one for one in IssueState if one is not IssueState.EMPTY)


@pytest.mark.parametrize("where", REACHED)
def test_an_issue_moves_only_where_its_state_leads(database: Database, where: IssueState) -> None:
    moved = set()
    for number, (name, move) in enumerate(MOVES.items()):
        with database.write() as tx:
            issue_id = in_state(tx, where, period=f"2026-W{number + 10}")
            before = len(transitions.acts(tx, issue_id))
            if move(tx, issue_id):
                moved.add(name)
            assert len(transitions.acts(tx, issue_id)) == before + (name in moved)
    assert moved == ALLOWED.get(where, set())


@pytest.mark.parametrize("act", ["approve", "stop"])
def test_of_two_editors_at_the_same_moment_one_moves_it(database: Database, act: str) -> None:
    with database.write() as tx:
        issue_id = made(tx)
    moved: list[object] = []

    def work() -> None:
        with database.write() as tx:
            moved.append(MOVES[act](tx, issue_id))

    at_once(work, work)

    assert sorted(moved, key=str) == [False, True]
    with database.read() as tx:
        assert len(transitions.acts(tx, issue_id)) == 1


def test_of_two_workers_at_the_same_moment_one_does_what_is_done_once(database: Database) -> None:
    with database.write() as tx:
        issue_id = made(tx)
    ours: list[bool] = []

    def work() -> None:
        with database.write() as tx:
            ours.append(transitions.once(tx, issue_id, "review", version=1, now=NOW))

    at_once(work, work)

    assert sorted(ours) == [False, True]


def test_what_is_done_once_is_done_again_for_a_new_version_unless_it_is_done_once_ever(
    database: Database,
) -> None:
    with database.write() as tx:
        issue_id = made(tx)
        assert transitions.once(tx, issue_id, "review", version=1, now=NOW)
        assert transitions.once(tx, issue_id, "waiting", version=1, now=NOW, ever=True)
        revised(tx, issue_id)
        assert not transitions.once(tx, issue_id, "review", version=1, now=NOW)
        assert transitions.once(tx, issue_id, "review", version=2, now=NOW)
        assert not transitions.once(tx, issue_id, "waiting", version=2, now=NOW, ever=True)


def test_a_new_version_takes_the_approval_of_the_old_one_away(database: Database) -> None:
    """Promise 12: approval freezes one version."""
    with database.write() as tx:
        issue_id = made(tx)
        assert transitions.approve(tx, issue_id, version=1, by=EDITOR, now=NOW)
        assert revised(tx, issue_id) == 2
        assert transitions.approve(tx, issue_id, version=2, by=EDITOR, now=NOW)
        assert not transitions.start(tx, issue_id, version=1, now=NOW)
        assert not transitions.unapprove(tx, issue_id, version=1, why="E7", now=NOW)
        assert transitions.unapprove(tx, issue_id, version=2, why="E7", now=NOW)
        assert not transitions.start(tx, issue_id, version=1, now=NOW)
        assert not transitions.start(tx, issue_id, version=2, now=NOW)
        assert not transitions.approve(tx, issue_id, version=1, by=EDITOR, now=NOW)
        assert not transitions.stop(tx, issue_id, version=1, by=EDITOR, now=NOW)
        assert transitions.approve(tx, issue_id, version=2, by=EDITOR, now=NOW)
        frozen = issues.get(tx, issue_id)
    assert frozen is not None
    assert (frozen.version, frozen.greetings, frozen.content_hash) == (2, {"fi": "Hei!"}, "h2")


def test_a_version_made_twice_is_made_once(database: Database) -> None:
    with database.write() as tx:
        issue_id = made(tx)
        revised(tx, issue_id)
        late = transitions.revise(
            tx,
            issue_id,
            version=1,
            greetings={},
            left_out=(),
            content_hash="h3",
            by="toinen@kaupungit.example",
            now=NOW,
        )
        frozen = issues.get(tx, issue_id)
    assert late is None
    assert frozen is not None
    assert frozen.greetings == {"fi": "Hei!"}


def test_every_act_says_who_did_it_and_when(database: Database) -> None:
    with database.write() as tx:
        issue_id = made(tx)
        transitions.approve(tx, issue_id, version=1, by=EDITOR, now=NOW)
        transitions.pause(tx, issue_id, by="command line", now=NOW + HOUR, why="wait")
        acts = transitions.acts(tx, issue_id)
    assert [(act.event, act.by, act.at, act.detail) for act in acts] == [
        ("approved", EDITOR, NOW, None),
        ("paused", "command line", NOW + HOUR, "wait"),
    ]


def test_a_paused_issue_goes_on_where_it_was(database: Database) -> None:
    with database.write() as tx:
        issue_id = made(tx)
        transitions.approve(tx, issue_id, version=1, by=EDITOR, now=NOW)
        transitions.pause(tx, issue_id, by=EDITOR, now=NOW)
        assert not transitions.start(tx, issue_id, version=1, now=NOW)
        transitions.resume(tx, issue_id, by=EDITOR, now=NOW)
    assert state(database, issue_id) is IssueState.APPROVED


def test_a_paused_issue_that_ended_does_not_go_on(database: Database) -> None:
    with database.write() as tx:
        issue_id = in_state(tx, IssueState.PAUSED)
        assert transitions.cancel(tx, issue_id, by=EDITOR, now=NOW)
        assert not transitions.resume(tx, issue_id, by=EDITOR, now=NOW)
    assert state(database, issue_id) is IssueState.CANCELLED


def test_an_issue_paused_before_it_left_may_still_be_stopped_or_skipped(
    database: Database,
) -> None:
    for period, name in (("2026-W46", "stop"), ("2026-W47", "skip")):
        with database.write() as tx:
            issue_id = made(tx, period=period)
            transitions.pause(tx, issue_id, by=EDITOR, now=NOW)
            assert MOVES[name](tx, issue_id)


def test_an_issue_is_not_sent_while_a_delivery_is_unsettled(database: Database) -> None:
    wanted = Selection(language="fi", cadence=Cadence.WEEKLY)
    with database.write() as tx:
        subscribers.add(tx, address="a@k.fi", address_hash="a", selection=wanted, now=NOW)
        issue_id = in_state(tx, IssueState.SENDING)
        told = dict.fromkeys(
            variants.selections(tx, Cadence.WEEKLY), Variant(language="fi", posts=("p",))
        )
        variants.assign(tx, issue_id, told)
        assert outbox.plan(tx, issue_id) == 1
        assert not transitions.finish(tx, issue_id, now=NOW)
        (ours,) = outbox.claim(tx, issue_id, holder="a", now=NOW, lease=timedelta(minutes=5))
        step = partial(outbox.step, tx, holder="a", now=NOW, lease=timedelta(minutes=5), revision=0)
        step(ahead=(ours,))
        step(done=outbox.Done(id=ours.id, state=Sent.SENT, at=NOW))
        assert transitions.finish(tx, issue_id, now=NOW)


# --- what rolls over ------------------------------------------------------------------------------


def a_post(database: Database) -> Post:
    source = a_stored_source(database)
    apply(database, source, new=(new(an_entry(), recency=NOW - 8 * HOUR),))
    with database.read() as tx:
        return issues.eligible(tx, opens=NOW - WEEK, closes=NOW)[0]


def again(tx: Tx, *, rolls_from: int = 4) -> list[str]:
    """Return what the issue of next week would carry."""
    found = issues.eligible(
        tx,
        opens=NOW,
        closes=NOW + WEEK,
        cadence=Cadence.WEEKLY,
        rolls_from=NOW - rolls_from * HOUR * 24,
    )
    return [post.public_id for post in found]


@pytest.mark.parametrize("where", REACHED)
def test_what_told_nobody_rolls_over_and_nothing_else_comes_again(
    database: Database, where: IssueState
) -> None:
    post = a_post(database)
    with database.write() as tx:
        in_state(tx, where, post)
        rolls = where in (IssueState.STOPPED, IssueState.SKIPPED, IssueState.CANCELLED)
        assert again(tx) == ([post.public_id] if rolls else [])


def test_what_a_cancelled_send_may_have_told_somebody_never_comes_again(
    database: Database,
) -> None:
    post = a_post(database)
    with database.write() as tx:
        issue_id = in_state(tx, IssueState.SENDING, post)
        assert transitions.cancel(tx, issue_id, by=EDITOR, now=NOW)
        assert again(tx) == []


def test_what_an_editor_left_out_does_not_come_back_with_the_next_issue(
    database: Database,
) -> None:
    post = a_post(database)
    with database.write() as tx:
        issue_id = made(tx, post)
        revised(tx, issue_id, left_out={post.public_id})
        frozen = issues.get(tx, issue_id)
        assert frozen is not None
        assert frozen.posts == ()
        assert [one.left_out for one in issues.carried(tx, issue_id)] == [True]
        transitions.skip(tx, issue_id, why="not_approved", now=NOW)
        assert again(tx) == []


def test_what_an_editor_left_out_of_one_issue_stays_in_the_others(database: Database) -> None:
    post = a_post(database)
    with database.write() as tx:
        this, other = made(tx, post), made(tx, post, period="2026-W46", closes=1)
        revised(tx, this, left_out={post.public_id})
        assert [one.left_out for one in issues.carried(tx, other)] == [False]


def test_what_rolled_over_too_long_is_no_news_any_more(database: Database) -> None:
    post = a_post(database)
    with database.write() as tx:
        transitions.skip(tx, made(tx, post), why="not_approved", now=NOW)
        assert again(tx, rolls_from=1) == [post.public_id]
        assert again(tx, rolls_from=0) == []


# --- switches -------------------------------------------------------------------------------------


def test_the_first_start_is_remembered_for_ever(database: Database) -> None:
    with database.write() as tx:
        assert flags.first_start(tx, now=NOW) == NOW
        assert flags.first_start(tx, now=NOW + WEEK) == NOW


def test_mail_is_withheld_until_it_is_let_go(database: Database) -> None:
    """Promise 10: a restored system starts with sending paused."""
    with database.write() as tx:
        assert flags.withheld(tx) is None
        flags.withhold(tx, "restored")
        flags.withhold(tx, "another reason")
        assert flags.withheld(tx) == "restored"
        assert flags.let_go(tx)
        assert not flags.let_go(tx)
        assert flags.withheld(tx) is None
