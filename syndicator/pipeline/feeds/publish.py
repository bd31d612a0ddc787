"""From entries that changed to the documents and pages that tell of them.

    a marked channel | edition | make | compress (on other threads) | save

While one channel's documents are compressed the next one's are made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count

from syndicator.digest.order import NameOf, in_order
from syndicator.model import Artefact, Channel, Edition, Scope, Source, month_and_part
from syndicator.pipeline.issues.digests import names
from syndicator.pipeline.world import World
from syndicator.publish.artefact import compressed
from syndicator.store.feeds import artefacts, posts, sources
from syndicator.store.issues import issue_archive

_COMPRESSORS = 2
"""Threads that compress. Making takes longer than compressing: more would wait for work."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Made:
    """The documents of a channel, and of them those that may read differently, in compression.

    ``last`` is False for all but the last part of a month.
    """

    channel: Channel
    mark: int
    last: bool
    same: Sequence[Artefact]
    compressing: Sequence[Future[Artefact]]


def publish(world: World) -> tuple[str, ...]:
    """Make every channel whose entries changed anew; return the paths that read differently.

    A channel marked again while it is being made stays marked, so nothing is missed; one that
    comes out as the same bytes writes nothing, and is not compressed again.
    """
    changed: set[str] = set()
    with world.database.read() as tx:
        marked = artefacts.dirty(tx)
        # Once for all channels, in the transaction of their marks: what changes about a source
        # after it is marked again. To read hundreds of them for each document took longest of all.
        known = sources.every(tx)
    with ThreadPoolExecutor(_COMPRESSORS, thread_name_prefix="compress") as pool:
        waiting: deque[_Made] = deque()
        for made in _made(world, marked, known, pool):
            waiting.append(made)
            if len(waiting) > 1:
                changed.update(_save(world, waiting.popleft()))
        for made in waiting:
            changed.update(_save(world, made))
    return tuple(sorted(changed))


def _made(
    world: World, marked: Mapping[Channel, int], known: Sequence[Source], pool: ThreadPoolExecutor
) -> Iterator[_Made]:
    """Yield what each marked channel publishes now, a month part by part."""
    for channel, mark in marked.items():
        for part in count(1):
            made = _make(world, replace(channel, part=part), mark=mark, known=known, pool=pool)
            yield made
            if made.last:
                break


def _make(
    world: World,
    channel: Channel,
    *,
    mark: int,
    known: Sequence[Source],
    pool: ThreadPoolExecutor,
) -> _Made:
    combined = world.settings.combined
    with world.database.read() as tx:
        if channel.scope is Scope.ISSUES:
            edition = told(issue_archive.edition(tx, channel), name_of=names(world.settings))
        else:
            edition = posts.edition(tx, channel, size=combined.size, kinds=combined.kinds)
        kept = artefacts.kept(tx, channel)
    same: list[Artefact] = []
    new: list[Artefact] = []
    for one in world.make(edition, known):
        (same if kept.get(one.path) == artefacts.reading(one) else new).append(one)
    return _Made(
        channel=channel,
        mark=mark,
        last=channel.part >= _parts(edition),
        same=same,
        compressing=[pool.submit(compressed, one, current=channel.month is None) for one in new],
    )


def told(edition: Edition, *, name_of: NameOf) -> Edition:
    """Return the edition with the posts of each issue in the order that its mails have."""
    language = edition.channel.value.partition("/")[0]
    return replace(
        edition,
        issues=tuple(
            replace(issue, posts=in_order(issue.posts, language=language, name_of=name_of))
            for issue in edition.issues
        ),
    )


def _parts(edition: Edition) -> int:
    month = edition.channel.month
    return sum(month_and_part(name)[0] == month for name in edition.months)


def _save(world: World, made: _Made) -> set[str]:
    ready = [*made.same, *(future.result() for future in made.compressing)]
    with world.database.write() as tx:
        mark = made.mark if made.last else None
        changed = set(artefacts.save(tx, made.channel, ready, mark=mark))
        if made.last and made.channel.month:
            changed.update(artefacts.end_month(tx, made.channel))
    if changed:
        world.announce()
    return changed
