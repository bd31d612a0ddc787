"""Letters: who writes each kind, under which name it leaves, and by which door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from syndicator.config import Settings, placeholders_in_mail
from syndicator.deliver.email.message import letter as as_message
from syndicator.deliver.email.message import letter_id
from syndicator.model import EmailKind, Letter, Mail, Tag, TagKind
from syndicator.pipeline import World
from syndicator.pipeline.data_folder import keyring
from syndicator.pipeline.issues import editor_email_writer
from syndicator.pipeline.issues.newsletter_sender import TransactionalSender
from syndicator.pipeline.mail_relay import connections, signing
from syndicator.store.upkeep.journal import FILE_NAME, Journal
from syndicator.subscribe.letters import PAGES, EmailMeta, mail
from syndicator.subscribe.tokens import verp
from syndicator.templates import environment_of


def letter_room(world: World) -> TransactionalSender:
    """Return where letters become messages and leave.

    Raises:
        ConfigError: no relay is configured.
        KeyUnfit: mail is to be signed here, and the key cannot be used.
    """
    settings = world.settings
    writers = {**editor_email_writer.writers(world.editorial), **writers_to_subscribers(settings)}
    sender, keys = sender_of(settings), keyring(settings.deployment.data_dir)
    bounces = settings.mail.bounces
    signed = signing(settings, sender=sender)

    def message(written: Mail, letter: Letter) -> bytes:
        made = as_message(
            written,
            recipient=letter.address,
            sender=sender,
            sender_name=settings.combined.title,
            message_id=letter_id(letter.id, host=settings.network.id_domain),
            date=world.now(),
        )
        return signed(made)

    def comes_back_to(letter: Letter) -> str:
        if not bounces:
            return sender
        tag = Tag(kind=TagKind.LETTER, id=letter.id, address=letter.address_hash)
        return verp(bounces, tag, keys.unsubscribe)

    return TransactionalSender(
        write=lambda letter: writers[letter.kind](letter),
        message=message,
        connect=connections(settings, world.now),
        sender=comes_back_to,
        journal=Journal(settings.deployment.data_dir / FILE_NAME),
    )


def may_leave(settings: Settings) -> bool:
    """Return whether letters may be sent: there is a relay, and nothing they lead to is an example
    or would show their tokens to whoever carries the request.

    Nothing real leaves under a name that nobody can answer to; letters wait until it is mended.
    """
    examples = any(placeholders_in_mail(settings, plan) for plan in settings.digests)
    return settings.deployment.smtp_url is not None and not examples


def writers_to_subscribers(settings: Settings) -> Mapping[EmailKind, Callable[[Letter], Mail]]:
    """Return who writes what is asked for on our pages."""
    network = settings.network
    write = partial(
        mail,
        stationery=EmailMeta(
            title=settings.combined.title,
            names={language: network.name(language) for language in network.languages},
            organisation=network.organisation,
            contact=network.contact_email,
            base_url=settings.deployment.base_url,
            zone=network.zone,
            locales=settings.locales,
        ),
        tokens=keyring(settings.deployment.data_dir).email_tokens,
        templates=environment_of(settings),
    )
    return dict.fromkeys(PAGES, write)


def sender_of(settings: Settings) -> str:
    """Return whom letters are from: as the newsletter, so that whoever knows one trusts both."""
    return settings.digests[0].sender if settings.digests else settings.network.contact_email
