"""An issue that is being sent, to a relay that answers as it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from sqlalchemy import select, update

from syndicator.deliver.rates import DomainRates
from syndicator.errors import DeliveryFailed, TemporaryFailure
from syndicator.model import Cadence, IssueState, Selection, Variant
from syndicator.pipeline.issues.newsletter_sender import NewsletterSender
from syndicator.pipeline.issues.rate_limiter import RateLimiter
from syndicator.pipeline.issues.send import Delivered, deliver
from syndicator.pipeline.mail_relay import Mailer
from syndicator.store import notices
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import IssueItem, IssueRow
from syndicator.store.issues import issues, outbox, renderings, transitions, variants
from syndicator.store.issues.frozen import from_json, to_json
from syndicator.store.people import subscribers
from syndicator.store.upkeep.journal import Journal, JournalKind
from tests.builders import NOW
from tests.pipeline.world import Scene, scene
from tests.publish.samples import a_draft, a_post

EXCERPT = "Halli on remontoitu."
"""What an issue tells of its only post, beside the title."""


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


@dataclass(frozen=True)
class Connects:
    """Connects as ``line`` says: to one relay again and again, or to others."""

    line: Callable[[], Mailer]

    def connect(self) -> Mailer:
        return self.line()


class Watched(Journal):
    """A journal that calls ``watch`` before each line of issues, with what is to be noted."""

    def __init__(self, path: Path, watch: Callable[[JournalKind], None]) -> None:
        super().__init__(path)
        self._watch = watch

    def append(self, kind: JournalKind, *, subject: str, at: datetime) -> None:
        self._watch(kind)
        super().append(kind, subject=subject, at=at)


@dataclass
class Office:
    """A scene with an issue that is being sent."""

    scene: Scene
    pigeon: Pigeon
    issue: int
    sender: NewsletterSender

    def deliver(self, **changes: object) -> Delivered:
        """Send what is open; ``changes`` are of the sender, or of the ``[mail]`` it obeys."""
        return deliver(self.sender_with(**changes), self.issue)

    def sender_with(self, **changes: object) -> NewsletterSender:
        of_sender = {field.name for field in fields(NewsletterSender)}
        parts = {name: value for name, value in changes.items() if name in of_sender}
        mail = {name: value for name, value in changes.items() if name not in of_sender}
        sender = replace(self.sender, **parts)  # type: ignore[arg-type]
        return with_mail(sender, **mail)

    def noted(self, kind: JournalKind) -> list[str]:
        """Return of which issues the journal notes that."""
        return [line.subject for line in self.sender.journal.entries() if line.kind is kind]

    def accounts(self) -> dict[str | None, outbox.Account]:
        with self.scene.world.database.read() as tx:
            return {one.address: one for one in outbox.accounts(tx, self.issue)}

    def state(self) -> IssueState:
        with self.scene.world.database.read() as tx:
            issue = issues.get(tx, self.issue)
        assert issue is not None
        return issue.state

    def notices(self) -> list[str]:
        with self.scene.world.database.read() as tx:
            return [notice.kind for notice in notices.list_all(tx)]


@contextmanager
def office(folder: Path, *addresses: str) -> Iterator[Office]:
    with scene(folder) as here:
        pigeon = Pigeon()
        with here.world.database.write() as tx:
            for address in addresses or ("a@a.fi", "b@b.fi", "c@c.fi"):
                subscribers.add(
                    tx,
                    address=address,
                    address_hash=address,
                    selection=Selection(language="fi", cadence=Cadence.WEEKLY),
                    now=NOW,
                )
            issue_id = begin_sending(tx)
        sender = NewsletterSender(
            settings=here.world.settings,
            database=here.world.database,
            journal=Journal(folder / "journal.jsonl"),
            now=here.clock,
            jitter=lambda: 0.0,
            relay=Connects(lambda: pigeon),
            rates=rates_of(here),
            holder="test",
            stop=Quick(here.clock.forward),
        )
        yield Office(
            scene=here, pigeon=pigeon, issue=issue_id, sender=with_mail(sender, connections=1)
        )


def with_mail(sender: NewsletterSender, **changes: object) -> NewsletterSender:
    """Return a sender that obeys another ``[mail]``."""
    mail = replace(sender.settings.mail, **changes)  # type: ignore[arg-type]
    return replace(sender, settings=replace(sender.settings, mail=mail))


def begin_sending(tx: Tx) -> int:
    """Let a weekly issue of one post be sent to everybody; return its id."""
    issue = issues.create(
        tx,
        a_draft(
            cadence=Cadence.WEEKLY,
            period="2026-W48",
            opens=NOW - timedelta(days=7),
            closes=NOW,
            posts=(a_post(public_id="a", excerpt=EXCERPT),),
            send_at=NOW,
        ),
    )
    wanted = variants.selections(tx, Cadence.WEEKLY)
    variants.assign(
        tx,
        issue.id,
        {
            number: Variant(language=selection.language, posts=("a",))
            for number, selection in wanted.items()
        },
    )
    transitions.approve(tx, issue.id, version=1, by="test", now=NOW)
    transitions.start(tx, issue.id, version=1, now=NOW)
    return issue.id


def rates_of(
    here: Scene, *, per_minute: int = 1_000_000, per_domain: DomainRates | None = None
) -> RateLimiter:
    """Return rates by the scene's clock."""
    rates = per_domain or DomainRates()
    return RateLimiter(per_minute=per_minute, per_domain=rates, now=here.clock, jitter=lambda: 0.0)


def take_down(tx: Tx, issue_id: int) -> None:
    """Take the post of an issue down, as a moderator's word would."""
    post = tx.execute(select(IssueItem.post)).scalar_one()
    tx.execute(
        update(table_of(IssueItem)).values(
            post=to_json(from_json(post).taken_down()), redacted_at=NOW
        )
    )
    tx.execute(update(table_of(IssueRow)).values(revision=IssueRow.revision + 1))
    renderings.forget(tx, issue_id)


def ids(pigeon: Pigeon) -> list[bytes]:
    """Return the Message-ID line of each message taken."""
    return [raw.split(b"\r\n")[0] for _, raw in pigeon.taken]


def change(here: Office, **values: object) -> None:
    """Change the issue behind everybody's back."""
    with here.scene.world.database.write() as tx:
        tx.execute(update(table_of(IssueRow)).values(**values))
