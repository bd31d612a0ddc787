"""Ticks alone: from the cut-off to the inbox, with nobody but an editor in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from syndicator import tasks
from syndicator.app.serving import tasks_of
from syndicator.demo import catcher
from syndicator.model import DeliveryState, IssueState
from syndicator.pipeline.issues.send import DELIVER
from syndicator.store import notices
from syndicator.store.db.database import Tx
from syndicator.store.issues import outbox, transitions
from syndicator.store.upkeep import flags
from tests.app.test_editors import CUT_OFF, SLOT, Office, link, office_of

MINE = (tasks.ISSUES, DELIVER, tasks.FAILURES)


class AtOnce:
    """An engine that does the work of issues as soon as it is woken, and forgets the rest."""

    def __init__(self, office: Office) -> None:
        self._tasks = tasks_of(office.app)

    def enqueue(self, tx: Tx, task: str, key: str) -> None:
        tx.after_commit(lambda: self.wake(task, key))

    def wake(self, task: str, key: str) -> None:
        if task in MINE:
            self._tasks[task](self, key)

    def wake_later(self, task: str, key: str, *, after: timedelta) -> None:
        """A later tick finds it."""


@pytest.fixture
def caught(tmp_path: Path) -> Path:
    return tmp_path / "mail"


@pytest.fixture
def office(tmp_path: Path, caught: Path) -> Iterator[Office]:
    with catcher.catching(caught, host="127.0.0.1") as port:
        yield from office_of(tmp_path / "data", smtp_url=f"smtp://127.0.0.1:{port}")


def tick(office: Office, *, at: timedelta = timedelta(0)) -> None:
    office.clock.at = CUT_OFF + at
    tasks.tick(office.app.editorial, AtOnce(office), emails=False)


def sent(caught: Path) -> int:
    return len(list(caught.glob("*.eml")))


DAY = SLOT - CUT_OFF


def test_an_approved_issue_reaches_everyone_once_by_ticks_alone(
    office: Office, caught: Path
) -> None:
    tick(office)
    path = link(office.post()[0][1])
    office.push(path, "approve")
    tick(office, at=DAY - timedelta(minutes=1))
    assert sent(caught) == 0

    for minutes in range(3):
        tick(office, at=DAY + timedelta(minutes=minutes))

    assert sent(caught) == 3
    assert office.issue().state is IssueState.SENT
    with office.app.database.read() as tx:
        assert outbox.tally(tx, office.issue().id)[DeliveryState.SENT] == 3


def test_nothing_leaves_by_ticks_while_mail_is_withheld(office: Office, caught: Path) -> None:
    """Promise 10."""
    tick(office)
    office.push(link(office.post()[0][1]), "approve")
    with office.app.database.write() as tx:
        flags.withhold(tx, "restored")

    tick(office, at=DAY)

    assert sent(caught) == 0
    with office.app.database.read() as tx:
        assert {"mail_withheld", "issue_held"} <= {one.kind for one in notices.list_all(tx)}

    with office.app.database.write() as tx:
        flags.let_go(tx)
    tick(office, at=DAY + timedelta(hours=1))
    assert sent(caught) == 3


def test_what_was_cancelled_in_the_middle_of_a_send_stays_unsent(
    office: Office, caught: Path
) -> None:
    tick(office)
    office.push(link(office.post()[0][1]), "approve")
    office.clock.at = SLOT
    tasks.advance_issues(office.app.editorial, _Deaf(), "")
    assert office.issue().state is IssueState.SENDING
    with office.app.database.write() as tx:
        outbox.plan(tx, office.issue().id)
        transitions.cancel(tx, office.issue().id, by="maija@raahe.fi", now=SLOT)

    tick(office, at=DAY + timedelta(minutes=1))

    assert sent(caught) == 0
    with office.app.database.read() as tx:
        assert outbox.tally(tx, office.issue().id)[DeliveryState.CANCELLED] == 3
        assert transitions.under_delivery(tx) == ()


class _Deaf:
    """An engine that loses every wake-up."""

    def enqueue(self, tx: Tx, task: str, key: str) -> None: ...

    def wake(self, task: str, key: str) -> None: ...

    def wake_later(self, task: str, key: str, *, after: timedelta) -> None: ...
