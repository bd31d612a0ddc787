"""The parts, chosen and joined."""

from __future__ import annotations

import os
import random
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from threading import Event

from syndicator import __version__, log
from syndicator.admit.topic import topics_of
from syndicator.app.wake_mailer import WakeMailer
from syndicator.config import Settings
from syndicator.deliver.rates import DomainRates
from syndicator.fetch import pace
from syndicator.fetch.guard import Guard
from syndicator.fetch.http import Client
from syndicator.fetch.manners import Manners
from syndicator.model import Clock, Jitter
from syndicator.parse.defaults import Defaults
from syndicator.parse.pool import Parsers
from syndicator.pipeline.data_folder import close_files, writable
from syndicator.pipeline.feeds.publish import Publisher
from syndicator.pipeline.feeds.pull import Puller
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.newsletter_sender import NewsletterSender
from syndicator.pipeline.issues.rate_limiter import RateLimiter
from syndicator.pipeline.mail_relay import connections
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.pipeline.people.transactional_sender import may_send
from syndicator.pipeline.upkeep import key_rotation, keyring_binding, settings_notices
from syndicator.publish.site_builder import SiteBuilder
from syndicator.store.db import migrate
from syndicator.store.db.database import Database
from syndicator.store.feeds import artefacts, entry_topics, sources
from syndicator.store.upkeep.journal import Journal

logger = log.get("app")

PARSE_DEADLINE = timedelta(seconds=10)
"""How long one feed may keep a reader busy; an honest one takes 20 ms."""


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """The parts of one process, for whoever opened them to wire.

    Args:
        newsletter: sends issues; ``None`` without a relay.
        sends_emails: emails to one person may leave.
        stop: set when the process ends: nothing more of an issue leaves.
        wake_mailer: has emails sent now rather than at the next tick.
    """

    settings: Settings
    database: Database
    client: Client
    parsers: Parsers
    builder: SiteBuilder
    puller: Puller
    publisher: Publisher
    editorial: Editorial
    newsletter: NewsletterSender | None
    sends_emails: bool
    now: Clock
    jitter: Jitter
    stop: Event
    wake_mailer: WakeMailer

    @property
    def subscriptions(self) -> Subscriptions:
        """What the acts of subscribers need."""
        return Subscriptions.of(
            self.settings, self.database, now=self.now, wake_mailer=self.wake_mailer
        )


def now() -> datetime:
    """Return the moment it is. Everything else gets it from here."""
    return datetime.now(UTC)


@contextmanager
def opened(settings: Settings, *, clock: Clock = now) -> Iterator[App]:
    """Build the parts, bring database and settings together, and close all at the end.

    A database that does not exist yet is made; one that exists must have the right schema.

    Raises:
        SchemaMismatch: the database is older or newer than this program.
        KeyringMissing: it belongs to other keys than those in the data folder.
    """
    app = _built(settings, clock=clock)
    try:
        _prepare(settings, app.database, app.builder, now=clock)
        yield app
    finally:
        app.client.close()
        app.parsers.close()
        app.database.close()


def _built(settings: Settings, *, clock: Clock) -> App:
    deployment, network = settings.deployment, settings.network
    database = open_database(settings)
    client = Client(
        agent=f"syndicator/{__version__} (+{network.contact_url})",
        guard=Guard(allow_networks=deployment.allow_networks, allow_ports=deployment.allow_ports),
        manners=Manners(unspaced=deployment.allow_networks),
    )
    parsers = Parsers(
        workers=os.cpu_count() or 1,
        deadline=PARSE_DEADLINE,
        defaults=Defaults(zone=network.zone, languages=network.languages),
    )
    builder = SiteBuilder(settings=settings)
    stop = Event()
    return App(
        settings=settings,
        database=database,
        client=client,
        parsers=parsers,
        builder=builder,
        puller=Puller(
            settings=settings,
            database=database,
            http=client,
            parser=parsers,
            now=clock,
            jitter=random.random,
        ),
        publisher=Publisher(settings=settings, database=database, builder=builder),
        editorial=Editorial(settings=settings, database=database, now=clock),
        newsletter=_newsletter(settings, database, now=clock, stop=stop),
        sends_emails=may_send(settings),
        now=clock,
        jitter=random.random,
        stop=stop,
        wake_mailer=WakeMailer(),
    )


def _newsletter(
    settings: Settings, database: Database, *, now: Clock, stop: Event
) -> NewsletterSender | None:
    """Return what the sends of this process share; ``None`` without a relay."""
    if settings.deployment.smtp_url is None:
        return None
    mail = settings.mail
    return NewsletterSender(
        settings=settings,
        database=database,
        journal=Journal.in_folder(settings.deployment.data_dir),
        now=now,
        jitter=random.random,
        relay=connections(settings, now),
        rates=RateLimiter(
            per_minute=mail.per_minute,
            per_domain=DomainRates(usual=mail.per_domain, named=mail.domains),
            now=now,
            jitter=random.random,
        ),
        holder=holder(),
        stop=stop,
    )


@cache
def holder() -> str:
    """Return a name for this process that no other one has, nor had."""
    return f"{socket.gethostname()[:20]}.{os.getpid()}.{secrets.token_hex(4)}"


def open_database(settings: Settings) -> Database:
    """Return the database of these settings, its folder made; nothing is connected yet.

    Raises:
        ConfigError: the folder cannot be made, or written.
    """
    deployment = settings.deployment
    close_files(writable(deployment.data_dir))
    return Database.open(
        deployment.database_url,
        data_dir=deployment.data_dir,
        time_zone=settings.network.time_zone,
        languages=settings.network.languages,
    )


def _prepare(settings: Settings, database: Database, builder: SiteBuilder, *, now: Clock) -> None:
    """Let the database hold what the settings say: schema, sources, and what to make anew."""
    data_dir = settings.deployment.data_dir
    with database.read() as tx:
        empty = migrate.revision(tx) is None
    if empty:
        keyring_binding.upgrade(database, data_dir=data_dir)
    migrate.check(database)
    keyring_binding.require(database, data_dir=data_dir)
    moment = now()
    key_rotation.drop_late(data_dir, now=moment)
    with database.write() as tx:
        sources.declare(
            tx,
            settings.declarations,
            now=moment,
            first_fetch=lambda index: pace.first_fetch(index, now=moment),
        )
        settings_notices.refresh_notices(tx, settings, now=moment)
    _mark_outdated(settings, database, builder, now=now)


def _mark_outdated(
    settings: Settings, database: Database, builder: SiteBuilder, *, now: Clock
) -> None:
    """Mark everything that the settings, templates or this program's version now tell otherwise.

    Entries are asked for their topics before the fingerprint is written: a kill in between does it
    all again.
    """
    fingerprint = builder.fingerprint()
    with database.read() as tx:
        if artefacts.is_made_with(tx, fingerprint):
            return
    topics = partial(topics_of, topics=settings.topics)
    last: int | None = 0
    while last is not None:
        with database.write() as tx:
            last = entry_topics.retopic(tx, topics=topics, now=now(), after=last)
    with database.write() as tx:
        marked = (*builder.channels(), *artefacts.published(tx))
        artefacts.remake_all_if(tx, fingerprint, marked)
