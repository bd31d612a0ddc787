"""A readership on a real database, and its letters as a mailbox would show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from syndicator.model import Cadence, ConsentEvent, EmailKind, Letter, Selection, Subscriber
from syndicator.pipeline.people import sign_up
from syndicator.pipeline.people.sign_up import Subscriptions
from syndicator.store.db.database import Database
from syndicator.store.people import consents, subscribers, transactional_emails
from syndicator.store.upkeep.journal import Journal
from syndicator.subscribe.links import Links
from syndicator.subscribe.sign_up import Wish
from syndicator.subscribe.tokens import Tokens, unsubscribe_token
from tests.pipeline.world import Clock

KEY = b"u" * 32
ADDRESS = "maija@raahe.fi"
WEEKLY = Selection(language="fi", cadence=Cadence.WEEKLY)
MONTHLY = Selection(language="sv", cadence=Cadence.MONTHLY, cities=frozenset({"raahe"}))


def a_wish(address: str = ADDRESS, selection: Selection = WEEKLY) -> Wish:
    """Return a filled form."""
    page = f"/{selection.language}/subscribe"
    return Wish(address=address, selection=selection, page=page, text_version="2026-01-fi-0")


@dataclass
class Readers:
    """A readership, and what a test asks of it."""

    database: Database
    folder: Path
    clock: Clock = field(default_factory=Clock)
    unsubscribe_keys: tuple[bytes, ...] = (KEY,)
    confirmations_per_hour: int = 500

    @property
    def kept(self) -> Subscriptions:
        return Subscriptions(
            database=self.database,
            journal=Journal(self.folder / "journal.jsonl"),
            links=Links(Tokens(b"s" * 32), unsubscribe_keys=self.unsubscribe_keys),
            hash_key=b"h" * 32,
            host="seutu.example.org",
            zone=ZoneInfo("Europe/Helsinki"),
            now=self.clock,
            confirmations_per_hour=self.confirmations_per_hour,
        )

    def later(self, **length: float) -> None:
        """Let time pass."""
        self.clock.at += timedelta(**length)

    def ask(self, address: str = ADDRESS, selection: Selection = WEEKLY) -> None:
        """Fill the form."""
        sign_up.ask(self.kept, a_wish(address, selection))

    def arrived(self) -> list[Letter]:
        """Return the letters that waited, and take them for sent."""
        with self.database.write() as tx:
            found = transactional_emails.claim(tx, now=self.clock(), lease=timedelta(minutes=1))
            for letter in found:
                transactional_emails.sent(tx, letter.id, now=self.clock())
        return list(found)

    def link(self, kind: EmailKind) -> str:
        """Return the token in the only letter that arrived, which is of this kind."""
        (letter,) = self.arrived()
        assert letter.kind is kind
        return self.kept.links.token(letter)

    def subscribed(self, address: str = ADDRESS, selection: Selection = WEEKLY) -> Subscriber:
        """Go the whole way in: form, letter, button."""
        self.ask(address, selection)
        assert sign_up.confirm(self.kept, self.link(EmailKind.CONFIRM)).selection == selection
        found = self.found(address)
        assert found is not None
        return found

    def preferences_link(self, address: str = ADDRESS) -> str:
        """Ask for a link to the preferences, after the share of letters is there again."""
        self.later(minutes=15)
        sign_up.send_link(self.kept, address, "en")
        return self.link(EmailKind.LINK)

    def way_out(self, found: Subscriber) -> str:
        """Return the token in every newsletter to somebody."""
        return unsubscribe_token(found.public_id, self.unsubscribe_keys[0])

    def found(self, address: str = ADDRESS) -> Subscriber | None:
        """Return the row of an address."""
        with self.database.read() as tx:
            return subscribers.by_address(tx, address)

    def chain(self, address: str = ADDRESS) -> list[ConsentEvent]:
        """Return the events of an address's chain."""
        with self.database.read() as tx:
            lines = consents.chain(tx, self.kept.hash_of(address))
        return [line.event for line in lines]

    def journal(self) -> list[tuple[str, Any]]:
        """Return what stands in the journal."""
        return [(entry.kind.value, entry.subject) for entry in self.kept.journal.entries()]
