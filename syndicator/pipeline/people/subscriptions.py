"""What every act of a subscriber needs: where it is kept, what is signed with, and the clock."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from syndicator.config import Settings
from syndicator.locales import Locales
from syndicator.model import Clock, WakeUp
from syndicator.pipeline.data_folder import keyring
from syndicator.store.db.database import Database, Tx
from syndicator.store.upkeep.journal import Journal
from syndicator.subscribe.address import hashed
from syndicator.subscribe.email_tokens import EmailTokens


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriptions:
    """What the acts of subscribers share.

    Args:
        data_dir: where the keys lie.
        host: ends our Message-IDs.
        zone: whose days a pause and the preferences speak of.
        locales: the words that people agree to.
        confirmations_per_hour: how many emails go to strangers, from all forms together.
        wake_mailer: called after each commit that may have put an email: somebody waits for it.
            Without it the next tick finds the email.
    """

    database: Database
    data_dir: Path
    journal: Journal
    host: str
    zone: ZoneInfo
    locales: Locales
    now: Clock
    confirmations_per_hour: int
    wake_mailer: WakeUp | None = None

    @classmethod
    def of(
        cls,
        settings: Settings,
        database: Database,
        *,
        now: Clock,
        wake_mailer: WakeUp | None = None,
    ) -> Subscriptions:
        """Return what these settings say of subscriptions."""
        data_dir = settings.deployment.data_dir
        return cls(
            database=database,
            data_dir=data_dir,
            journal=Journal.in_folder(data_dir),
            host=settings.network.id_domain,
            zone=settings.network.zone,
            locales=settings.locales,
            now=now,
            confirmations_per_hour=settings.mail.confirmations_per_hour,
            wake_mailer=wake_mailer,
        )

    @property
    def tokens(self) -> EmailTokens:
        """What makes and reads the tokens in the links of our emails, under the keys as they are
        now: another process may have rotated them."""
        return keyring(self.data_dir).email_tokens

    @property
    def hash_key(self) -> bytes:
        """What addresses are hashed with."""
        return keyring(self.data_dir).suppression

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
