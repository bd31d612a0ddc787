"""People moving in from another list, and out into a file of the same form.

arrivals | in chunks | take     > subscribers, each with an imported line in the ledger
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
    Selection,
    Subscriber,
    SubscriberState,
)
from syndicator.pipeline.people.sign_up import Subscriptions
from syndicator.store.db.database import Tx
from syndicator.store.people import consents, subscriber_lists, subscribers
from syndicator.store.people.subscriber_lists import Newcomer
from syndicator.subscribe.consent import BESIDE, may_follow
from syndicator.subscribe.import_csv import Arrival

CHUNK = 500
"""Arrivals in a transaction: whoever else wants to write waits for so many at most."""

_GROUNDS = (ConsentEvent.CONFIRMED, ConsentEvent.IMPORTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportCounts:
    """What became of arrivals: taken, or why not."""

    taken: int = 0
    known: int = 0
    gone: int = 0
    suppressed: int = 0

    def __add__(self, other: ImportCounts) -> ImportCounts:
        return ImportCounts(
            taken=self.taken + other.taken,
            known=self.known + other.known,
            gone=self.gone + other.gone,
            suppressed=self.suppressed + other.suppressed,
        )

    @property
    def whole(self) -> int:
        """How many arrivals these were."""
        return self.taken + self.known + self.gone + self.suppressed


def bring(
    readers: Subscriptions, arrivals: Iterable[Arrival], *, dry: bool
) -> Iterator[ImportCounts]:
    """Take arrivals as active subscribers, ``CHUNK`` in a transaction; yield what became of each.

    Whoever is here already keeps what they have; whoever left, was erased or is suppressed is not
    brought back. So an import that broke off may simply be run again.

    Args:
        dry: change nothing, and say what would become of them.
    """
    rest = iter(arrivals)
    while chunk := list(islice(rest, CHUNK)):
        # Told after the commit: whoever stops listening must not undo what they were told.
        yield _looked_at(readers, chunk) if dry else _taken(readers, chunk)


def _looked_at(readers: Subscriptions, chunk: Sequence[Arrival]) -> ImportCounts:
    with readers.database.read() as tx:
        return _sorted_out(readers, tx, chunk)[1]


def _taken(readers: Subscriptions, chunk: Sequence[Arrival]) -> ImportCounts:
    with readers.database.write(durable=True) as tx:
        return _bring(readers, tx, chunk)


def _bring(readers: Subscriptions, tx: Tx, chunk: Sequence[Arrival]) -> ImportCounts:
    welcome, brought = _sorted_out(readers, tx, chunk)
    wanted = {arrival.selection for arrival in welcome.values()}
    ids = {selection: subscribers.selection_id(tx, selection) for selection in wanted}
    newcomers = [
        Newcomer(
            address=arrival.address,
            address_hash=address_hash,
            selection=ids[arrival.selection],
            at=arrival.consent_at,
        )
        for address_hash, arrival in welcome.items()
    ]
    taken = subscriber_lists.take(tx, newcomers)
    lines = [_line(readers, address_hash, welcome[address_hash]) for address_hash in welcome]
    consents.append(tx, *(line for line in lines if line.address_hash in taken))
    late = len(welcome) - len(taken)
    return brought + ImportCounts(taken=-late, known=late)


def _sorted_out(
    readers: Subscriptions, tx: Tx, chunk: Sequence[Arrival]
) -> tuple[Mapping[str, Arrival], ImportCounts]:
    """Return who may come in, by hash, and how many of the chunk do and do not."""
    by_hash = {readers.hash_of(arrival.address): arrival for arrival in chunk}
    kept_out = subscriber_lists.suppressed(tx, by_hash)
    known = subscriber_lists.known(tx, by_hash) - kept_out
    last = consents.newest(tx, by_hash, beside=BESIDE)
    gone = {
        one for one in by_hash if not may_follow(ConsentEvent.IMPORTED, after=last.get(one))
    } - (known | kept_out)
    refused = known | kept_out | gone
    welcome = {one: arrival for one, arrival in by_hash.items() if one not in refused}
    return welcome, ImportCounts(
        taken=len(welcome), known=len(known), gone=len(gone), suppressed=len(kept_out)
    )


def _line(readers: Subscriptions, address_hash: str, arrival: Arrival) -> Consent:
    evidence = {
        "at": arrival.consent_at.isoformat(),
        "source": arrival.consent_source,
        "text": arrival.consent_text,
    }
    return Consent(
        address_hash=address_hash,
        event=ConsentEvent.IMPORTED,
        at=readers.now(),
        language=arrival.selection.language,
        evidence=json.dumps(evidence, ensure_ascii=False),
    )


def rows(readers: Subscriptions) -> Iterator[Mapping[str, str]]:
    """Yield every active subscriber as a row of the form that ``bring`` reads, by id."""
    after = 0
    while True:
        with readers.database.read() as tx:
            found = subscriber_lists.listing(tx, states=(SubscriberState.ACTIVE,), after=after)
            hashes = [one.address_hash for one in found]
            grounds = consents.newest_lines(tx, hashes, events=_GROUNDS)
        if not found:
            return
        for one in found:
            yield _row(one, grounds.get(one.address_hash))
        after = found[-1].id


def _row(one: Subscriber, ground: Consent | None) -> Mapping[str, str]:
    wanted: Selection = one.selection
    return {
        "address": one.address,
        "language": wanted.language,
        "cadence": wanted.cadence.value,
        "cities": " ".join(sorted(wanted.cities)),
        "topics": " ".join(sorted(wanted.topics)),
        **_ground(one, ground),
    }


def _ground(one: Subscriber, ground: Consent | None) -> Mapping[str, str]:
    """Return the evidence: what an import brought, or our own page, letter and text version."""
    since = (one.confirmed_at or one.at).isoformat()
    if ground is None:
        return {"consent_at": since, "consent_source": "", "consent_text": ""}
    if ground.event is ConsentEvent.IMPORTED:
        told = json.loads(ground.evidence or "{}")
        return {
            "consent_at": told["at"],
            "consent_source": told["source"],
            "consent_text": told["text"],
        }
    source = " ".join(filter(None, (ground.page, ground.message_id)))
    return {
        "consent_at": ground.at.isoformat(),
        "consent_source": source,
        "consent_text": ground.text_version or "",
    }
