"""The parts, chosen and joined."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event

from syndicator import __version__, log
from syndicator.admit.topic import topics_of
from syndicator.app.mailing import Postmaster, turns_of
from syndicator.app.wake_mailer import WakeMailer
from syndicator.config import Settings
from syndicator.fetch import pace
from syndicator.fetch.guard import Guard
from syndicator.fetch.http import Client
from syndicator.fetch.manners import Manners
from syndicator.parse.defaults import Defaults
from syndicator.parse.pool import Parsers
from syndicator.pipeline import World
from syndicator.pipeline.data_folder import close_files, keyring, writable
from syndicator.pipeline.feeds.publish import Publisher
from syndicator.pipeline.feeds.pull import Puller
from syndicator.pipeline.issues import editor_email_writer
from syndicator.pipeline.issues.bounces import bounce_reader
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.pipeline.people.transactional_sender import (
    TransactionalSender,
    may_send,
    sender_of,
)
from syndicator.pipeline.upkeep import key_rotation, keyring_binding, unset_settings
from syndicator.publish.site_builder import SiteBuilder
from syndicator.store.db import migrate
from syndicator.store.db.database import Database
from syndicator.store.feeds import artefacts, entries, sources

logger = log.get("app")

PARSE_DEADLINE = timedelta(seconds=10)
"""How long one feed may keep a reader busy; an honest one takes 20 ms."""


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """The parts of one process. ``stop`` is set when it ends: no further mail leaves.

    ``wake_mailer`` has emails sent now rather than at the next tick.
    """

    settings: Settings
    database: Database
    client: Client
    parsers: Parsers
    builder: SiteBuilder
    world: World
    stop: Event
    wake_mailer: WakeMailer

    @property
    def puller(self) -> Puller:
        """What pulls touch."""
        return self.world.puller

    @property
    def publisher(self) -> Publisher:
        """What publishing touches."""
        return self.world.publisher

    @property
    def subscriptions(self) -> Subscriptions:
        """What the acts of subscribers need."""
        return Subscriptions.of(
            self.settings, self.database, now=self.world.now, wake_mailer=self.wake_mailer
        )


def now() -> datetime:
    """Return the moment it is. Everything else gets it from here."""
    return datetime.now(UTC)


@contextmanager
def opened(settings: Settings, *, clock: Callable[[], datetime] = now) -> Iterator[App]:
    """Build the parts, bring database and settings together, and close all at the end.

    A database that does not exist yet is made; one that exists must have the right schema.

    Raises:
        SchemaMismatch: the database is older or newer than this program.
        KeyringMissing: it belongs to other keys than those in the data folder.
    """
    app = _built(settings, clock=clock)
    try:
        _prepared(app)
        yield app
    finally:
        app.client.close()
        app.parsers.close()
        app.database.close()


def _built(settings: Settings, *, clock: Callable[[], datetime]) -> App:
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
    turns = turns_of(settings, now=clock, jitter=random.random)
    postmaster = Postmaster(
        settings=settings, database=database, now=clock, stop=Event(), turns=turns
    )
    world = World(
        settings=settings,
        database=database,
        puller=Puller(
            settings=settings,
            database=database,
            http=client,
            parser=parsers,
            now=clock,
            jitter=random.random,
        ),
        publisher=Publisher(settings=settings, database=database, builder=builder),
        now=clock,
        jitter=random.random,
        keys=partial(keyring, deployment.data_dir),
        post=postmaster.room if deployment.smtp_url else None,
        bounces=partial(bounce_reader, settings, database, now=clock)
        if deployment.imap_url
        else None,
    )
    if may_send(settings):
        world = replace(world, transactional=partial(transactional_sender, world))
    return App(
        settings=settings,
        database=database,
        client=client,
        parsers=parsers,
        builder=builder,
        world=world,
        stop=postmaster.stop,
        wake_mailer=WakeMailer(),
    )


def transactional_sender(world: World) -> TransactionalSender:
    """Return what sends the emails to one person, under the keys as they are now.

    Raises:
        ConfigError: no relay is configured.
        KeyUnfit: mail is to be signed here, and the key cannot be used.
    """
    return sender_of(
        world.settings,
        world.database,
        keys=world.keys(),
        now=world.now,
        jitter=world.jitter,
        editor_writers=editor_email_writer.writers(world.editorial),
    )


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


def _prepared(app: App) -> None:
    """Let the database hold what the settings say: schema, sources, and what to make anew."""
    data_dir = app.settings.deployment.data_dir
    with app.database.read() as tx:
        fresh = migrate.version(tx) is None
    if fresh:
        keyring_binding.upgrade(app.database, data_dir=data_dir)
    migrate.check(app.database)
    keyring_binding.require(app.database, data_dir=data_dir)
    moment = app.world.now()
    key_rotation.drop_late(data_dir, now=moment)
    with app.database.write() as tx:
        sources.declare(
            tx,
            app.settings.declarations,
            now=moment,
            first_fetch=lambda index: pace.first_fetch(index, now=moment),
        )
        unset_settings.tell(tx, app.settings, now=moment)
    _made_anew(app)


def _made_anew(app: App) -> None:
    """Mark everything that the settings, templates or this program's version now tell otherwise.

    Entries are asked for their topics before the fingerprint is written: a kill in between does it
    all again.
    """
    fingerprint = app.builder.fingerprint()
    with app.database.read() as tx:
        if artefacts.is_made_with(tx, fingerprint):
            return
    topics = partial(topics_of, topics=app.settings.topics)
    last: int | None = 0
    while last is not None:
        with app.database.write() as tx:
            last = entries.retopic(tx, topics=topics, now=app.world.now(), after=last)
    with app.database.write() as tx:
        marked = (*app.builder.channels(), *artefacts.published(tx))
        artefacts.remake_all_if(tx, fingerprint, marked)
