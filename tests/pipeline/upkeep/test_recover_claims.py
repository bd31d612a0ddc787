"""What a killed process had claimed is open again, or said to wait, when another one starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from syndicator.app import opened
from syndicator.app.parts import App
from syndicator.config import load
from syndicator.model import Cadence, DeliveryState, EmailKind, Selection, Variant
from syndicator.pipeline.data_folder import sending
from syndicator.pipeline.upkeep.recover_claims import recover_claims
from syndicator.store.db.database import Database
from syndicator.store.issues import issues, outbox, transitions, variants
from syndicator.store.people import subscribers, transactional_emails
from tests.builders import NOW
from tests.publish.samples import a_draft
from tests.store.conftest import empty_sqlite, empty_tables, migrated_postgresql, postgresql_url

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
        issue = issues.create(tx, a_draft())
        assert issue.id is not None
        given = variants.selections(tx, Cadence.WEEKLY)
        variants.assign(tx, issue.id, dict.fromkeys(given, Variant(language="fi", posts=("a",))))
        transitions.approve(tx, issue.id, version=1, by="test", now=NOW)
        transitions.start(tx, issue.id, version=1, now=NOW)
        outbox.plan(tx, issue.id)
        outbox.claim(tx, issue.id, holder="dead", now=NOW, lease=LEASE)
        transactional_emails.put(
            tx, EmailKind.ALARM, address="b@b.fi", address_hash="b", language="fi", now=NOW
        )
        transactional_emails.claim(tx, now=NOW, lease=LEASE)
    return issue.id


def test_what_a_killed_process_had_claimed_is_open_at_the_next_start_and_said(
    app: App,
) -> None:
    issue = claimed(app)

    with capture_logs() as said:
        recover_claims(app.database, data_dir=app.settings.deployment.data_dir)

    with app.database.read() as tx:
        assert outbox.tally(tx, issue) == {DeliveryState.PENDING: 1}
        assert transactional_emails.waiting(tx, now=NOW) == 1
    (line,) = said
    assert line["event"] == "claims opened again"
    assert (line["deliveries"], line["letters"]) == (1, 1)


def test_claims_wait_where_somebody_sends_by_hand_at_the_start(app: App) -> None:
    issue = claimed(app)

    with sending(app.settings.deployment.data_dir), capture_logs() as said:
        recover_claims(app.database, data_dir=app.settings.deployment.data_dir)

    with app.database.read() as tx:
        assert outbox.tally(tx, issue) == {DeliveryState.CLAIMED: 1}
    assert [line["event"] for line in said] == ["claims wait"]


def test_a_start_with_nothing_left_over_says_nothing(app: App) -> None:
    with capture_logs() as said:
        recover_claims(app.database, data_dir=app.settings.deployment.data_dir)

    assert said == []


def test_where_another_process_may_live_the_claims_wait_and_that_is_said(
    app: App, migrated_postgresql: Database
) -> None:
    empty_tables(migrated_postgresql)
    there = replace(app, database=migrated_postgresql)
    issue = claimed(there)

    with capture_logs() as said:
        recover_claims(there.database, data_dir=there.settings.deployment.data_dir)

    with there.database.read() as tx:
        assert outbox.tally(tx, issue) == {DeliveryState.CLAIMED: 1}
    (line,) = said
    assert line["event"] == "claims wait"
    assert (line["deliveries"], line["until"]) == (1, (NOW + LEASE).isoformat())
