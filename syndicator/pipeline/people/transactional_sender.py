"""How an email to one person is written, becomes a message, and by which door it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from syndicator.config import Settings, placeholders_in_mail
from syndicator.deliver.email.message import transactional_message, transactional_message_id
from syndicator.model import Clock, EmailKind, Jitter, Mail, Tag, TagKind, TransactionalEmail
from syndicator.pipeline.data_folder import Keyring
from syndicator.pipeline.mail_relay import Connections, Signer, connections, signer_of
from syndicator.store.db.database import Database
from syndicator.store.upkeep.journal import Journal
from syndicator.subscribe.emails import PAGES, EmailMeta, mail
from syndicator.subscribe.tokens import verp
from syndicator.templates import environment_of

Writer = Callable[[TransactionalEmail], Mail]
"""Returns an email in words; raises where it cannot be written, whatever that is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TransactionalSender:
    """What sending emails to one person needs.

    Args:
        journal: notes outside the database who is never mailed again.
        writers: who writes each kind of email there is.
        address: whom the emails are from; ``name`` is that sender's.
        host: ends their Message-IDs.
        bounces: where reports on them come back to, each with its own mark that ``verp_key``
            signs; ``None`` if they come back to the sender.
        signer: puts our signature on a message, or leaves that to the relay.
        relay: connects to whoever takes the messages.
    """

    database: Database
    journal: Journal
    now: Clock
    jitter: Jitter
    writers: Mapping[EmailKind, Writer]
    address: str
    name: str
    host: str
    bounces: str | None
    verp_key: bytes
    signer: Signer
    relay: Connections

    def message(self, email: TransactionalEmail) -> bytes:
        """Return an email as its reader gets it; raises what its writer raises."""
        message = transactional_message(
            self.writers[email.kind](email),
            recipient=email.address,
            sender=self.address,
            sender_name=self.name,
            message_id=transactional_message_id(email.id, host=self.host),
            date=self.now(),
        )
        return self.signer.signed(message)

    def return_path(self, email: TransactionalEmail) -> str:
        """Return where a report on an email comes back to."""
        if self.bounces is None:
            return self.address
        tag = Tag(kind=TagKind.TRANSACTIONAL, id=email.id, address=email.address_hash)
        return verp(self.bounces, tag, self.verp_key)


def sender_of(
    settings: Settings,
    database: Database,
    *,
    keys: Keyring,
    now: Clock,
    jitter: Jitter,
    editor_writers: Mapping[EmailKind, Writer],
) -> TransactionalSender:
    """Return what sends the emails of these settings.

    Args:
        editor_writers: who writes the kinds that do not go to subscribers.

    Raises:
        ConfigError: no relay is configured.
        KeyUnfit: mail is to be signed here, and the key cannot be used.
    """
    # As the newsletter: whoever knows one trusts both.
    plans = settings.digests
    address = plans[0].sender if plans else settings.network.contact_email
    return TransactionalSender(
        database=database,
        journal=Journal.in_folder(settings.deployment.data_dir),
        now=now,
        jitter=jitter,
        writers={**editor_writers, **subscriber_writers(settings, keys)},
        address=address,
        name=settings.combined.title,
        host=settings.network.id_domain,
        bounces=settings.mail.bounces,
        verp_key=keys.unsubscribe,
        signer=signer_of(settings, sender=address),
        relay=connections(settings, now),
    )


def subscriber_writers(settings: Settings, keys: Keyring) -> Mapping[EmailKind, Writer]:
    """Return who writes what is asked for on our pages."""
    network = settings.network
    write = partial(
        mail,
        meta=EmailMeta(
            title=settings.combined.title,
            names={language: network.name(language) for language in network.languages},
            organisation=network.organisation,
            contact=network.contact_email,
            base_url=settings.deployment.base_url,
            zone=network.zone,
            locales=settings.locales,
        ),
        tokens=keys.email_tokens,
        templates=environment_of(settings),
    )
    return dict.fromkeys(PAGES, write)


def may_send(settings: Settings) -> bool:
    """Return whether emails may be sent: there is a relay, and nothing they lead to is an example
    or would show their tokens to whoever carries the request.

    Nothing real leaves under a name that nobody can answer to; emails wait until it is mended.
    """
    examples = any(placeholders_in_mail(settings, plan) for plan in settings.digests)
    return settings.deployment.smtp_url is not None and not examples
