"""Out: leaving, erasure, suppression; and everything we hold about somebody, for them to read.

The journal is written first: if the database is lost after the answer, it still says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from syndicator.model import (
    Consent,
    ConsentEvent,
    Subscriber,
    SubscriberState,
    SuppressedBecause,
)
from syndicator.pipeline.people.sign_up import Subscriptions
from syndicator.store.db.database import Tx
from syndicator.store.people import (
    bounces,
    consents,
    subscriber_lists,
    subscribers,
    suppressions,
    transactional_emails,
)
from syndicator.store.upkeep.journal import JournalKind
from syndicator.subscribe.links import LinkState
from syndicator.subscribe.tokens import is_sample


def way_out(readers: Subscriptions, token: str) -> LinkState:
    """Return what is so of a way out, and change nothing. Who is not there any more has LEFT."""
    named = readers.links.leaver(token, now=readers.now())
    if named is None:
        return _unsigned(token)
    with readers.database.read() as tx:
        return _standing(subscribers.by_public_id(tx, named))


def leave(readers: Subscriptions, token: str) -> LinkState:
    """End the subscription a token names; return what was so of it: READY if that was done now.

    Again, and for nobody, is as fine.
    """
    now = readers.now()
    named = readers.links.leaver(token, now=now)
    if named is None:
        return _unsigned(token)
    with readers.writing() as tx:
        found = subscribers.by_public_id(tx, named, ours=True)
        if found is not None:
            _leave(readers, tx, found, now=now)
        return _standing(found)


def erase(readers: Subscriptions, token: str) -> bool:
    """Forget the holder of a preferences link; False if the token leads nowhere."""
    now = readers.now()
    said = readers.links.holder(token, now=now)
    if said is None:
        return False
    with readers.writing() as tx:
        found = subscribers.by_public_id(tx, said.subscriber, ours=True)
        if found is None or not said.was_mailed_to(found.address_hash):
            return False
        _erase(readers, tx, found.address_hash, found, now=now)
        return True


def erase_address(readers: Subscriptions, address: str) -> bool:
    """Forget a (normalised) address, subscriber or not; False if we held nothing of it."""
    address_hash = readers.hash_of(address)
    with readers.writing() as tx:
        transactional_emails.turn(tx, address_hash)
        found = subscribers.by_hash(tx, address_hash, ours=True)
        chain = consents.chain(tx, address_hash)
        held = found or transactional_emails.to_address(tx, address_hash)
        if not held and (not chain or chain[-1].event is ConsentEvent.ERASED):
            return False
        _erase(readers, tx, address_hash, found, now=readers.now())
        return True


def suppress(
    readers: Subscriptions,
    address_hash: str,
    reason: SuppressedBecause,
    *,
    detail: str | None = None,
) -> bool:
    """Never mail an address again; False if it was so already.

    Whoever complained has left, too: lifting the suppression does not bring them back.
    """
    now = readers.now()
    with readers.writing() as tx:
        if suppressions.holds(tx, address_hash):
            return False
        readers.journal.append(JournalKind.SUPPRESSED, subject=address_hash, at=now)
        found = subscribers.by_hash(tx, address_hash, ours=True)
        if found is not None and reason is SuppressedBecause.COMPLAINT:
            _leave(readers, tx, found, now=now)
        return suppressions.suppress(tx, address_hash, reason, at=now, detail=detail)


def lift(readers: Subscriptions, address_hash: str) -> bool:
    """Let an address be mailed again; False if it was not kept out."""
    now = readers.now()
    with readers.writing() as tx:
        if not suppressions.holds(tx, address_hash):
            return False
        readers.journal.append(JournalKind.LIFTED, subject=address_hash, at=now)
        return suppressions.lift(tx, address_hash, at=now)


def export(readers: Subscriptions, token: str) -> Mapping[str, object] | None:
    """Return everything we hold about the holder of a preferences link, ready for JSON."""
    said = readers.links.holder(token, now=readers.now())
    if said is None:
        return None
    with readers.database.read() as tx:
        found = subscribers.by_public_id(tx, said.subscriber)
        if found is None or not said.was_mailed_to(found.address_hash):
            return None
        return _held(tx, found.address_hash, found)


def everything(readers: Subscriptions, address: str) -> Mapping[str, object] | None:
    """Return everything we hold about a (normalised) address, ``None`` if nothing."""
    address_hash = readers.hash_of(address)
    with readers.database.read() as tx:
        found = subscribers.by_hash(tx, address_hash)
        held = _held(tx, address_hash, found)
    empty = ("subscriber", "consents", "letters", "deliveries", "reports", "suppressed")
    return held if any(held[name] for name in empty) else None


def _unsigned(token: str) -> LinkState:
    return LinkState.SAMPLE if is_sample(token) else LinkState.BROKEN


def _standing(found: Subscriber | None) -> LinkState:
    here = found is not None and found.state is not SubscriberState.LEFT
    return LinkState.READY if here else LinkState.LEFT


def _leave(readers: Subscriptions, tx: Tx, found: Subscriber, *, now: datetime) -> None:
    if found.state is SubscriberState.LEFT:
        return
    readers.journal.append(JournalKind.LEFT, subject=found.address_hash, at=now)
    subscribers.leave(tx, found.id, now=now)
    line = Consent(address_hash=found.address_hash, event=ConsentEvent.LEFT, at=now)
    consents.append(tx, line)


def _erase(
    readers: Subscriptions, tx: Tx, address_hash: str, found: Subscriber | None, *, now: datetime
) -> None:
    """Delete row and letters; the chain stays, by its hash, for as long as evidence is kept."""
    readers.journal.append(JournalKind.ERASED, subject=address_hash, at=now)
    if found is not None:
        subscribers.erase(tx, found.id)
    transactional_emails.erase(tx, address_hash)
    line = Consent(address_hash=address_hash, event=ConsentEvent.ERASED, at=now)
    consents.append(tx, line)


def _held(tx: Tx, address_hash: str, found: Subscriber | None) -> dict[str, object]:
    kept_out = suppressions.get(tx, address_hash)
    return {
        "subscriber": _told(found) | _waiting(tx, found) if found else None,
        "consents": [_line(line) for line in _history(tx, address_hash)],
        "letters": [_plain(letter) for letter in transactional_emails.to_address(tx, address_hash)],
        "deliveries": [
            _plain({"cadence": one.cadence, "period": one.period, "state": one.state, "at": one.at})
            for one in subscriber_lists.received(tx, address_hash)
        ],
        "reports": [
            _plain({"kind": one.kind, "at": one.at, "status": one.status, "detail": one.detail})
            for one in bounces.about(tx, address_hash)
        ],
        "suppressed": _plain({"reason": kept_out.reason, "at": kept_out.at}) if kept_out else None,
    }


def _told(found: Subscriber) -> dict[str, object]:
    wanted = found.selection
    return _plain(
        {
            "address": found.address,
            "state": found.state,
            "language": wanted.language,
            "cadence": wanted.cadence,
            "cities": sorted(wanted.cities),
            "topics": sorted(wanted.topics),
            "asked_at": found.at,
            "confirmed_at": found.confirmed_at,
            "paused_until": found.paused_until,
            "left_at": found.left_at,
        }
    )


def _waiting(tx: Tx, found: Subscriber) -> dict[str, object]:
    address = subscribers.waiting_address(tx, found.id)
    return {"new_address": address} if address else {}


def _history(tx: Tx, address_hash: str) -> Iterator[Consent]:
    """Yield the chain of an address, after that of the address it came from."""
    chain = consents.chain(tx, address_hash)
    moves = [line.evidence or "" for line in chain if line.event is ConsentEvent.MOVED]
    for move in dict.fromkeys(moves):
        way, _, other = move.partition(" ")
        if way == "from":
            yield from consents.chain(tx, other)
    yield from chain


def _line(line: Consent) -> dict[str, object]:
    told = {
        "event": line.event,
        "at": line.at,
        "language": line.language,
        "text_version": line.text_version,
        "page": line.page,
        "message_id": line.message_id,
        "evidence": line.evidence,
    }
    return {name: value for name, value in _plain(told).items() if value is not None}


def _plain(told: Mapping[str, Any]) -> dict[str, object]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in told.items()
    }
