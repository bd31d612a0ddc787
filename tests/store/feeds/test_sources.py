"""Sources: declared, due, claimed, put back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syndicator.model import Channel, HeldBecause, Kind, Licence, Source, SourceState
from syndicator.store.db.database import Database
from syndicator.store.feeds import artefacts, claims, health, posts, sources
from tests.at_once import at_once
from tests.builders import NOW, an_entry
from tests.store.stored import (
    LEASE,
    a_declaration,
    a_stored_source,
    an_answer,
    apply,
    claim,
    declare,
    fetched,
    new,
    unmark_all,
)

HOUR = timedelta(hours=1)


def stored(database: Database, key: str = "kauhajoki") -> Source:
    with database.read() as tx:
        found = sources.by_key(tx, key)
    assert found is not None
    return found


# --- declared -------------------------------------------------------------------------------------


def test_declared_sources_are_stored_as_declared_and_begin_spread(database: Database) -> None:
    """First fetches of a new installation are spread (F5)."""
    declared = a_declaration(
        "raahe", kind=Kind.NEWS, licence=Licence.FULL, categories=("osaajat",), language="sv"
    )
    with database.write() as tx:
        sources.declare(
            tx,
            [a_declaration("oulu"), declared],
            now=NOW,
            first_fetch=lambda index: NOW + index * HOUR,
        )
    source = stored(database, "raahe")
    assert source.next_fetch_at == NOW + HOUR
    assert (source.kind, source.licence, source.language) == (Kind.NEWS, Licence.FULL, "sv")
    assert (source.state, source.city, source.categories) == (
        SourceState.ACTIVE,
        "raahe",
        ("osaajat",),
    )
    assert source.first_sight


def test_declaring_again_what_is_there_changes_and_marks_nothing(database: Database) -> None:
    """`next_fetch_at` survives restarts: no burst at start (F5)."""
    before = a_stored_source(database)
    unmark_all(database)
    with database.write() as tx:
        declare(tx, a_declaration(), now=NOW + HOUR)
        assert artefacts.dirty(tx) == {}
    assert stored(database) == before


def test_a_source_that_left_the_file_is_retired_and_keeps_its_posts(database: Database) -> None:
    source = a_stored_source(database)
    apply(database, source, new=(new(an_entry()),))
    with database.write() as tx:
        declare(tx)
        assert claims.due(tx, now=NOW + HOUR, limit=10) == ()
        assert len(posts.edition(tx, Channel()).posts) == 1
    assert stored(database).state is SourceState.RETIRED
    with database.write() as tx:
        declare(tx, a_declaration())
        assert claims.due(tx, now=NOW, limit=10) == (source.id,)


def test_a_redirect_that_was_learnt_outlives_a_restart_but_not_a_new_address(
    database: Database,
) -> None:
    """The stored URL moves by permanent answers (F8); the file wins when it changes."""
    source = a_stored_source(database)
    for hour in range(2):
        at = NOW + hour * HOUR
        with database.write() as tx:
            moved = fetched(answer=an_answer(moved_to="https://uusi.fi/feed"))
            ours = claim(tx, source, now=at)
            health.record(
                tx, ours, outcome=moved, parsed=None, failed=None, next_fetch_at=at, now=at
            )
    assert stored(database).url == "https://uusi.fi/feed"
    with database.write() as tx:
        declare(tx, a_declaration())
    assert stored(database).url == "https://uusi.fi/feed"
    with database.write() as tx:
        declare(tx, a_declaration(url="https://kolmas.fi/feed"))
        assert claims.validators(tx, source) == {}
    assert stored(database).url == "https://kolmas.fi/feed"


def test_who_pulls_the_old_address_while_the_file_names_another_records_nothing(
    database: Database,
) -> None:
    source = a_stored_source(database)
    with database.write() as tx:
        ours = claim(tx, source)
        declare(tx, a_declaration(url="https://uusi.fi/feed"))
        assert not health.record(
            tx, ours, outcome=fetched(), parsed=None, failed=None, next_fetch_at=NOW, now=NOW
        )


def test_a_licence_taken_back_is_obeyed_in_every_channel(database: Database) -> None:
    """A full text only where the city granted it (O4)."""
    source = a_stored_source(database, licence=Licence.FULL)
    apply(database, source, new=(new(an_entry(content_html="<p>Koko teksti</p>")),))
    unmark_all(database)
    with database.write() as tx:
        declare(tx, a_declaration(licence=Licence.LINK), now=NOW + HOUR)
        edition = posts.edition(tx, Channel())
        assert edition.posts[0].content_html == ""
        assert edition.updated == NOW + HOUR
        assert Channel(month="2026-11") in artefacts.dirty(tx)


def test_a_source_that_changes_its_kind_moves_its_posts_with_it(database: Database) -> None:
    source = a_stored_source(database, kind=Kind.NEWS)
    apply(database, source, new=(new(an_entry()),))
    with database.write() as tx:
        declare(tx, a_declaration(kind=Kind.BLOG))
        blogs = posts.edition(tx, Channel(), kinds=frozenset({Kind.BLOG}))
        assert [post.origin.kind for post in blogs.posts] == [Kind.BLOG]
        assert posts.edition(tx, Channel(), kinds=frozenset({Kind.NEWS})).posts == ()


def test_a_source_held_by_an_editor_stays_held_over_a_restart_and_is_pulled(
    database: Database,
) -> None:
    """A held source is still pulled; its new entries are held (decisions: pulling)."""
    source = a_stored_source(database)
    with database.write() as tx:
        sources.hold(tx, source.id)
        declare(tx, a_declaration())
        assert stored_state(database, tx_source=source) is SourceState.ACTIVE
        assert claims.due(tx, now=NOW, limit=10) == (source.id,)
    held = stored(database)
    assert (held.state, held.held_because) == (SourceState.HELD, HeldBecause.BY_EDITOR)
    with database.write() as tx:
        sources.unhold(tx, source.id)
    assert stored(database).state is SourceState.ACTIVE


def stored_state(database: Database, *, tx_source: Source) -> SourceState:
    """Return the state as another reader sees it, before the writer is done."""
    return stored(database, tx_source.key).state


# --- due and claimed ------------------------------------------------------------------------------


def test_the_longest_due_come_first_and_no_more_than_asked_for(database: Database) -> None:
    with database.write() as tx:
        declared = [a_declaration(key) for key in ("a", "b", "c")]
        sources.declare(tx, declared, now=NOW, first_fetch=lambda index: NOW - index * HOUR)
        assert claims.due(tx, now=NOW, limit=2) == (3, 2)
        assert claims.due(tx, now=NOW - HOUR, limit=9) == (3, 2)


def test_a_claimed_source_is_not_claimed_again_before_its_lease_ends(database: Database) -> None:
    """A wake-up that comes twice does nothing: the claim fails."""
    source = a_stored_source(database)
    with database.write() as tx:
        assert claims.claim(tx, source.id, now=NOW, lease=LEASE)
        assert claims.due(tx, now=NOW, limit=9) == ()
        assert claims.claim(tx, source.id, now=NOW + LEASE / 2, lease=LEASE) is None
        assert claims.due(tx, now=NOW + LEASE, limit=9) == (source.id,)
        assert claims.claim(tx, source.id, now=NOW + LEASE, lease=LEASE)


def test_of_many_threads_that_claim_the_same_source_one_gets_it(database: Database) -> None:
    source = a_stored_source(database)
    got: list[Source | None] = []

    def work() -> None:
        with database.write() as tx:
            got.append(claims.claim(tx, source.id, now=NOW, lease=LEASE))

    at_once(*[work] * 6)
    assert len(got) == 6
    assert sum(claimed is not None for claimed in got) == 1


def test_a_kill_between_claim_and_record_loses_nothing(database: Database) -> None:
    """Promise 1 and 5: what was claimed and never recorded is due again, unchanged."""
    source = a_stored_source(database)
    with database.write() as tx:
        claim(tx, source)
    with database.read() as tx:
        assert claims.due(tx, now=NOW + LEASE, limit=9) == (source.id,)
        again = sources.get(tx, source.id)
    assert again is not None
    assert again.next_fetch_at == source.next_fetch_at


def test_what_a_lost_claim_records_or_releases_is_refused(database: Database) -> None:
    """A lease that ran out belongs to another, whose result counts."""
    source = a_stored_source(database)
    later = NOW + HOUR
    with database.write() as tx:
        ours = claim(tx, source)
        theirs = claim(tx, source, now=NOW + LEASE)
        assert not health.record(
            tx, ours, outcome=fetched(), parsed=None, failed=None, next_fetch_at=later, now=later
        )
        claims.release(tx, ours, next_fetch_at=NOW)
        assert claims.claim(tx, source.id, now=NOW + LEASE, lease=LEASE) is None
        assert health.record(
            tx, theirs, outcome=fetched(), parsed=None, failed=None, next_fetch_at=later, now=later
        )


def test_a_source_put_back_is_free_again_at_its_moment_and_its_health_is_untouched(
    database: Database,
) -> None:
    """A busy host is not a failure (F9)."""
    source = a_stored_source(database)
    with database.write() as tx:
        claims.release(tx, claim(tx, source), next_fetch_at=NOW + HOUR)
        assert claims.due(tx, now=NOW, limit=9) == ()
        assert claims.due(tx, now=NOW + HOUR, limit=9) == (source.id,)
    assert stored(database).failures == 0
    assert stored(database).last_attempt_at is None


def test_early_goes_before_our_pace_but_never_against_the_servers_word(database: Database) -> None:
    """`pull --all` (decisions: pulling); Retry-After and max-age (F3, F4)."""
    source = a_stored_source(database)
    with database.write() as tx:
        asked = fetched(answer=an_answer(wait=2 * HOUR))
        health.record(
            tx,
            claim(tx, source),
            outcome=asked,
            parsed=None,
            failed=None,
            next_fetch_at=NOW + 3 * HOUR,
            now=NOW,
        )
        for moment, plain, early, anyway in (
            (NOW + HOUR, (), (), (1,)),
            (NOW + 2 * HOUR, (), (1,), (1,)),
            (NOW + 3 * HOUR, (1,), (1,), (1,)),
        ):
            assert claims.due(tx, now=moment, limit=9) == plain
            assert claims.due(tx, now=moment, limit=9, early=True) == early
            assert claims.due(tx, now=moment, limit=9, anyway=True) == anyway
        assert claims.claim(tx, 1, now=NOW + HOUR, lease=LEASE, early=True) is None
        assert claims.claim(tx, 1, now=NOW + 2 * HOUR, lease=LEASE) is None
        assert claims.claim(tx, 1, now=NOW + 2 * HOUR, lease=LEASE, early=True)


@pytest.mark.parametrize("state", [SourceState.RETIRED, SourceState.GONE])
def test_what_is_not_pulled_is_never_due(database: Database, state: SourceState) -> None:
    source = a_stored_source(database)
    with database.write() as tx:
        sources.stop(tx, source.id, state=state)
        assert claims.due(tx, now=NOW + HOUR, limit=9, anyway=True) == ()
        assert claims.claim(tx, source.id, now=NOW + HOUR, lease=LEASE, anyway=True) is None


def test_sources_are_found_by_id_key_and_state(database: Database) -> None:
    source = a_stored_source(database)
    with database.read() as tx:
        assert sources.get(tx, source.id) == source
        assert sources.get(tx, 99) is None
        assert sources.by_key(tx, "ei") is None
        assert sources.list_all(tx) == (source,)
        assert sources.list_all(tx, states=[SourceState.GONE]) == ()


def test_who_pulls_while_a_source_is_trusted_again_records_nothing_and_it_is_due_again(
    database: Database,
) -> None:
    """The edits that waited would else be in bytes that count as read (P6)."""
    source = a_stored_source(database)
    with database.write() as tx:
        sources.hold(tx, source.id)
        ours = claim(tx, source)
        sources.unhold(tx, source.id)
        assert not health.record(
            tx, ours, outcome=fetched(), parsed=None, failed=None, next_fetch_at=NOW, now=NOW
        )
        assert claims.due(tx, now=NOW, limit=9) == (source.id,)
        assert claims.validators(tx, source) == {}
