"""Everything we hold about somebody, for them to read, ready for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from syndicator.model import Consent, ConsentEvent, Subscriber
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.store.db.database import Tx
from syndicator.store.people import (
    bounces,
    consents,
    subscriber_lists,
    subscribers,
    suppressions,
    transactional_emails,
)


def export(subscriptions: Subscriptions, token: str) -> Mapping[str, object] | None:
    """Return everything we hold about the holder of a preferences link; ``None`` if the link
    leads nowhere."""
    claims = subscriptions.tokens.holder(token, now=subscriptions.now())
    if claims is None:
        return None
    with subscriptions.database.read() as tx:
        subscriber = subscribers.by_public_id(tx, claims.subscriber)
        if subscriber is None or not claims.was_mailed_to(subscriber.address_hash):
            return None
        return _held(tx, subscriber.address_hash, subscriber)


def export_address(subscriptions: Subscriptions, address: str) -> Mapping[str, object] | None:
    """Return everything we hold about a (normalised) address, ``None`` if nothing."""
    address_hash = subscriptions.hash_of(address)
    with subscriptions.database.read() as tx:
        held = _held(tx, address_hash, subscribers.by_hash(tx, address_hash))
    return held if any(held.values()) else None


def _held(tx: Tx, address_hash: str, subscriber: Subscriber | None) -> dict[str, object]:
    suppression = suppressions.get(tx, address_hash)
    return {
        "subscriber": _row(tx, subscriber) if subscriber else None,
        "consents": [_line(line) for line in _history(tx, address_hash)],
        "letters": [_plain(email) for email in transactional_emails.to_address(tx, address_hash)],
        "deliveries": [
            _plain(
                {
                    "cadence": delivery.cadence,
                    "period": delivery.period,
                    "state": delivery.state,
                    "at": delivery.at,
                }
            )
            for delivery in subscriber_lists.received(tx, address_hash)
        ],
        "reports": [
            _plain(
                {
                    "kind": report.kind,
                    "at": report.at,
                    "status": report.status,
                    "detail": report.detail,
                }
            )
            for report in bounces.about(tx, address_hash)
        ],
        "suppressed": _plain({"reason": suppression.reason, "at": suppression.at})
        if suppression
        else None,
    }


def _row(tx: Tx, subscriber: Subscriber) -> dict[str, object]:
    selection = subscriber.selection
    row = _plain(
        {
            "address": subscriber.address,
            "state": subscriber.state,
            "language": selection.language,
            "cadence": selection.cadence,
            "cities": sorted(selection.cities),
            "topics": sorted(selection.topics),
            "asked_at": subscriber.at,
            "confirmed_at": subscriber.confirmed_at,
            "paused_until": subscriber.paused_until,
            "left_at": subscriber.left_at,
        }
    )
    requested = subscribers.waiting_address(tx, subscriber.id)
    return row | ({"new_address": requested} if requested else {})


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
    facts = {
        "event": line.event,
        "at": line.at,
        "language": line.language,
        "text_version": line.text_version,
        "page": line.page,
        "message_id": line.message_id,
        "evidence": line.evidence,
    }
    return {name: value for name, value in _plain(facts).items() if value is not None}


def _plain(facts: Mapping[str, Any]) -> dict[str, object]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in facts.items()
    }
