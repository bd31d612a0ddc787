"""The process that is killed while it plans: it plans issue 1 of a database, then ends."""

from __future__ import annotations

import sys
from pathlib import Path

from syndicator import log
from syndicator.pipeline.issues.send import plan_all
from syndicator.store.db.database import Database
from tests.builders import HOME
from tests.crash.sender import sender_to


def main(url: str, folder: str) -> None:
    """Plan everybody who is left to plan."""
    log.configure(json=False, stream=sys.stderr)
    database = Database.open(url or None, data_dir=Path(folder), **HOME)
    plan_all(sender_to(1, database, connections=1, folder=Path(folder)), 1)
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
