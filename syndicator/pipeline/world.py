"""What the arrows touch, as they see it: protocols here, where they are used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from syndicator.config import Settings
from syndicator.model import (
    Cadence,
    Clock,
    EmailKind,
    Finding,
    Issue,
    Jitter,
    Mail,
    Notice,
    Variant,
)
from syndicator.pipeline.feeds.publish import Publisher
from syndicator.pipeline.feeds.pull import Puller
from syndicator.pipeline.issues.bounces import Returns
from syndicator.pipeline.issues.newsletter_sender import NewsletterSender, TransactionalSender
from syndicator.store.db.database import Database, Tx
from syndicator.store.issues.issues import Standing


class Desk(Protocol):
    """What the editors see of an issue, and what they may let go."""

    def sample(self, issue: Issue, variant: Variant) -> Mail:
        """Return the mail of a variant of the issue."""

    def found(self, issue: Issue, told: Collection[Variant]) -> Sequence[Finding]:
        """Return what preflight finds on the real bytes of each of these variants, once each."""

    def hindrance(self, tx: Tx, cadence: Cadence) -> str | None:
        """Return in a word why no mail of this cadence may leave at all; ``None`` if it may."""

    def tell(self, tx: Tx, kind: EmailKind, issue: Standing) -> None:
        """Put a letter of this kind to every editor, in the caller's transaction."""

    def alarm(self, tx: Tx, notice: Notice, *, well: bool) -> None:
        """Put a letter to the operator: of something wrong, or that it is ``well`` again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What the arrows touch, chosen by ``app``.

    ``post`` is the post room of a cadence; there is none without a relay. ``returns`` is where what
    came back is kept; there is none without a mailbox. ``letters`` is the post room of letters to
    one person; there is none without a relay, or while settings that mail needs are examples.
    """

    settings: Settings
    database: Database
    puller: Puller
    publisher: Publisher
    desk: Desk
    now: Clock
    jitter: Jitter
    post: Callable[[Cadence], NewsletterSender] | None = None
    returns: Callable[[], Returns] | None = None
    letters: Callable[[], TransactionalSender] | None = None
