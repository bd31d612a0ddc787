"""SQLite's file held by another process: what readers of the web notice of it (on loopback)."""

from __future__ import annotations

import json
import logging
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode

import pytest
import structlog

from syndicator import log
from syndicator.app import App, opened
from syndicator.app.website import website
from syndicator.config import load
from syndicator.store.db.database import FILE_NAME
from syndicator.store.db.writer_queue import MOST_WAITING
from syndicator.web.connections import ConnectionLimiter, ConnectionLimits
from syndicator.web.middleware import DatabaseDeadline
from syndicator.web.probes import Readiness
from tests.app.loopback import Address, answered, connected, served
from tests.app.test_serving import Seconds
from tests.web.people.test_subscribing import GIVEN

HOLD = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN " + sys.argv[2])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    settings = load({"SYNDICATOR_DATA": str(tmp_path), "SYNDICATOR_SMTP_URL": "smtp://127.0.0.1:9"})
    with opened(replace(settings, declarations=())) as made:
        yield made


@contextmanager
def held(app: App, lock: str = "EXCLUSIVE") -> Iterator[None]:
    """Let another process hold the database while the block runs."""
    file = app.settings.deployment.data_dir / FILE_NAME
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file), lock],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.communicate()


@contextmanager
def serving(app: App, *, wait: timedelta) -> Iterator[Address]:
    site = DatabaseDeadline(website(app), monotonic=time.monotonic, wait=wait)
    with served(
        site, limiter=ConnectionLimiter(ConnectionLimits(patience=timedelta(minutes=5)))
    ) as address:
        yield address


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()


def sign_up(n: int) -> bytes:
    """Return the request of somebody, from a network of their own, who signs up."""
    body = urlencode({**GIVEN, "email": f"lukija{n}@kauhajoki.fi"}, doseq=True).encode()
    return (
        b"POST /fi/subscribe HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.%d.%d.1\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%b"
    ) % (n // 250, n % 250, len(body), body)


@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_whoever_signs_up_while_another_process_writes_is_asked_to_come_again(
    app: App, lock: str
) -> None:
    with serving(app, wait=timedelta(seconds=0.3)) as address:
        with held(app, lock):
            head = answered(address, sign_up(1))
            assert head.startswith(b"HTTP/1.1 503")
            assert b"retry-after: 60" in head
        assert answered(address, sign_up(1)).startswith(b"HTTP/1.1 303")


def test_readers_are_answered_while_many_wait_to_sign_up(app: App) -> None:
    """Each that waits holds a thread, and the pages have forty."""
    with serving(app, wait=timedelta(seconds=15)) as address, ExitStack() as stack:
        with held(app):
            people = [stack.enter_context(connected(address)) for _ in range(60)]
            for n, connection in enumerate(people):
                connection.sendall(sign_up(n))
            for path in ("/fi/status", "/fi/none", "/healthz", "/fi/subscribe"):
                assert answered(address, get(path)).startswith((b"HTTP/1.1 200", b"HTTP/1.1 404"))
            assert len(unanswered(people)) >= MOST_WAITING
        answers = [connection.recv(12) for connection in people]
    assert answers.count(b"HTTP/1.1 303") > MOST_WAITING
    assert set(answers) == {b"HTTP/1.1 303", b"HTTP/1.1 503"}


def unanswered(connections: list[socket.socket]) -> list[socket.socket]:
    """Return those on which nothing has come."""
    ready, _, _ = select.select(connections, [], [], 0)
    return [connection for connection in connections if connection not in ready]


def test_of_many_who_ask_whether_we_are_ready_one_waits_for_the_database(app: App) -> None:
    clock = Interrupted()
    ready = Readiness(app.database, monotonic=clock)
    between: list[str | None] = []
    clock.call = lambda: between.append(ready.check())

    assert ready.check() is None
    assert between == [None]


class Interrupted(Seconds):
    """A clock that calls somebody the first time it is asked, in the middle of a look."""

    def __init__(self) -> None:
        super().__init__()
        self.call: Callable[[], None] | None = None

    def __call__(self) -> float:
        call, self.call = self.call, None
        if call is not None:
            call()
        return super().__call__()


def test_a_database_that_is_away_is_one_line_of_the_log_however_many_ask(app: App) -> None:
    root = logging.getLogger()
    handlers, level, stream = list(root.handlers), root.level, StringIO()
    log.configure(json=True, stream=stream)
    with serving(app, wait=timedelta(seconds=0.3)) as address, held(app):
        for n in range(5):
            assert answered(address, sign_up(n)).startswith(b"HTTP/1.1 503")
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()

    (line,) = (json.loads(one) for one in stream.getvalue().splitlines())
    assert line["event"] == "page not made: database not available"
