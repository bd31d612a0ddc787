"""Killed in the middle of planning, a process loses nobody and plans nobody twice."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from syndicator.store.db.base import table_of
from syndicator.store.db.database import Database
from syndicator.store.db.schema.newsletter import DeliveryRow, IssueRow
from tests.crash.harness import ROOT, begin
from tests.store.conftest import database, empty_sqlite, migrated_postgresql, postgresql_url

__all__ = ["database", "empty_sqlite", "migrated_postgresql", "postgresql_url"]

SUBSCRIBERS = 20_000
KILLED_AT = (1, 4_000, 11_000)
"""Subscribers planned when the process is killed."""


def planned_to(database: Database) -> int:
    with database.read() as tx:
        return tx.execute(select(IssueRow.planned_to)).scalar() or 0


def test_kills_in_the_middle_of_planning_lose_nobody_and_plan_nobody_twice(
    database: Database, tmp_path: Path
) -> None:
    url = "" if database.dialect == "sqlite" else database.url.render_as_string()
    command = [sys.executable, "-m", "tests.crash.planner", url, str(tmp_path / "store")]
    wanted = set(begin(database, subscribers=SUBSCRIBERS))
    reached = []
    for most in KILLED_AT:
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as planner:
            while planner.poll() is None and planned_to(database) < most:
                pass
            planner.kill()
        reached.append(planned_to(database))
    assert max(reached) < SUBSCRIBERS
    assert reached == sorted(reached)

    subprocess.run(command, cwd=ROOT, check=True, stderr=subprocess.DEVNULL)

    with database.read() as tx:
        hashes = tx.execute(select(table_of(DeliveryRow).c.address_hash)).scalars().all()
    assert set(Counter(hashes).values()) == {1}
    assert set(hashes) == wanted
