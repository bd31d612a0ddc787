"""What is forgotten by itself, once a day, in steps small enough that nobody waits for them.

unconfirmed requests     after 7 days, with their ledger if nothing was ever agreed to
whoever left             their row after 30 days, as that of a suppressed address
emails to one person     after 30 days (their addresses as soon as they are sent)
new addresses            after 7 days, if they were never confirmed
evidence of consent      as whole chains, when nobody subscribes and the configured time is over
deliveries, reports      400 days after the issue ended, or after they came; counts stay in its log
editors' names           two years after what they did to an issue
contacts of cities       30 days after their feed was asked last; undecided requests after a year
the journal              after two years, but for who is never to be mailed
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from syndicator.config import Settings
from syndicator.pipeline.people.preferences import KEPT_AFTER_LEAVING
from syndicator.pipeline.people.unconfirmed import end_request
from syndicator.store.db.database import Database, Tx
from syndicator.store.people import consents, subscriber_lists, transactional_emails
from syndicator.store.upkeep import retention
from syndicator.store.upkeep.journal import Journal

UNCONFIRMED = timedelta(days=7)
LETTERS = timedelta(days=30)
MOVES = timedelta(days=7)

DELIVERIES = timedelta(days=400)
ACTS = timedelta(days=730)
JOURNAL_LINES = timedelta(days=730)
"""No backup so old may be restored: of who left before, nobody would know."""
UNDECIDED = timedelta(days=365)
CONTACTS = timedelta(days=30)

EVERY = timedelta(days=1)

K = TypeVar("K")


@dataclass(frozen=True, kw_only=True, slots=True)
class RetentionCounts:
    """How much was forgotten of what; ``evidence`` and ``journal`` count lines.

    ``people`` are editors and cities' contacts.
    """

    unconfirmed: int
    left: int
    letters: int
    moves: int
    evidence: int
    deliveries: int = 0
    reports: int = 0
    people: int = 0
    journal: int = 0


def retention_due(database: Database, *, now: datetime) -> bool:
    """Return whether a day has passed since things were last forgotten."""
    with database.read() as tx:
        before = retention.last_run(tx)
    return before is None or now - before >= EVERY


def retain(settings: Settings, database: Database, *, now: datetime) -> RetentionCounts:
    """Forget what is not to be kept any longer. Stopped in the middle, it goes on next time."""
    asked, left, moved = now - UNCONFIRMED, now - KEPT_AFTER_LEAVING, now - MOVES
    ended = now - settings.mail.keeps_evidence
    forgotten = RetentionCounts(
        unconfirmed=_in_steps(
            database,
            partial(subscriber_lists.unconfirmed, before=asked),
            partial(_expire_unconfirmed, before=asked, now=now),
        ),
        left=_in_steps(
            database,
            partial(subscriber_lists.gone, before=left),
            partial(subscriber_lists.purge, before=left),
        ),
        letters=_repeated(
            database, lambda tx: transactional_emails.purge(tx, before=now - LETTERS)
        ),
        moves=_in_steps(
            database,
            partial(subscriber_lists.unfinished_moves, before=moved),
            partial(subscriber_lists.forget_moves, before=moved),
        ),
        evidence=_in_steps(
            database,
            partial(consents.expired, before=ended),
            partial(consents.expire, before=ended),
        ),
        deliveries=_in_steps(
            database,
            partial(retention.old_deliveries, before=now - DELIVERIES),
            partial(retention.forget_deliveries, now=now),
        ),
        reports=_in_steps(
            database,
            partial(retention.old_reports, before=now - DELIVERIES),
            retention.forget_reports,
        ),
        people=_people(database, now=now),
        journal=Journal.in_folder(settings.deployment.data_dir).forget(before=now - JOURNAL_LINES),
    )
    with database.write() as tx:
        retention.note_run(tx, now)
    return forgotten


def _in_steps(
    database: Database, find: Callable[[Tx], Sequence[K]], forget: Callable[[Tx, Sequence[K]], int]
) -> int:
    """Find some and forget them until nothing is found; return how much was forgotten.

    What is looked for among a million is looked for in a read: there nobody waits behind us.
    ``forget`` looks again whether it still is so.
    """
    whole = 0
    while True:
        with database.read() as tx:
            keys = find(tx)
        if not keys:
            return whole
        with database.write() as tx:
            done = forget(tx, keys)
        if not done:
            return whole
        whole += done


def _people(database: Database, *, now: datetime) -> int:
    with database.write() as tx:
        editors = retention.forget_editors(tx, before=now - ACTS)
        contacts = retention.forget_contacts(
            tx, asked_before=now - UNDECIDED, pulled_before=now - CONTACTS
        )
    return editors + contacts


def _repeated(database: Database, step: Callable[[Tx], int]) -> int:
    """Repeat a step, each in a transaction of its own, until it finds nothing more."""
    whole = 0
    while True:
        with database.write() as tx:
            done = step(tx)
        if not done:
            return whole
        whole += done


def _expire_unconfirmed(tx: Tx, ids: Sequence[int], *, before: datetime, now: datetime) -> int:
    expired = subscriber_lists.still_unconfirmed(tx, ids, before=before)
    for subscriber in expired:
        end_request(tx, subscriber, now=now)
        transactional_emails.erase(tx, subscriber.address_hash)
    return len(expired)
