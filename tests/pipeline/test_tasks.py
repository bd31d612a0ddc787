"""The tick and its tasks: what is due is woken, and what people should hear of is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from syndicator import tasks
from syndicator.errors import HostBusy, Unreachable
from syndicator.model import Licence, NoticeKind, Reason
from syndicator.pipeline.feeds.publish import publish
from syndicator.store import notices
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.incoming import SourceRow
from syndicator.store.feeds import artefacts, registrations
from syndicator.store.feeds.registrations import Registration
from syndicator.store.issues import issues
from tests.builders import NOW
from tests.pipeline.world import FEED, HUB, Clock, Scene, World, ok, rss, scene

BEAT = "https://heartbeat.example/ping"


class Woken:
    """An engine that only remembers; a test runs what it wants of it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.later: list[tuple[str, str, timedelta]] = []

    def enqueue(self, tx: Tx, task: str, key: str) -> None:
        tx.after_commit(lambda: self.wake(task, key))

    def wake(self, task: str, key: str) -> None:
        self.calls.append((task, key))

    def wake_later(self, task: str, key: str, *, after: timedelta) -> None:
        self.later.append((task, key, after))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path) as made:
        yield made


def forget(here: Scene) -> None:
    tasks.forget(here.world.settings, here.world.database, here.clock, Woken(), "")


def kinds(here: Scene) -> set[str]:
    with here.world.database.read() as tx:
        return {notice.kind for notice in notices.list_all(tx)}


def test_a_tick_wakes_what_is_due_and_nothing_else(here: Scene) -> None:
    publish(here.publisher)
    forget(here)
    engine = Woken()

    tasks.tick(here.world.editorial, engine, emails=False)

    assert engine.calls == [(tasks.PULL, str(here.source().id))]


def test_a_tick_wakes_the_issues_when_a_window_has_closed(here: Scene) -> None:
    tasks.tick(here.world.editorial, Woken(), emails=False)
    here.clock.forward(timedelta(days=7))
    engine = Woken()

    tasks.tick(here.world.editorial, engine, emails=False)
    tasks.advance_issues(here.world.editorial, engine, "")

    assert (tasks.ISSUES, "") in engine.calls
    with here.world.database.read() as tx:
        assert [one.cadence for one in issues.statuses(tx)]


def test_a_tick_finds_channels_that_a_killed_process_left_stale(here: Scene) -> None:
    here.web.answers[FEED] = ok(rss("Yksi"))
    tasks.pull_source(here.puller, Woken(), str(here.source().id))
    forget(here)
    engine = Woken()

    tasks.tick(here.world.editorial, engine, emails=False)

    assert engine.calls == [(tasks.PUBLISH, "")]


def test_a_pull_that_readers_can_see_wakes_the_press_and_one_that_changed_nothing_does_not(
    here: Scene,
) -> None:
    here.web.answers[FEED] = ok(rss("Yksi"))
    engine = Woken()
    tasks.pull_source(here.puller, engine, str(here.source().id))
    assert engine.calls == [(tasks.PUBLISH, "")]

    here.clock.forward(timedelta(days=2))
    engine = Woken()
    tasks.pull_source(here.puller, engine, str(here.source().id))
    assert engine.calls == []


class Looking(Woken):
    """An engine that looks, whenever it wakes the press, what is there to be made."""

    def __init__(self, here: Scene) -> None:
        super().__init__()
        self.here = here
        self.stale: list[int] = []

    def enqueue(self, tx: Tx, task: str, key: str) -> None:
        self.stale.append(len(artefacts.dirty(tx)))
        super().enqueue(tx, task, key)

    def wake(self, task: str, key: str) -> None:
        with self.here.world.database.read() as tx:
            self.stale.append(len(artefacts.dirty(tx)))
        super().wake(task, key)


def test_the_press_is_woken_in_the_transaction_that_made_the_posts_once_it_is_committed(
    here: Scene,
) -> None:
    here.web.answers[FEED] = ok(rss("Yksi"))
    publish(here.publisher)
    engine = Looking(here)

    tasks.pull_source(here.puller, engine, str(here.source().id))

    inside, after = engine.stale
    assert inside == after > 0


def test_a_source_whose_host_is_busy_is_woken_again_when_its_turn_may_have_come(
    here: Scene,
) -> None:
    """F9."""
    here.web.answers[FEED] = HostBusy("blogi.kauhajoki.fi", timedelta(seconds=2))
    engine = Woken()

    tasks.pull_source(here.puller, engine, str(here.source().id))

    assert engine.later == [(tasks.PULL, str(here.source().id), timedelta(seconds=2))]


def test_the_hub_is_told_of_what_was_published(here: Scene) -> None:
    """O1."""
    here.web.answers[FEED] = ok(rss("Yksi"))
    engine = Woken()
    tasks.pull_source(here.puller, engine, str(here.source().id))
    tasks.publish_all(here.publisher, engine, "")

    for task, key in engine.calls:
        if task == tasks.PING:
            tasks.ping(here.web, here.publisher.builder, engine, key)

    assert (HUB, "https://feeds.example/titles.txt") in here.web.told


def test_publishing_nothing_tells_no_hub(here: Scene) -> None:
    publish(here.publisher)
    engine = Woken()

    tasks.publish_all(here.publisher, engine, "")

    assert engine.calls == []


def test_a_tick_has_old_things_forgotten_once_a_day(here: Scene) -> None:
    """Retention runs by itself."""
    for hours, woken in ((0, True), (23, False), (1, True)):
        here.clock.forward(timedelta(hours=hours))
        engine = Woken()
        tasks.tick(here.world.editorial, engine, emails=False)
        forget(here)
        assert ((tasks.RETENTION, "") in engine.calls) is woken


def test_the_heartbeat_is_called_after_a_tick_and_its_silence_stops_nothing(here: Scene) -> None:
    """Promise 11."""
    settings = here.world.settings
    deployment = replace(settings.deployment, heartbeat_url=BEAT)
    world = replace(here.world, settings=replace(settings, deployment=deployment))
    engine = Woken()
    here.web.answers[BEAT] = Unreachable(BEAT, Reason.DNS, "no such host")

    tasks.tick(world.editorial, engine, emails=False)
    tasks.beat(here.web, BEAT, engine, "")

    assert engine.calls[-1] == (tasks.HEARTBEAT, "")
    assert here.web.asked[-1].url == BEAT


def test_an_approved_registration_is_pulled_by_the_next_tick_while_declared_ones_are_spread(
    here: Scene,
) -> None:
    asked = Registration(city_name="Uusi", url=FEED + "uusi", contact="", licence=Licence.EXCERPT)
    with here.world.database.write() as tx:
        tx.execute(update(SourceRow).values(next_fetch_at=here.clock.at + timedelta(minutes=2)))
        id_ = registrations.register(tx, asked, now=here.clock.at)
        source = registrations.approve(tx, id_, next_fetch_at=here.clock.at)
    assert source is not None
    engine = Woken()

    tasks.tick(here.world.editorial, engine, emails=False)

    assert [call for call in engine.calls if call[0] == tasks.PULL] == [
        (tasks.PULL, str(source.id))
    ]


def test_a_silent_heartbeat_is_logged_without_the_secret_that_its_path_is(
    here: Scene,
) -> None:
    secret = "https://heartbeat.example/ping/salasana"
    here.web.answers[secret] = Unreachable(secret, Reason.DNS, "no such host")

    with capture_logs() as logged:
        tasks.beat(here.web, secret, Woken(), "")

    assert "no such host" in str(logged)
    assert "salasana" not in str(logged)


def test_pulls_that_miss_their_time_are_told_until_they_are_made_up_for(here: Scene) -> None:
    """Promise 11."""
    here.web.answers[FEED] = ok(rss("Yksi"))
    here.clock.forward(tasks.LATE - timedelta(seconds=1))
    tasks.tick(here.world.editorial, Woken(), emails=False)
    assert NoticeKind.PULLS_LATE not in kinds(here)

    here.clock.forward(timedelta(seconds=1))
    tasks.tick(here.world.editorial, Woken(), emails=False)
    assert NoticeKind.PULLS_LATE in kinds(here)

    tasks.pull_source(here.puller, Woken(), str(here.source().id))
    tasks.tick(here.world.editorial, Woken(), emails=False)
    assert NoticeKind.PULLS_LATE not in kinds(here)


def test_whoever_keeps_copies_hears_of_a_change_after_its_commit_and_of_nothing_else(
    here: Scene,
) -> None:
    """One changed entry reaches the published feed within 2 s of its pull."""
    heard: list[int] = []

    def listen() -> None:
        with here.world.database.read() as tx:
            heard.append(artefacts.generation(tx))

    publisher = replace(here.publisher, announce=listen)
    here.web.answers[FEED] = ok(rss("Yksi"))
    tasks.pull_source(here.puller, Woken(), str(here.source().id))
    tasks.publish_all(publisher, Woken(), "")

    assert heard
    assert heard == sorted(set(heard))
    heard.clear()
    tasks.publish_all(publisher, Woken(), "")
    assert heard == []


def test_the_mailbox_is_looked_into_every_few_minutes_where_there_is_one(here: Scene) -> None:
    minutes = range(2 * tasks.MAILBOX_EVERY)

    def looks(world: World) -> int:
        engine = Woken()
        for minute in minutes:
            moment = NOW.replace(minute=minute)
            tasks.tick(replace(world, now=Clock(moment)).editorial, engine, emails=False)
        return engine.calls.count((tasks.MAILBOX, ""))

    away = with_mailbox(here.world, AWAY)
    assert looks(here.world) == 0
    assert looks(away) == 2
    tasks.read_mailbox(away.settings, away.database, here.clock, Woken(), "")
    assert NoticeKind.MAILBOX_AWAY in kinds(here)
    tasks.read_mailbox(here.world.settings, here.world.database, here.clock, Woken(), "")
    assert NoticeKind.MAILBOX_AWAY not in kinds(here)


AWAY = "imaps://palautukset:salasana@127.0.0.1:1/INBOX"
"""A mailbox at an address where nobody listens."""


def with_mailbox(world: World, url: str | None) -> World:
    """Return a world whose reports come to the mailbox at ``url``."""
    deployment = replace(world.settings.deployment, imap_url=url)
    return replace(world, settings=replace(world.settings, deployment=deployment))
