"""After a kill -9 at any point nobody is lost and nobody is mailed twice but in flight (promise 5).

The same harness runs with hundreds of kills in ``bench/crash.py``.
"""

from __future__ import annotations

import random
from pathlib import Path

from syndicator.model import DeliveryState, IssueState
from syndicator.store.db.database import Database
from tests.crash.harness import Harness, tally
from tests.store.conftest import database, empty_sqlite, migrated_postgresql, postgresql_url

__all__ = ["database", "empty_sqlite", "migrated_postgresql", "postgresql_url"]

KILLS = 20
SUBSCRIBERS = 2_000
CONNECTIONS = 2


def test_twenty_kills_lose_nobody_and_copy_only_what_was_in_flight(
    database: Database,
    tmp_path: Path,
) -> None:
    url = "" if database.dialect == "sqlite" else database.url.render_as_string()
    harness = Harness(
        database=database,
        url=url,
        folder=tmp_path / "store",
        dice=random.Random(f"20 kills {database.dialect}"),
        connections=CONNECTIONS,
    )

    report = harness.run(subscribers=SUBSCRIBERS, kills=KILLS)

    assert len(report.in_flight) == KILLS
    assert len(report.stages) >= 4
    assert report.lost == set()
    assert all(len(sending) <= CONNECTIONS for sending in report.in_flight)
    assert report.twice <= set().union(*report.in_flight)
    assert report.extra <= KILLS * CONNECTIONS
    assert all(len(ids) == 1 for ids in report.ids.values())
    assert len(report.left_in_time) > 5
    assert report.pestered == set()
    assert report.state is IssueState.SENT
    assert set(tally(database)) == {DeliveryState.SENT, DeliveryState.SKIPPED}
