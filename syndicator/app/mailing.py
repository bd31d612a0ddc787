"""From an issue to a relay: who sends, under which name, by which door."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from syndicator.app.making import folders
from syndicator.app.parts import now
from syndicator.config import DigestPlan, Settings
from syndicator.deliver.message import Envelope, message
from syndicator.deliver.smtp import Relay
from syndicator.digest.render import Letterhead, rendered
from syndicator.digest.rendered import Rendered
from syndicator.errors import ConfigError, Problem
from syndicator.model import Delivery, Issue, Mail
from syndicator.pipeline import Mailer, PostRoom, names
from syndicator.templates import environment


def relay(settings: Settings) -> Relay:
    """Return the relay of these settings, not yet connected.

    Raises:
        ConfigError: no relay is configured.
    """
    url = settings.deployment.smtp_url
    if url is None:
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
    return Relay(url, name=settings.network.id_domain)


def post_room(settings: Settings, plan: DigestPlan, mailer: Mailer) -> PostRoom:
    """Return where issues of ``plan`` become messages that ``mailer`` takes."""
    network = settings.network
    head = letterhead(settings, plan)
    envelope = Envelope(
        sender=plan.sender,
        sender_name=settings.combined.title,
        host=network.id_domain,
        list_name=settings.combined.title,
        archive_url=f"{settings.deployment.base_url}/",
    )
    templates = environment(*folders(settings))

    def render(issue: Issue, language: str) -> Rendered:
        return rendered(issue, language=language, head=head, templates=templates)

    return PostRoom(
        render=render,
        address=_addressed(envelope, head),
        mailer=mailer,
        sender=plan.sender,
    )


def letterhead(settings: Settings, plan: DigestPlan) -> Letterhead:
    """Return what every mail of ``plan`` carries."""
    return Letterhead(
        network=settings.combined.title,
        organisation=settings.network.organisation,
        contact_email=settings.network.contact_email,
        base_url=settings.deployment.base_url,
        titles=plan.titles,
        name_of=names(settings),
        zone=ZoneInfo(settings.network.time_zone),
        most_of_a_city=settings.mail.most_of_a_city,
    )


def _addressed(envelope: Envelope, head: Letterhead) -> Callable[[Mail, Delivery], bytes]:
    def addressed(mail: Mail, delivery: Delivery) -> bytes:
        return message(
            mail,
            delivery=delivery,
            envelope=envelope,
            unsubscribe_url=f"mailto:{head.contact_email}?subject=unsubscribe",
            unsubscribe_mark=head.unsubscribe_url(delivery.language),
            date=now(),
        )

    return addressed
