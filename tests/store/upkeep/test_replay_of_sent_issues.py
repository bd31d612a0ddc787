"""Lines of the journal on issues whose send was over, or began once more after that."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from syndicator.model import DeliveryState, IssueState
from syndicator.store.db.database import Database
from syndicator.store.db.schema.newsletter import IssueRow
from syndicator.store.upkeep.journal import JournalKind
from tests.builders import NOW
from tests.store.upkeep.test_replay import SENT, STARTED, an_issue, replayed, told


def test_an_issue_that_the_backup_knows_as_sent_stays_as_it_is(database: Database) -> None:
    an_issue(database, IssueState.SENT, failed=DeliveryState.FAILED)

    done = replayed(database, STARTED, SENT)

    assert (done.closed, done.doubtful) == ((), ())
    with database.read() as tx:
        assert tx.execute(select(IssueRow.state, IssueRow.ended_at)).one() == (
            IssueState.SENT,
            None,
        )


def test_an_issue_offered_again_after_it_was_sent_is_sent_all_the_same(database: Database) -> None:
    """`digest retry` notes that a send begins, once more."""
    an_issue(database, IssueState.APPROVED, open=DeliveryState.PENDING)
    again = told(JournalKind.ISSUE_STARTED, "weekly/2026-W47", at=NOW + timedelta(hours=1))

    assert replayed(database, STARTED, SENT, again).closed == ("weekly/2026-W47",)
