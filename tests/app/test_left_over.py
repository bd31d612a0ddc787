"""What a killed process had claimed is open again, or said to wait, when another one starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syndicator.app import opened
from syndicator.app.left_over import take_over
from syndicator.app.parts import App
from syndicator.config import load
from syndicator.model import Cadence, DeliveryState, LetterKind, Selection, Variant
from syndicator.store import issue_life, issues, letters, outbox, subscribers, variants
from tests.builders import NOW
from tests.pipeline.office import an_issue
from tests.store.conftest import empty_sqlite, migrated_postgresql, postgresql_url

__all__ = ["empty_sqlite", "migrated_postgresql", "postgresql_url"]

LEASE = timedelta(minutes=5)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with opened(load({"SYNDICATOR_DATA": str(tmp_path)}), clock=lambda: NOW) as made:
        yield made


def claimed(app: App) -> int:
    """Claim a delivery and a letter as a process that dies; return the issue's id."""
    wanted = Selection(language="fi", cadence=Cadence.WEEKLY)
    with app.database.write() as tx:
        subscribers.add(tx, address="a@a.fi", address_hash="a", selection=wanted, now=NOW)
        issue = issues.create(tx, an_issue())
        assert issue.id is not None
        given = variants.selections(tx, Cadence.WEEKLY)
        variants.assign(tx, issue.id, dict.fromkeys(given, Variant(language="fi", posts=("a",))))
        issue_life.approve(tx, issue.id, version=1, by="test", now=NOW)
        issue_life.start(tx, issue.id, version=1, now=NOW)
        outbox.plan(tx, issue.id)
        outbox.claim(tx, issue.id, holder="dead", now=NOW, lease=LEASE)
        letters.put(
            tx, LetterKind.ALARM, address="b@b.fi", address_hash="b", language="fi", now=NOW
        )
        letters.claim(tx, now=NOW, lease=LEASE)
    return issue.id


def test_what_a_killed_process_had_claimed_is_open_at_the_next_start_and_said(
    app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    issue = claimed(app)

    take_over(app)

    with app.database.read() as tx:
        assert outbox.tally(tx, issue) == {DeliveryState.PENDING: 1}
        assert letters.waiting(tx, now=NOW) == 1
    said = capsys.readouterr()
    assert "claims opened again" in said.out + said.err
    assert "deliveries=1 letters=1" in said.out + said.err


def test_a_start_with_nothing_left_over_says_nothing(
    app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    take_over(app)

    said = capsys.readouterr()
    assert "claims" not in said.out + said.err


def test_where_another_process_may_live_the_claims_wait_and_that_is_said(
    app: App, migrated_postgresql: object, capsys: pytest.CaptureFixture[str]
) -> None:
    there = replace(app, database=migrated_postgresql)  # type: ignore[arg-type]
    issue = claimed(there)

    take_over(there)

    with there.database.read() as tx:
        assert outbox.tally(tx, issue) == {DeliveryState.CLAIMED: 1}
    said = capsys.readouterr()
    assert "claims wait" in said.out + said.err
    assert f"deliveries=1 until={(NOW + LEASE).isoformat()}" in said.out + said.err
