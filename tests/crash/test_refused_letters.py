"""A kill -9 while a letter is refused: it is given up together with what follows from it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from syndicator.model import DeliveryState
from syndicator.pipeline.people import preferences
from syndicator.pipeline.people.transactional import LEASE
from syndicator.store.db.database import Database
from syndicator.store.people import bounces, suppressions, transactional_emails
from tests.crash.harness import ROOT
from tests.crash.leaver import BEFORE, COMMITTED, WRITTEN
from tests.crash.refuser import post
from tests.pipeline.readers import ADDRESS, Readers
from tests.store.conftest import database, empty_sqlite, migrated_postgresql, postgresql_url

__all__ = ["database", "empty_sqlite", "migrated_postgresql", "postgresql_url"]


def killed(readers: Readers, moment: str) -> None:
    """Let a process be killed at this moment of a refusal."""
    database = readers.database
    sqlite = database.dialect == "sqlite"
    url = "" if sqlite else database.url.render_as_string(hide_password=False)
    words = (url, str(readers.folder), moment, readers.clock.at.isoformat())
    ended = subprocess.run(
        [sys.executable, "-m", "tests.crash.refuser", *words], cwd=ROOT, timeout=60, check=False
    )
    assert ended.returncode == -signal.SIGKILL


def standing(readers: Readers) -> tuple[bool, int, bool]:
    """Return whether the letter is given up, how many failures are kept of it, and whether its
    address is suppressed."""
    of = readers.subscriptions.hash_of(ADDRESS)
    with readers.database.read() as tx:
        newest = transactional_emails.to_address(tx, of)[-1]
        given_up = newest["state"] is DeliveryState.FAILED
        return given_up, len(bounces.about(tx, of)), suppressions.holds(tx, of)


@pytest.mark.parametrize(
    ("moment", "after"),
    [
        (BEFORE, (False, 0, False)),
        (WRITTEN, (False, 0, False)),
        (COMMITTED, (True, 1, True)),
    ],
)
def test_a_kill_while_a_letter_is_refused_never_loses_what_the_refusal_says_of_the_reader(
    database: Database, tmp_path: Path, moment: str, after: tuple[bool, int, bool]
) -> None:
    readers = Readers(database=database, folder=tmp_path)
    readers.subscribed()
    readers.later(minutes=15)
    preferences.mail_link(readers.subscriptions, ADDRESS, "fi")

    killed(readers, moment)

    assert standing(readers) == after
    readers.clock.at += LEASE
    post(readers, readers.subscriptions.journal)
    assert standing(readers) == (True, 1, True)
