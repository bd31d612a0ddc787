"""What is forgotten by itself, once a day, in steps small enough that nobody waits for them.

unconfirmed requests     after 7 days, with their ledger if nothing was ever agreed to
whoever left             their row after 30 days, as that of a suppressed address
letters                  after 30 days (their addresses as soon as they are sent)
new addresses            after 7 days, if they were never confirmed
evidence of consent      as whole chains, when nobody subscribes and the configured time is over
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicator.pipeline.people import LEFT
from syndicator.pipeline.requests import end_request
from syndicator.pipeline.world import World
from syndicator.store import consents, letters, retained, roll
from syndicator.store.database import Tx

UNCONFIRMED = timedelta(days=7)
LETTERS = timedelta(days=30)
MOVES = timedelta(days=7)

EVERY = timedelta(days=1)


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
    kept = world.settings.mail.keeps_evidence
    gone = Forgotten(
        unconfirmed=_repeated(world, lambda tx: _expire_unconfirmed(tx, now=now)),
        left=_repeated(world, lambda tx: roll.purge_left(tx, before=now - LEFT)),
        letters=_repeated(world, lambda tx: letters.purge(tx, before=now - LETTERS)),
        moves=_once(world, lambda tx: roll.forget_moves(tx, before=now - MOVES)),
        evidence=_expire_evidence(world, before=now - kept),
    )
    with world.database.write() as tx:
        retained.note(tx, now)
    return gone


def _once(world: World, step: Callable[[Tx], int]) -> int:
    with world.database.write() as tx:
        return step(tx)


def _repeated(world: World, step: Callable[[Tx], int]) -> int:
    """Repeat a step, each in a transaction of its own, until it finds nothing more."""
    whole = 0
    while done := _once(world, step):
        whole += done
    return whole


def _expire_unconfirmed(tx: Tx, *, now: datetime) -> int:
    gone = roll.unconfirmed(tx, before=now - UNCONFIRMED)
    for one in gone:
        end_request(tx, one, now=now)
        letters.erase(tx, one.address_hash)
    return len(gone)


def _expire_evidence(world: World, *, before: datetime) -> int:
    whole = 0
    while True:
        with world.database.read() as tx:
            hashes = consents.expired(tx, before=before)
        if not hashes:
            return whole
        with world.database.write() as tx:
            gone = consents.expire(tx, hashes, before=before)
        if not gone:
            return whole
        whole += gone
