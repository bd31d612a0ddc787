"""The process that is killed: it delivers one issue with the parts of the program, then ends.

Importing the program takes a second. So one process imports it, and is forked for each send: it
reads a line of words for each, and answers with the child's number and then how the child ended.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from syndicator.deliver.email.message import Template
from syndicator.deliver.email.smtp import Relay
from syndicator.deliver.rates import DomainRates
from syndicator.model import Delivery, Issue, Variant
from syndicator.pipeline import World
from syndicator.pipeline.issues.newsletter_sender import NewsletterSender, OutgoingMessage
from syndicator.pipeline.issues.rate_limiter import RateLimiter
from syndicator.pipeline.issues.send import deliver
from syndicator.store.db.database import Database
from syndicator.store.issues import outbox
from syndicator.store.upkeep.journal import Journal
from tests.builders import HOME
from tests.pipeline.office import parcel_of, template_of


def now() -> datetime:
    """Return the moment it is."""
    return datetime.now(UTC)


def world_of(database: Database) -> World:
    """Return a world that can send from ``database`` and do nothing else."""
    unused = cast(Any, None)
    return World(
        settings=unused,
        database=database,
        puller=unused,
        publisher=unused,
        now=now,
        jitter=random.random,
        keys=unused,
    )


def room_to(
    port: int,
    *,
    connections: int,
    folder: Path = Path("/nowhere"),
    template: Callable[[Issue, Variant], Template] = template_of,
    parcel: Callable[[Template, Delivery], OutgoingMessage] = parcel_of,
) -> NewsletterSender:
    """Return a room that leads to a relay on loopback as fast as that takes.

    Args:
        folder: where the journal lies, for a relay that refuses somebody.
    """
    return NewsletterSender(
        template=template,
        parcel=parcel,
        connect=lambda: Relay(f"smtp://127.0.0.1:{port}", name="sender.example"),
        journal=Journal(folder / "journal.jsonl"),
        started=lambda _name, _at: None,
        sent=lambda _name, _at: None,
        holder=f"sender.{random.random()}",
        turns=RateLimiter(
            per_minute=100_000_000, per_domain=DomainRates(), now=now, jitter=random.random
        ),
        connections=connections,
    )


def main(url: str, folder: str, port: str, connections: str) -> None:
    """Deliver issue 1 of the database over so many connections."""
    database = Database.open(url or None, data_dir=Path(folder), **HOME)
    # One process sends at a time, as where a process owns the database.
    with database.write(durable=True) as tx:
        outbox.recover(tx, holders="")
    deliver(world_of(database), 1, _room(folder, port, connections))
    database.close()


def _room(folder: str, port: str, connections: str) -> NewsletterSender:
    return room_to(int(port), connections=int(connections), folder=Path(folder))


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
