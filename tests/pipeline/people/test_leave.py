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
    SubscriberState,
    SuppressedBecause,
    Variant,
)
from syndicator.pipeline.people import change_address, erase, export, leave, preferences
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.store.db.database import Database
from syndicator.store.issues import issues, outbox, variants
from syndicator.store.people import suppressions
from syndicator.store.upkeep.journal import Journal
from syndicator.subscribe.email_tokens import LinkState
from syndicator.subscribe.tokens import sample_token, unsubscribe_token
from tests.builders import NOW
from tests.pipeline.readers import ADDRESS, KEY, Readers
from tests.publish.samples import a_draft

E = ConsentEvent


def planned(database: Database) -> int:
    """Plan an issue to everybody; return its id."""
    with database.write() as tx:
        made = issues.create(tx, a_draft())
        given = variants.selections(tx, Cadence.WEEKLY)
        told = Variant(language="fi", posts=("a",))
        variants.assign(tx, made.id, dict.fromkeys(given, told))
        outbox.plan(tx, made.id)
    return made.id


def test_one_click_and_they_have_left_and_again_is_as_fine(readers: Readers) -> None:
    """Effective at once, acts again and for strangers without complaint (E5, promise 7)."""
    out = readers.way_out(readers.subscribed())
    for _ in range(2):
        leave.leave(readers.subscriptions, out)
    for token in ("", "x" * 44, out[:-1], "å" * 44):
        leave.leave(readers.subscriptions, token)
    found = readers.subscriber()
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
        assert leave.check(readers.subscriptions, token) is state
        if token != out and state is not LinkState.READY:
            assert leave.leave(readers.subscriptions, token) is state
    assert readers.subscriber() == found

    assert leave.leave(readers.subscriptions, out) is LinkState.READY
    assert leave.leave(readers.subscriptions, out) is LinkState.LEFT
    assert leave.check(readers.subscriptions, out) is LinkState.LEFT


def test_leaving_is_in_the_journal_before_the_database_has_it(readers: Readers) -> None:
    """A restored system mails nobody who left (promise 10): the journal comes first."""
    found = readers.subscribed()
    out = readers.way_out(found)

    full: Subscriptions = replace(readers.subscriptions, journal=Journal(Path("/dev/full")))
    with pytest.raises(StoreUnavailable, match="/dev/full: No space left"):
        leave.leave(full, out)
    assert readers.subscriber() == found


def test_whoever_holds_a_link_to_the_preferences_may_leave_by_it(readers: Readers) -> None:
    readers.subscribed()
    leave.leave(readers.subscriptions, readers.preferences_link())
    assert readers.chain()[-1] is E.LEFT


def test_an_erased_person_is_gone_but_for_hashes(readers: Readers) -> None:
    """Erasure; deliveries keep only the hash; the chain stays as evidence (promise 7)."""
    found = readers.subscribed()
    issue = planned(readers.database)
    token = readers.preferences_link()
    assert erase.erase(readers.subscriptions, token)
    assert not erase.erase(readers.subscriptions, token)
    assert readers.subscriber() is None
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
    leave.suppress(
        readers.subscriptions, found.address_hash, SuppressedBecause.COMPLAINT, detail="x"
    )
    assert erase.erase_address(readers.subscriptions, ADDRESS)
    assert not erase.erase_address(readers.subscriptions, ADDRESS)
    with readers.database.read() as tx:
        assert suppressions.holds(tx, found.address_hash)
    readers.later(days=2)
    readers.sign_up()
    assert readers.emails() == []


def test_whoever_complained_has_left_too(readers: Readers) -> None:
    found = readers.subscribed()
    leave.suppress(readers.subscriptions, found.address_hash, SuppressedBecause.COMPLAINT)
    leave.lift(readers.subscriptions, found.address_hash)
    after = readers.subscriber()
    assert after is not None
    assert after.state is SubscriberState.LEFT
    assert readers.chain()[2:] == [E.LEFT, E.SUPPRESSED, E.LIFTED]


def test_a_person_who_never_was_here_can_be_erased_without_a_trace(readers: Readers) -> None:
    assert not erase.erase_address(readers.subscriptions, "nobody@raahe.fi")
    assert readers.chain("nobody@raahe.fi") == []
    assert readers.journal() == []


def test_an_address_that_nothing_but_a_letter_went_to_can_be_erased(readers: Readers) -> None:
    """Somebody named it as their new one, and it never confirmed that it is theirs."""
    readers.subscribed()
    change_address.request(readers.subscriptions, readers.preferences_link(), "uusi@raahe.fi")
    assert export.export_address(readers.subscriptions, "uusi@raahe.fi") is not None

    assert erase.erase_address(readers.subscriptions, "uusi@raahe.fi")

    assert readers.emails() == []
    assert readers.chain("uusi@raahe.fi") == [E.ERASED]
    assert readers.journal()[-1] == ("erased", readers.subscriptions.hash_of("uusi@raahe.fi"))


def test_an_export_holds_everything_and_is_json(readers: Readers) -> None:
    """Export of one's data: subscriber, selection, consent chain, deliveries."""
    readers.subscribed()
    planned(readers.database)
    told = export.export(readers.subscriptions, readers.preferences_link())
    assert told is not None
    assert json.loads(json.dumps(told)) == told
    assert told == export.export_address(readers.subscriptions, ADDRESS)
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
    assert [email["kind"] for email in letters] == ["confirm", "link"]


def test_what_was_agreed_to_at_an_old_address_is_told_at_the_new_one(readers: Readers) -> None:
    readers.subscribed()
    change_address.request(readers.subscriptions, readers.preferences_link(), "maija@kauhajoki.fi")
    change_address.confirm(readers.subscriptions, readers.link(EmailKind.NEW_ADDRESS))
    told = export.export_address(readers.subscriptions, "maija@kauhajoki.fi")
    assert told is not None
    chain = told["consents"]
    assert isinstance(chain, list)
    events = [line["event"] for line in chain]
    assert events == ["requested", "confirmed", "moved", "moved", "confirmed"]


def test_nothing_is_held_about_a_stranger(readers: Readers) -> None:
    assert export.export_address(readers.subscriptions, ADDRESS) is None
    preferences.mail_link(readers.subscriptions, ADDRESS, "fi")
    assert export.export_address(readers.subscriptions, ADDRESS) is None
