"""What becomes of deliveries nobody holds: opened again, cancelled, or due later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update

from syndicator.model import DeliveryState, IssueState
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import IssueRow
from syndicator.store.issues.each_message import DELIVERY
from syndicator.store.issues.sending import IN_HAND, lapse


def recover(tx: Tx, *, holders: str) -> int:
    """Open again what holders whose names begin so had claimed: they are known to be dead.

    What they were sending is uncertain. Return how many deliveries that was.
    """
    theirs = DELIVERY.c.holder.startswith(holders, autoescape=True)
    return sum(lapse(tx, issue_id, theirs) for issue_id in _under_way(tx))


def in_hand(tx: Tx) -> tuple[int, datetime | None]:
    """Return how many deliveries are claimed, by whomever, and when the last of the leases ends."""
    number = func.count(DELIVERY.c.id)
    query = select(number, func.max(DELIVERY.c.lease_until)).where(
        DELIVERY.c.issue_id.in_(_under_way(tx)), DELIVERY.c.state.in_(IN_HAND)
    )
    held, until = tuple(tx.execute(query).one())
    return int(held), until


def _under_way(tx: Tx) -> Sequence[int]:
    states = (IssueState.SENDING, IssueState.PAUSED, IssueState.CANCELLED)
    return tx.execute(select(IssueRow.id).where(IssueRow.state.in_(states))).scalars().all()


def retry_failed(tx: Tx, issue_id: int, *, limit: int = 1_000) -> int:
    """Open up to ``limit`` again that failed or are uncertain, as if never tried; return how many.

    Call until it returns 0. Whose address is suppressed by now is passed by when its turn comes.
    """
    ended = (DeliveryState.FAILED, DeliveryState.UNCERTAIN)
    some = (
        select(DELIVERY.c.id)
        .where(DELIVERY.c.issue_id == issue_id, DELIVERY.c.state.in_(ended))
        .limit(limit)
    )
    again = update(DELIVERY).where(DELIVERY.c.id.in_(some), DELIVERY.c.state.in_(ended))
    opened = again.values(state=DeliveryState.PENDING, attempts=0, not_before=None, unknown_by=None)
    number = tx.execute(opened).rowcount
    if number:
        # What fails now was never looked at.
        anew = update(table_of(IssueRow)).where(IssueRow.id == issue_id)
        tx.execute(anew.values(failures_reviewed=None))
    return number


def give_up(tx: Tx, issue_id: int, *, limit: int = 1_000) -> int:
    """Call up to ``limit`` uncertain deliveries failed; return how many.

    Call until it returns 0.
    """
    held = DELIVERY.c.state == DeliveryState.UNCERTAIN
    some = select(DELIVERY.c.id).where(DELIVERY.c.issue_id == issue_id, held).limit(limit)
    these = update(DELIVERY).where(DELIVERY.c.id.in_(some), held)
    return tx.execute(these.values(state=DeliveryState.FAILED, not_before=None)).rowcount


def cancel(tx: Tx, issue_id: int, *, limit: int = 1_000) -> int:
    """Cancel up to ``limit`` deliveries that are open; return how many. Call until it returns 0."""
    open_ = (DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.CLAIMED)
    some = (
        select(DELIVERY.c.id)
        .where(DELIVERY.c.issue_id == issue_id, DELIVERY.c.state.in_(open_))
        .limit(limit)
    )
    cancelled = update(DELIVERY).where(DELIVERY.c.id.in_(some), DELIVERY.c.state.in_(open_))
    values = {"state": DeliveryState.CANCELLED, "holder": None, "lease_until": None}
    return tx.execute(cancelled.values(**values)).rowcount


def due(tx: Tx, issue_id: int, *, resend: int = 0) -> datetime | None:
    """Return when the next delivery that is not open now will be; ``None`` if none ever will.

    Those in hand count when their lease ends.
    """
    tried = DELIVERY.c.attempts < resend
    later = or_(
        DELIVERY.c.state == DeliveryState.DEFERRED,
        and_(DELIVERY.c.state == DeliveryState.UNCERTAIN, tried),
    )
    query = select(
        func.min(func.coalesce(DELIVERY.c.not_before, DELIVERY.c.at)).filter(later),
        func.min(DELIVERY.c.lease_until).filter(DELIVERY.c.state.in_(IN_HAND)),
    ).where(DELIVERY.c.issue_id == issue_id)
    return min((moment for moment in tx.execute(query).one() if moment), default=None)
