"""Out: leaving by a link, and the addresses that are never mailed again, or may be once more.

The journal is written first: if the database is lost after the answer, it still says so.
"""

from __future__ import annotations

from datetime import datetime

from syndicator.model import Consent, ConsentEvent, Subscriber, SubscriberState, SuppressedBecause
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.store.db.database import Tx
from syndicator.store.people import consents, subscribers, suppressions
from syndicator.store.upkeep.journal import Journal, JournalKind
from syndicator.subscribe.email_tokens import LinkState
from syndicator.subscribe.tokens import is_sample


def check(subscriptions: Subscriptions, token: str) -> LinkState:
    """Return what is so of a way out, and change nothing. Who is not there any more has LEFT."""
    public_id = subscriptions.tokens.leaver(token, now=subscriptions.now())
    if public_id is None:
        return LinkState.SAMPLE if is_sample(token) else LinkState.BROKEN
    with subscriptions.database.read() as tx:
        return _link_state(subscribers.by_public_id(tx, public_id))


def leave(subscriptions: Subscriptions, token: str) -> LinkState:
    """End the subscription a token names; return what was so of it: READY if that was done now.

    Again, and for nobody, is as fine.
    """
    now = subscriptions.now()
    public_id = subscriptions.tokens.leaver(token, now=now)
    if public_id is None:
        return LinkState.SAMPLE if is_sample(token) else LinkState.BROKEN
    with subscriptions.writing() as tx:
        subscriber = subscribers.by_public_id(tx, public_id, ours=True)
        if subscriber is not None:
            end_subscription(tx, subscriptions.journal, subscriber, now=now)
        return _link_state(subscriber)


def suppress(
    subscriptions: Subscriptions,
    address_hash: str,
    reason: SuppressedBecause,
    *,
    detail: str | None = None,
) -> bool:
    """Never mail an address again; False if it was so already.

    Whoever complained has left, too: lifting the suppression does not bring them back.
    """
    now = subscriptions.now()
    with subscriptions.writing() as tx:
        if suppressions.holds(tx, address_hash):
            return False
        subscriptions.journal.append(JournalKind.SUPPRESSED, subject=address_hash, at=now)
        subscriber = subscribers.by_hash(tx, address_hash, ours=True)
        if subscriber is not None and reason is SuppressedBecause.COMPLAINT:
            end_subscription(tx, subscriptions.journal, subscriber, now=now)
        return suppressions.suppress(tx, address_hash, reason, at=now, detail=detail)


def lift(subscriptions: Subscriptions, address_hash: str) -> bool:
    """Let an address be mailed again; False if it was not kept out."""
    now = subscriptions.now()
    with subscriptions.writing() as tx:
        if not suppressions.holds(tx, address_hash):
            return False
        subscriptions.journal.append(JournalKind.LIFTED, subject=address_hash, at=now)
        return suppressions.lift(tx, address_hash, at=now)


def _link_state(subscriber: Subscriber | None) -> LinkState:
    here = subscriber is not None and subscriber.state is not SubscriberState.LEFT
    return LinkState.READY if here else LinkState.LEFT


def end_subscription(
    tx: Tx, journal: Journal, subscriber: Subscriber, *, page: str | None = None, now: datetime
) -> None:
    """End the subscription of somebody whose row is ours; nothing for one who has left.

    Args:
        page: what stands for the page in the ledger, where it was not ours.
    """
    if subscriber.state is SubscriberState.LEFT:
        return
    journal.append(JournalKind.LEFT, subject=subscriber.address_hash, at=now)
    subscribers.leave(tx, subscriber.id, now=now)
    consent = Consent(
        address_hash=subscriber.address_hash, event=ConsentEvent.LEFT, at=now, page=page
    )
    consents.append(tx, consent)
