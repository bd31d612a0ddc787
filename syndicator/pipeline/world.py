"""What the arrows touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from syndicator.config import Settings
from syndicator.model import Cadence, Clock, Jitter
from syndicator.pipeline.data_folder import Keyring
from syndicator.pipeline.feeds.publish import Publisher
from syndicator.pipeline.feeds.pull import Puller
from syndicator.pipeline.issues.bounces import BounceReader
from syndicator.pipeline.issues.editorial import Editorial, Preflight, checked
from syndicator.pipeline.issues.newsletter_sender import NewsletterSender
from syndicator.pipeline.people.transactional_sender import TransactionalSender
from syndicator.store.db.database import Database


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What the arrows touch, chosen by ``app``.

    ``post`` is the post room of a cadence; there is none without a relay. ``bounces`` reads
    what came back; there is none without a mailbox. ``transactional`` sends emails to one
    person; there is none without a relay, or while settings that mail needs are examples.
    """

    settings: Settings
    database: Database
    puller: Puller
    publisher: Publisher
    now: Clock
    jitter: Jitter
    keys: Callable[[], Keyring]
    preflight: Preflight = checked
    post: Callable[[Cadence], NewsletterSender] | None = None
    bounces: Callable[[], BounceReader] | None = None
    transactional: Callable[[], TransactionalSender] | None = None

    @property
    def editorial(self) -> Editorial:
        """What the acts on issues touch."""
        return Editorial(
            settings=self.settings,
            database=self.database,
            now=self.now,
            keys=self.keys,
            preflight=self.preflight,
        )
