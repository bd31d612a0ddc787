"""The two statements that run for every message, built once.

BEGIN asks whether the message may still leave, in the transaction that begins it.
"""

from __future__ import annotations

from sqlalchemy import Integer, Update, and_, bindparam, or_, select, update

from syndicator.model import DeliveryState, IssueState, SubscriberState
from syndicator.store.db.base import table_of
from syndicator.store.db.prepared import Prepared
from syndicator.store.db.schema.newsletter import (
    DeliveryRow,
    IssueRow,
    SubscriberRow,
    SuppressionRow,
)

DELIVERY = table_of(DeliveryRow)

LEAVING = select(IssueRow.id).where(
    IssueRow.id == bindparam("issue"),
    IssueRow.state == IssueState.SENDING,
    IssueRow.revision == bindparam("as_read"),
)
"""The issue, while it is being sent as it was read."""


def _begin_statement() -> Update:
    # FOR SHARE: on PostgreSQL an unsubscribe that is just being committed is waited for.
    paused_until = SubscriberRow.paused_until
    reader = (
        select(SubscriberRow.id)
        .where(
            SubscriberRow.public_id == bindparam("reader"),
            SubscriberRow.address == bindparam("to"),
            SubscriberRow.state == SubscriberState.ACTIVE,
            or_(paused_until.is_(None), paused_until <= bindparam("moment")),
        )
        .with_for_update(read=True)
        .scalar_subquery()
    )
    suppressed = (
        select(SuppressionRow.address_hash)
        .where(SuppressionRow.address_hash == DELIVERY.c.address_hash)
        .exists()
    )
    return (
        update(DELIVERY)
        .where(
            DELIVERY.c.id == bindparam("this"),
            DELIVERY.c.state == DeliveryState.CLAIMED,
            DELIVERY.c.holder == bindparam("by"),
            DELIVERY.c.subscriber_id == reader,
            ~suppressed,
            LEAVING.exists(),
        )
        .values(
            state=DeliveryState.SENDING,
            lease_until=bindparam("until"),
            at=bindparam("moment"),
            attempts=DELIVERY.c.attempts + 1,
            revision=bindparam("as_read"),
        )
    )


def _settle_statement() -> Update:
    ours = and_(DELIVERY.c.state == DeliveryState.SENDING, DELIVERY.c.holder == bindparam("by"))
    # Our lease ran out while we waited, and somebody noted so: now we know better.
    doubted = DELIVERY.c.state == DeliveryState.UNCERTAIN
    return (
        update(DELIVERY)
        .where(DELIVERY.c.id == bindparam("this"), or_(ours, doubted))
        .values(
            state=bindparam("now_state"),
            code=bindparam("now_code"),
            detail=bindparam("now_detail"),
            not_before=bindparam("later"),
            at=bindparam("moment"),
            attempts=DELIVERY.c.attempts - bindparam("less", type_=Integer()),
            unknown_by=bindparam("unknown"),
            holder=None,
            lease_until=None,
        )
    )


BEGIN = Prepared(_begin_statement())
"""Begin to send message ``this``, if it may still leave."""
SETTLE = Prepared(_settle_statement())
"""Write down what came of message ``this``."""
