"""What is forgotten by itself, once a day, in steps small enough that nobody waits for them.

unconfirmed requests     after 7 days, with their ledger if nothing was ever agreed to
whoever left             their row after 30 days, as that of a suppressed address
letters                  after 30 days (their addresses as soon as they are sent)
new addresses            after 7 days, if they were never confirmed
evidence of consent      as whole chains, when nobody subscribes and the configured time is over
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from syndicator.pipeline.people import LEFT
from syndicator.pipeline.requests import end_request
from syndicator.pipeline.world import World
from syndicator.store import consents, letters, retained, roll
from syndicator.store.database import Tx

UNCONFIRMED = timedelta(days=7)
LETTERS = timedelta(days=30)
MOVES = timedelta(days=7)

EVERY = timedelta(days=1)

K = TypeVar("K")


@dataclass(frozen=True, kw_only=True, slots=True)
class Forgotten:
    """How much was forgotten of what; ``evidence`` counts lines of the ledger."""

    unconfirmed: int
    left: int
    letters: int
    moves: int
    evidence: int


def retention_due(world: World) -> bool:
    """Return whether a day has passed since things were last forgotten."""
    with world.database.read() as tx:
        before = retained.last(tx)
    return before is None or world.now() - before >= EVERY


def retain(world: World) -> Forgotten:
    """Forget what is not to be kept any longer. Stopped in the middle, it goes on next time."""
    now = world.now()
    asked, left, moved = now - UNCONFIRMED, now - LEFT, now - MOVES
    ended = now - world.settings.mail.keeps_evidence
    gone = Forgotten(
        unconfirmed=_in_steps(
            world,
            partial(roll.unconfirmed, before=asked),
            partial(_expire_unconfirmed, before=asked, now=now),
        ),
        left=_in_steps(world, partial(roll.gone, before=left), partial(roll.purge, before=left)),
        letters=_repeated(world, lambda tx: letters.purge(tx, before=now - LETTERS)),
        moves=_in_steps(
            world,
            partial(roll.unfinished_moves, before=moved),
            partial(roll.forget_moves, before=moved),
        ),
        evidence=_in_steps(
            world,
            partial(consents.expired, before=ended),
            partial(consents.expire, before=ended),
        ),
    )
    with world.database.write() as tx:
        retained.note(tx, now)
    return gone


def _in_steps(
    world: World, find: Callable[[Tx], Sequence[K]], forget: Callable[[Tx, Sequence[K]], int]
) -> int:
    """Find some and forget them until nothing is found; return how much was forgotten.

    What is looked for among a million is looked for in a read: there nobody waits behind us.
    ``forget`` looks again whether it still is so.
    """
    whole = 0
    while True:
        with world.database.read() as tx:
            found = find(tx)
        if not found:
            return whole
        with world.database.write() as tx:
            done = forget(tx, found)
        if not done:
            return whole
        whole += done


def _repeated(world: World, step: Callable[[Tx], int]) -> int:
    """Repeat a step, each in a transaction of its own, until it finds nothing more."""
    whole = 0
    while True:
        with world.database.write() as tx:
            done = step(tx)
        if not done:
            return whole
        whole += done


def _expire_unconfirmed(tx: Tx, found: Sequence[int], *, before: datetime, now: datetime) -> int:
    gone = roll.still_unconfirmed(tx, found, before=before)
    for one in gone:
        end_request(tx, one, now=now)
        letters.erase(tx, one.address_hash)
    return len(gone)
