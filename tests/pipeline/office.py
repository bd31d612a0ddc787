"""A post room whose relay answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Self

from sqlalchemy import update

from syndicator.deliver.email.message import Envelope, Template, message, template
from syndicator.deliver.rates import DomainRates
from syndicator.errors import DeliveryFailed, TemporaryFailure
from syndicator.model import (
    Cadence,
    Delivery,
    Issue,
    IssueState,
    Mail,
    Selection,
    Variant,
)
from syndicator.pipeline.issues.newsletter_sender import NewsletterSender, OutgoingMessage
from syndicator.pipeline.issues.rate_limiter import RateLimiter
from syndicator.pipeline.issues.send import Delivered, deliver
from syndicator.store import notices
from syndicator.store.db.base import table_of
from syndicator.store.db.schema.newsletter import IssueRow
from syndicator.store.issues import issues, outbox, transitions, variants
from syndicator.store.people import subscribers
from syndicator.store.upkeep.journal import Journal
from tests.builders import NOW
from tests.pipeline.world import Scene, scene
from tests.publish.samples import a_draft

MARK = "T0KEN"
LEAVE = "https://koosteet.example/fi/unsubscribe/"


@dataclass
class Pigeon:
    """Carries what it is given to ``taken``; fails for the recipients it is told to, once each."""

    failures: dict[str, list[DeliveryFailed]] = field(default_factory=dict)
    away: int = 0
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None
    open: bool = False
    awaiting: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.open = False

    def ready(self) -> None:
        if self.away:
            self.away -= 1
            raise TemporaryFailure(0, "refused")
        self.open = True

    def send(self, message: bytes, *, sender: str, recipient: str) -> None:  # noqa: ARG002
        self.before(recipient)
        if self.failures.get(recipient):
            raise self.failures[recipient].pop(0)
        self.taken.append((recipient, message))

    def hang_up(self) -> None:
        self.open = False

    @property
    def recipients(self) -> list[str]:
        return [recipient for recipient, _ in self.taken]


class Quick(threading.Event):
    """Waits for nothing: time is the clock's, not the test's."""

    def __init__(self, clock: Callable[[timedelta], None]) -> None:
        super().__init__()
        self._forward = clock

    def wait(self, timeout: float | None = None) -> bool:
        self._forward(timedelta(seconds=timeout or 0))
        return self.is_set()


@dataclass
class Office:
    """A scene with an issue that is being sent."""

    scene: Scene
    pigeon: Pigeon
    issue: int
    room: NewsletterSender
    started: list[str]
    sent: list[str]

    def deliver(self, **changes: object) -> Delivered:
        return deliver(self.scene.world, self.issue, replace(self.room, **changes))  # type: ignore[arg-type]

    def accounts(self) -> dict[str | None, outbox.Account]:
        with self.scene.world.database.read() as tx:
            return {one.address: one for one in outbox.accounts(tx, self.issue)}

    def state(self) -> IssueState:
        with self.scene.world.database.read() as tx:
            found = issues.get(tx, self.issue)
        assert found is not None
        return found.state

    def notices(self) -> list[str]:
        with self.scene.world.database.read() as tx:
            return [notice.kind for notice in notices.every(tx)]


@contextmanager
def office(folder: Path, *addresses: str) -> Iterator[Office]:
    with scene(folder) as here:
        pigeon, started, sent = Pigeon(), list[str](), list[str]()
        with here.world.database.write() as tx:
            for address in addresses or ("a@a.fi", "b@b.fi", "c@c.fi"):
                subscribers.add(
                    tx,
                    address=address,
                    address_hash=address,
                    selection=Selection(language="fi", cadence=Cadence.WEEKLY),
                    now=NOW,
                )
            issue = issues.create(tx, a_draft())
            given = variants.selections(tx, Cadence.WEEKLY)
            variants.assign(
                tx, issue.id, dict.fromkeys(given, Variant(language="fi", posts=("a",)))
            )
            transitions.approve(tx, issue.id, version=1, by="test", now=NOW)
            transitions.start(tx, issue.id, version=1, now=NOW)
        room = NewsletterSender(
            template=template_of,
            parcel=parcel_of,
            connect=lambda: pigeon,
            journal=Journal(folder / "journal.jsonl"),
            started=lambda name, _at: started.append(name),
            sent=lambda name, _at: sent.append(name),
            holder="test",
            turns=turns(here),
            connections=1,
            stop=Quick(here.clock.forward),
        )
        yield Office(
            scene=here, pigeon=pigeon, issue=issue.id, room=room, started=started, sent=sent
        )


def turns(
    here: Scene, *, per_minute: int = 1_000_000, per_domain: DomainRates | None = None
) -> RateLimiter:
    """Return rates by the scene's clock."""
    rates = per_domain or DomainRates()
    return RateLimiter(per_minute=per_minute, per_domain=rates, now=here.clock, jitter=lambda: 0.0)


def template_of(issue: Issue, variant: Variant) -> Template:
    """Return a small mail that names the revision it is of."""
    mail = Mail(
        language=variant.language,
        subject=f"Kooste {issue.revision}",
        text=LEAVE + MARK,
        html=LEAVE + MARK,
    )
    envelope = Envelope(
        sender="kooste@koosteet.example",
        sender_name="Kooste",
        host="koosteet.example",
        list_name="Kooste",
        list_id="fi.weekly",
        archive_url="https://koosteet.example/",
        leave_url=LEAVE,
        mailbox="kooste@koosteet.example",
        feedback="a:b:c",
    )
    return template(mail, envelope=envelope, mark=MARK)


def parcel_of(to: Template, delivery: Delivery) -> OutgoingMessage:
    """Return a template as one reader's message."""
    made = message(to, delivery=delivery, token=delivery.reader, date=NOW)
    return OutgoingMessage(
        message=made, sender="kooste@koosteet.example", recipient=delivery.address
    )


def ids(pigeon: Pigeon) -> list[bytes]:
    """Return the Message-ID line of each message taken."""
    return [raw.split(b"\r\n")[0] for _, raw in pigeon.taken]


def change(here: Office, **values: object) -> None:
    """Change the issue behind everybody's back."""
    with here.scene.world.database.write() as tx:
        tx.execute(update(table_of(IssueRow)).values(**values))
