"""Pulls from claim to record: what one answer does to a source, its entries and its next turn."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from syndicator.errors import HostBusy, Stopped, Unreachable
from syndicator.fetch.notices import SILENT_FOR
from syndicator.model import Channel, Edition, EntryState, Reason, SourceState, Unchanged
from syndicator.pipeline.feeds.publish import publish
from syndicator.pipeline.feeds.pull import LEASE, Busy, PullResult, pull
from syndicator.store import notices
from syndicator.store.feeds import artefacts, claims, moderation, posts, sources
from tests.pipeline.world import FEED, Scene, a_declaration, ok, rss, scene, status

HOUR = timedelta(hours=1)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as made:
        yield made


def pulled(here: Scene, key: str = "kauhajoki-blog") -> PullResult:
    result = pull(here.puller, here.source(key).id)
    assert isinstance(result, PullResult)
    return result


def again(here: Scene, *, after: timedelta = timedelta(days=2)) -> PullResult:
    here.clock.forward(after)
    return pulled(here)


def titles(here: Scene, state: EntryState = EntryState.SHOWN) -> set[str]:
    with here.world.database.read() as tx:
        return {entry.title for entry in moderation.list_entries(tx, state=state)}


def told(here: Scene) -> set[tuple[str, str]]:
    with here.world.database.read() as tx:
        return {(notice.kind, notice.subject) for notice in notices.list_all(tx)}


def test_a_new_feed_becomes_entries_and_a_healthy_source(here: Scene) -> None:
    here.web.answers[FEED] = ok(rss("Yksi", "Kaksi"))

    result = pulled(here)

    assert titles(here) == {"Yksi", "Kaksi"}
    source = here.source()
    assert (source.failures, source.reason, source.last_success_at) == (0, None, here.clock.at)
    assert source.next_fetch_at == result.next_fetch_at


def test_a_source_is_not_asked_twice_within_the_hour(here: Scene) -> None:
    """F2."""
    here.web.answers[FEED] = ok(rss("Yksi"))
    pulled(here)

    here.clock.forward(HOUR - timedelta(seconds=1))

    assert pull(here.puller, here.source().id) is None
    assert len(here.web.asked) == 1


def test_the_next_request_carries_the_validators_of_the_last_answer(here: Scene) -> None:
    """F1."""
    here.web.answers[FEED] = ok(rss("Yksi"), etag='W/"a b"')
    pulled(here)
    here.web.answers[FEED] = status(304)

    result = again(here)

    assert isinstance(result.outcome, Unchanged)
    assert here.web.asked[-1].validators[FEED].etag == 'W/"a b"'


def test_a_source_claimed_by_a_killed_process_is_due_again_when_the_lease_ends(
    here: Scene,
) -> None:
    here.web.answers[FEED] = ok(rss("Yksi"))
    with here.world.database.write() as tx:
        claims.claim(tx, here.source().id, now=here.clock.at, lease=LEASE)

    assert pull(here.puller, here.source().id) is None
    here.clock.forward(LEASE)

    assert pulled(here).changes.new


def test_a_busy_host_puts_the_source_back_without_a_word_about_its_health(here: Scene) -> None:
    """F9."""
    here.web.answers[FEED] = HostBusy("blogi.kauhajoki.fi", timedelta(seconds=2))

    result = pull(here.puller, here.source().id)

    assert result == Busy(until=here.clock.at + timedelta(seconds=2))
    assert here.source().last_attempt_at is None


def test_a_failure_is_counted_with_its_reason_and_slows_the_next_pull(here: Scene) -> None:
    """F10."""
    here.web.answers[FEED] = status(500)
    waits = []
    for _ in range(4):
        result = again(here)
        assert result.next_fetch_at is not None
        waits.append(result.next_fetch_at - here.clock.at)

    assert (here.source().failures, here.source().reason) == (4, Reason.SERVER)
    assert waits == sorted(waits)
    assert waits[-1] > waits[0]


def test_an_answer_that_is_no_feed_is_a_failure_of_the_source_and_keeps_its_entries(
    here: Scene,
) -> None:
    here.web.answers[FEED] = ok(rss("Yksi"))
    pulled(here)
    here.web.answers[FEED] = ok(b"<!doctype html><title>Huoltokatko</title>", etag=None)

    result = again(here)

    assert result.failed is not None
    assert here.source().reason is Reason.NOT_A_FEED
    assert titles(here) == {"Yksi"}


def test_a_gone_feed_is_never_asked_again_and_people_hear_of_it(here: Scene) -> None:
    """F8."""
    here.web.answers[FEED] = status(410)
    pulled(here)

    here.clock.forward(timedelta(days=60))

    assert pull(here.puller, here.source().id) is None
    assert here.source().state is SourceState.GONE
    assert ("source_gone", "kauhajoki-blog") in told(here)


def test_people_hear_of_a_source_that_stays_silent_and_no_more_when_it_answers(
    here: Scene,
) -> None:
    """F10."""
    here.web.answers[FEED] = status(500)
    pulled(here)
    assert told(here) == set()

    again(here, after=SILENT_FOR)
    assert told(here) == {("source_failing", "kauhajoki-blog")}

    here.web.answers[FEED] = ok(rss("Yksi"))
    again(here)
    assert told(here) == set()


def test_a_server_that_asks_for_more_than_a_week_is_told_about(here: Scene) -> None:
    """F4."""
    here.web.answers[FEED] = status(429, **{"retry-after": "99999999"})

    result = pulled(here)

    assert result.next_fetch_at is not None
    assert result.next_fetch_at - here.clock.at == timedelta(days=7)
    assert told(here) == {("server_asks_longer", "kauhajoki-blog")}


def test_when_most_sources_fail_at_once_no_failure_is_counted(tmp_path: Path) -> None:
    """F10: our own outage."""
    many = tuple(
        a_declaration(key=f"blog-{n}", url=f"https://blogi{n}.example/feed") for n in range(8)
    )
    with scene(tmp_path, declared=many) as here:
        for one in many:
            here.web.answers[one.url] = Unreachable(one.url, Reason.DNS, "no such host")
        failures = [pulled(here, one.key) for one in many]

        after = [here.source(one.key) for one in many]

        assert len(failures) == 8
        assert {one.failures for one in after} == {0}, "nor those before it was known as ours"
        assert {one.failing_since for one in after} == {None}
        assert ("own_outage", "") in told(here)


def test_an_error_of_our_own_is_recorded_and_does_not_hammer_the_city(here: Scene) -> None:
    here.web.answers[FEED] = ok(rss("Yksi"))
    here.reader.breaks = True

    result = pulled(here)

    assert result.failed == (Reason.LOCAL, "an error of this program; its log says which")
    assert result.next_fetch_at is not None
    assert result.next_fetch_at - here.clock.at >= HOUR
    here.reader.breaks = False
    assert again(here).changes.new


def test_what_we_failed_to_read_is_asked_for_again_soon_though_it_had_no_validators(
    here: Scene,
) -> None:
    """F2 keeps us away for a day from who answers without validators, not from our own error."""
    here.web.answers[FEED] = ok(rss("Yksi"), etag=None)
    here.reader.breaks = True

    result = pulled(here)

    assert result.next_fetch_at is not None
    assert result.next_fetch_at - here.clock.at <= 2 * HOUR


def test_sources_pulled_at_once_that_brought_nothing_new_are_each_recorded(tmp_path: Path) -> None:
    many = tuple(
        a_declaration(key=f"blog-{n}", url=f"https://blogi{n}.example/feed") for n in range(12)
    )
    with scene(tmp_path, declared=many) as here:
        for one in many:
            here.web.answers[one.url] = ok(rss("Yksi"), url=one.url)
            pulled(here, one.key)
            here.web.answers[one.url] = status(304, url=one.url)
        here.clock.forward(timedelta(days=2))
        ids = [here.source(one.key).id for one in many] * 2

        with ThreadPoolExecutor(8) as threads:
            results = list(threads.map(lambda id_: pull(here.puller, id_), ids))

        done = [result.source.key for result in results if isinstance(result, PullResult)]
        assert sorted(done) == sorted(one.key for one in many)
        assert len(here.web.asked) == 2 * len(many)
        assert all(here.source(key).last_success_at == here.clock.at for key in done)


def test_a_post_that_was_lacking_is_gone_when_the_feed_stays_as_it_is(here: Scene) -> None:
    """P7: a 304 says once more what the last whole answer said."""
    body = rss("Uusin", "Poistettu", "Vanha")
    here.web.answers[FEED] = ok(body)
    pulled(here)
    head, newest, _, oldest = body.split(b"<item>")
    here.web.answers[FEED] = ok(b"<item>".join((head, newest, oldest)), etag='"2"')
    again(here)
    here.web.answers[FEED] = status(304)

    result = again(here)

    assert len(result.changes.deleted) == 1
    assert titles(here) == {"Uusin", "Vanha"}


def test_an_edit_changes_the_text_and_nothing_else(here: Scene) -> None:
    """Promise 2: an edit never moves a post to the top."""
    here.web.answers[FEED] = ok(rss("Uusin", "Vanha"))
    pulled(here)
    publish(here.publisher)
    body = rss("Uusin", "Vanha").replace(b"aiheesta Vanha", b"muutettu")
    here.web.answers[FEED] = ok(body, etag='"2"')

    result = again(here)
    publish(here.publisher)

    assert len(result.changes.changed) == 1
    with here.world.database.read() as tx:
        shown = artefacts.load(tx, "titles.txt")
    assert shown is not None
    assert shown.body == b"Uusin\nVanha"


def test_a_flood_in_a_known_source_waits_for_a_person(here: Scene) -> None:
    """P5."""
    here.web.answers[FEED] = ok(rss("Yksi", "Kaksi"))
    pulled(here)
    here.web.answers[FEED] = ok(rss(*(f"Tulva {n}" for n in range(10))), etag='"2"')

    result = again(here)

    assert len(result.changes.new) == 10
    assert titles(here) == {"Yksi", "Kaksi"}
    assert len(titles(here, EntryState.HELD)) == 10
    assert not result.changes.visible


def test_unchanged_input_publishes_nothing(here: Scene) -> None:
    """Promise 3."""
    here.web.answers[FEED] = ok(rss("Yksi"))
    pulled(here)
    assert publish(here.publisher)

    again(here)

    assert publish(here.publisher) == ()


def test_a_change_is_published_by_the_channels_it_touches_and_no_others(here: Scene) -> None:
    here.web.answers[FEED] = ok(rss("Yksi"))
    pulled(here)
    publish(here.publisher)
    here.web.answers[FEED] = ok(rss("Kaksi", "Yksi"), etag='"2"')

    again(here)
    changed = publish(here.publisher)

    assert {"titles.txt", "fi/titles.txt", "city/kauhajoki/titles.txt"} <= set(changed)
    assert not any(path.startswith(("sv/", "city/raahe")) for path in changed)


def test_edits_made_while_a_source_was_held_are_read_when_it_is_trusted_again(here: Scene) -> None:
    """P6."""
    here.web.answers[FEED] = ok(rss("Yksi"))
    pulled(here)
    with here.world.database.write() as tx:
        sources.hold(tx, here.source().id)
    here.web.answers[FEED] = ok(rss("Yksi").replace(b"aiheesta", b"uudesta aiheesta"), etag='"2"')
    assert again(here).changes.changed == ()

    with here.world.database.write() as tx:
        sources.unhold(tx, here.source().id)

    assert len(again(here).changes.changed) == 1


def test_a_pull_cut_off_by_our_own_end_is_nobodys_failure_and_soon_made_again(here: Scene) -> None:
    """F10: a restart must not slow the sources that were being asked when it came."""
    here.web.answers[FEED] = Stopped(FEED, Reason.LOCAL, "we stopped before the answer came")
    before = here.source()

    result = pull(here.puller, before.id)

    source = here.source()
    assert isinstance(result, Busy)
    assert (source.failures, source.reason, source.last_attempt_at) == (0, None, None)
    here.web.answers[FEED] = ok(rss("Yksi"))
    again(here, after=timedelta(minutes=2))
    assert titles(here) == {"Yksi"}


def test_an_edit_that_gives_a_post_the_address_of_another_makes_them_one(tmp_path: Path) -> None:
    """A late merge leaves one id and a tombstone for the other (decisions: entries)."""
    other = "https://blogi.raahe.fi/feed/"
    declared = (a_declaration(), a_declaration("raahe-blog", other))
    with scene(tmp_path, declared=declared) as here:
        post = rss("Yhteinen", days=1)
        here_it_stood = b"</guid><link>https://blogi.kauhajoki.fi/"
        draft = post.replace(here_it_stood, b"</guid><link>https://raahe.fi/?p=")
        here.web.answers[FEED] = ok(post)
        here.web.answers[other] = ok(draft.replace(b"Kauhajoen", b"Raahen"), url=other)
        pulled(here)
        pulled(here, "raahe-blog")
        assert len(edition(here).posts) == 2

        here.web.answers[other] = ok(post.replace(b"Kauhajoen", b"Raahen"), url=other, etag='"2"')
        here.clock.forward(timedelta(days=2))
        result = pulled(here, "raahe-blog")

        assert [len(result.changes.changed), len(result.changes.merged)] == [1, 1]
        (kept,) = edition(here).posts
        assert kept.origin.key == "kauhajoki-blog"
        assert [told.key for told in kept.others] == ["raahe-blog"]
        assert len(edition(here).tombstones) == 1


def edition(here: Scene) -> Edition:
    """Return what the combined feed is made from."""
    with here.world.database.read() as tx:
        return posts.edition(tx, Channel())
