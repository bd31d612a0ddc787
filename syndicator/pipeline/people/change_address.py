"""A change of address: asked for by its holder, confirmed at the new one.

move --a letter to the new address--> moving? --> moved --a letter to the old address
"""

from __future__ import annotations

from datetime import datetime

from syndicator.model import Consent, ConsentEvent, EmailKind, Subscriber, SubscriberState
from syndicator.pipeline.people.sign_up import Subscriptions, consent_of, holder, put_letter
from syndicator.store.db.database import Tx
from syndicator.store.people import (
    bounces,
    consents,
    subscribers,
    suppressions,
    transactional_emails,
)
from syndicator.store.upkeep.journal import JournalKind
from syndicator.subscribe.links import LinkState, TokenClaims
from syndicator.subscribe.throttle import REST


def move(readers: Subscriptions, token: str, address: str) -> bool:
    """Put the letter that asks a new (normalised) address to confirm that it is the holder's.

    Until then everything goes to the old one. A suppressed address gets no letter, and nobody is
    told whether it is one.
    """
    address_hash, now = readers.hash_of(address), readers.now()
    with readers.writing() as tx:
        transactional_emails.turn(tx, address_hash)
        found = holder(readers, tx, token)
        if found is None:
            return False
        subscribers.wants_to_move(tx, found.id, address=address, now=now)
        put_letter(
            readers,
            tx,
            EmailKind.NEW_ADDRESS,
            address=address,
            address_hash=address_hash,
            language=found.selection.language,
            subscriber=found.public_id,
            now=now,
        )
        return True


def moving(readers: Subscriptions, token: str) -> LinkState:
    """Return whether this token would move somebody here, or did, or why it does neither."""
    said = readers.links.new_address(token, now=readers.now())
    if said is None:
        return LinkState.BROKEN
    with readers.database.read() as tx:
        found = subscribers.by_public_id(tx, said.subscriber)
        waits = subscribers.waiting_address(tx, found.id) if found else None
    return _move_state(readers, found, waits, said)


def moved(readers: Subscriptions, token: str) -> LinkState:
    """Let the subscriber have the address this token was mailed to, and no other; return what was
    so of it: READY if that was done now.

    Whoever holds it reads both: a subscription the new address had before becomes this one. The old
    address gets a letter that says so.
    """
    now = readers.now()
    said = readers.links.new_address(token, now=now)
    if said is None:
        return LinkState.BROKEN
    with readers.writing() as tx:
        _take_turn(readers, tx, said.subscriber)
        found = subscribers.by_public_id(tx, said.subscriber, ours=True)
        address = subscribers.waiting_address(tx, found.id) if found else None
        state = _move_state(readers, found, address, said)
        if found is not None and address is not None and state is LinkState.READY:
            _let_move(readers, tx, found, address, said=said, now=now)
        return state


def _move_state(
    readers: Subscriptions, found: Subscriber | None, waits: str | None, said: TokenClaims
) -> LinkState:
    if found is None:
        return LinkState.BROKEN
    if found.state is not SubscriberState.ACTIVE:
        return LinkState.LEFT
    if said.was_mailed_to(found.address_hash):
        return LinkState.DONE
    asked = waits is not None and said.was_mailed_to(readers.hash_of(waits))
    return LinkState.READY if asked else LinkState.BROKEN


def _take_turn(readers: Subscriptions, tx: Tx, subscriber: str) -> None:
    """Take the turn of the address this subscriber waits for, before their row.

    All who write to people take them in this order: whoever asks for another letter to the same
    address would else hold the turn and wait for the row, while we hold the row and wait for it.
    """
    found = subscribers.by_public_id(tx, subscriber)
    address = subscribers.waiting_address(tx, found.id) if found else None
    if address is not None:
        transactional_emails.turn(tx, readers.hash_of(address))


def _let_move(
    readers: Subscriptions,
    tx: Tx,
    found: Subscriber,
    address: str,
    *,
    said: TokenClaims,
    now: datetime,
) -> None:
    """Tell both chains, then move. The new chain begins with a consent of its own, so that the
    old one may expire by itself."""
    old, new = found.address_hash, readers.hash_of(address)
    other = subscribers.by_hash(tx, new, ours=True)
    # The old address is mailed nothing more, also after a restore from before the change.
    readers.journal.append(JournalKind.LEFT, subject=old, at=now)
    readers.journal.append(JournalKind.CONFIRMED, subject=new, at=now)
    event = ConsentEvent.MOVED
    consents.append(
        tx,
        Consent(address_hash=old, event=event, at=now, evidence=f"to {new}"),
        Consent(address_hash=new, event=event, at=now, evidence=f"from {old}"),
        consent_of(readers, found, address_hash=new, said=said, page="address", now=now),
    )
    if other is not None:
        subscribers.erase(tx, other.id)
    subscribers.moved(tx, found.id, address=address, address_hash=new)
    transactional_emails.erase(tx, old)
    _write_to_old(readers, tx, found, now=now)


def _write_to_old(readers: Subscriptions, tx: Tx, found: Subscriber, *, now: datetime) -> None:
    """Put the letter that says at the old address that the newsletter moved away.

    It keeps to no rhythm: whoever took the subscription could else use up the mailbox's share
    first. There is one for each change that was confirmed, so it floods nobody. It names no new
    address and has no key in it.
    """
    old = found.address_hash
    kept_out = suppressions.holds(tx, old)
    gone = bounces.bounced_letter(tx, old, since=now - REST)
    transactional_emails.put(
        tx,
        EmailKind.MOVED,
        address=found.address,
        address_hash=old,
        language=found.selection.language,
        now=now,
        withheld=kept_out or gone,
    )
    tx.after_commit(readers.letter_put)
