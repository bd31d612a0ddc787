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

from syndicator.app.folder import Keyring, keyring
from syndicator.config import DigestPlan, Settings
from syndicator.deliver.email.message import Envelope, Template, message, template
from syndicator.deliver.email.smtp import Relay, Relays
from syndicator.deliver.rates import DomainRates
from syndicator.digest.render import DigestMeta, rendered
from syndicator.digest.rendered import Rendered, mail
from syndicator.errors import ConfigError, KeyUnfit, Problem
from syndicator.model import (
    UNSUBSCRIBE_MARK,
    Cadence,
    Delivery,
    Issue,
    Mail,
    Tag,
    TagKind,
    Variant,
)
from syndicator.pipeline.issues.digests import names
from syndicator.pipeline.issues.newsletter_sender import LastMade, NewsletterSender, OutgoingMessage
from syndicator.pipeline.issues.rate_limiter import RateLimiter
from syndicator.pipeline.issues.rendering import pieces
from syndicator.pipeline.issues.send_window import window_of
from syndicator.store.db.database import Database
from syndicator.store.upkeep.journal import FILE_NAME, Journal, JournalKind
from syndicator.subscribe.tokens import unsubscribe_token, verp
from syndicator.templates import environment_of

MOST_LANGUAGES = 6
"""Renderings kept at once, of one issue or of two that overlap."""


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
            template=templates_of(self.settings, plan, self.database),
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


def connections(settings: Settings, now: Callable[[], datetime]) -> Callable[[], Relay]:
    """Return what makes connections to the relay of these settings, or to the stand-by."""
    first, standby = settings.deployment.smtp_url, settings.deployment.smtp_standby_url
    if first is None:
        raise ConfigError(
            (
                Problem(
                    file="the environment",
                    key="SYNDICATOR_SMTP_URL",
                    fact="is not set, and mail needs a relay",
                    example="SYNDICATOR_SMTP_URL=smtp://relay.example.org:25",
                ),
            )
        )
    relays = Relays(*(url for url in (first, standby) if url), clock=now)
    most = settings.mail.per_connection
    return lambda: Relay(relays, name=settings.network.id_domain, per_connection=most)


def _noted(settings: Settings, kind: JournalKind) -> Callable[[str, datetime], None]:
    journal = Journal(settings.deployment.data_dir / FILE_NAME)
    return lambda subject, at: journal.append(kind, subject=subject, at=at)


def templates_of(
    settings: Settings, plan: DigestPlan, database: Database
) -> Callable[[Issue, Variant], Template]:
    """Return what makes a variant of an issue ready for its readers."""
    told = mails_of(settings, plan, database)

    def made(issue: Issue, variant: Variant) -> Template:
        around = envelope(settings, plan, period=issue.period, language=variant.language)
        return template(told(issue, variant), envelope=around, mark=UNSUBSCRIBE_MARK)

    return made


def mails_of(
    settings: Settings, plan: DigestPlan, database: Database
) -> Callable[[Issue, Variant], Mail]:
    """Return what joins the mail of a variant of an issue from pieces rendered once a language.

    Those of a stored issue are frozen with it; a draft is rendered as it would be now.
    """
    head = letterhead(settings, plan)
    jinja = environment_of(settings)
    kept: LastMade[object, Rendered] = LastMade(MOST_LANGUAGES)

    def render(issue: Issue, language: str) -> Rendered:
        return rendered(issue, language=language, head=head, templates=jinja)

    def of(issue: Issue, language: str) -> Rendered:
        if issue.id is None:
            return render(issue, language)
        return pieces(database, issue, language, render=render)

    def made(issue: Issue, variant: Variant) -> Mail:
        key = (issue.id, issue.version, issue.revision, issue.content_hash, variant.language)
        told = kept.of(key, lambda: of(issue, variant.language))
        return mail(told, variant.posts, base_url=settings.deployment.base_url)

    return made


def letterhead(settings: Settings, plan: DigestPlan) -> DigestMeta:
    """Return what every mail of ``plan`` carries."""
    return DigestMeta(
        network=settings.combined.title,
        organisation=settings.network.organisation,
        contact_email=settings.network.contact_email,
        titles=plan.titles,
        name_of=names(settings),
        zone=settings.network.zone,
        most_of_a_city=settings.mail.most_of_a_city,
    )


def envelope(settings: Settings, plan: DigestPlan, *, period: str, language: str) -> Envelope:
    """Return who sends the issue of a period in a language, and what its list is called."""
    network, base_url = settings.network, settings.deployment.base_url
    ours = "".join(filter(str.isalnum, network.id_domain))[:15]
    return Envelope(
        sender=plan.sender,
        sender_name=settings.combined.title,
        host=network.id_domain,
        list_name=f"{settings.combined.title}: {plan.titles[language]}",
        list_id=f"{language}.{plan.cadence}.digest",
        archive_url=f"{base_url}/{language}/issues/",
        leave_url=f"{base_url}/{language}/unsubscribe/",
        mailbox=settings.mail.bounces or plan.sender,
        feedback=f"{period}:{language}.{plan.cadence}:digest:{ours}",
    )


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


def signing(settings: Settings, *, sender: str) -> Callable[[bytes], bytes]:
    """Return what signs a message from ``sender``, or leaves it to the relay.

    Raises:
        KeyUnfit: the key cannot be read, has no selector, or what reads it is not installed.
    """
    path, selector = settings.deployment.dkim_key, settings.deployment.dkim_selector
    if path is None:
        return lambda message: message
    if selector is None:
        raise KeyUnfit(f"{path}: SYNDICATOR_DKIM_SELECTOR must say where its public half stands")
    try:
        from syndicator.deliver.email.sign import Signer, read_key
    except ImportError as error:
        raise KeyUnfit(f"{path}: signing needs the extra: pip install syndicator[dkim]") from error
    domain = sender.rpartition("@")[2]
    return Signer(key=read_key(path), selector=selector, domain=domain).signed
