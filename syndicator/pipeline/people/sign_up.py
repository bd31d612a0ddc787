"""A filled form becomes a request that waits for its confirmation.

What a person was told is done stands on the disk. Known, unknown and suppressed addresses take the
same way (S2).
"""

from __future__ import annotations

from syndicator.model import Consent, ConsentEvent, EmailKind, SubscriberState
from syndicator.pipeline.people.queue_email import queue_email
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.store.people import consents, subscribers, transactional_emails
from syndicator.subscribe.sign_up import SignUpRequest


def sign_up(subscriptions: Subscriptions, request: SignUpRequest) -> None:
    """Keep a request as pending and put the email that asks to confirm it.

    Whoever subscribes already gets a link to their preferences instead; whoever is suppressed, or
    had their share of emails, gets none. Every case runs the same statements.
    """
    address_hash, now = subscriptions.hash_of(request.address), subscriptions.now()
    with subscriptions.writing() as tx:
        transactional_emails.lock_address(tx, address_hash)
        subscriber = subscribers.ask(
            tx,
            address=request.address,
            address_hash=address_hash,
            selection=request.selection,
            now=now,
        )
        consent = Consent(
            address_hash=address_hash,
            event=ConsentEvent.REQUESTED,
            at=now,
            language=request.selection.language,
            text_version=request.text_version,
            page=request.page,
        )
        consents.append(tx, consent)
        active = subscriber.state is SubscriberState.ACTIVE
        queue_email(
            subscriptions,
            tx,
            EmailKind.LINK if active else EmailKind.CONFIRM,
            address=request.address,
            address_hash=address_hash,
            language=subscriber.selection.language,
            subscriber=subscriber.public_id,
            now=now,
        )
