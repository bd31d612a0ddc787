"""The consent ledger and the list of those never to be mailed."""

from __future__ import annotations

from datetime import timedelta

from syndicator.model import Cadence, Consent, ConsentEvent, Selection, SuppressedBecause
from syndicator.store.db.database import Database, Tx
from syndicator.store.people import consents, subscribers, suppressions
from syndicator.store.people.suppressions import Suppression
from tests.builders import NOW, ago

E = ConsentEvent
BESIDE = (E.SUPPRESSED, E.LIFTED)


def told(tx: Tx, name: str, *events: ConsentEvent, days: float = 0) -> None:
    consents.append(tx, *(Consent(address_hash=name, event=e, at=ago(days=days)) for e in events))


def test_a_line_of_the_ledger_reads_as_it_was_written(database: Database) -> None:
    line = Consent(
        address_hash="a",
        event=E.CONFIRMED,
        at=NOW,
        language="fi",
        text_version="2026-11-fi-0123456789ab",
        page="/fi/confirm",
        message_id="<letter.1@host>",
        evidence="x",
    )
    with database.write() as tx:
        consents.append(tx)
        consents.append(tx, line)
        told(tx, "b", E.REQUESTED)
        told(tx, "a", E.LEFT)
        assert consents.chain(tx, "a")[0] == line
        assert [one.event for one in consents.chain(tx, "a")] == [E.CONFIRMED, E.LEFT]
        assert consents.chain(tx, "c") == ()


def test_the_newest_event_counts_without_what_stands_beside(database: Database) -> None:
    with database.write() as tx:
        told(tx, "a", E.REQUESTED, E.CONFIRMED, E.LEFT, E.SUPPRESSED, E.LIFTED)
        told(tx, "b", E.SUPPRESSED)
        told(tx, "c", E.REQUESTED)
        found = consents.newest(tx, ["a", "b", "d"], beside=BESIDE)
    assert found == {"a": E.LEFT}


def test_evidence_goes_as_whole_chains_and_stays_while_somebody_subscribes(
    database: Database,
) -> None:
    """Consent rows are kept or deleted as whole chains (decisions: delivery)."""
    with database.write() as tx:
        told(tx, "gone", E.CONFIRMED, E.LEFT, days=800)
        told(tx, "newer", E.CONFIRMED, days=800)
        told(tx, "newer", E.LEFT, days=10)
        told(tx, "reader", E.CONFIRMED, days=800)
        wanted = Selection(language="fi", cadence=Cadence.WEEKLY)
        subscribers.add(
            tx, address="r@k.fi", address_hash="reader", selection=wanted, now=ago(days=800)
        )
        before = ago(days=730)
        assert consents.expired(tx, before=before) == ("gone",)
        assert consents.expire(tx, ["gone", "newer", "reader"], before=before) == 2
        assert consents.expired(tx, before=before) == ()
        left = [len(consents.chain(tx, name)) for name in ("gone", "newer", "reader")]
    assert left == [0, 2, 1]


def test_a_suppression_is_kept_with_its_first_reason_and_told_to_the_ledger(
    database: Database,
) -> None:
    bounced, complained = SuppressedBecause.HARD_BOUNCE, SuppressedBecause.COMPLAINT
    with database.write() as tx:
        assert suppressions.suppress(tx, "a", bounced, at=NOW, detail="550 5.1.1")
        assert not suppressions.suppress(tx, "a", complained, at=NOW + timedelta(1))
        assert suppressions.holds(tx, "a")
        kept = Suppression(address_hash="a", reason=bounced, at=NOW, detail="550 5.1.1")
        assert suppressions.list_all(tx) == (kept,)
        assert suppressions.get(tx, "a") == kept
        assert suppressions.get(tx, "b") is None
        assert suppressions.lift(tx, "a", at=NOW)
        assert not suppressions.lift(tx, "a", at=NOW)
        assert not suppressions.holds(tx, "a")
        chain = consents.chain(tx, "a")
    assert [(line.event, line.evidence) for line in chain] == [
        (E.SUPPRESSED, "hard_bounce"),
        (E.LIFTED, None),
    ]
