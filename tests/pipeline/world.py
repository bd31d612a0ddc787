"""A small world: real store, real readers, a web that answers as it is told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zlib import crc32

from syndicator.config import Settings, load
from syndicator.errors import FetchFailed, HostBusy
from syndicator.model import (
    Artefact,
    Cadence,
    Declaration,
    Edition,
    EmailKind,
    Finding,
    Issue,
    Kind,
    Mail,
    Notice,
    ParsedFeed,
    Request,
    Response,
    Severity,
    Source,
    Variant,
)
from syndicator.parse import document
from syndicator.pipeline import World
from syndicator.pipeline.feeds.publish import Publisher
from syndicator.pipeline.feeds.pull import Puller
from syndicator.publish.artefact import plain
from syndicator.publish.websub import Ping
from syndicator.store.db import migrate
from syndicator.store.db.database import Database, Tx
from syndicator.store.feeds import sources
from syndicator.store.issues.issues import Standing
from tests.builders import NOW

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
        return document.read(body, content_type=content_type, url=url, language=language)


@dataclass
class Editors:
    """Editors who remember what they were told, and of how many variants they asked at once;
    ``refuses``, ``warns`` and ``hinders`` as a test wants."""

    told: list[tuple[EmailKind, str, int]] = field(default_factory=list)
    alarms: list[tuple[str, str, bool]] = field(default_factory=list)
    looked_at: list[int] = field(default_factory=list)
    refuses: tuple[str, ...] = ()
    warns: tuple[str, ...] = ()
    hinders: str | None = None

    def sample(self, issue: Issue, variant: Variant) -> Mail:
        language = variant.language
        titles = [post.title for post in issue.posts]
        hello = issue.greetings.get(language, "")
        return Mail(
            language=language,
            subject=f"{language} {issue.period}",
            text="\n".join([hello, *titles]),
            html=f"<html><body>{hello}{titles}</body></html>",
        )

    def found(self, issue: Issue, told: Collection[Variant]) -> Sequence[Finding]:
        assert issue.posts
        assert told
        self.looked_at.append(len(told))
        return [
            *(Finding(about="E7", fact=fact) for fact in self.refuses),
            *(Finding(about="E8", fact=fact, severity=Severity.WARNING) for fact in self.warns),
        ]

    def hindrance(self, tx: Tx, cadence: Cadence) -> str | None:
        assert tx
        assert cadence
        return self.hinders

    def tell(self, tx: Tx, kind: EmailKind, issue: Standing) -> None:
        tx.after_commit(lambda: self.told.append((kind, issue.name, issue.version)))

    def alarm(self, tx: Tx, notice: Notice, *, well: bool) -> None:
        tx.after_commit(lambda: self.alarms.append((notice.kind, notice.subject, well)))


@dataclass
class Clock:
    """A clock that a test moves."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def forward(self, span: timedelta) -> None:
        self.at += span


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
    web, reader, clock, editors = Web(), Reader(), Clock(), Editors()
    settings = replace(
        load({"SYNDICATOR_DATA": str(folder)}), declarations=declared or (a_declaration(),)
    )
    database = Database.open(None, data_dir=folder)
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
        desk=editors,
        now=clock,
        jitter=lambda: 0.0,
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
