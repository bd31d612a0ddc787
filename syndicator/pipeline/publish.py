"""From entries that changed to the documents and pages that tell of them."""

from __future__ import annotations

from syndicator.model import Channel
from syndicator.pipeline.world import World
from syndicator.store import artefacts, posts, sources


def publish(world: World) -> tuple[str, ...]:
    """Make every channel whose entries changed anew; return the paths that read differently.

    A channel marked again while it is being made stays marked, so nothing is missed; one that
    comes out as the same bytes writes nothing.
    """
    changed: set[str] = set()
    with world.database.read() as tx:
        marked = artefacts.dirty(tx)
    for channel, mark in marked.items():
        changed.update(_publish(world, channel, mark=mark))
    return tuple(sorted(changed))


def _publish(world: World, channel: Channel, *, mark: int) -> tuple[str, ...]:
    combined = world.settings.combined
    with world.database.read() as tx:
        edition = posts.edition(tx, channel, size=combined.size, kinds=combined.kinds)
        known = sources.every(tx)
    made = world.make(edition, known)
    with world.database.write() as tx:
        changed = artefacts.save(tx, channel, made, mark=mark)
    if changed:
        world.announce()
    return changed
