"""A kill -9 while an issue's failures suppress: all of them do, before it counts as sent."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from syndicator.model import DeliveryState, IssueState
from syndicator.store.db.database import Database
from syndicator.store.issues import issues, outbox
from syndicator.store.people import suppressions
from syndicator.store.upkeep.journal import JournalKind
from tests.crash.harness import ROOT, begin, tally
from tests.crash.leaver import BEFORE, WRITTEN
from tests.crash.suppressor import send
from tests.pipeline.office import Watched
from tests.store.conftest import database, empty_sqlite, migrated_postgresql, postgresql_url

__all__ = ["database", "empty_sqlite", "migrated_postgresql", "postgresql_url"]


def standing(database: Database) -> tuple[IssueState, int]:
    with database.read() as tx:
        issue = issues.status(tx, 1)
        assert issue is not None
        return issue.state, len(suppressions.list_all(tx))


@pytest.mark.parametrize("moment", [BEFORE, WRITTEN])
def test_a_kill_while_failures_suppress_leaves_the_issue_to_be_ended_and_nobody_out(
    database: Database, tmp_path: Path, moment: str
) -> None:
    begin(database, subscribers=400)
    sqlite = database.dialect == "sqlite"
    url = "" if sqlite else database.url.render_as_string(hide_password=False)
    words = (url, str(tmp_path), moment)
    ended = subprocess.run(
        [sys.executable, "-m", "tests.crash.suppressor", *words], cwd=ROOT, timeout=120, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    assert standing(database) == (IssueState.SENDING, 0)
    with database.write() as tx:
        outbox.recover(tx, holders="")
    seen: list[tuple[IssueState, int]] = []

    def watch(kind: JournalKind) -> None:
        if kind is JournalKind.ISSUE_SENT:
            seen.append(standing(database))

    journal = Watched(tmp_path / "journal.jsonl", watch)
    again = send(database, tmp_path, journal, so_many=40)

    assert again == []
    assert standing(database) == (IssueState.SENT, 10)
    assert [number for _, number in seen] == [10]
    assert tally(database) == {DeliveryState.SENT: 390, DeliveryState.FAILED: 10}
