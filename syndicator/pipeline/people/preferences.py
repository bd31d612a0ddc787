"""A subscriber's own page: its link mailed, what it shows, and what is changed there."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import assert_never

from syndicator.model import (
    Consent,
    ConsentEvent,
    EmailKind,
    Selection,
    Subscriber,
    SubscriberState,
)
from syndicator.pipeline.people.queue_email import queue_email
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.store.db.database import Tx
from syndicator.store.people import consents, subscribers, suppressions, transactional_emails
from syndicator.subscribe.email_tokens import LinkState
from syndicator.subscribe.sign_up import Preferences, Stopped

KEPT_AFTER_LEAVING = timedelta(days=30)
"""How long the row of somebody who left is kept, so that a mistake can be mended."""


def mail_link(subscriptions: Subscriptions, address: str, language: str) -> None:
    """Put the email with a link to what we hold of an address, if we hold it.

    Whoever did not confirm yet gets the email that asks for it once more, and whoever left one
    that says so. ``language`` is the page's; of whom we hold anything, the one they chose counts.
    """
    address_hash, now = subscriptions.hash_of(address), subscriptions.now()
    with subscriptions.writing() as tx:
        transactional_emails.lock_address(tx, address_hash)
        subscriber = subscribers.by_hash(tx, address_hash)
        queue_email(
            subscriptions,
            tx,
            _email_with_link(subscriber.state) if subscriber else EmailKind.LINK,
            address=address,
            address_hash=address_hash,
            language=subscriber.selection.language if subscriber else language,
            subscriber=subscriber.public_id if subscriber else None,
            now=now,
            withheld=subscriber is None,
        )


def _email_with_link(state: SubscriberState) -> EmailKind:
    match state:
        case SubscriberState.ACTIVE:
            return EmailKind.LINK
        case SubscriberState.PENDING:
            return EmailKind.CONFIRM
        case SubscriberState.LEFT:
            return EmailKind.LEFT
        case _:
            assert_never(state)


def read(subscriptions: Subscriptions, token: str) -> Preferences | LinkState:
    """Return what the holder of a preferences link may see and change, also one who has left; or
    why the link opens nothing: BROKEN or MOVED."""
    now = subscriptions.now()
    claims = subscriptions.tokens.holder(token, now=now)
    if claims is None:
        return LinkState.BROKEN
    with subscriptions.database.read() as tx:
        subscriber = subscribers.by_public_id(tx, claims.subscriber)
        suppression = suppressions.get(tx, subscriber.address_hash) if subscriber else None
    if subscriber is None:
        return LinkState.BROKEN
    if not claims.was_mailed_to(subscriber.address_hash):
        return LinkState.MOVED
    if subscriber.state is SubscriberState.PENDING:
        return LinkState.BROKEN
    zone, until = subscriptions.zone, subscriber.paused_until
    left_at = subscriber.left_at if subscriber.state is SubscriberState.LEFT else None
    return Preferences(
        address=subscriber.address,
        selection=subscriber.selection,
        paused_until=until.astimezone(zone).date() if until and until > now else None,
        since=subscriber.confirmed_at or subscriber.at,
        left=left_at.astimezone(zone).date() if left_at else None,
        kept_until=(left_at + KEPT_AFTER_LEAVING).astimezone(zone).date() if left_at else None,
        stopped=Stopped(why=suppression.reason, day=suppression.at.astimezone(zone).date())
        if suppression
        else None,
    )


def change(subscriptions: Subscriptions, token: str, selection: Selection) -> bool:
    """Let the holder want something else; False if the token leads nowhere."""
    with subscriptions.writing() as tx:
        subscriber = holder(subscriptions, tx, token)
        if subscriber is None:
            return False
        if subscriber.selection != selection:
            subscribers.change(tx, subscriber.id, selection)
            consent = Consent(
                address_hash=subscriber.address_hash,
                event=ConsentEvent.CHANGED,
                at=subscriptions.now(),
                language=selection.language,
                evidence=selection.words,
            )
            consents.append(tx, consent)
        return True


def pause(subscriptions: Subscriptions, token: str, until: date | None) -> bool:
    """Mail the holder nothing before that local day; ``None`` goes on at once."""
    zone = subscriptions.zone
    moment = None if until is None else datetime.combine(until, time(), tzinfo=zone)
    with subscriptions.writing() as tx:
        subscriber = holder(subscriptions, tx, token)
        return subscriber is not None and subscribers.pause(tx, subscriber.id, until=moment)


def holder(subscriptions: Subscriptions, tx: Tx, token: str) -> Subscriber | None:
    """Return the active subscriber whose preferences a token opens, ours until ``tx`` ends.

    It was mailed to the address they have now: whoever kept the old mailbox is not they.
    """
    claims = subscriptions.tokens.holder(token, now=subscriptions.now())
    if claims is None:
        return None
    subscriber = subscribers.by_public_id(tx, claims.subscriber, ours=True)
    if subscriber is None or not claims.was_mailed_to(subscriber.address_hash):
        return None
    return subscriber if subscriber.state is SubscriberState.ACTIVE else None
