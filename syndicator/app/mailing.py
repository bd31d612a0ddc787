"""From an issue to a relay: who sends, under which name, by which door."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from threading import Event

from syndicator.config import DigestPlan, Settings
from syndicator.deliver.email.message import Template, message
from syndicator.deliver.rates import DomainRates
from syndicator.model import (
    Cadence,
    Delivery,
    Tag,
    TagKind,
)
from syndicator.pipeline.data_folder import Keyring, keyring
from syndicator.pipeline.issues.issue_mails import IssueMails
from syndicator.pipeline.issues.newsletter_sender import NewsletterSender, OutgoingMessage
from syndicator.pipeline.issues.rate_limiter import RateLimiter
from syndicator.pipeline.issues.send_window import window_of
from syndicator.pipeline.mail_relay import connections, signing
from syndicator.store.db.database import Database
from syndicator.store.upkeep.journal import FILE_NAME, Journal, JournalKind
from syndicator.subscribe.tokens import unsubscribe_token, verp


@dataclass(frozen=True, kw_only=True, slots=True)
class Postmaster:
    """What the post rooms of one process share. ``stop`` is set when the process ends.

    ``turns`` is how fast all of them together send.
    """

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    stop: Event
    turns: RateLimiter

    def room(self, cadence: Cadence) -> NewsletterSender:
        """Return where issues of a cadence become messages and leave.

        Raises:
            ConfigError: no relay is configured.
            LookupError: no digest has this cadence.
            KeyUnfit: mail should be signed here, and that cannot be done.
        """
        plan = next((one for one in self.settings.digests if one.cadence is cadence), None)
        if plan is None:
            raise LookupError(f"no digest is {cadence}")
        keys = keyring(self.settings.deployment.data_dir)
        mails = self.settings.mail
        signed = signing(self.settings, sender=plan.sender)
        return NewsletterSender(
            template=IssueMails.of(self.settings, plan, self.database).template,
            parcel=partial(_parcel, self.settings, plan, keys, self.now, signed),
            connect=connections(self.settings, self.now),
            journal=Journal(self.settings.deployment.data_dir / FILE_NAME),
            started=_noted(self.settings, JournalKind.ISSUE_STARTED),
            sent=_noted(self.settings, JournalKind.ISSUE_SENT),
            holder=holder(),
            turns=self.turns,
            connections=mails.connections,
            window=window_of(self.settings),
            resends_uncertain=mails.resends_uncertain,
            stop=self.stop,
        )


def turns_of(
    settings: Settings, *, now: Callable[[], datetime], jitter: Callable[[], float]
) -> RateLimiter:
    """Return the rates of these settings, with nothing sent yet."""
    mails = settings.mail
    per_domain = DomainRates(usual=mails.per_domain, named=mails.domains)
    return RateLimiter(per_minute=mails.per_minute, per_domain=per_domain, now=now, jitter=jitter)


@cache
def holder() -> str:
    """Return a name for this process that no other one has, nor had."""
    return f"{socket.gethostname()[:20]}.{os.getpid()}.{secrets.token_hex(4)}"


def _noted(settings: Settings, kind: JournalKind) -> Callable[[str, datetime], None]:
    journal = Journal(settings.deployment.data_dir / FILE_NAME)
    return lambda subject, at: journal.append(kind, subject=subject, at=at)


def _parcel(
    settings: Settings,
    plan: DigestPlan,
    keys: Keyring,
    now: Callable[[], datetime],
    signed: Callable[[bytes], bytes],
    to: Template,
    delivery: Delivery,
) -> OutgoingMessage:
    token = unsubscribe_token(delivery.reader, keys.unsubscribe)
    bounces = settings.mail.bounces
    return OutgoingMessage(
        message=signed(message(to, delivery=delivery, token=token, date=now())),
        sender=verp(bounces, _tag(delivery), keys.unsubscribe) if bounces else plan.sender,
        recipient=delivery.address,
    )


def _tag(delivery: Delivery) -> Tag:
    return Tag(kind=TagKind.DELIVERY, id=delivery.id, address=delivery.address_hash)
