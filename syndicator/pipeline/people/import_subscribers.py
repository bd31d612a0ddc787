"""Subscribers from another list, and out into a file of the same form.

rows | in chunks | take     > subscribers, each with an imported line in the ledger
subscribers | with what they agreed to  > rows of the same form
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from syndicator.model import (
    Consent,
    ConsentEvent,
    Subscriber,
    SubscriberState,
)
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.store.db.database import Tx
from syndicator.store.people import consents, subscriber_lists, subscribers
from syndicator.store.people.subscriber_lists import Newcomer
from syndicator.subscribe.address import hashed
from syndicator.subscribe.consent import BESIDE, may_follow
from syndicator.subscribe.import_csv import ImportRow

CHUNK = 500
"""Rows in a transaction: whoever else wants to write waits for so many at most."""

_GROUNDS = (ConsentEvent.CONFIRMED, ConsentEvent.IMPORTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportCounts:
    """What became of the rows: taken, or why not."""

    taken: int = 0
    existing: int = 0
    gone: int = 0
    suppressed: int = 0

    def __add__(self, other: ImportCounts) -> ImportCounts:
        return ImportCounts(
            taken=self.taken + other.taken,
            existing=self.existing + other.existing,
            gone=self.gone + other.gone,
            suppressed=self.suppressed + other.suppressed,
        )

    @property
    def whole(self) -> int:
        """How many rows these were."""
        return self.taken + self.existing + self.gone + self.suppressed


def import_subscribers(
    subscriptions: Subscriptions, rows: Iterable[ImportRow], *, dry: bool
) -> Iterator[ImportCounts]:
    """Take rows as active subscribers, ``CHUNK`` in a transaction; yield what became of each.

    Whoever is here already keeps what they have; whoever left, was erased or is suppressed is not
    brought back. So an import that broke off may simply be run again.

    Args:
        dry: change nothing, and say what would become of them.
    """
    rest = iter(rows)
    while chunk := list(islice(rest, CHUNK)):
        if dry:
            with subscriptions.database.read() as tx:
                counts = _sort_out(subscriptions, tx, chunk)[1]
        else:
            with subscriptions.database.write(durable=True) as tx:
                counts = _import(subscriptions, tx, chunk)
        # Told after the commit: whoever stops listening must not undo what they were told.
        yield counts


def _import(subscriptions: Subscriptions, tx: Tx, chunk: Sequence[ImportRow]) -> ImportCounts:
    welcome, counts = _sort_out(subscriptions, tx, chunk)
    selections = {row.selection for row in welcome.values()}
    ids = {selection: subscribers.selection_id(tx, selection) for selection in selections}
    newcomers = [
        Newcomer(
            address=row.address,
            address_hash=address_hash,
            selection=ids[row.selection],
            at=row.consent_at,
        )
        for address_hash, row in welcome.items()
    ]
    taken = subscriber_lists.add_newcomers(tx, newcomers)
    lines = [_consent(subscriptions, address_hash, row) for address_hash, row in welcome.items()]
    consents.append(tx, *(line for line in lines if line.address_hash in taken))
    late = len(welcome) - len(taken)
    return counts + ImportCounts(taken=-late, existing=late)


def _sort_out(
    subscriptions: Subscriptions, tx: Tx, chunk: Sequence[ImportRow]
) -> tuple[Mapping[str, ImportRow], ImportCounts]:
    """Return who may come in, by hash, and how many of the chunk do and do not."""
    key = subscriptions.hash_key
    by_hash = {hashed(row.address, key): row for row in chunk}
    suppressed = subscriber_lists.suppressed(tx, by_hash)
    existing = subscriber_lists.existing(tx, by_hash) - suppressed
    newest = consents.newest(tx, by_hash, beside=BESIDE)
    gone = {
        address_hash
        for address_hash in by_hash
        if not may_follow(ConsentEvent.IMPORTED, after=newest.get(address_hash))
    } - (existing | suppressed)
    refused = existing | suppressed | gone
    welcome = {
        address_hash: row for address_hash, row in by_hash.items() if address_hash not in refused
    }
    return welcome, ImportCounts(
        taken=len(welcome), existing=len(existing), gone=len(gone), suppressed=len(suppressed)
    )


def _consent(subscriptions: Subscriptions, address_hash: str, row: ImportRow) -> Consent:
    evidence = {
        "at": row.consent_at.isoformat(),
        "source": row.consent_source,
        "text": row.consent_text,
    }
    return Consent(
        address_hash=address_hash,
        event=ConsentEvent.IMPORTED,
        at=subscriptions.now(),
        language=row.selection.language,
        evidence=json.dumps(evidence, ensure_ascii=False),
    )


def export_rows(subscriptions: Subscriptions) -> Iterator[Mapping[str, str]]:
    """Yield every active subscriber as a row of the form that an import reads, by id."""
    after = 0
    while True:
        with subscriptions.database.read() as tx:
            page = subscriber_lists.next_page(tx, states=(SubscriberState.ACTIVE,), after=after)
            hashes = [subscriber.address_hash for subscriber in page]
            grounds = consents.newest_lines(tx, hashes, events=_GROUNDS)
        if not page:
            return
        for subscriber in page:
            yield _row(subscriber, grounds.get(subscriber.address_hash))
        after = page[-1].id


def _row(subscriber: Subscriber, ground: Consent | None) -> Mapping[str, str]:
    selection = subscriber.selection
    return {
        "address": subscriber.address,
        "language": selection.language,
        "cadence": selection.cadence.value,
        "cities": " ".join(sorted(selection.cities)),
        "topics": " ".join(sorted(selection.topics)),
        **_evidence(subscriber, ground),
    }


def _evidence(subscriber: Subscriber, ground: Consent | None) -> Mapping[str, str]:
    """Return the evidence: what an import brought, or our own page, email and text version."""
    if ground is None:
        since = (subscriber.confirmed_at or subscriber.at).isoformat()
        return {"consent_at": since, "consent_source": "", "consent_text": ""}
    if ground.event is ConsentEvent.IMPORTED:
        imported = json.loads(ground.evidence or "{}")
        return {
            "consent_at": imported["at"],
            "consent_source": imported["source"],
            "consent_text": imported["text"],
        }
    source = " ".join(filter(None, (ground.page, ground.message_id)))
    return {
        "consent_at": ground.at.isoformat(),
        "consent_source": source,
        "consent_text": ground.text_version or "",
    }
