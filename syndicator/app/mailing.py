"""From an issue to a relay: who sends, under which name, by which door."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from syndicator.app.making import folders
from syndicator.app.parts import now
from syndicator.config import DigestPlan, Settings
from syndicator.deliver.message import Envelope, message
from syndicator.deliver.smtp import Relay
from syndicator.digest.render import UNSUBSCRIBE_MARK, Letterhead, mail
from syndicator.errors import ConfigError, Problem
from syndicator.model import Delivery, Issue, Mail
from syndicator.pipeline import Mailer, PostRoom
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
    cities = {city.slug: city for city in settings.cities}
    head = Letterhead(
        network=settings.combined.title,
        base_url=settings.deployment.base_url,
        titles=plan.titles,
        city_name=lambda slug, language: cities[slug].name(language),
        zone=ZoneInfo(network.time_zone),
    )
    envelope = Envelope(
        sender=plan.sender,
        sender_name=settings.combined.title,
        host=network.id_domain,
        list_name=settings.combined.title,
        archive_url=f"{settings.deployment.base_url}/",
    )
    templates = environment(*folders(settings))

    def render(issue: Issue, language: str) -> Mail:
        return mail(issue, language=language, head=head, templates=templates)

    return PostRoom(
        render=render,
        address=_addressed(envelope, contact=network.contact_email),
        mailer=mailer,
        sender=plan.sender,
    )


def _addressed(envelope: Envelope, *, contact: str) -> Callable[[Mail, Delivery], bytes]:
    def addressed(mail: Mail, delivery: Delivery) -> bytes:
        return message(
            mail,
            delivery=delivery,
            envelope=envelope,
            unsubscribe_url=f"mailto:{contact}?subject=unsubscribe",
            unsubscribe_mark=UNSUBSCRIBE_MARK,
            date=now(),
        )

    return addressed
