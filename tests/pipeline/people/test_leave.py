"""Out: leaving, erasure, suppression, and what is held about somebody."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from syndicator.errors import StoreUnavailable
from syndicator.model import (
    Cadence,
    ConsentEvent,
    EmailKind,
    Issue,
    SubscriberState,
    SuppressedBecause,
    Variant,
)
from syndicator.pipeline.people import change_address, leave, sign_up
from syndicator.pipeline.people.sign_up import Subscriptions
from syndicator.store.db.database import Database
from syndicator.store.issues import issues, outbox, variants
from syndicator.store.people import suppressions
from syndicator.store.upkeep.journal import Journal
from syndicator.subscribe.links import LinkState
from syndicator.subscribe.tokens import sample_token, unsubscribe_token
from tests.builders import NOW
from tests.pipeline.readers import ADDRESS, KEY, Readers

E = ConsentEvent


def planned(database: Database) -> int:
    """Plan an issue to everybody; return its id."""
    issue = Issue(
        cadence=Cadence.WEEKLY,
        period="2026-W48",
        opens=NOW - timedelta(days=7),
        closes=NOW,
        posts=(),
        content_hash="h",
        send_at=NOW,
    )
    with database.write() as tx:
        made = issues.create(tx, issue)
        assert made.id is not None
        given = variants.selections(tx, Cadence.WEEKLY)
        told = Variant(language="fi", posts=("a",))
        variants.assign(tx, made.id, dict.fromkeys(given, told))
        outbox.plan(tx, made.id)
    return made.id


def test_one_click_and_they_have_left_and_again_is_as_fine(readers: Readers) -> None:
    """Effective at once, acts again and for strangers without complaint (E5, promise 7)."""
    out = readers.way_out(readers.subscribed())
    for _ in range(2):
        leave.leave(readers.kept, out)
    for token in ("", "x" * 44, out[:-1], "å" * 44):
        leave.leave(readers.kept, token)
    found = readers.found()
    assert found is not None
    assert (found.state, found.left_at) == (SubscriberState.LEFT, readers.clock())
    assert readers.chain() == [E.REQUESTED, E.CONFIRMED, E.LEFT]
    assert readers.journal()[1:] == [("left", found.address_hash)]


def test_a_way_out_says_what_is_so_of_it_and_a_look_changes_nothing(readers: Readers) -> None:
    found = readers.subscribed()
    out = readers.way_out(found)
    for token, state in (
        (out, LinkState.READY),
        (readers.preferences_link(), LinkState.READY),
        (unsubscribe_token(str(UUID(int=7)), KEY), LinkState.LEFT),
        (sample_token("an issue"), LinkState.SAMPLE),
        ("sample--", LinkState.BROKEN),
        (out[:-1], LinkState.BROKEN),
        (unsubscribe_token(found.public_id, b"o" * 32), LinkState.BROKEN),
    ):
        assert leave.way_out(readers.kept, token) is state
        if token != out and state is not LinkState.READY:
            assert leave.leave(readers.kept, token) is state
    assert readers.found() == found

    assert leave.leave(readers.kept, out) is LinkState.READY
    assert leave.leave(readers.kept, out) is LinkState.LEFT
    assert leave.way_out(readers.kept, out) is LinkState.LEFT


def test_leaving_is_in_the_journal_before_the_database_has_it(readers: Readers) -> None:
    """A restored system mails nobody who left (promise 10): the journal comes first."""
    found = readers.subscribed()
    out = readers.way_out(found)

    full: Subscriptions = replace(readers.kept, journal=Journal(Path("/dev/full")))
    with pytest.raises(StoreUnavailable, match="/dev/full: No space left"):
        leave.leave(full, out)
    assert readers.found() == found


def test_whoever_holds_a_link_to_the_preferences_may_leave_by_it(readers: Readers) -> None:
    readers.subscribed()
    leave.leave(readers.kept, readers.preferences_link())
    assert readers.chain()[-1] is E.LEFT


def test_an_erased_person_is_gone_but_for_hashes(readers: Readers) -> None:
    """Erasure; deliveries keep only the hash; the chain stays as evidence (promise 7)."""
    found = readers.subscribed()
    issue = planned(readers.database)
    token = readers.preferences_link()
    assert leave.erase(readers.kept, token)
    assert not leave.erase(readers.kept, token)
    assert readers.found() is None
    assert readers.chain() == [E.REQUESTED, E.CONFIRMED, E.ERASED]
    assert readers.journal()[-1] == ("erased", found.address_hash)
    with readers.database.write() as tx:
        lease = timedelta(minutes=1)
        assert outbox.claim(tx, issue, holder="one", now=NOW, lease=lease) == ()
        rows = tx.connection.exec_driver_sql(
            "SELECT subscriber_id, address_hash FROM delivery"
        ).all()
        left = tx.connection.exec_driver_sql("SELECT count(*) FROM letter").scalar()
    assert [tuple(row) for row in rows] == [(None, found.address_hash)]
    assert left == 0


def test_a_suppression_survives_erasure(readers: Readers) -> None:
    """Promise 7; the person comes back by nothing but an editor's word."""
    found = readers.subscribed()
    leave.suppress(readers.kept, found.address_hash, SuppressedBecause.COMPLAINT, detail="x")
    assert leave.erase_address(readers.kept, ADDRESS)
    assert not leave.erase_address(readers.kept, ADDRESS)
    with readers.database.read() as tx:
        assert suppressions.holds(tx, found.address_hash)
    readers.later(days=2)
    readers.ask()
    assert readers.arrived() == []


def test_whoever_complained_has_left_too(readers: Readers) -> None:
    found = readers.subscribed()
    leave.suppress(readers.kept, found.address_hash, SuppressedBecause.COMPLAINT)
    leave.lift(readers.kept, found.address_hash)
    after = readers.found()
    assert after is not None
    assert after.state is SubscriberState.LEFT
    assert readers.chain()[2:] == [E.LEFT, E.SUPPRESSED, E.LIFTED]


def test_a_person_who_never_was_here_can_be_erased_without_a_trace(readers: Readers) -> None:
    assert not leave.erase_address(readers.kept, "nobody@raahe.fi")
    assert readers.chain("nobody@raahe.fi") == []
    assert readers.journal() == []


def test_an_address_that_nothing_but_a_letter_went_to_can_be_erased(readers: Readers) -> None:
    """Somebody named it as their new one, and it never confirmed that it is theirs."""
    readers.subscribed()
    change_address.move(readers.kept, readers.preferences_link(), "uusi@raahe.fi")
    assert leave.everything(readers.kept, "uusi@raahe.fi") is not None

    assert leave.erase_address(readers.kept, "uusi@raahe.fi")

    assert readers.arrived() == []
    assert readers.chain("uusi@raahe.fi") == [E.ERASED]
    assert readers.journal()[-1] == ("erased", readers.kept.hash_of("uusi@raahe.fi"))


def test_an_export_holds_everything_and_is_json(readers: Readers) -> None:
    """Export of one's data: subscriber, selection, consent chain, deliveries."""
    readers.subscribed()
    planned(readers.database)
    told = leave.export(readers.kept, readers.preferences_link())
    assert told is not None
    assert json.loads(json.dumps(told)) == told
    assert told == leave.everything(readers.kept, ADDRESS)
    subscriber, deliveries = told["subscriber"], told["deliveries"]
    assert isinstance(subscriber, dict)
    assert (subscriber["address"], subscriber["cadence"]) == (ADDRESS, "weekly")
    assert deliveries == [
        {"cadence": "weekly", "period": "2026-W48", "state": "pending", "at": None}
    ]
    chain, letters = told["consents"], told["letters"]
    assert isinstance(chain, list)
    assert isinstance(letters, list)
    assert [line["event"] for line in chain] == ["requested", "confirmed"]
    assert [letter["kind"] for letter in letters] == ["confirm", "link"]


def test_what_was_agreed_to_at_an_old_address_is_told_at_the_new_one(readers: Readers) -> None:
    readers.subscribed()
    change_address.move(readers.kept, readers.preferences_link(), "maija@kauhajoki.fi")
    change_address.moved(readers.kept, readers.link(EmailKind.NEW_ADDRESS))
    told = leave.everything(readers.kept, "maija@kauhajoki.fi")
    assert told is not None
    chain = told["consents"]
    assert isinstance(chain, list)
    events = [line["event"] for line in chain]
    assert events == ["requested", "confirmed", "moved", "moved", "confirmed"]


def test_nothing_is_held_about_a_stranger(readers: Readers) -> None:
    assert leave.everything(readers.kept, ADDRESS) is None
    sign_up.send_link(readers.kept, ADDRESS, "fi")
    assert leave.everything(readers.kept, ADDRESS) is None
