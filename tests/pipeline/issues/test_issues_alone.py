"""What goes wrong with one issue, or happens while it is made, harms no other and nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from structlog.testing import capture_logs

from syndicator.config import load
from syndicator.digest.preflight import Sending
from syndicator.errors import StoreUnavailable
from syndicator.model import Cadence, EmailKind, Finding, IssueState
from syndicator.pipeline.issues.advance import advance
from syndicator.pipeline.issues.compose import compose, due_slots
from syndicator.store.db.database import Database, Tx
from syndicator.store.feeds import moderation
from syndicator.store.issues import redactions
from tests.pipeline.issues.test_lifecycle import (
    CUT_OFF,
    SLOT,
    at,
    every,
    only,
    titles,
    with_digests,
    written,
)
from tests.pipeline.world import Editors, Scene, scene


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    """A network with one weekly digest, started on the Tuesday before, with one post."""
    with scene(tmp_path) as made:
        made.world = with_digests(made.world, Cadence.WEEKLY)
        advance(made.world.editorial)
        written(made, "yksi")
        yield made


class Stumbling(Editors):
    """Editors to whom no weekly issue can be shown: their template is broken."""

    def preflight(self, message: bytes, sending: Sending) -> tuple[Finding, ...]:
        if b"weekly.digest" in message:
            raise RuntimeError("a template that names what is not there")
        return super().preflight(message, sending)


def test_an_issue_that_cannot_be_shown_keeps_no_other_from_its_editors(here: Scene) -> None:
    """Promise 1, of issues: on this Monday the monthly digest closes, too."""
    editors = Stumbling(database=here.world.database)
    here.world = replace(
        here.world,
        preflight=editors.preflight,
        settings=replace(here.world.settings, digests=load({}).digests),
    )
    at(here, CUT_OFF)

    at(here, SLOT)

    assert {one.name: one.state for one in every(here)} == {
        "weekly/2026-W48": IssueState.WAITING,
        "monthly/2026-11": IssueState.WAITING,
    }
    assert [(kind, name) for kind, name, _ in editors.told] == [
        (EmailKind.REVIEW, "monthly/2026-11")
    ]


class Interrupted:
    """A database where somebody else comes before the next writer."""

    def __init__(self, real: Database, comes: Callable[[], object]) -> None:
        self._real = real
        self._comes = [comes]

    def read(self) -> AbstractContextManager[Tx]:
        return self._real.read()

    def write(self, *, durable: bool = False) -> AbstractContextManager[Tx]:
        while self._comes:
            self._comes.pop()()
        return self._real.write(durable=durable)


def test_a_post_taken_down_while_its_issue_is_made_stands_nowhere_in_it(here: Scene) -> None:
    """What was frozen a moment after a takedown would be mailed."""
    written(here, "kaksi")
    with here.world.database.read() as tx:
        first = min(one.id for one in moderation.list_entries(tx))

    def takedown() -> None:
        with here.world.database.write() as tx:
            assert redactions.take_down(tx, first, now=CUT_OFF)

    here.clock.at = CUT_OFF
    (slot,) = due_slots(here.world.editorial)
    database = cast("Database", Interrupted(here.world.database, takedown))
    compose(replace(here.world, database=database).editorial, slot)

    assert titles(here, only(here)) == ["Kirjoitus kaksi"]


class Full:
    """A database whose disk is full when it is to commit."""

    def __init__(self, real: Database) -> None:
        self._real = real

    @contextmanager
    def write(self, *, durable: bool) -> Iterator[Tx]:
        with self._real.write(durable=durable) as tx:
            yield tx
            raise StoreUnavailable("disk is full")


def test_an_issue_that_could_not_be_committed_is_not_logged_as_made(here: Scene) -> None:
    written(here, "yksi")
    here.clock.at = CUT_OFF
    (slot,) = due_slots(here.world.editorial)
    database = cast("Database", Full(here.world.database))

    with capture_logs() as logged, pytest.raises(StoreUnavailable):
        compose(replace(here.world, database=database).editorial, slot)
    assert logged == []

    with capture_logs() as logged:
        compose(here.world.editorial, slot)
    assert [line["event"] for line in logged] == ["issue made"]
