"""What a finished pull tells about its source."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from syndicator.model import (
    Answer,
    Failed,
    Hints,
    Outcome,
    Reason,
    Source,
    SourceState,
    Validators,
)
from syndicator.store.db.database import Database
from syndicator.store.feeds import claims, health, sources
from tests.builders import NOW, a_feed
from tests.store.stored import URL, a_stored_source, an_answer, claim, fetched, unchanged

HOUR = timedelta(hours=1)


def pulled(database: Database, outcome: Outcome, *, now: datetime = NOW, **changes: Any) -> Source:
    """Return the only source after a pull with this outcome; due again at once."""
    changes.setdefault("parsed", None)
    changes.setdefault("failed", None)
    with database.write() as tx:
        source = claim(tx, sources.list_all(tx)[0], now=now)
        assert health.record(tx, source, outcome=outcome, next_fetch_at=now, now=now, **changes)
        after = sources.get(tx, source.id)
    assert after is not None
    return after


def failed(reason: Reason = Reason.TIMEOUT, **changes: Any) -> Failed:
    return Failed(reason=reason, detail="no answer in 30 s", **changes)


def test_a_read_feed_is_remembered_with_all_it_says_of_itself(database: Database) -> None:
    """The hijack guard compares the next answer with this one (P6)."""
    a_stored_source(database)
    hints = Hints(
        ttl=HOUR,
        update_period=6 * HOUR,
        skip_hours=frozenset({0, 1}),
        skip_days=frozenset({5, 6}),
    )
    parsed = a_feed(title="Blogi", home="https://b.fi/", feed_id="tag:b", hints=hints)
    after = pulled(database, fetched(b"12345"), parsed=parsed)
    assert (after.feed_title, after.feed_language) == ("Blogi", "fi")
    assert (after.feed_host, after.home, after.feed_id) == (
        "blogi.kauhajoki.fi",
        "https://b.fi/",
        "tag:b",
    )
    assert after.hints == hints
    assert after.first_seen == after.last_success_at == after.last_change_at == NOW
    assert (after.body_bytes, after.body_hash) == (5, b"12345".hex())


def test_failures_are_counted_from_their_first_and_forgotten_at_the_next_success(
    database: Database,
) -> None:
    """A source is never silently dead (F10)."""
    a_stored_source(database)
    pulled(database, failed())
    after = pulled(database, failed(Reason.DNS), now=NOW + HOUR)
    assert (after.failures, after.failing_since, after.reason) == (2, NOW, Reason.DNS)
    assert after.last_attempt_at == NOW + HOUR
    assert after.last_success_at is None
    healed = pulled(database, unchanged(), now=NOW + 2 * HOUR)
    assert (healed.failures, healed.failing_since, healed.reason) == (0, None, None)
    assert healed.last_success_at == NOW + 2 * HOUR


def test_who_began_to_fail_in_our_outage_is_acquitted_and_who_failed_before_is_not(
    database: Database,
) -> None:
    a_stored_source(database)
    failing = pulled(database, failed(), now=NOW)

    with database.write() as tx:
        health.acquit(tx, {Reason.TIMEOUT}, since=NOW + timedelta(seconds=1))
        health.acquit(tx, {Reason.DNS}, since=NOW)
        assert sources.get(tx, failing.id) == failing
        health.acquit(tx, {Reason.TIMEOUT, Reason.DNS}, since=NOW)
        after = sources.get(tx, failing.id)

    assert after is not None
    assert (after.failures, after.failing_since, after.reason) == (0, None, Reason.TIMEOUT)


def test_our_own_outage_counts_no_failure_against_a_source(database: Database) -> None:
    """When most sources fail at once it is our outage (F10)."""
    a_stored_source(database)
    after = pulled(database, failed(), own_outage=True)
    assert (after.failures, after.failing_since) == (0, None)
    assert after.reason is Reason.TIMEOUT


def test_validators_come_back_byte_for_byte_and_belong_to_their_url(database: Database) -> None:
    """Quotes and W/ are kept; never carried across a redirect (F1, F8)."""
    source = a_stored_source(database)
    odd = Validators(etag='W/"a\\"b, c"', last_modified="Tue,  24 Nov 2026 07:00:00 gmt")
    pulled(database, fetched(answer=Answer(url="https://b.fi/feed", validators=odd)))
    pulled(database, fetched(answer=an_answer(etag='"2"')))
    with database.read() as tx:
        assert claims.validators(tx, source) == {
            "https://b.fi/feed": odd,
            URL: Validators(etag='"2"'),
        }


def test_a_304_that_repeats_no_validator_does_not_lose_the_one_we_hold(database: Database) -> None:
    """Later requests repeat what the last 200 or 304 gave (F1)."""
    source = a_stored_source(database)
    pulled(database, fetched(answer=an_answer(etag='"1"')))
    pulled(database, unchanged(answer=Answer(url=URL)))
    with database.read() as tx:
        assert claims.validators(tx, source) == {URL: Validators(etag='"1"')}
    pulled(database, unchanged(answer=an_answer(etag='"2"')))
    with database.read() as tx:
        assert claims.validators(tx, source) == {URL: Validators(etag='"2"')}


def test_new_bytes_without_a_validator_drop_the_old_one(database: Database) -> None:
    """A validator of bytes that are gone would be a lie (F1)."""
    source = a_stored_source(database)
    pulled(database, fetched(answer=an_answer(etag='"1"')))
    pulled(database, fetched(answer=Answer(url=URL)))
    with database.read() as tx:
        assert not claims.validators(tx, source).get(URL)


def test_a_304_after_bytes_that_could_not_be_read_is_no_recovery(database: Database) -> None:
    """The same unreadable bytes are still there; nothing is asked for twice (F1, F14)."""
    a_stored_source(database)
    pulled(database, fetched(), failed=(Reason.NOT_A_FEED, "an HTML page"))
    after = pulled(database, unchanged(), now=NOW + HOUR)
    assert (after.reason, after.failures) == (Reason.NOT_A_FEED, 1)
    assert after.last_success_at is None
    assert pulled(database, fetched(), parsed=a_feed(), now=NOW + 2 * HOUR).reason is None


def test_bytes_we_never_got_to_read_are_asked_for_whole_again(database: Database) -> None:
    """A parser that was killed may have been our own trouble."""
    source = a_stored_source(database)
    pulled(database, fetched(b"old"), parsed=a_feed())
    after = pulled(database, fetched(b"new"), failed=(Reason.PARSE_TIMEOUT, "10 s"))
    assert after.body_hash == b"old".hex()
    with database.read() as tx:
        assert claims.validators(tx, source) == {}


def test_the_address_moves_at_the_second_identical_permanent_answer(database: Database) -> None:
    """301 and 308 (F8)."""
    a_stored_source(database)
    one, two = (
        fetched(answer=an_answer(moved_to=f"https://{name}.fi/feed")) for name in ("one", "two")
    )
    assert pulled(database, one).url == URL
    assert pulled(database, two).url == URL
    assert pulled(database, unchanged()).moves == 0
    assert pulled(database, two).url == URL
    moved = pulled(database, two)
    assert (moved.url, moved.moves, moved.moved_to) == ("https://two.fi/feed", 0, None)


def test_a_failure_at_the_end_of_a_redirect_moves_nothing(database: Database) -> None:
    a_stored_source(database)
    for _ in range(3):
        answer = an_answer(moved_to="https://one.fi/feed")
        assert pulled(database, failed(Reason.MISSING, answer=answer)).url == URL


def test_gone_stops_the_polling(database: Database) -> None:
    """410 (F8)."""
    a_stored_source(database)
    after = pulled(database, failed(Reason.GONE, answer=Answer(url=URL)))
    assert (after.state, after.next_fetch_at) == (SourceState.GONE, None)


def test_a_held_source_stays_held_whatever_a_pull_tells(database: Database) -> None:
    source = a_stored_source(database)
    with database.write() as tx:
        sources.hold(tx, source.id)
    assert pulled(database, fetched(), parsed=a_feed()).state is SourceState.HELD


def test_a_servers_wait_is_kept_to_a_week(database: Database) -> None:
    """Honoured up to 7 days (F4)."""
    source = a_stored_source(database)
    month = timedelta(days=30)
    pulled(database, failed(Reason.THROTTLED, answer=an_answer(wait=month)))
    with database.read() as tx:
        week = NOW + timedelta(days=7)
        assert claims.due(tx, now=week - HOUR, limit=9, early=True) == ()
        assert claims.due(tx, now=week, limit=9, early=True) == (source.id,)


def test_recent_attempts_tell_who_was_answered_at_all(database: Database) -> None:
    """An error page proves that our line works (F10)."""
    for key in ("a", "b", "c"):
        a_stored_source(database, key)
    outcomes: tuple[Outcome, ...] = (
        failed(),
        failed(Reason.MISSING, answer=Answer(url=URL)),
        unchanged(),
    )
    with database.write() as tx:
        for number, (source, outcome) in enumerate(
            zip(sources.list_all(tx), outcomes, strict=True)
        ):
            at = NOW + timedelta(minutes=number)
            health.record(
                tx,
                claim(tx, source, now=at),
                outcome=outcome,
                parsed=None,
                failed=None,
                next_fetch_at=at,
                now=at,
            )
        recent = sources.recent_attempts(tx, since=NOW)
        assert [attempt.ok for attempt in recent] == [True, True]
        assert recent[0].at > recent[1].at
        recent = sources.recent_attempts(tx, since=NOW - timedelta(minutes=1))
        assert [attempt.ok for attempt in recent] == [True, True, False]


@pytest.mark.parametrize("hints", [Hints(), Hints(ttl=HOUR), Hints(skip_hours=frozenset({3}))])
def test_what_a_feed_says_of_its_pace_survives_a_failure(database: Database, hints: Hints) -> None:
    """skipHours and ttl may slow us at any time (F3)."""
    a_stored_source(database)
    pulled(database, fetched(), parsed=a_feed(hints=hints))
    assert pulled(database, failed()).hints == hints
