"""Sends an issue to many, killing the sender at random points, and tells what came of it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import insert, select, update

from syndicator.model import (
    Cadence,
    DeliveryState,
    IssueState,
    Selection,
    SubscriberState,
)
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Database, Tx
from syndicator.store.db.schema.newsletter import DeliveryRow, SubscriberRow
from syndicator.store.issues import issues, outbox
from syndicator.store.people import subscribers
from tests.builders import ago
from tests.crash.relay import LoopbackRelay, Reached
from tests.pipeline.office import begin_sending

ROOT = Path(__file__).resolve().parents[2]
LEAVES_EVERY = 40
"""Messages between two readers who unsubscribe during the send."""

SUBSCRIBER, DELIVERY = table_of(SubscriberRow), table_of(DeliveryRow)
MAY_HAVE_LEFT = (DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.UNCERTAIN)


@dataclass
class Report:
    """What came of a send. ``in_flight`` holds, for each kill, the addresses being sent then."""

    subscribers: list[str] = field(default_factory=list)
    left_in_time: set[str] = field(default_factory=set)
    left_too_late: set[str] = field(default_factory=set)
    in_flight: list[set[str]] = field(default_factory=list)
    stages: Counter[Reached] = field(default_factory=Counter)
    copies: Counter[str] = field(default_factory=Counter)
    ids: dict[str, set[str]] = field(default_factory=dict)
    state: IssueState | None = None

    @property
    def lost(self) -> set[str]:
        """Who should have got a message and got none."""
        gone = self.left_in_time | self.left_too_late
        return {one for one in self.subscribers if not self.copies[one]} - gone

    @property
    def twice(self) -> set[str]:
        """Who got more than one."""
        return {one for one, number in self.copies.items() if number > 1}

    @property
    def extra(self) -> int:
        """Messages beyond one each."""
        return sum(self.copies.values()) - len(self.copies)

    @property
    def pestered(self) -> set[str]:
        """Who got one though they had left before it began to be sent."""
        return {one for one in self.left_in_time if self.copies[one]}


@dataclass
class Harness:
    """One send, with its database, its relay and its dice."""

    database: Database
    url: str
    folder: Path
    dice: random.Random
    connections: int = 2
    report: Report = field(default_factory=Report)
    _trap: tuple[int, Reached] | None = None
    _seen: Counter[Reached] = field(default_factory=Counter)
    _victim: int = 0
    _senders: subprocess.Popen[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, *, subscribers: int, kills: int) -> Report:
        """Send to so many subscribers and kill the sender so often; return what came of it."""
        with self.database.write() as tx:
            self.report.subscribers = _subscribed(tx, subscribers)
            assert begin_sending(tx) == 1
        gap = subscribers // (kills + 1)
        with LoopbackRelay(watch=self._watch) as relay, self._parent():
            for _ in range(kills):
                self._killed(relay, after=self.dice.randrange(gap * 2 - 2))
            self._send(relay, trap=None)
            for arrived in relay.arrived:
                self.report.copies[arrived.recipient] += 1
                self.report.ids.setdefault(arrived.recipient, set()).add(arrived.message_id)
        with self.database.read() as tx:
            status = issues.status(tx, 1)
        self.report.state = status.state if status else None
        return self.report

    def _killed(self, relay: LoopbackRelay, *, after: int) -> None:
        stage = self.dice.choice(list(Reached))
        code = self._send(relay, trap=(0 if stage is Reached.GREETED else after, stage))
        if code == -signal.SIGKILL:
            self.report.stages[stage] += 1
            self.report.in_flight.append(self._being_sent())

    def _send(self, relay: LoopbackRelay, *, trap: tuple[int, Reached] | None) -> int:
        assert self._senders is not None
        assert self._senders.stdin is not None
        assert self._senders.stdout is not None
        words = (self.url, str(self.folder), str(relay.port), str(self.connections))
        with self._lock:
            self._trap, self._seen = trap, Counter()
            self._senders.stdin.write("\t".join(words) + "\n")
            self._senders.stdin.flush()
            self._victim = int(self._senders.stdout.readline())
        code = int(self._senders.stdout.readline())
        relay.settle()
        return code

    @contextmanager
    def _parent(self) -> Iterator[None]:
        """Run the process that senders are forked from while the block runs."""
        self._senders = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.sender"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with self._senders:
            yield

    def _watch(self, reached: Reached) -> None:
        with self._lock:
            self._seen[reached] += 1
            if reached is Reached.BODY and self._seen[reached] % LEAVES_EVERY == 0:
                self._somebody_leaves()
            after, stage = self._trap or (0, None)
            if reached is stage and self._seen[reached] > after:
                os.kill(self._victim, signal.SIGKILL)
                self._trap = None

    def _somebody_leaves(self) -> None:
        address = self.dice.choice(self.report.subscribers)
        with self.database.write(urgent=True, durable=True) as tx:
            theirs = SUBSCRIBER.c.address == address
            tx.execute(update(SUBSCRIBER).where(theirs).values(state=SubscriberState.LEFT))
            state = tx.execute(
                select(DELIVERY.c.state)
                .join(SUBSCRIBER, SUBSCRIBER.c.id == DELIVERY.c.subscriber_id)
                .where(theirs)
            ).scalar()
        late = state in MAY_HAVE_LEFT
        (self.report.left_too_late if late else self.report.left_in_time).add(address)

    def _being_sent(self) -> set[str]:
        query = (
            select(SUBSCRIBER.c.address)
            .join(DELIVERY, SUBSCRIBER.c.id == DELIVERY.c.subscriber_id)
            .where(DELIVERY.c.state == DeliveryState.SENDING)
        )
        with self.database.read() as tx:
            return set(tx.execute(query).scalars())


def begin(database: Database, *, subscribers: int) -> list[str]:
    """Let an issue be sent to so many; return the hashes of their addresses."""
    with database.write() as tx:
        _subscribed(tx, subscribers)
        assert begin_sending(tx) == 1
    return [f"{at:064x}" for at in range(1, subscribers + 1)]


def _subscribed(tx: Tx, number: int) -> list[str]:
    selection = subscribers.selection_id(tx, Selection(language="fi", cadence=Cadence.WEEKLY))
    rows = [
        {
            "public_id": f"{at:036}",
            "address": f"lukija{at}@k{at % 37}.example",
            "address_hash": f"{at:064x}",
            "selection_id": selection,
            "state": SubscriberState.ACTIVE,
            "soft_bounces": 0,
            "at": ago(days=9),
            "confirmed_at": ago(days=9),
        }
        for at in range(1, number + 1)
    ]
    tx.execute(insert(SUBSCRIBER), rows)
    return [str(row["address"]) for row in rows]


def tally(database: Database) -> dict[DeliveryState, int]:
    """Return how the deliveries of the send stand."""
    with database.read() as tx:
        return dict(outbox.tally(tx, 1))
