"""Hundreds of kills: the harness of ``tests/crash``, on SQLite and, where it is, PostgreSQL.

python bench/crash.py [KILLS [SEED]]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from syndicator.store.db import migrate
from syndicator.store.db.database import Database
from tests.builders import HOME
from tests.crash.harness import Harness
from tests.store.postgres import Missing, Server

KILLS = 200
SUBSCRIBERS = 10_000
CONNECTIONS = 2


def main(kills: int, seed: str) -> None:
    """Print what came of a send that was killed so often."""
    print(f"\nA send to {SUBSCRIBERS:,} over {CONNECTIONS} connections, killed {kills} times")
    _run("", kills=kills, seed=seed)
    try:
        server = Server()
    except Missing as missing:
        print(f"PostgreSQL left out: {missing}")
        return
    try:
        _run(server.url, kills=kills, seed=seed)
    finally:
        server.stop()


def _run(url: str, *, kills: int, seed: str) -> None:
    with tempfile.TemporaryDirectory(prefix="syndicator-bench-") as folder:
        database = Database.open(url or None, data_dir=Path(folder), **HOME)
        migrate.upgrade(database)
        harness = Harness(
            database=database,
            url=url,
            folder=Path(folder),
            dice=random.Random(f"{seed} {database.dialect}"),
            connections=CONNECTIONS,
        )
        began = time.monotonic()
        report = harness.run(subscribers=SUBSCRIBERS, kills=kills)
        seconds = time.monotonic() - began
        database.close()
    strangers = report.twice - set().union(*report.in_flight)
    print(
        f"{database.dialect:12} {len(report.in_flight)} kills, {seconds:.0f} s: "
        f"lost {len(report.lost)}, twice {report.extra} (not in flight at a kill: "
        f"{len(strangers)}), other Message-IDs "
        f"{sum(len(ids) > 1 for ids in report.ids.values())}, mailed after leaving "
        f"{len(report.pestered)} of {len(report.left_in_time)}"
    )
    if report.lost or strangers or report.pestered:
        raise SystemExit("a promise is broken")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else KILLS, sys.argv[2] if sys.argv[2:] else "bench")
