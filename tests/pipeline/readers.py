"""A readership on a real database, and its letters as a mailbox would show them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from syndicator.model import (
    Cadence,
    Consent,
    ConsentEvent,
    EmailKind,
    Selection,
    Subscriber,
    TransactionalEmail,
)
from syndicator.pipeline.data_folder import KEYRING
from syndicator.pipeline.mail_relay import Connections, Unsigned
from syndicator.pipeline.people import confirm, preferences, sign_up
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.pipeline.people.transactional_sender import TransactionalSender, Writer
from syndicator.store.db.base import Base
from syndicator.store.db.database import Database
from syndicator.store.people import consents, subscriber_lists, subscribers, transactional_emails
from syndicator.store.upkeep.journal import Journal
from syndicator.subscribe.sign_up import SignUpRequest
from syndicator.subscribe.tokens import unsubscribe_token
from tests.builders import LOCALES
from tests.pipeline.world import Clock

KEY = b"u" * 32
SESSION_KEY = b"s" * 32
ADDRESS = "maija@raahe.fi"
WEEKLY = Selection(language="fi", cadence=Cadence.WEEKLY)
MONTHLY = Selection(language="sv", cadence=Cadence.MONTHLY, cities=frozenset({"raahe"}))


def a_request(address: str = ADDRESS, selection: Selection = WEEKLY) -> SignUpRequest:
    """Return a filled form."""
    page = f"/{selection.language}/subscribe"
    return SignUpRequest(
        address=address, selection=selection, page=page, text_version="2026-01-fi-0"
    )


def a_sender(
    readers: Readers,
    *,
    write: Writer,
    relay: Connections,
    journal: Journal | None = None,
) -> TransactionalSender:
    """Return what sends the readers' emails, as they are written here, by this relay."""
    return TransactionalSender(
        database=readers.database,
        journal=journal or readers.subscriptions.journal,
        now=readers.clock,
        jitter=lambda: 0.0,
        writers=dict.fromkeys(EmailKind, write),
        address="kirje@example.org",
        name="Kirje",
        host="seutu.example.org",
        bounces="palautukset@example.org",
        verp_key=KEY,
        signer=Unsigned(),
        relay=relay,
    )


@dataclass
class Readers:
    """A readership, and what a test asks of it."""

    database: Database
    folder: Path
    clock: Clock = field(default_factory=Clock)
    unsubscribe_keys: tuple[bytes, ...] = (KEY,)
    confirmations_per_hour: int = 500

    def __post_init__(self) -> None:
        """Let the folder have the keys that the tests know."""
        newest_last = {
            "session": [SESSION_KEY],
            "unsubscribe": self.unsubscribe_keys[::-1],
            "suppression": [b"h" * 32],
        }
        ring = {
            purpose: [{"version": n, "key": key.hex()} for n, key in enumerate(keys, start=1)]
            for purpose, keys in newest_last.items()
        }
        (self.folder / KEYRING).write_text(json.dumps(ring), encoding="utf-8")

    @property
    def subscriptions(self) -> Subscriptions:
        return Subscriptions(
            database=self.database,
            data_dir=self.folder,
            journal=Journal(self.folder / "journal.jsonl"),
            host="seutu.example.org",
            zone=ZoneInfo("Europe/Helsinki"),
            locales=LOCALES,
            now=self.clock,
            confirmations_per_hour=self.confirmations_per_hour,
        )

    def later(self, **length: float) -> None:
        """Let time pass."""
        self.clock.at += timedelta(**length)

    def sign_up(self, address: str = ADDRESS, selection: Selection = WEEKLY) -> None:
        """Fill the form."""
        sign_up.sign_up(self.subscriptions, a_request(address, selection))

    def emails(self) -> list[TransactionalEmail]:
        """Return the emails that waited, and take them for sent."""
        with self.database.write() as tx:
            claimed = transactional_emails.claim(tx, now=self.clock(), lease=timedelta(minutes=1))
            for email in claimed:
                transactional_emails.mark_sent(tx, email.id, now=self.clock())
        return list(claimed)

    def link(self, kind: EmailKind) -> str:
        """Return the token in the only letter that arrived, which is of this kind."""
        (email,) = self.emails()
        assert email.kind is kind
        return self.subscriptions.tokens.sign(email)

    def subscribed(self, address: str = ADDRESS, selection: Selection = WEEKLY) -> Subscriber:
        """Go the whole way in: form, letter, button."""
        self.sign_up(address, selection)
        assert (
            confirm.confirm(self.subscriptions, self.link(EmailKind.CONFIRM)).selection == selection
        )
        subscriber = self.subscriber(address)
        assert subscriber is not None
        return subscriber

    def preferences_link(self, address: str = ADDRESS) -> str:
        """Ask for a link to the preferences, after the share of letters is there again."""
        self.later(minutes=15)
        preferences.mail_link(self.subscriptions, address, "en")
        return self.link(EmailKind.LINK)

    def way_out(self, subscriber: Subscriber) -> str:
        """Return the token in every newsletter to somebody."""
        return unsubscribe_token(subscriber.public_id, self.unsubscribe_keys[0])

    def subscriber(self, address: str = ADDRESS) -> Subscriber | None:
        """Return the row of an address."""
        with self.database.read() as tx:
            return subscribers.by_hash(tx, self.subscriptions.hash_of(address))

    def chain(self, address: str = ADDRESS) -> list[ConsentEvent]:
        """Return the events of an address's chain."""
        return [consent.event for consent in self.consents(address)]

    def subscribers(self) -> list[Subscriber]:
        """Return every row there is, oldest first."""
        with self.database.read() as tx:
            return list(subscriber_lists.next_page(tx))

    def consents(self, address: str | None = None) -> list[Consent]:
        """Return the chain of an address; of the only one there is, if none is given."""
        if address is None:
            (subscriber,) = self.subscribers()
            address = subscriber.address
        with self.database.read() as tx:
            return list(consents.chain(tx, self.subscriptions.hash_of(address)))

    def rows(self) -> dict[str, list[Any]]:
        """Return everything that is stored: what only looked leaves it as it was."""
        with self.database.read() as tx:
            return {
                table.name: list(tx.connection.execute(table.select()))
                for table in Base.metadata.sorted_tables
            }

    def journal(self) -> list[tuple[str, Any]]:
        """Return what stands in the journal."""
        return [(entry.kind.value, entry.subject) for entry in self.subscriptions.journal.entries()]
