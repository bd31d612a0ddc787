"""An issue on its way to readers, as its outbox stands in a store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from sqlalchemy import update

from syndicator.model import Cadence, Delivery, DeliveryState, Selection, Variant
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Database, Tx
from syndicator.store.db.schema.newsletter import SubscriberRow
from syndicator.store.issues import issues, outbox, transitions, variants
from syndicator.store.issues.outbox import Step
from syndicator.store.people import subscribers
from tests.builders import NOW, ago
from tests.publish.samples import a_draft

LEASE = timedelta(minutes=5)
HOUR = timedelta(hours=1)
WEEK = timedelta(days=7)

FINNISH = Selection(language="fi", cadence=Cadence.WEEKLY)
SWEDISH = Selection(language="sv", cadence=Cadence.WEEKLY)
MONTHLY = Selection(language="fi", cadence=Cadence.MONTHLY)


@dataclass(frozen=True)
class Posting:
    """An issue being sent, in a database."""

    database: Database
    id: int

    def claim(self, holder: str = "a", **changes: object) -> tuple[Delivery, ...]:
        given = {"now": NOW, "lease": LEASE} | changes
        with self.database.write(durable=True) as tx:
            return outbox.claim(tx, self.id, holder=holder, **given)  # type: ignore[arg-type]

    def step(self, holder: str = "a", **changes: object) -> Step:
        given = {"now": NOW, "lease": LEASE, "revision": 0} | changes
        with self.database.write() as tx:
            return outbox.step(tx, holder=holder, **given)  # type: ignore[arg-type]

    def tally(self) -> Mapping[DeliveryState, int]:
        with self.database.read() as tx:
            return outbox.tally(tx, self.id)

    def why(self) -> dict[str | None, tuple[str, str | None]]:
        with self.database.read() as tx:
            found = outbox.accounts(tx, self.id)
        return {one.address: (one.state.value, one.detail) for one in found}


def subscribed(tx: Tx, *names: str, selection: Selection = FINNISH) -> list[int]:
    return [
        subscribers.add(
            tx, address=f"{name}@{name}.fi", address_hash=name, selection=selection, now=NOW
        )
        for name in names
    ]


def an_issue(tx: Tx, *, nothing_for: tuple[Selection, ...] = ()) -> int:
    made = issues.create(
        tx,
        a_draft(closes=ago(days=1)),
    )
    given = {
        id_: None if one in nothing_for else Variant(language=one.language, posts=("a",))
        for id_, one in variants.selections(tx, Cadence.WEEKLY).items()
    }
    variants.assign(tx, made.id, given)
    transitions.approve(tx, made.id, version=1, by="test", now=NOW)
    transitions.start(tx, made.id, version=1, now=NOW)
    return made.id


def planned(tx: Tx, issue_id: int, *, limit: int = 1_000) -> int:
    return sum(iter(partial(outbox.plan, tx, issue_id, limit=limit), None))


def posting(database: Database, *names: str) -> Posting:
    with database.write() as tx:
        subscribed(tx, *names)
        issue_id = an_issue(tx)
        planned(tx, issue_id)
    return Posting(database=database, id=issue_id)


def change(database: Database, name: str, **values: object) -> None:
    with database.write() as tx:
        change_in(tx, name, **values)


def change_in(tx: Tx, name: str, **values: object) -> None:
    table = table_of(SubscriberRow)
    tx.execute(update(table).where(table.c.address_hash == name).values(**values))
