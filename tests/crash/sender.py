"""The process that is killed: it delivers one issue with the parts of the program, then ends.

Importing the program takes a second. So one process imports it, and is forked for each send: it
reads a line of words for each, and answers with the child's number and then how the child ended.
"""

from __future__ import annotations

import os
import random
import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from syndicator.config import Settings, load
from syndicator.deliver.email.smtp import Relay
from syndicator.deliver.rates import DomainRates
from syndicator.pipeline.issues.newsletter_sender import NewsletterSender
from syndicator.pipeline.issues.rate_limiter import RateLimiter
from syndicator.pipeline.issues.send import deliver
from syndicator.store.db.database import Database
from syndicator.store.issues import outbox
from syndicator.store.upkeep.journal import Journal
from tests.builders import HOME
from tests.pipeline.office import Connects
from tests.pipeline.world import fit_to_mail


def now() -> datetime:
    """Return the moment it is."""
    return datetime.now(UTC)


@cache
def _settings() -> Settings:
    return fit_to_mail(load({}))


def sender_to(port: int, database: Database, *, connections: int, folder: Path) -> NewsletterSender:
    """Return what sends from ``database`` to a relay on loopback, as fast as that takes.

    Args:
        folder: where the keys and the journal lie.
    """
    settings = _settings()
    return NewsletterSender(
        settings=replace(
            settings,
            deployment=replace(settings.deployment, data_dir=folder),
            mail=replace(settings.mail, connections=connections),
        ),
        database=database,
        journal=Journal(folder / "journal.jsonl"),
        now=now,
        jitter=random.random,
        relay=Connects(lambda: Relay(f"smtp://127.0.0.1:{port}", name="sender.example")),
        rates=RateLimiter(
            per_minute=100_000_000, per_domain=DomainRates(), now=now, jitter=random.random
        ),
        holder=f"sender.{random.random()}",
    )


def main(url: str, folder: str, port: str, connections: str) -> None:
    """Deliver issue 1 of the database over so many connections."""
    database = Database.open(url or None, data_dir=Path(folder), **HOME)
    # One process sends at a time, as where a process owns the database.
    with database.write(durable=True) as tx:
        outbox.recover(tx, holders="")
    sender = sender_to(int(port), database, connections=int(connections), folder=Path(folder))
    deliver(sender, 1)
    database.close()


def serve() -> None:
    """Fork a sender for each line, until there are no more."""
    _settings()
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
