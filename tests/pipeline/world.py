"""A small world: real store, real readers, a web that answers as it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

from sqlalchemy import select

from syndicator.config import Settings, load
from syndicator.digest.preflight import Sending
from syndicator.errors import FetchFailed, HostBusy
from syndicator.model import (
    Artefact,
    Declaration,
    Edition,
    EmailKind,
    Finding,
    Kind,
    ParsedFeed,
    Request,
    Response,
    Severity,
    Source,
)
from syndicator.parse import document
from syndicator.pipeline.feeds.publish import Publisher
from syndicator.pipeline.feeds.pull import Puller
from syndicator.pipeline.issues.editorial import Editorial, Preflight
from syndicator.publish.artefact import plain
from syndicator.publish.websub import Ping
from syndicator.store.db import migrate
from syndicator.store.db.database import Database, Tx
from syndicator.store.db.schema.newsletter import EmailRow
from syndicator.store.feeds import sources
from syndicator.store.issues import issues
from syndicator.store.upkeep import flags
from tests.builders import DEFAULTS, HOME, NOW

FEED = "https://blogi.kauhajoki.fi/feed/"
HUB = "https://hub.example/"

Answer = Response | FetchFailed | HostBusy


@dataclass
class Web:
    """Answers each URL with what was set, and remembers what it was asked."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)

    def get(self, request: Request) -> Response:
        self.asked.append(request)
        answer = self.answers[request.url]
        if isinstance(answer, Response):
            return answer
        raise answer

    def post(self, url: str, *, form: Mapping[str, str]) -> Response:
        self.told.append((url, form["hub.url"]))
        return Response(url=url, status=204, headers={}, body=b"")


class Reader:
    """Reads in this process; ``breaks`` makes it fail as our own code might."""

    breaks: bool = False

    def read(
        self, body: bytes, *, content_type: str | None, url: str, language: str | None
    ) -> ParsedFeed:
        if self.breaks:
            raise RuntimeError("a fault of ours")
        return document.read(
            body, content_type=content_type, url=url, language=language, defaults=DEFAULTS
        )


@dataclass
class Editors:
    """What editors were mailed, and how many messages were looked at for them; preflight
    ``refuses`` and ``warns``, and mail is withheld as ``hinders`` says, as a test wants."""

    database: Database
    looked_at: int = 0
    refuses: tuple[str, ...] = ()
    warns: tuple[str, ...] = ()

    @property
    def told(self) -> list[tuple[EmailKind, str, int]]:
        """Kind, issue and version of each email to editors, oldest first."""
        with self.database.read() as tx:
            return [
                (email.kind, status.name, email.facts["version"])
                for email in self._emails(tx)
                if email.kind is not EmailKind.ALARM
                and (status := issues.status(tx, email.facts["issue"])) is not None
            ]

    @property
    def alarms(self) -> list[tuple[str, str, bool]]:
        """Kind and subject of each alarm, and whether all is well again, oldest first."""
        with self.database.read() as tx:
            return [
                (email.facts["kind"], email.facts["subject"], email.facts["well"])
                for email in self._emails(tx)
                if email.kind is EmailKind.ALARM
            ]

    def _emails(self, tx: Tx) -> Sequence[Any]:
        kinds = (EmailKind.REVIEW, EmailKind.WAITING, EmailKind.SKIPPED, EmailKind.ALARM)
        rows = select(EmailRow.kind, EmailRow.facts).where(EmailRow.kind.in_(kinds))
        return tx.execute(rows.order_by(EmailRow.id)).all()

    @property
    def hinders(self) -> str | None:
        """The word under which all mail is withheld."""
        with self.database.read() as tx:
            return flags.withheld(tx)

    @hinders.setter
    def hinders(self, word: str | None) -> None:
        with self.database.write() as tx:
            if word is None:
                flags.let_go(tx)
            else:
                flags.withhold(tx, word)

    def preflight(self, message: bytes, sending: Sending) -> tuple[Finding, ...]:
        assert message
        assert sending
        self.looked_at += 1
        return (
            *(Finding(about="E7", fact=fact) for fact in self.refuses),
            *(Finding(about="E8", fact=fact, severity=Severity.WARNING) for fact in self.warns),
        )


@dataclass
class Clock:
    """A clock that a test moves."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def forward(self, span: timedelta) -> None:
        self.at += span


@dataclass(frozen=True, kw_only=True)
class World:
    """The plain values that acts on feeds and issues are given in a scene."""

    settings: Settings
    database: Database
    puller: Puller
    publisher: Publisher
    now: Clock
    preflight: Preflight

    @property
    def editorial(self) -> Editorial:
        """What acts on issues touch."""
        return Editorial(
            settings=self.settings,
            database=self.database,
            now=self.now,
            preflight=self.preflight,
        )


@dataclass
class Scene:
    """A world and the fakes in it."""

    world: World
    web: Web
    reader: Reader
    clock: Clock
    editors: Editors

    @property
    def puller(self) -> Puller:
        """What pulls touch."""
        return self.world.puller

    @property
    def publisher(self) -> Publisher:
        """What publishing touches."""
        return self.world.publisher

    def source(self, key: str = "kauhajoki-blog") -> Source:
        """Return the source as stored."""
        with self.world.database.read() as tx:
            found = sources.by_key(tx, key)
        assert found is not None
        return found


@contextmanager
def scene(folder: Path, *, declared: tuple[Declaration, ...] = ()) -> Iterator[Scene]:
    """Yield a scene whose database lies in ``folder``, with one blog or those declared."""
    web, reader, clock = Web(), Reader(), Clock()
    settings = fit_to_mail(load({"SYNDICATOR_DATA": str(folder)}))
    settings = replace(settings, declarations=declared or (a_declaration(),))
    database = Database.open(None, data_dir=folder, **HOME)
    editors = Editors(database=database)
    migrate.upgrade(database)
    with database.write() as tx:
        sources.declare(tx, settings.declarations, now=clock.at, first_fetch=lambda _: clock.at)
    try:
        yield Scene(
            world=_world(settings, database, web=web, reader=reader, clock=clock, editors=editors),
            web=web,
            reader=reader,
            clock=clock,
            editors=editors,
        )
    finally:
        database.close()


def fit_to_mail(settings: Settings) -> Settings:
    """Return settings that have a relay, and whose mail names no example."""
    return replace(
        settings,
        network=replace(
            settings.network,
            base_url="https://koosteet.fi",
            id_domain="koosteet.fi",
            contact_email="yhteys@koosteet.fi",
            contact_url="https://koosteet.fi",
        ),
        digests=tuple(replace(plan, sender="kooste@koosteet.fi") for plan in settings.digests),
        deployment=replace(settings.deployment, smtp_url="smtp://127.0.0.1:1"),
    )


def a_declaration(
    key: str = "kauhajoki-blog", url: str = FEED, *, city: str | None = "kauhajoki"
) -> Declaration:
    """Return a declared blog, of Kauhajoki or another city, or of the network itself."""
    return Declaration(key=key, url=url, city=city, kind=Kind.BLOG)


def _world(
    settings: Settings,
    database: Database,
    *,
    web: Web,
    reader: Reader,
    clock: Clock,
    editors: Editors,
) -> World:
    return World(
        settings=settings,
        database=database,
        puller=Puller(
            # Without a digest, what a first sight may mail is the last seven days.
            settings=replace(settings, digests=()),
            database=database,
            http=web,
            parser=reader,
            now=clock,
            jitter=lambda: 0.0,
        ),
        publisher=Publisher(settings=settings, database=database, builder=Titles()),
        now=clock,
        preflight=editors.preflight,
    )


class Titles:
    """Makes documents that are just the titles: what changes them is plain to see."""

    def make(self, edition: Edition, sources: Sequence[Source]) -> Sequence[Artefact]:
        assert sources
        body = "\n".join(post.title for post in edition.posts).encode()
        path = f"{edition.channel.prefix}{edition.channel.archive or 'titles'}.txt"
        return (plain(path, content_type="text/plain", body=body, modified=edition.updated),)

    def pings(self, paths: Sequence[str]) -> tuple[Ping, ...]:
        return tuple(Ping(hub=HUB, topic=f"https://feeds.example/{path}") for path in paths)


def rss(*titles: str, days: float = 1) -> bytes:
    """Return a feed with posts of these titles, each a day older than the one before."""
    items = "".join(
        f"<item><title>{title}</title><guid isPermaLink='false'>{title}</guid>"
        f"<link>https://blogi.kauhajoki.fi/{crc32(title.encode())}</link>"
        f"<pubDate>{NOW - timedelta(days=days + number):%a, %d %b %Y %H:%M:%S +0000}</pubDate>"
        f"<description>Kirjoitus aiheesta {title}.</description></item>"
        for number, title in enumerate(titles)
    )
    return (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>"
        "<title>Kauhajoen blogi</title><link>https://blogi.kauhajoki.fi/</link>"
        f"<description>x</description><language>fi</language>{items}</channel></rss>"
    ).encode()


def ok(body: bytes, *, url: str = FEED, etag: str | None = '"1"', **headers: str) -> Response:
    """Return a 200 with this body."""
    told = {"content-type": "application/rss+xml", **headers}
    if etag:
        told["etag"] = etag
    return Response(url=url, status=200, headers=told, body=body)


def status(code: int, *, url: str = FEED, **headers: str) -> Response:
    """Return an empty answer with this status; one to a conditional request."""
    return Response(url=url, status=code, headers=headers, body=b"", conditional=True)
