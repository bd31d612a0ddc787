"""Letters, sent before newsletters: from the small outbox to the relay, oldest first.

a letter | write | message | relay      > an inbox, and the address forgotten
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syndicator import log
from syndicator.errors import PermanentFailure, TemporaryFailure
from syndicator.model import Letter, NoticeKind
from syndicator.pipeline.issues.newsletter_sender import Taker, TransactionalSender
from syndicator.pipeline.people import bounce_handling
from syndicator.pipeline.standing_notices import tell
from syndicator.pipeline.world import World
from syndicator.store.people import bounces, transactional_emails
from syndicator.subscribe.email_tokens import LASTS

logger = log.get("letters")

LEASE = timedelta(minutes=5)
"""How long a letter stays claimed if the process that claimed it dies."""

SOON = timedelta(minutes=2)
"""The shortest wait before a letter that was not taken is offered again."""

TRIES = timedelta(days=1)
"""For how long a letter is offered: its link would soon be late."""

PATIENCE = timedelta(minutes=10)
"""How long a letter waits for a relay that is away until people hear of it: some only restart."""

LATE = timedelta(days=7)
"""A letter so old tells nobody anything; one with a link is too late when the link is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """What became of the letters that were open: ``later`` are offered again."""

    sent: int = 0
    later: int = 0
    failed: int = 0


def post_letters(world: World, room: TransactionalSender) -> Posted:
    """Send every letter that is open; return what became of them.

    One that nobody takes, or that cannot be written, does not stop the others.
    """
    ends: list[str] = []
    while chunk := _claimed(world):
        with room.connect() as relay:
            ends += _send_all(world, room, relay, chunk)
    return Posted(sent=ends.count(_SENT), later=ends.count(_LATER), failed=ends.count(_FAILED))


_SENT, _LATER, _FAILED = "sent", "later", "failed"


def letters_wait(world: World) -> bool:
    """Return whether a letter could be sent now."""
    with world.database.read() as tx:
        return transactional_emails.waiting(tx, now=world.now()) > 0


def _claimed(world: World) -> Sequence[Letter]:
    if not letters_wait(world):
        return ()
    with world.database.write(durable=True) as tx:
        return transactional_emails.claim(tx, now=world.now(), lease=LEASE)


def _send_all(
    world: World, room: TransactionalSender, relay: Taker, chunk: Sequence[Letter]
) -> list[str]:
    ends = []
    for at, letter in enumerate(chunk):
        try:
            ends.append(_send(world, room, relay, letter))
        except _Away as away:
            # Nobody answers: the rest would only wait as long for as little.
            rest = chunk[at:]
            for left in rest:
                _put_off(world, left, detail=str(away))
            if world.now() - letter.at >= PATIENCE:
                tell(world.database, NoticeKind.RELAY_AWAY, holds=True, now=world.now())
            return ends + [_LATER] * len(rest)
    if _SENT in ends:
        tell(world.database, NoticeKind.RELAY_AWAY, holds=False, now=world.now())
    return ends


class _Away(Exception):
    """No relay answered."""


def _send(world: World, room: TransactionalSender, relay: Taker, letter: Letter) -> str:
    if world.now() - letter.at >= LASTS.get(letter.kind, LATE):
        return _give_up(world, letter, detail="too late to be sent")
    try:
        message = room.message(room.write(letter), letter)
    except Exception as error:
        # A template that an operator changed, most often. The next letter may be of another kind.
        logger.exception("letter not written", letter=letter.id, kind=letter.kind.value)
        return _put_off(world, letter, detail=type(error).__name__)
    try:
        relay.send(message, sender=room.sender(letter), recipient=letter.address)
    except TemporaryFailure as error:
        if not error.code:
            raise _Away(error.reply) from error
        return _put_off(world, letter, detail=str(error))
    except PermanentFailure as error:
        return _refused(world, room, letter, error)
    with world.database.write() as tx:
        transactional_emails.sent(tx, letter.id, now=world.now())
    logger.info("letter sent", letter=letter.id, kind=letter.kind.value)
    return _SENT


def _put_off(world: World, letter: Letter, *, detail: str) -> str:
    now = world.now()
    if now - letter.at >= TRIES:
        return _give_up(world, letter, detail=detail)
    with world.database.write() as tx:
        transactional_emails.put_off(
            tx, letter.id, not_before=_again(world, letter.at, now), detail=detail
        )
    logger.warning("letter put off", letter=letter.id, kind=letter.kind.value, detail=detail)
    return _LATER


def _again(world: World, asked: datetime, now: datetime) -> datetime:
    """Return when a letter is offered again: ever later, and not all at the same moment."""
    return now + max(SOON, (now - asked) / 2) * (1 + world.jitter() / 4)


def _refused(
    world: World, room: TransactionalSender, letter: Letter, error: PermanentFailure
) -> str:
    """Give a letter up and let its address bear what a report of the same would have come to.

    At once: of a letter that is given up nobody would ever learn again what was answered.
    """
    failure, detail = bounce_handling.refused(error), str(error)
    with world.database.write(durable=True) as tx:
        transactional_emails.failed(tx, letter.id, detail=detail)
        whose = bounces.addressee_of_letter(tx, letter.id, address=letter.address_hash)
        if whose is not None:
            key = f"letter {letter.id} {letter.address_hash[:40]}"
            bounce_handling.keep(tx, key, failure, whose, now=world.now())
            bounce_handling.bear(tx, room.journal, failure, whose, now=world.now())
    return _given_up(letter, detail=detail)


def _give_up(world: World, letter: Letter, *, detail: str) -> str:
    with world.database.write() as tx:
        transactional_emails.failed(tx, letter.id, detail=detail)
    return _given_up(letter, detail=detail)


def _given_up(letter: Letter, *, detail: str) -> str:
    logger.error("letter not taken", letter=letter.id, kind=letter.kind.value, detail=detail)
    return _FAILED
