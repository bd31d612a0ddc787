"""The process that is killed: it delivers one issue with the parts of the program, then ends.

Importing the program takes a second. So one process imports it, and is forked for each send: it
reads a line of words for each, and answers with the child's number and then how the child ended.
"""

from __future__ import annotations

import os
import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from syndicator.deliver.smtp import Relay
from syndicator.pipeline import PostRoom, World, deliver
from syndicator.store import outbox
from syndicator.store.database import Database
from tests.pipeline.office import parcel_of, template_of


def now() -> datetime:
    """Return the moment it is."""
    return datetime.now(UTC)


def main(url: str, folder: str, port: str, connections: str) -> None:
    """Deliver issue 1 of the database over so many connections."""
    database = Database.open(url or None, data_dir=Path(folder))
    unused = cast(Any, None)
    world = World(
        settings=unused,
        database=database,
        http=unused,
        parser=unused,
        desk=unused,
        rules=unused,
        make=unused,
        pings=unused,
        now=now,
        jitter=random.random,
    )
    room = PostRoom(
        template=template_of,
        parcel=parcel_of,
        connect=lambda: Relay(f"smtp://127.0.0.1:{port}", name="sender.example"),
        suppressed=lambda _hash, _at: None,
        started=lambda _name, _at: None,
        sent=lambda _name, _at: None,
        holder=f"sender.{random.random()}",
        per_minute=1_000_000,
        connections=int(connections),
    )
    # One process sends at a time, as where a process owns the database.
    with database.write(durable=True) as tx:
        outbox.recover(tx, holders="")
    deliver(world, 1, room)
    database.close()


def serve() -> None:
    """Fork a sender for each line, until there are no more."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            main(*line.rstrip("\n").split("\t"))
            os._exit(0)
        _say(child)
        _, status = os.waitpid(child, 0)
        _say(os.waitstatus_to_exitcode(status))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    serve()
