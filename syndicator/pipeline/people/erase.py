"""Erasure: everything about somebody is deleted but a hash, kept as long as evidence must be.

The journal is written first: if the database is lost after the answer, it still says so.
"""

from __future__ import annotations

from datetime import datetime

from syndicator.model import Consent, ConsentEvent, Subscriber
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.store.db.database import Tx
from syndicator.store.people import consents, subscribers, transactional_emails
from syndicator.store.upkeep.journal import JournalKind


def erase(subscriptions: Subscriptions, token: str) -> bool:
    """Forget the holder of a preferences link; False if the token leads nowhere."""
    now = subscriptions.now()
    claims = subscriptions.tokens.holder(token, now=now)
    if claims is None:
        return False
    with subscriptions.writing() as tx:
        subscriber = subscribers.by_public_id(tx, claims.subscriber, ours=True)
        if subscriber is None or not claims.was_mailed_to(subscriber.address_hash):
            return False
        _erase(subscriptions, tx, subscriber.address_hash, subscriber, now=now)
        return True


def erase_address(subscriptions: Subscriptions, address: str) -> bool:
    """Forget a (normalised) address, subscriber or not; False if we held nothing of it."""
    address_hash = subscriptions.hash_of(address)
    with subscriptions.writing() as tx:
        transactional_emails.lock_address(tx, address_hash)
        subscriber = subscribers.by_hash(tx, address_hash, ours=True)
        chain = consents.chain(tx, address_hash)
        held = subscriber or transactional_emails.to_address(tx, address_hash)
        if not held and (not chain or chain[-1].event is ConsentEvent.ERASED):
            return False
        _erase(subscriptions, tx, address_hash, subscriber, now=subscriptions.now())
        return True


def _erase(
    subscriptions: Subscriptions,
    tx: Tx,
    address_hash: str,
    subscriber: Subscriber | None,
    *,
    now: datetime,
) -> None:
    """Delete row and emails; the chain stays, by its hash, for as long as evidence is kept."""
    subscriptions.journal.append(JournalKind.ERASED, subject=address_hash, at=now)
    if subscriber is not None:
        subscribers.erase(tx, subscriber.id)
    transactional_emails.erase(tx, address_hash)
    consents.append(tx, Consent(address_hash=address_hash, event=ConsentEvent.ERASED, at=now))
