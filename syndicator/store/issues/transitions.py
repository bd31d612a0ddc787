"""What happens to an issue, each move one conditional UPDATE looked at by its row count.

    waiting -> approved -> sending -> sent       revise: back to waiting, as a new version
                              <- reopen
    paused: goes on where it was                 stopped, skipped, cancelled: told nobody (more)

Two editors, or two workers, at the same moment: one moves it, the other learns that it moved.
Every act leaves a row in ``issue_event``, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update

from syndicator.model import DeliveryState, IssueState
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import DeliveryRow, IssueEvent, IssueItem, IssueRow
from syndicator.store.issues import issue_archive
from syndicator.store.issues.issues import ISSUE

_ITEM = table_of(IssueItem)
_EVENT = table_of(IssueEvent)

BEFORE = (IssueState.WAITING, IssueState.APPROVED)
"""Nothing of it has left yet."""

UNDER_WAY = (*BEFORE, IssueState.SENDING)

UNSETTLED = (
    DeliveryState.PENDING,
    DeliveryState.CLAIMED,
    DeliveryState.SENDING,
    DeliveryState.DEFERRED,
    DeliveryState.UNCERTAIN,
)
"""Deliveries of which more is to be heard."""

_FAILED = (
    select(func.count(DeliveryRow.id))
    .where(DeliveryRow.issue_id == IssueRow.id, DeliveryRow.state == DeliveryState.FAILED)
    .scalar_subquery()
)
"""How many messages of an issue failed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """Something done to an issue. ``by`` is an editor, ``command line``, or ``None`` for us."""

    event: str
    at: datetime
    version: int
    by: str | None
    detail: str | None


def approve(tx: Tx, issue_id: int, *, version: int, by: str, now: datetime) -> bool:
    """Freeze this version to be sent; False if it does not wait, or has a newer version."""
    waits = and_(IssueRow.state == IssueState.WAITING, IssueRow.version == version)
    return _move(tx, issue_id, "approved", waits, by=by, now=now, state=IssueState.APPROVED)


def stop(tx: Tx, issue_id: int, *, by: str, now: datetime, version: int | None = None) -> bool:
    """Say no to an issue before anything of it left; ``version`` only if it still is that one."""
    this = _in_or_paused_in(BEFORE)
    if version is not None:
        this = and_(this, IssueRow.version == version)
    return _move(
        tx, issue_id, "stopped", this, by=by, now=now, state=IssueState.STOPPED, ended_at=now
    )


def revise(
    tx: Tx,
    issue_id: int,
    *,
    version: int,
    greetings: Mapping[str, str],
    left_out: Collection[str],
    content_hash: str,
    by: str,
    now: datetime,
) -> int | None:
    """Make a new version with these greetings and without these posts; return its number.

    An approval of the version before counts no more. ``None``, and nothing changes, if the issue
    is past approval or somebody else made a new version first.
    """
    this = and_(IssueRow.state.in_(BEFORE), IssueRow.version == version)
    newer = version + 1
    if not _move(
        tx,
        issue_id,
        "revised",
        this,
        by=by,
        now=now,
        state=IssueState.WAITING,
        version=newer,
        greetings=dict(greetings),
        content_hash=content_hash,
    ):
        return None
    gone = IssueItem.public_id.in_(sorted(left_out))
    tx.execute(update(_ITEM).where(IssueItem.issue_id == issue_id).values(left_out=gone))
    return newer


def pause(tx: Tx, issue_id: int, *, by: str, now: datetime, why: str | None = None) -> bool:
    """Let nothing more of the issue leave until ``resume``; False if it is past or is paused."""
    return _move(
        tx,
        issue_id,
        "paused",
        IssueRow.state.in_(UNDER_WAY),
        by=by,
        now=now,
        why=why,
        state=IssueState.PAUSED,
        resumes=IssueRow.state,
    )


def resume(tx: Tx, issue_id: int, *, by: str, now: datetime) -> bool:
    """Let a paused issue go on where it was; False if it is not paused.

    What failed until now pauses it no more; whether it is held against anybody is not said by this.
    """
    return _move(
        tx,
        issue_id,
        "resumed",
        IssueRow.state == IssueState.PAUSED,
        by=by,
        now=now,
        state=IssueRow.resumes,
        resumes=None,
        failures_reviewed=_FAILED,
    )


def cancel(tx: Tx, issue_id: int, *, by: str, now: datetime) -> bool:
    """End an issue for good, also in the middle of its send; False if it has ended.

    What is being handed to the relay at this moment still leaves; nothing after it does.
    """
    return _move(
        tx,
        issue_id,
        "cancelled",
        _in_or_paused_in(UNDER_WAY),
        by=by,
        now=now,
        state=IssueState.CANCELLED,
        ended_at=now,
    )


def skip(tx: Tx, issue_id: int, *, why: str, now: datetime) -> bool:
    """Give up an issue whose time is over before anything of it left; ``why`` is kept with it."""
    return _move(
        tx,
        issue_id,
        "skipped",
        _in_or_paused_in(BEFORE),
        by=None,
        now=now,
        why=why,
        state=IssueState.SKIPPED,
        ended_at=now,
        detail=why,
    )


def unapprove(tx: Tx, issue_id: int, *, version: int, why: str, now: datetime) -> bool:
    """Let an approved issue wait again: what it would send may not be sent, as ``why`` says."""
    this = and_(IssueRow.state == IssueState.APPROVED, IssueRow.version == version)
    return _move(tx, issue_id, "refused", this, by=None, now=now, why=why, state=IssueState.WAITING)


def start(tx: Tx, issue_id: int, *, version: int, now: datetime) -> bool:
    """Begin to send the approved version; False if another began, or it is not approved.

    From now on the archive shows it.
    """
    this = and_(IssueRow.state == IssueState.APPROVED, IssueRow.version == version)
    began = _move(
        tx, issue_id, "started", this, by=None, now=now, state=IssueState.SENDING, started_at=now
    )
    if began:
        issue_archive.mark(tx, issue_id)
    return began


def finish(tx: Tx, issue_id: int, *, now: datetime, resend: int = 0) -> bool:
    """Call an issue sent of whose deliveries nothing more is to be heard; False if it is not so.

    Args:
        resend: an uncertain delivery that was tried fewer times than this is offered again. One
            that is not is held: it waits for a person, and the issue for it no longer.
    """
    over = _heard(issue_id, resend=resend)
    return _move(tx, issue_id, "sent", over, by=None, now=now, state=IssueState.SENT, ended_at=now)


def heard(tx: Tx, issue_id: int, *, resend: int = 0) -> bool:
    """Return whether ``finish`` would call an issue sent."""
    over = select(IssueRow.id).where(IssueRow.id == issue_id, _heard(issue_id, resend=resend))
    return tx.execute(over).first() is not None


def _heard(issue_id: int, *, resend: int) -> ColumnElement[bool]:
    theirs = DeliveryRow.issue_id == issue_id
    unsettled = select(DeliveryRow.id).where(theirs, DeliveryRow.state.in_(UNSETTLED[:-1]))
    uncertain = select(DeliveryRow.id).where(
        theirs, DeliveryRow.state == DeliveryState.UNCERTAIN, DeliveryRow.attempts < resend
    )
    return and_(IssueRow.state == IssueState.SENDING, ~unsettled.exists(), ~uncertain.exists())


def reopen(tx: Tx, issue_id: int, *, by: str, now: datetime) -> bool:
    """Let an issue that was sent be sent again to those it failed for; False if it is not sent.

    Its place in the archive and the moment it began stay as they are.
    """
    sent = IssueRow.state == IssueState.SENT
    return _move(
        tx, issue_id, "retried", sent, by=by, now=now, state=IssueState.SENDING, ended_at=None
    )


def holding(tx: Tx) -> Mapping[str, int]:
    """Return how many deliveries each issue that was sent holds, uncertain, for a person to decide
    about; by its name, those that hold none left out."""
    number = func.count(DeliveryRow.id).label("number")
    rows = tx.execute(
        select(IssueRow.cadence, IssueRow.period, number)
        .join(DeliveryRow, DeliveryRow.issue_id == IssueRow.id)
        .where(IssueRow.state == IssueState.SENT, DeliveryRow.state == DeliveryState.UNCERTAIN)
        .group_by(IssueRow.cadence, IssueRow.period)
    )
    return {f"{row.cadence}/{row.period}": row.number for row in rows}


def under_delivery(tx: Tx, *, sending: bool = True) -> tuple[int, ...]:
    """Return the issues whose outbox has work: those being sent, unless ``sending`` is False, and
    cancelled ones with something left in it."""
    left = (
        select(DeliveryRow.id)
        .where(DeliveryRow.issue_id == IssueRow.id, DeliveryRow.state.in_(UNSETTLED[:-1]))
        .exists()
    )
    cancelled = and_(IssueRow.state == IssueState.CANCELLED, left)
    working = or_(IssueRow.state == IssueState.SENDING, cancelled) if sending else cancelled
    return tuple(tx.execute(select(IssueRow.id).where(working).order_by(IssueRow.id)).scalars())


def once(
    tx: Tx,
    issue_id: int,
    event: str,
    *,
    version: int,
    now: datetime,
    detail: str | None = None,
    ever: bool = False,
) -> bool:
    """Note that ``event`` happened to this version; False if it had, or the version is past.

    ``ever``: also False if it happened to an earlier version.

    Of two workers the second waits for the first's commit and then finds its row: what is written
    beside this, such as emails, is written once.
    """
    this = and_(IssueRow.id == issue_id, IssueRow.version == version)
    # Changes nothing, but holds the row until the end of the transaction.
    if tx.execute(update(ISSUE).where(this).values(version=version)).rowcount != 1:
        return False
    before = select(IssueEvent.id).where(IssueEvent.issue_id == issue_id, IssueEvent.event == event)
    if not ever:
        before = before.where(IssueEvent.version == version)
    if tx.execute(before).first() is not None:
        return False
    note(tx, issue_id, event, version=version, now=now, detail=detail)
    return True


def note(
    tx: Tx,
    issue_id: int,
    event: str,
    *,
    version: int,
    now: datetime,
    by: str | None = None,
    detail: str | None = None,
) -> None:
    """Write one line of the audit log."""
    row = {
        "issue_id": issue_id,
        "at": now,
        "event": event,
        "version": version,
        "by": by,
        "detail": detail,
    }
    tx.execute(insert(_EVENT), row)


def acts(tx: Tx, issue_id: int) -> tuple[Act, ...]:
    """Return everything done to an issue, oldest first."""
    rows = tx.execute(
        select(
            IssueEvent.event, IssueEvent.at, IssueEvent.version, IssueEvent.by, IssueEvent.detail
        )
        .where(IssueEvent.issue_id == issue_id)
        .order_by(IssueEvent.id)
    )
    return tuple(Act(**row._mapping) for row in rows)


def happened(tx: Tx, issue_id: int, event: str, *, version: int) -> bool:
    """Return True if ``event`` happened to this version."""
    return any(act.event == event and act.version == version for act in acts(tx, issue_id))


def _in_or_paused_in(states: Collection[IssueState]) -> ColumnElement[bool]:
    """It is in one of the states, or paused there."""
    there = tuple(states)
    paused = and_(IssueRow.state == IssueState.PAUSED, IssueRow.resumes.in_(there))
    return or_(IssueRow.state.in_(there), paused)


def _move(
    tx: Tx,
    issue_id: int,
    event: str,
    this: ColumnElement[bool],
    *,
    by: str | None,
    now: datetime,
    why: str | None = None,
    **values: Any,
) -> bool:
    moved = tx.execute(
        update(ISSUE)
        .where(IssueRow.id == issue_id, this)
        .values(**values)
        .returning(IssueRow.version)
    ).scalar()
    if moved is None:
        return False
    note(tx, issue_id, event, version=moved, now=now, by=by, detail=why)
    return True
