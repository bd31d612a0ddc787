"""The web of one process beside its workers, and the socket it listens on."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from syndicator import log, tasks
from syndicator.app import App, opened
from syndicator.app.serving import bound, working
from syndicator.app.website import website
from syndicator.config import load
from syndicator.errors import StoreUnavailable
from syndicator.model import Notice
from syndicator.store import notices
from syndicator.store.db.database import Database
from syndicator.web.probes import PROBE_EVERY, UNREADY_FOR, Readiness
from tests.builders import HOME, NOW
from tests.web.asgi import ask

SOON = timedelta(seconds=50)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    """An app without sources: nothing is pulled."""
    settings = load({"SYNDICATOR_DATA": str(tmp_path), "SYNDICATOR_LISTEN": "127.0.0.1:0"})
    with opened(replace(settings, declarations=())) as made:
        yield made


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at

    def forward(self, span: timedelta) -> None:
        self.at += span.total_seconds()


def test_what_a_worker_publishes_is_served_at_once_without_waiting_for_a_look(app: App) -> None:
    """One changed entry reaches readers within 2 s: memory is looked at once a second."""
    # A clock that stands still: nothing but word from the press makes the web look again.
    site = website(app, monotonic=Seconds())
    assert ask(site, "/feed.xml").status == 404

    with working(app, announce=site.invalidate) as engine:
        engine.wake(tasks.PUBLISH, "")
        assert engine.idle(within=SOON)

        assert ask(site, "/feed.xml").status == 200


def test_a_short_answer_does_not_wait_for_the_reader_to_acknowledge_its_head(app: App) -> None:
    """uvicorn writes head and body apart; by Nagle's rule the second would wait 40 ms."""
    deployment = app.settings.deployment
    with bound(deployment.listen_host, deployment.listen_port) as listener:
        listener.listen()
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_process_that_cannot_write_is_not_ready_though_it_can_read(app: App) -> None:
    """A full disk answers every read."""
    seconds = Seconds()
    ready = Readiness(app.database, monotonic=seconds)
    assert ready.check() is None
    refuse_writes(app, refuse=True)

    assert ready.check() is None
    seconds.forward(PROBE_EVERY)
    assert "readonly" in (ready.check() or "")

    refuse_writes(app, refuse=False)
    seconds.forward(UNREADY_FOR)
    assert ready.check() is None


def test_a_write_of_our_work_that_failed_speaks_against_us_for_a_minute(app: App) -> None:
    """A small probe may find room where a post does not."""
    seconds = Seconds()
    ready = Readiness(app.database, monotonic=seconds)
    assert ready.check() is None
    fill_disk(app)
    with pytest.raises(StoreUnavailable), app.database.write() as tx:
        notices.put(tx, Notice(kind="long", subject="x" * 1_000_000, at=NOW))

    assert "full" in (ready.check() or "")
    seconds.forward(UNREADY_FOR - timedelta(seconds=1))
    assert "full" in (ready.check() or "")
    seconds.forward(timedelta(seconds=1))
    assert ready.check() is None


def test_asking_whether_we_are_ready_costs_one_write_in_ten_seconds(app: App) -> None:
    seconds = Seconds()
    ready = Readiness(app.database, monotonic=seconds)
    before = changes(app)
    for _ in range(5):
        ready.check()
    assert changes(app) == before + 1

    seconds.forward(PROBE_EVERY)
    ready.check()
    assert changes(app) == before + 2


def test_a_database_that_is_away_is_one_error_line_of_a_task_or_tick_and_no_traceback(
    app: App, tmp_path: Path
) -> None:
    """It is the operator's fact, not a fault of the program."""
    told = StringIO()
    log.configure(json=True, stream=told)
    missing = Database.open(f"sqlite:///{tmp_path}/missing/x", data_dir=tmp_path, **HOME)
    away = replace(
        app,
        editorial=replace(app.editorial, database=missing),
        publisher=replace(app.publisher, database=missing),
    )

    with working(away, announce=lambda: None) as engine:
        engine.wake(tasks.PUBLISH, "")
        assert engine.idle(within=SOON)
    missing.close()

    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    away_lines = [line for line in lines if "database not available" in line["event"]]
    assert away_lines
    assert all(line["level"] == "error" and "missing" in line["detail"] for line in away_lines)
    assert "Traceback" not in told.getvalue()


def refuse_writes(app: App, *, refuse: bool) -> None:
    """Let the one connection of the pool refuse what a read-only file system would."""
    with app.database.read() as tx:
        tx.connection.exec_driver_sql(f"PRAGMA query_only={'ON' if refuse else 'OFF'}")


def fill_disk(app: App) -> None:
    """Let the one connection of the pool have no room for another page."""
    with app.database.read() as tx:
        tx.connection.exec_driver_sql("PRAGMA max_page_count=1")


def changes(app: App) -> int:
    with app.database.read() as tx:
        return int(tx.connection.exec_driver_sql("SELECT total_changes()").scalar_one())
