"""Sources: declared, due, claimed, recorded."""

from __future__ import annotations

from datetime import timedelta

from syndicator.store import sources
from syndicator.store.database import Database
from tests.builders import NOW
from tests.store.stored import LEASE, a_stored_source, claim, fetched


def test_a_claimed_source_is_not_claimed_again_before_its_lease_ends(database: Database) -> None:
    """A wake-up that comes twice does nothing: the claim fails."""
    source = a_stored_source(database)
    with database.write() as tx:
        assert sources.claim(tx, source.id, now=NOW, lease=LEASE)
        assert sources.claim(tx, source.id, now=NOW + LEASE / 2, lease=LEASE) is None
        assert sources.claim(tx, source.id, now=NOW + LEASE, lease=LEASE)


def test_what_a_lost_claim_records_is_refused(database: Database) -> None:
    """A lease that ran out belongs to another, whose result counts."""
    source = a_stored_source(database)
    with database.write() as tx:
        ours = claim(tx, source)
        theirs = claim(tx, source, now=NOW + LEASE)
        later = NOW + timedelta(hours=1)
        told = {"outcome": fetched(), "parsed": None, "failed": None, "next_fetch_at": later}
        assert not sources.record(tx, ours, now=NOW + LEASE, **told)
        assert sources.record(tx, theirs, now=NOW + LEASE, **told)
