"""The units of work by name, and the tick that finds what is due.

A task gets a key and looks in the tables for the rest: woken twice it does nothing the second
time, never woken it is found by the next tick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from syndicator import log
from syndicator.pipeline import Pulled, World, publish, pull
from syndicator.store import artefacts, sources

logger = log.get("tasks")

PULL = "pull"
PUBLISH = "publish"

MANY = 500
"""How many sources one tick wakes at most; the next tick finds the rest."""


class Engine(Protocol):
    """Who wakes the tasks. The contract is one: a wake-up may be lost, and may come twice."""

    def enqueue(self, tx: Any, task: str, key: str) -> None:
        """Wake ``task`` for ``key`` once ``tx`` has committed, never if it rolls back."""

    def wake(self, task: str, key: str) -> None:
        """Wake ``task`` for ``key`` now."""


def tick(world: World, engine: Engine) -> None:
    """Wake what the tables say is due; woken work that is not due any more does nothing."""
    with world.database.read() as tx:
        due = sources.due(tx, now=world.now(), limit=MANY)
        stale = bool(artefacts.dirty(tx))
    for source_id in due:
        engine.wake(PULL, str(source_id))
    if stale:
        engine.wake(PUBLISH, "")


def pull_source(world: World, engine: Engine, key: str) -> None:
    """Pull the source whose id is ``key`` if it is due, and wake the press if readers see more."""
    pulled = pull(world, int(key))
    if not isinstance(pulled, Pulled):
        return
    report(pulled)
    if pulled.changes.visible:
        engine.wake(PUBLISH, "")


def publish_all(world: World, _engine: Engine, _key: str) -> None:
    """Make every channel anew whose entries changed."""
    changed = publish(world)
    if changed:
        logger.info("artefacts published", changed=len(changed))


TASKS: Mapping[str, Callable[[World, Engine, str], None]] = {
    PULL: pull_source,
    PUBLISH: publish_all,
}


def report(pulled: Pulled) -> None:
    """Log one pull: once, with its facts."""
    source, changes = pulled.source, pulled.changes
    if pulled.failed is not None:
        reason, detail = pulled.failed
        logger.warning(
            "source not read",
            source=source.key,
            reason=reason.value,
            detail=detail,
            failures=source.failures + 1,
        )
        return
    logger.info(
        "source read",
        source=source.key,
        outcome=type(pulled.outcome).__name__.lower(),
        new=len(changes.new),
        changed=len(changes.changed),
        held=sum(entry.held is not None for entry in changes.new),
        deleted=len(changes.deleted),
    )
