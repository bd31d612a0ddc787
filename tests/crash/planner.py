"""The process that is killed while it plans: it plans issue 1 of a database, then ends."""

from __future__ import annotations

import sys
from pathlib import Path

from syndicator import log
from syndicator.pipeline.issues.send import plan_all
from syndicator.store.db.database import Database
from tests.builders import HOME
from tests.crash.sender import room_to, world_of


def main(url: str, folder: str) -> None:
    """Plan everybody who is left to plan."""
    log.configure(json=False, stream=sys.stderr)
    database = Database.open(url or None, data_dir=Path(folder), **HOME)
    plan_all(world_of(database), 1, room_to(1, connections=1))
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
