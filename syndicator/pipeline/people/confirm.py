"""The link that confirms a sign-up: looked at, and used.

What must outlive the database stands in the journal first.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from syndicator.deliver.email.message import transactional_message_id
from syndicator.model import Consent, ConsentEvent, Subscriber, SubscriberState
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.store.db.database import Tx
from syndicator.store.people import consents, subscribers
from syndicator.store.upkeep.journal import JournalKind
from syndicator.subscribe.consent import text_version
from syndicator.subscribe.email_tokens import LinkState, TokenClaims
from syndicator.subscribe.sign_up import Confirmation


def check(subscriptions: Subscriptions, token: str) -> Confirmation:
    """Return what a confirmation would subscribe to, or did, or why it does neither."""
    claims = subscriptions.tokens.confirmation(token, now=subscriptions.now())
    if claims is None:
        return Confirmation(state=LinkState.BROKEN)
    with subscriptions.database.read() as tx:
        return _confirmation(subscribers.by_public_id(tx, claims.subscriber), claims)


def confirm(subscriptions: Subscriptions, token: str) -> Confirmation:
    """Subscribe whoever holds the token; return what was so of it: READY if that was done now.

    Again is the same and harmless. A token from before they left does not bring them back.
    """
    now = subscriptions.now()
    claims = subscriptions.tokens.confirmation(token, now=now)
    if claims is None:
        return Confirmation(state=LinkState.BROKEN)
    with subscriptions.writing() as tx:
        subscriber = subscribers.by_public_id(tx, claims.subscriber, ours=True)
        confirmation = _confirmation(subscriber, claims)
        if subscriber is not None and confirmation.state is LinkState.READY:
            _activate(subscriptions, tx, subscriber, claims=claims, now=now)
        return confirmation


def _confirmation(subscriber: Subscriber | None, claims: TokenClaims) -> Confirmation:
    if subscriber is None:
        return Confirmation(state=LinkState.BROKEN)
    if not claims.was_mailed_to(subscriber.address_hash):
        return Confirmation(state=LinkState.MOVED)
    left_since = subscriber.left_at is not None and subscriber.left_at >= claims.at
    if left_since or subscriber.state is SubscriberState.LEFT:
        return Confirmation(state=LinkState.LEFT)
    pending = subscriber.state is SubscriberState.PENDING
    state = LinkState.READY if pending else LinkState.DONE
    return Confirmation(state=state, selection=subscriber.selection)


def _activate(
    subscriptions: Subscriptions,
    tx: Tx,
    subscriber: Subscriber,
    *,
    claims: TokenClaims,
    now: datetime,
) -> None:
    address_hash = subscriber.address_hash
    consent = consent_by_link(
        subscriptions, subscriber, address_hash=address_hash, claims=claims, page="confirm", now=now
    )
    requested = consents.newest_of(tx, address_hash, ConsentEvent.REQUESTED)
    if requested is not None:
        # The words they read when they asked, which need not be today's.
        consent = replace(consent, text_version=requested.text_version)
    subscriptions.journal.append(JournalKind.CONFIRMED, subject=address_hash, at=now)
    consents.append(tx, consent)
    subscribers.confirm(tx, subscriber.id, now=now)


def consent_by_link(
    subscriptions: Subscriptions,
    subscriber: Subscriber,
    *,
    address_hash: str,
    claims: TokenClaims,
    page: str,
    now: datetime,
) -> Consent:
    """Return the line that says a subscriber agreed, on a page, by the link of an email."""
    language = subscriber.selection.language
    return Consent(
        address_hash=address_hash,
        event=ConsentEvent.CONFIRMED,
        at=now,
        language=language,
        text_version=text_version(subscriptions.locales[language]),
        page=f"/{language}/{page}",
        message_id=transactional_message_id(claims.email, host=subscriptions.host),
        evidence=subscriber.selection.words,
    )
