"""What every act of a subscriber needs: where it is kept, what is signed with, and the clock."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from syndicator.locales import Locales
from syndicator.model import Clock, WakeUp
from syndicator.store.db.database import Database, Tx
from syndicator.store.upkeep.journal import Journal
from syndicator.subscribe.address import hashed
from syndicator.subscribe.email_tokens import EmailTokens


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriptions:
    """What the acts of subscribers share.

    Args:
        tokens: makes and reads what stands in the links of our emails.
        hash_key: what addresses are hashed with.
        host: ends our Message-IDs.
        zone: whose days a pause and the preferences speak of.
        locales: the words that people agree to.
        confirmations_per_hour: how many emails go to strangers, from all forms together.
        wake_mailer: called after each commit that may have put an email: somebody waits for it.
            Without it the next tick finds the email.
    """

    database: Database
    journal: Journal
    tokens: EmailTokens
    hash_key: bytes
    host: str
    zone: ZoneInfo
    locales: Locales
    now: Clock
    confirmations_per_hour: int
    wake_mailer: WakeUp | None = None

    def hash_of(self, address: str) -> str:
        """Return what stands for an address."""
        return hashed(address, self.hash_key)

    def wake_mailer_after(self, tx: Tx) -> None:
        """Have the mailer woken once ``tx`` has committed."""
        if self.wake_mailer is not None:
            tx.after_commit(self.wake_mailer)

    def writing(self) -> AbstractContextManager[Tx]:
        """Return a transaction for a person who waits, and is answered once it is on the disk."""
        return self.database.write(urgent=True, durable=True)
