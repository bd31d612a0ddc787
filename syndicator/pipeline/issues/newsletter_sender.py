"""What sending issues needs, and one issue's messages: from a variant to bytes and an envelope."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

from syndicator.config import Settings
from syndicator.deliver.email.message import Template, message
from syndicator.deliver.hours import Window
from syndicator.deliver.retry import TRIES
from syndicator.model import Cadence, Clock, Delivery, Issue, Jitter, Tag, TagKind
from syndicator.pipeline.data_folder import keyring
from syndicator.pipeline.issues.issue_mails import IssueMails, LruCache
from syndicator.pipeline.issues.rate_limiter import RateLimiter
from syndicator.pipeline.issues.send_window import window_of
from syndicator.pipeline.mail_relay import Connections, Signer, signer_of
from syndicator.store.db.database import Database
from syndicator.store.issues import variants
from syndicator.store.upkeep.journal import Journal
from syndicator.subscribe.tokens import unsubscribe_token, verp

LEASE = timedelta(minutes=5)
"""How long a claim lasts unless it is renewed: longer than a relay may take to answer."""

IDLE = timedelta(seconds=3)
"""How long a connection may go on after the stop, unless it awaits its final answer."""

MOST_TEMPLATES = 8
"""Templates kept at once; deliveries of one variant come together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsletterSender:
    """What the sends of one process share; keys and templates are read when a send begins.

    Args:
        journal: notes outside the database that a send begins and ends, and who is never mailed
            again.
        relay: connects to whoever takes the messages.
        rates: how fast messages leave, of all sends of the process together.
        holder: begins the name of every claim of this process, and of no other that lives.
        stop: set when the process ends: what is in flight is waited for, nothing else leaves.
        idle: what a connection gets from then on that awaits no answer to a whole message.
    """

    settings: Settings
    database: Database
    journal: Journal
    now: Clock
    jitter: Jitter
    relay: Connections
    rates: RateLimiter
    holder: str
    stop: Event = field(default_factory=Event)
    lease: timedelta = LEASE
    idle: timedelta = IDLE

    @property
    def window(self) -> Window | None:
        """The hours in which messages may leave; ``None`` is at any hour."""
        return window_of(self.settings)

    @property
    def resend(self) -> int:
        """Tries below which an uncertain message is offered again; from there on it is held."""
        return TRIES if self.settings.mail.resends_uncertain else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class OutgoingMessage:
    """A message and its envelope. ``sender`` is where a report on it comes back to."""

    message: bytes
    sender: str
    recipient: str


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueMessages:
    """Makes one issue's messages, under the keys as they were when its send began.

    ``sender`` is the digest's address; ``bounces`` where reports come back to instead, each with
    its own mark.
    """

    mails: IssueMails
    database: Database
    now: Clock
    unsubscribe_key: bytes
    signer: Signer
    sender: str
    bounces: str | None
    _templates: LruCache[tuple[int, int, int], Template] = field(
        default_factory=lambda: LruCache(MOST_TEMPLATES)
    )

    def template(self, issue: Issue, variant_id: int) -> Template:
        """Return a variant of an issue ready for its readers, made once while it is kept."""
        key = (variant_id, issue.version, issue.revision)
        return self._templates.get(key, lambda: self._template(issue, variant_id))

    def _template(self, issue: Issue, variant_id: int) -> Template:
        with self.database.read() as tx:
            variant = variants.get(tx, variant_id)
        return self.mails.template(issue, variant)

    def message(self, to: Template, delivery: Delivery) -> OutgoingMessage:
        """Return one reader's message: with their own way out, signed, and where it bounces to."""
        token = unsubscribe_token(delivery.reader, self.unsubscribe_key)
        whole = message(to, delivery=delivery, token=token, date=self.now())
        sender = self.sender
        if self.bounces:
            tag = Tag(kind=TagKind.DELIVERY, id=delivery.id, address=delivery.address_hash)
            sender = verp(self.bounces, tag, self.unsubscribe_key)
        return OutgoingMessage(
            message=self.signer.signed(whole), sender=sender, recipient=delivery.address
        )


def issue_messages(sender: NewsletterSender, cadence: Cadence) -> IssueMessages:
    """Return what makes the messages of issues of a cadence, under the keys as they are now.

    Raises:
        LookupError: no digest has this cadence.
        KeyUnfit: mail should be signed here, and that cannot be done.
    """
    settings = sender.settings
    plan = settings.required_digest(cadence)
    return IssueMessages(
        mails=IssueMails.of(settings, plan, sender.database),
        database=sender.database,
        now=sender.now,
        unsubscribe_key=keyring(settings.deployment.data_dir).unsubscribe,
        signer=signer_of(settings, sender=plan.sender),
        sender=plan.sender,
        bounces=settings.mail.bounces,
    )
