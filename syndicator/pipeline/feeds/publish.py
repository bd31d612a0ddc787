"""From entries that changed to the documents and pages that show them.

    a marked channel | edition | make | compress (on other threads) | save

While one channel's documents are compressed the next one's are made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from typing import Protocol

from syndicator import log
from syndicator.config import Settings
from syndicator.digest.order import CityNames, in_order, names_of
from syndicator.errors import FetchFailed, HostBusy
from syndicator.model import Artefact, Channel, Edition, Scope, Source, WakeUp, month_and_part
from syndicator.pipeline.feeds.pull import HTTP
from syndicator.publish.artefact import compressed
from syndicator.publish.websub import Ping
from syndicator.store.db.database import Database
from syndicator.store.feeds import artefacts, posts, sources
from syndicator.store.issues import issue_archive

logger = log.get("publish")

_COMPRESSORS = 2
"""Threads that compress. Making takes longer than compressing: more would wait for work."""


class Builder(Protocol):
    """Makes what readers see; ``publish.site_builder.SiteBuilder`` is the real one."""

    def make(self, edition: Edition, sources: Sequence[Source]) -> Sequence[Artefact]:
        """Return every document and page of the edition's channel."""

    def pings(self, paths: Sequence[str]) -> tuple[Ping, ...]:
        """Return what a hub is told of documents that changed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Publisher:
    """What publishing touches.

    ``announce`` is called after each commit that changed published bytes, on the thread that
    published: whoever keeps copies in this process learns at once that they are old.
    """

    settings: Settings
    database: Database
    builder: Builder
    announce: WakeUp | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Documents:
    """The documents of a channel, and of them those that may read differently, in compression.

    ``last`` is False for all but the last part of a month.
    """

    channel: Channel
    mark: int
    last: bool
    same: Sequence[Artefact]
    compressing: Sequence[Future[Artefact]]


def publish(publisher: Publisher) -> tuple[str, ...]:
    """Make every channel whose entries changed anew; return the paths that read differently.

    A channel marked again while it is being made stays marked, so nothing is missed; one that
    comes out as the same bytes writes nothing, and is not compressed again.
    """
    changed: set[str] = set()
    with publisher.database.read() as tx:
        marked = artefacts.dirty(tx)
        # Once for all channels, in the transaction of their marks: what changes about a source
        # after it is marked again. To read hundreds of them for each document took longest of all.
        listed = sources.list_all(tx)
    with ThreadPoolExecutor(_COMPRESSORS, thread_name_prefix="compress") as pool:
        waiting: deque[_Documents] = deque()
        for documents in _documents(publisher, marked, listed, pool):
            waiting.append(documents)
            if len(waiting) > 1:
                changed.update(_save(publisher, waiting.popleft()))
        for documents in waiting:
            changed.update(_save(publisher, documents))
    return tuple(sorted(changed))


def _documents(
    publisher: Publisher,
    marked: Mapping[Channel, int],
    listed: Sequence[Source],
    pool: ThreadPoolExecutor,
) -> Iterator[_Documents]:
    """Yield what each marked channel publishes now, a month part by part."""
    for channel, mark in marked.items():
        for part in count(1):
            one_part = replace(channel, part=part)
            documents = _make(publisher, one_part, mark=mark, listed=listed, pool=pool)
            yield documents
            if documents.last:
                break


def _make(
    publisher: Publisher,
    channel: Channel,
    *,
    mark: int,
    listed: Sequence[Source],
    pool: ThreadPoolExecutor,
) -> _Documents:
    combined = publisher.settings.combined
    with publisher.database.read() as tx:
        if channel.scope is Scope.ISSUES:
            edition = in_mail_order(
                issue_archive.edition(tx, channel),
                names=names_of(publisher.settings),
            )
        else:
            edition = posts.edition(tx, channel, size=combined.size, kinds=combined.kinds)
        kept = artefacts.kept(tx, channel)
    same: list[Artefact] = []
    new: list[Artefact] = []
    for artefact in publisher.builder.make(edition, listed):
        unchanged = kept.get(artefact.path) == artefacts.reading(artefact)
        (same if unchanged else new).append(artefact)
    parts = sum(month_and_part(name)[0] == channel.month for name in edition.months)
    return _Documents(
        channel=channel,
        mark=mark,
        last=channel.part >= parts,
        same=same,
        compressing=[
            pool.submit(compressed, artefact, current=channel.month is None) for artefact in new
        ],
    )


def in_mail_order(edition: Edition, *, names: CityNames) -> Edition:
    """Return the edition with the posts of each issue in the order that its mails have."""
    language = edition.channel.value.partition("/")[0]
    return replace(
        edition,
        issues=tuple(
            replace(issue, posts=in_order(issue.posts, language=language, names=names))
            for issue in edition.issues
        ),
    )


def _save(publisher: Publisher, documents: _Documents) -> set[str]:
    channel, last = documents.channel, documents.last
    ready = [*documents.same, *(future.result() for future in documents.compressing)]
    with publisher.database.write() as tx:
        changed = set(artefacts.save(tx, channel, ready, mark=documents.mark if last else None))
        if last and channel.month:
            changed.update(artefacts.end_month(tx, channel))
    if changed and publisher.announce is not None:
        publisher.announce()
    return changed


def ping_hub(http: HTTP, builder: Builder, path: str) -> None:
    """Tell the hub that the document at ``path`` changed, if it is one a hub carries.

    A hub that does not answer is told at the next change: it also looks by itself.
    """
    for ping in builder.pings((path,)):
        try:
            http.post(ping.hub, form=ping.form)
        except (FetchFailed, HostBusy) as error:
            logger.warning("hub not told", topic=ping.topic, detail=str(error))
