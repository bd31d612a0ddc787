"""A kill -9 while somebody leaves: what was answered is kept, what was not can be asked again.

The journal is written before the database commits (promise 10), so there are three moments.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from syndicator.model import SubscriberState
from syndicator.store.db.database import Database
from syndicator.store.db.schema.newsletter import SubscriberRow
from syndicator.store.people import suppressions
from syndicator.store.upkeep.replay import replay
from tests.crash.leaver import BEFORE, COMMITTED, WRITTEN, leave_by
from tests.pipeline.readers import ADDRESS, Readers
from tests.store.conftest import database, empty_sqlite, migrated_postgresql, postgresql_url

__all__ = ["database", "empty_sqlite", "migrated_postgresql", "postgresql_url"]

ROOT = Path(__file__).resolve().parents[2]
DOORS = {"page": "left", "mail": "left", "command": "suppressed", "erasure": "erased"}


def killed(readers: Readers, door: str, moment: str, token: str) -> None:
    """Let a process be killed at this moment of a leaving."""
    database = readers.database
    sqlite = database.dialect == "sqlite"
    url = "" if sqlite else database.url.render_as_string(hide_password=False)
    words = (url, str(readers.folder), door, moment, token)
    ended = subprocess.run(
        [sys.executable, "-m", "tests.crash.leaver", *words], cwd=ROOT, timeout=60, check=False
    )
    assert ended.returncode == -signal.SIGKILL


def is_mailed(readers: Readers) -> bool:
    """Return whether the next issue would go to Maija."""
    with readers.database.read() as tx:
        state = select(SubscriberRow.state).where(SubscriberRow.address == ADDRESS)
        active = tx.execute(state).scalar() is SubscriberState.ACTIVE
        return active and not suppressions.holds(tx, readers.subscriptions.hash_of(ADDRESS))


def restored(readers: Readers) -> None:
    """Let the database be as it was, and the journal be replayed."""
    with readers.database.write() as tx:
        replay(
            tx,
            readers.subscriptions.journal.entries(),
            since=readers.clock.at - timedelta(hours=1),
            window_of=lambda *_: None,
            now=readers.clock.at,
        )


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("moment", "mailed", "noted"),
    [(BEFORE, True, False), (WRITTEN, True, True), (COMMITTED, False, True)],
)
def test_a_kill_at_any_moment_of_a_leaving_leaves_nothing_half_done(
    database: Database, tmp_path: Path, door: str, moment: str, mailed: bool, noted: bool
) -> None:
    """What the database has is in the journal; what only the journal has was not yet answered, is
    asked again, and is done by a restore."""
    readers = Readers(database=database, folder=tmp_path)
    token = readers.way_out(readers.subscribed())

    killed(readers, door, moment, token)

    assert is_mailed(readers) is mailed
    assert (DOORS[door] in kinds(readers)) is noted
    if mailed and noted:
        restored(readers)
        assert not is_mailed(readers)
    leave_by(readers, readers.subscriptions.journal, door, token)
    assert not is_mailed(readers)
    assert DOORS[door] in kinds(readers)


def kinds(readers: Readers) -> Sequence[str]:
    """Return what the journal says happened to Maija, in order."""
    return [kind for kind, _ in readers.journal()]
