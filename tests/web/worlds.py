"""A website on a real database, and the web outside, which answers as it is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import insert

from syndicator.config import Settings, load
from syndicator.model import (
    Artefact,
    Cadence,
    Channel,
    HeldBecause,
    IdMode,
    Kind,
    Licence,
    Notice,
    ParsedFeed,
    Source,
    SourceState,
)
from syndicator.parse import document
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.publish.artefact import compressed, plain
from syndicator.publish.page_site import Site
from syndicator.store import notices
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Database
from syndicator.store.db.schema.incoming import SourceRow
from syndicator.store.feeds import artefacts, registrations, sources
from syndicator.store.feeds.registrations import Registration
from syndicator.web.app import Website, build
from syndicator.web.published import Published
from tests.builders import DEFAULTS, an_entry
from tests.pipeline.readers import Readers
from tests.pipeline.world import Web, fit_to_mail
from tests.publish.sites import NOON, site
from tests.store.statements import heard
from tests.store.stored import apply, new


class Parser:
    """Reads in this process, however long it takes."""

    def read(
        self,
        body: bytes,
        *,
        content_type: str | None,
        url: str,
        language: str | None,
        within: timedelta | None,
    ) -> ParsedFeed:
        assert within is not None, "a person waits"
        return document.read(
            body, content_type=content_type, url=url, language=language, defaults=DEFAULTS
        )


@cache
def _settings() -> Settings:
    settings = fit_to_mail(load({"SYNDICATOR_DATA": "/nowhere"}))
    weekly = tuple(plan for plan in settings.digests if plan.cadence is Cadence.WEEKLY)
    mail = replace(settings.mail, editors=("maija@raahe.fi",))
    return replace(settings, digests=weekly, mail=mail)


@dataclass(kw_only=True)
class World:
    """A website and what stands behind it; its clocks stand still until they are moved.

    ``web`` is the web outside, as cities' blogs answer in it.
    """

    readers: Readers
    site: Site = field(default_factory=site)
    web: Web = field(default_factory=Web)
    templates_dir: Path | None = None
    emails_leave: bool = True
    seconds: float = 0.0
    database: Database = field(init=False)
    published: dict[str, Artefact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.database = self.readers.database

    @property
    def now(self) -> datetime:
        return self.readers.clock.at

    @now.setter
    def now(self, moment: datetime) -> None:
        self.readers.clock.at = moment

    @property
    def settings(self) -> Settings:
        """Settings whose data lie in this folder."""
        settings = _settings()
        deployment = replace(
            settings.deployment, data_dir=self.readers.folder, templates_dir=self.templates_dir
        )
        return replace(settings, deployment=deployment)

    @property
    def editorial(self) -> Editorial:
        """What editors' acts touch."""
        return Editorial(
            settings=self.settings,
            database=self.database,
            now=self.readers.clock,
        )

    def app(self, *, queue_patience: timedelta = timedelta(seconds=5)) -> Published:
        website = Website(
            site=self.site,
            database=self.database,
            subscriptions=self.readers.subscriptions,
            editorial=self.editorial,
            http=self.web,
            parser=Parser(),
            emails_leave=self.emails_leave,
            now=self.readers.clock,
            monotonic=lambda: self.seconds,
        )
        return build(website, queue_patience=queue_patience)

    def publish(self, path: str, body: bytes, *, content_type: str = "application/rss+xml") -> None:
        """Let a document be published at ``path`` beside those that are."""
        document = plain(path, content_type=content_type, body=body, modified=NOON)
        self.publish_all(compressed(document, current=True))

    def publish_all(self, *documents: Artefact) -> None:
        self.published.update({document.path: document for document in documents})
        with self.database.write() as tx:
            artefacts.save(tx, Channel(), tuple(self.published.values()), mark=None)

    def add_sources(self, *added: Source) -> None:
        """Let these be among the sources, as they stand."""
        names = {column.name for column in table_of(SourceRow).columns}
        with self.database.write() as tx:
            for added_source in added:
                row = {name: fact for name, fact in asdict(added_source).items() if name in names}
                row |= {"hints": {}, "declared": True, "declared_url": added_source.url}
                row |= {"categories": [], "path_prefixes": [], "id_mode": IdMode.OWN}
                tx.execute(insert(SourceRow), row)

    def add_notices(self, *added: Notice) -> None:
        with self.database.write() as tx:
            for notice in added:
                notices.put(tx, notice)

    def hold(self, number: int, *, title: str = "Casino") -> None:
        """Let so many posts of the first source be kept back, one a day, the last today."""
        with self.database.read() as tx:
            first = sources.list_all(tx)[0]
        held = tuple(
            new(
                an_entry(f"https://raahe.example/?p={n}", title=title, language="en"),
                recency=NOON - timedelta(days=n),
                eligible_at=None,
                held=HeldBecause.FLOOD,
            )
            for n in range(number)
        )
        apply(self.database, first, new=held, now=NOON)

    def registrations(self) -> list[Registration]:
        """Return what cities asked for and waits for an editor."""
        with self.database.read() as tx:
            return list(registrations.list_all(tx, state=SourceState.PENDING))

    @property
    def fetched(self) -> list[str]:
        """Every address that was asked for outside."""
        return [request.url for request in self.web.asked]

    @contextmanager
    def loads(self) -> Iterator[list[str]]:
        """Yield the paths of the documents that are loaded while the block runs."""
        paths: list[str] = []

        def note(statement: str, parameters: tuple[str, ...]) -> None:
            if "FROM artefact" in statement and "WHERE artefact.path" in statement:
                paths.append(parameters[0])

        with heard(self.database, note):
            yield paths


def source(n: int = 1, **changes: object) -> Source:
    facts: dict[str, object] = {
        "id": n,
        "key": f"raahe-{n}",
        "url": f"https://raahe.example/{n}/feed/",
        "city": "raahe",
        "kind": Kind.BLOG,
        "licence": Licence.EXCERPT,
        "state": SourceState.ACTIVE,
        "title": f"Raahen blogi {n}",
        "first_seen": NOON,
        "last_attempt_at": NOON,
        "last_success_at": NOON,
        "next_fetch_at": NOON,
        "contact": "yhteys@raahe.example",
    }
    return Source(**(facts | changes))  # type: ignore[arg-type]
