"""The end of a request that nobody confirmed, however it comes."""

from __future__ import annotations

from datetime import datetime

from syndicator.model import Consent, ConsentEvent, Subscriber
from syndicator.store.db.database import Tx
from syndicator.store.people import consents, subscribers


def end_request(tx: Tx, subscriber: Subscriber, *, now: datetime) -> None:
    """Delete a pending subscriber.

    Somebody typed an address: that proves nothing of its owner, so nothing is kept. If the chain
    also tells of a subscription they had, it is kept whole, and says that this one expired.
    """
    chain = consents.chain(tx, subscriber.address_hash)
    subscribers.erase(tx, subscriber.id)
    if all(line.event is ConsentEvent.REQUESTED for line in chain):
        consents.drop(tx, subscriber.address_hash)
    else:
        event = ConsentEvent.EXPIRED
        consents.append(tx, Consent(address_hash=subscriber.address_hash, event=event, at=now))
