"""What has had its time: taken out in steps, each a transaction short enough for all others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update

from syndicator.model import IssueState, SourceState
from syndicator.store.db import meta
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.incoming import SourceRow
from syndicator.store.db.schema.newsletter import BounceRow, DeliveryRow, IssueEvent, IssueRow
from syndicator.store.db.schema.outgoing import RegistrationRow
from syndicator.store.issues import transitions
from syndicator.store.issues.deliveries import tally

MANY = 500
"""Of a million rows at most so many go in one transaction."""

AN_EDITOR = "an editor"
FORGOTTEN = "forgotten"
"""What the audit log says when the deliveries of an issue go; how many stood where stays there."""

_OVER = (IssueState.SENT, IssueState.CANCELLED, IssueState.STOPPED, IssueState.SKIPPED)
_UNHEARD = (SourceState.GONE, SourceState.RETIRED)

_LAST_RUN = "retained_at"


def old_deliveries(tx: Tx, *, before: datetime) -> tuple[int, ...]:
    """Return the ids of up to ``MANY`` deliveries of one issue that ended before then."""
    there = select(DeliveryRow.id).where(DeliveryRow.issue_id == IssueRow.id).exists()
    ended = (
        select(IssueRow.id)
        .where(IssueRow.state.in_(_OVER), IssueRow.ended_at < before, there)
        .order_by(IssueRow.id)
        .limit(1)
    )
    theirs = DeliveryRow.issue_id == ended.scalar_subquery()
    return tuple(tx.execute(select(DeliveryRow.id).where(theirs).limit(MANY)).scalars())


def forget_deliveries(tx: Tx, ids: Sequence[int], *, now: datetime) -> int:
    """Delete these deliveries of one issue; return how many.

    Before the first goes, the issue's log says how many there were in which state.
    """
    issue = tx.execute(
        select(IssueRow.id, IssueRow.version)
        .join(table_of(DeliveryRow), DeliveryRow.issue_id == IssueRow.id)
        .where(DeliveryRow.id == ids[0])
    ).one_or_none()
    if issue is None:
        return 0
    if not transitions.happened(tx, issue.id, FORGOTTEN, version=issue.version):
        counts = sorted((state.value, number) for state, number in tally(tx, issue.id).items())
        detail = ", ".join(f"{number} {state}" for state, number in counts)
        transitions.note(tx, issue.id, FORGOTTEN, version=issue.version, now=now, detail=detail)
    return tx.execute(delete(DeliveryRow).where(DeliveryRow.id.in_(ids))).rowcount


def old_reports(tx: Tx, *, before: datetime) -> tuple[int, ...]:
    """Return the ids of up to ``MANY`` reports that were kept before then."""
    rows = tx.execute(select(BounceRow.id).where(BounceRow.at < before).limit(MANY))
    return tuple(rows.scalars())


def forget_reports(tx: Tx, ids: Sequence[int]) -> int:
    """Delete these reports; return how many."""
    return tx.execute(delete(BounceRow).where(BounceRow.id.in_(ids))).rowcount


def forget_editors(tx: Tx, *, before: datetime) -> int:
    """Let acts from before then be an editor's, and no longer say whose; return how many."""
    named = update(table_of(IssueEvent)).where(
        IssueEvent.at < before, IssueEvent.by.contains("@", autoescape=True)
    )
    return tx.execute(named.values(by=AN_EDITOR)).rowcount


def forget_contacts(tx: Tx, *, asked_before: datetime, pulled_before: datetime) -> int:
    """Forget who registered a feed where nobody needs to write to them; return how many.

    Args:
        asked_before: registrations from before then that nobody decided on are deleted.
        pulled_before: of sources that are not followed any more, those last asked before then.
    """
    undecided = delete(RegistrationRow).where(
        RegistrationRow.state == SourceState.PENDING, RegistrationRow.at < asked_before
    )
    decided = update(table_of(RegistrationRow)).where(
        RegistrationRow.state != SourceState.PENDING, RegistrationRow.contact != ""
    )
    pulled = func.coalesce(SourceRow.last_attempt_at, SourceRow.last_success_at)
    ended = update(table_of(SourceRow)).where(
        SourceRow.state.in_(_UNHEARD),
        SourceRow.contact.is_not(None),
        or_(pulled.is_(None), pulled < pulled_before),
    )
    return sum(
        tx.execute(statement).rowcount
        for statement in (undecided, decided.values(contact=""), ended.values(contact=None))
    )


def last_run(tx: Tx) -> datetime | None:
    """Return when all this was last done to the end; ``None`` if never."""
    word = meta.get(tx, _LAST_RUN)
    return None if word is None else datetime.fromisoformat(word)


def note_run(tx: Tx, at: datetime) -> None:
    """Remember that all this was done to the end."""
    meta.put(tx, _LAST_RUN, at.isoformat())
