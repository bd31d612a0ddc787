"""A change of address: asked for by its holder, confirmed at the new one.

request --an email to the new address--> check --> confirm --an email to the old address
"""

from __future__ import annotations

from datetime import datetime

from syndicator.model import Consent, ConsentEvent, EmailKind, Subscriber, SubscriberState
from syndicator.pipeline.people.confirm import consent_by_link
from syndicator.pipeline.people.preferences import holder
from syndicator.pipeline.people.queue_email import queue_email
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.store.db.database import Tx
from syndicator.store.people import (
    bounces,
    consents,
    subscribers,
    suppressions,
    transactional_emails,
)
from syndicator.store.upkeep.journal import JournalKind
from syndicator.subscribe.email_tokens import LinkState, TokenClaims
from syndicator.subscribe.throttle import REST


def request(subscriptions: Subscriptions, token: str, address: str) -> bool:
    """Put the email that asks a new (normalised) address to confirm that it is the holder's.

    Until then everything goes to the old one. A suppressed address gets no email, and nobody is
    told whether it is one.
    """
    address_hash, now = subscriptions.hash_of(address), subscriptions.now()
    with subscriptions.writing() as tx:
        transactional_emails.lock_address(tx, address_hash)
        subscriber = holder(subscriptions, tx, token)
        if subscriber is None:
            return False
        subscribers.request_move(tx, subscriber.id, address=address, now=now)
        queue_email(
            subscriptions,
            tx,
            EmailKind.NEW_ADDRESS,
            address=address,
            address_hash=address_hash,
            language=subscriber.selection.language,
            subscriber=subscriber.public_id,
            now=now,
        )
        return True


def check(subscriptions: Subscriptions, token: str) -> LinkState:
    """Return whether this token would move somebody here, or did, or why it does neither."""
    claims = subscriptions.tokens.new_address(token, now=subscriptions.now())
    if claims is None:
        return LinkState.BROKEN
    with subscriptions.database.read() as tx:
        subscriber = subscribers.by_public_id(tx, claims.subscriber)
        requested = subscribers.waiting_address(tx, subscriber.id) if subscriber else None
    return _link_state(subscriptions, subscriber, requested, claims)


def confirm(subscriptions: Subscriptions, token: str) -> LinkState:
    """Let the subscriber have the address this token was mailed to, and no other; return what was
    so of it: READY if that was done now.

    Whoever holds it reads both: a subscription the new address had before becomes this one. The old
    address gets an email that says so.
    """
    now = subscriptions.now()
    claims = subscriptions.tokens.new_address(token, now=now)
    if claims is None:
        return LinkState.BROKEN
    with subscriptions.writing() as tx:
        _take_turn(subscriptions, tx, claims.subscriber)
        subscriber = subscribers.by_public_id(tx, claims.subscriber, ours=True)
        address = subscribers.waiting_address(tx, subscriber.id) if subscriber else None
        state = _link_state(subscriptions, subscriber, address, claims)
        if subscriber is not None and address is not None and state is LinkState.READY:
            _move(subscriptions, tx, subscriber, address, claims=claims, now=now)
        return state


def _link_state(
    subscriptions: Subscriptions,
    subscriber: Subscriber | None,
    requested: str | None,
    claims: TokenClaims,
) -> LinkState:
    if subscriber is None:
        return LinkState.BROKEN
    if subscriber.state is not SubscriberState.ACTIVE:
        return LinkState.LEFT
    if claims.was_mailed_to(subscriber.address_hash):
        return LinkState.DONE
    here = requested is not None and claims.was_mailed_to(subscriptions.hash_of(requested))
    return LinkState.READY if here else LinkState.BROKEN


def _take_turn(subscriptions: Subscriptions, tx: Tx, public_id: str) -> None:
    """Take the turn of the address this subscriber waits for, before their row.

    All who write to people take them in this order: whoever asks for another email to the same
    address would else hold the turn and wait for the row, while we hold the row and wait for it.
    """
    subscriber = subscribers.by_public_id(tx, public_id)
    address = subscribers.waiting_address(tx, subscriber.id) if subscriber else None
    if address is not None:
        transactional_emails.lock_address(tx, subscriptions.hash_of(address))


def _move(
    subscriptions: Subscriptions,
    tx: Tx,
    subscriber: Subscriber,
    address: str,
    *,
    claims: TokenClaims,
    now: datetime,
) -> None:
    """Note it in both chains, then move. The new chain begins with a consent of its own, so that
    the old one may expire by itself."""
    old, new = subscriber.address_hash, subscriptions.hash_of(address)
    other = subscribers.by_hash(tx, new, ours=True)
    # The old address is mailed nothing more, also after a restore from before the change.
    subscriptions.journal.append(JournalKind.LEFT, subject=old, at=now)
    subscriptions.journal.append(JournalKind.CONFIRMED, subject=new, at=now)
    event = ConsentEvent.MOVED
    consents.append(
        tx,
        Consent(address_hash=old, event=event, at=now, evidence=f"to {new}"),
        Consent(address_hash=new, event=event, at=now, evidence=f"from {old}"),
        consent_by_link(
            subscriptions, subscriber, address_hash=new, claims=claims, page="address", now=now
        ),
    )
    if other is not None:
        subscribers.erase(tx, other.id)
    subscribers.move(tx, subscriber.id, address=address, address_hash=new)
    transactional_emails.erase(tx, old)
    _queue_farewell(subscriptions, tx, subscriber, now=now)


def _queue_farewell(
    subscriptions: Subscriptions, tx: Tx, subscriber: Subscriber, *, now: datetime
) -> None:
    """Put the email that says at the old address that the newsletter moved away.

    It keeps to no limit: whoever took the subscription could else use up the mailbox's share
    first. There is one for each change that was confirmed, so it floods nobody. It names no new
    address and has no key in it.
    """
    old = subscriber.address_hash
    suppressed = suppressions.holds(tx, old)
    gone = bounces.bounced_email(tx, old, since=now - REST)
    transactional_emails.put(
        tx,
        EmailKind.MOVED,
        address=subscriber.address,
        address_hash=old,
        language=subscriber.selection.language,
        now=now,
        withheld=suppressed or gone,
    )
    subscriptions.wake_mailer_after(tx)
