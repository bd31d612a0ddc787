"""What failures of an issue come to, for those whose mail failed: nothing, until it is sure.

    failures | few       > who does not exist is suppressed once the issue is over
             | too many  > the issue pauses, people hear, and nobody is suppressed
    a person | confirm   > they are real: suppressed
             | lift      > they are not: what this issue suppressed is lifted, the rest forgotten

A relay that lost its mind for an hour calls everybody unknown, at once or by report. What it says
therefore stands with the delivery first. Killed at any moment, each act is done again from where it
was; what must outlive the database stands in the journal before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from syndicator import log
from syndicator.deliver.mass import LEAST, too_many
from syndicator.model import (
    DeliveryState,
    IssueState,
    Notice,
    NoticeKind,
    SuppressedBecause,
    UnknownBy,
)
from syndicator.pipeline.people.leave import end_subscription
from syndicator.store import notices
from syndicator.store.db.database import Database, Tx
from syndicator.store.issues import failures, issues, outbox, transitions
from syndicator.store.issues.failures import Unknown
from syndicator.store.people import subscribers, suppressions
from syndicator.store.upkeep.journal import Journal, JournalKind

logger = log.get("failures")


REPORTS_COME = timedelta(days=1)
"""How long after an issue ended reports on it are gathered before one suppresses anybody."""

SPOKEN_OF = timedelta(days=7)
"""How long after an issue ended reports may still make people hear of it."""

_OPEN = (*transitions.UNDER_WAY, IssueState.PAUSED)

SOME = 100
"""Addresses in one transaction."""

BY_REPORT = "report"
"""Stands in the consent ledger for the page, where somebody left by a report."""


class Because(StrEnum):
    """Why a word about an issue's failures changed nothing."""

    NOT_DOUBTED = "not_doubted"
    NOTHING_SUPPRESSED = "nothing_suppressed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """What a person's word about an issue's failures came to: for how many addresses.

    ``because`` is there if it changed nothing.
    """

    addresses: int = 0
    because: Because | None = None


def doubt(tx: Tx, issue_id: int, *, now: datetime) -> None:
    """Pause an issue and let a person say whether its failures are real.

    One that has ended stays ended, and one that is so already as it is.
    """
    new = failures.doubt(tx, issue_id, now=now)
    counted = failures.count(tx, issue_id)
    why = f"{counted.failed} of {counted.of} failed"
    if transitions.pause(tx, issue_id, by=NoticeKind.ISSUE_FAILURES, now=now, why=why) or new:
        put_notice(tx, issue_id, now=now)
        tx.after_commit(lambda: logger.error("too many failures", issue=issue_id, why=why))


def put_notice(tx: Tx, issue_id: int, *, now: datetime) -> None:
    """Let people hear how many messages of an issue failed, and what was answered most often."""
    issue, counted = issues.status(tx, issue_id), failures.count(tx, issue_id)
    assert issue is not None, "an issue is never deleted"
    reasons = outbox.reasons(tx, issue_id, DeliveryState.FAILED)
    facts = {
        "failed": str(counted.failed),
        "of": str(counted.of),
        "fact": next(iter(reasons), ""),
    }
    notices.put(tx, Notice(kind=NoticeKind.ISSUE_FAILURES, subject=issue.name, at=now, facts=facts))


def doubt_if_many(database: Database, issue_id: int, *, now: datetime) -> bool:
    """Return whether a person must say if the failures of an issue are real, or go on with it."""
    with database.read() as tx:
        counted = failures.count(tx, issue_id, least=LEAST)
    if not too_many(counted.failed, of=counted.of, reviewed=counted.reviewed):
        return False
    with database.write(durable=True) as tx:
        doubt(tx, issue_id, now=now)
    return True


def suppress_unknown(database: Database, journal: Journal, issue_id: int, *, now: datetime) -> int:
    """Suppress whoever an issue's failures called unknown, unless they are doubted; how many.

    Whoever is called so by a report that others could have written has left instead.
    """
    suppressed = 0
    while _anybody(database, issue_id):
        with database.write(durable=True) as tx:
            some = _undoubted(tx, issue_id)
            suppressed += _suppress(tx, journal, issue_id, some, now=now)
            for unknown in some:
                if unknown.by is UnknownBy.WAY_OUT:
                    leave_by_mail(tx, journal, unknown.reader, page=BY_REPORT, now=now)
            failures.settle(tx, [unknown.delivery for unknown in some])
    return suppressed


def _anybody(database: Database, issue_id: int) -> bool:
    with database.read() as tx:
        return bool(_undoubted(tx, issue_id, limit=1))


def _undoubted(tx: Tx, issue_id: int, *, limit: int = SOME) -> tuple[Unknown, ...]:
    """Return whom an issue's failures are to suppress next.

    Asked in the transaction that does so: a doubt that is just being cast is waited for.
    """
    if failures.count(tx, issue_id, least=LEAST).doubted:
        return ()
    return failures.unknown(tx, issue_id, limit=limit)


def _suppress(
    tx: Tx, journal: Journal, issue_id: int, some: tuple[Unknown, ...], *, now: datetime
) -> int:
    new = [
        unknown
        for unknown in some
        if unknown.by is UnknownBy.SIGNED and not suppressions.holds(tx, unknown.address_hash)
    ]
    hashes = [unknown.address_hash for unknown in new]
    journal.append_each(JournalKind.SUPPRESSED, subjects=hashes, at=now)
    why = SuppressedBecause.HARD_BOUNCE
    for unknown in new:
        suppressions.suppress(
            tx, unknown.address_hash, why, at=now, detail=unknown.detail, issue=issue_id
        )
    return len(new)


def leave_by_mail(
    tx: Tx, journal: Journal, reader: str | None, *, page: str, now: datetime
) -> None:
    """End the subscription of a reader, by their public id; nothing for nobody."""
    subscriber = subscribers.by_public_id(tx, reader, ours=True) if reader else None
    if subscriber is not None:
        end_subscription(tx, journal, subscriber, page=page, now=now)


def check(database: Database, journal: Journal, issue_id: int, *, now: datetime) -> int:
    """Doubt the failures of an issue if they are too many; else, once reports had their time,
    suppress whom they called unknown. Return how many are suppressed."""
    if doubt_if_many(database, issue_id, now=now):
        return 0
    with database.read() as tx:
        issue = issues.status(tx, issue_id)
    if issue is None or issue.state in _OPEN:
        return 0
    if issue.ended_at is not None and now - issue.ended_at < REPORTS_COME:
        return 0
    return suppress_unknown(database, journal, issue_id, now=now)


def check_all(database: Database, journal: Journal, *, now: datetime) -> None:
    """Look at every issue of which something may still fail, come back or suppress somebody."""
    with database.read() as tx:
        watched = failures.watched(tx, since=now - SPOKEN_OF)
    for issue_id in watched:
        check(database, journal, issue_id, now=now)


# --- what a person says ---------------------------------------------------------------------------


def confirm(
    database: Database, journal: Journal, issue_id: int, *, by: str, now: datetime
) -> Decided:
    """Call the failures of an issue real: whoever they called unknown is suppressed.

    Killed in between, the rest follows by itself.
    """
    if not _decided(database, issue_id, "failures_confirmed", by=by, now=now):
        return Decided(because=Because.NOT_DOUBTED)
    return Decided(addresses=suppress_unknown(database, journal, issue_id, now=now))


def lift(database: Database, journal: Journal, issue_id: int, *, by: str, now: datetime) -> Decided:
    """Hold no failure of an issue against anybody: lift what it suppressed, forget what waits.

    Killed in between, it may be said again.
    """
    was = _decided(database, issue_id, "failures_lifted", by=by, now=now)
    forgotten = lifted = 0
    while some := _forget_some(database, issue_id):
        forgotten += some
    while some := _lift_some(database, journal, issue_id, now=now):
        lifted += some
    if not was and not forgotten and not lifted:
        return Decided(because=Because.NOTHING_SUPPRESSED)
    return Decided(addresses=forgotten + lifted)


def _decided(database: Database, issue_id: int, event: str, *, by: str, now: datetime) -> bool:
    with database.write(durable=True) as tx:
        issue = issues.status(tx, issue_id)
        counted = failures.count(tx, issue_id)
        if issue is None or not counted.doubted:
            return False
        failures.decide(tx, issue_id, reviewed=counted.failed)
        why = f"{counted.failed} of {counted.of} failed"
        transitions.note(tx, issue_id, event, version=issue.version, now=now, by=by, detail=why)
        notices.clear(tx, NoticeKind.ISSUE_FAILURES, issue.name)
        return True


def _forget_some(database: Database, issue_id: int) -> int:
    with database.write(durable=True) as tx:
        some = failures.unknown(tx, issue_id, limit=SOME)
        failures.settle(tx, [unknown.delivery for unknown in some])
        return len(some)


def _lift_some(database: Database, journal: Journal, issue_id: int, *, now: datetime) -> int:
    with database.write(durable=True) as tx:
        some = suppressions.of_issue(tx, issue_id, limit=SOME)
        journal.append_each(JournalKind.LIFTED, subjects=some, at=now)
        for address_hash in some:
            suppressions.lift(tx, address_hash, at=now)
        return len(some)
