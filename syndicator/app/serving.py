"""``syndicator run``: web server, bell and workers in one process, and a quiet end."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
import time
from asyncio import Protocol
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import cast

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from syndicator import log, tasks
from syndicator.app.parts import App
from syndicator.engines.embedded import Embedded, Work
from syndicator.errors import AddressTaken, StoreUnavailable
from syndicator.pipeline.feeds.pull_all import PULLERS
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.send import DELIVER, deliver_issue
from syndicator.pipeline.upkeep.recover_claims import recover_claims
from syndicator.schedule import Bell
from syndicator.store.upkeep.journal import Journal
from syndicator.web.connections import ConnectionLimiter, ConnectionLimits
from syndicator.web.middleware import DatabaseDeadline
from syndicator.web.published import Published
from syndicator.web.slow_clients import TimedConnection

logger = log.get("run")

SIGNALS = (signal.SIGTERM, signal.SIGINT)
WEB_DRAIN = timedelta(seconds=2)
WORK_DRAIN = timedelta(seconds=2)
DRAINS = {DELIVER: timedelta(seconds=28)}
"""A message that was given whole gets 25 seconds for its answer; one not begun does not leave."""

BACKLOG = 2048
"""Connections the system keeps until we take them."""

AT_ONCE = {tasks.PULL: PULLERS, DELIVER: 2}
"""A weekly issue and a monthly one may be sent on the same morning."""


def tasks_of(app: App) -> Mapping[str, tasks.Task]:
    """Return every task by its name, with what it needs: without a relay no issue is delivered."""
    settings, database, http = app.settings, app.database, app.puller.http
    journal = Journal.in_folder(settings.deployment.data_dir)
    table: dict[str, tasks.Task] = {
        tasks.PULL: partial(tasks.pull_source, app.puller),
        tasks.PUBLISH: partial(tasks.publish_all, app.publisher),
        tasks.PING: partial(tasks.ping, http, app.builder),
        tasks.ISSUES: partial(tasks.advance_issues, app.editorial),
        tasks.FAILURES: partial(tasks.check_failures, database, journal, app.now),
        tasks.MAILBOX: partial(tasks.read_mailbox, settings, database, app.now),
        tasks.TRANSACTIONAL: partial(tasks.send_transactional, app.editorial, app.jitter),
        tasks.RETENTION: partial(tasks.forget, settings, database, app.now),
        tasks.HEARTBEAT: partial(tasks.beat, http, settings.deployment.heartbeat_url),
    }
    if app.newsletter is not None:
        table[DELIVER] = partial(deliver_issue, app.newsletter)
    return table


@contextmanager
def working(app: App, *, announce: Callable[[], None]) -> Iterator[Embedded]:
    """Let the bell ring and the workers work while the block runs, then drain.

    ``announce`` is called, on a worker's thread, whenever published bytes have changed.
    """
    recover_claims(app.database, data_dir=app.settings.deployment.data_dir)
    app = replace(app, publisher=replace(app.publisher, announce=announce))
    engine = Embedded(
        {
            name: Work(run=task, workers=AT_ONCE.get(name, 1), drain=DRAINS.get(name, timedelta(0)))
            for name, task in tasks_of(app).items()
        }
    )
    if app.sends_emails:
        app.wake_mailer.wakes = partial(engine.wake, tasks.TRANSACTIONAL, "")
    tick = partial(_tick, app.editorial, engine, emails=app.sends_emails)
    bell = Bell(tick, first=app.now())
    bell.start()
    try:
        yield engine
    finally:
        bell.stop()
        app.stop.set()
        app.client.close()
        if not engine.close(within=WORK_DRAIN):
            logger.warning("work was cut off; its claims run out and it is done again")


def _tick(editorial: Editorial, engine: Embedded, *, emails: bool) -> None:
    """Find what is due; what cannot be read or written now is found by the next tick."""
    try:
        tasks.tick(editorial, engine, emails=emails)
    except StoreUnavailable as error:
        logger.error("tick left out: database not available", detail=str(error))


def leave(engine: Embedded) -> None:
    """End the process now if work outlived its drain; otherwise return.

    Python would wait for its threads, half a minute where documents are made. What is cut off
    here is safe: it is what a kill would cut, and it is done again.
    """
    if not engine.idle(within=timedelta(0)):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def serve(website: Published, listener: socket.socket) -> None:
    """Serve the web until SIGTERM or SIGINT; open answers get WEB_DRAIN to end.

    Call it on the main thread: only there can a process hear signals.

    Args:
        listener: what ``bound`` yields.

    Raises:
        AddressTaken: of two that were bound at once, the other listens already.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    endless = files == resource.RLIM_INFINITY
    limiter = ConnectionLimiter(ConnectionLimits() if endless else ConnectionLimits.within(files))
    server = _Server(
        web_config(DatabaseDeadline(website, monotonic=time.monotonic), limiter=limiter)
    )
    host, port = listener.getsockname()[:2]
    try:
        listener.listen(BACKLOG)
    except OSError as error:
        raise _taken(host, port, error) from error
    logger.info("listening", host=host, port=port)
    server.run(sockets=[listener])
    limiter.tally.flush()
    logger.info("web server closed")


def web_config(
    website: Callable[..., Awaitable[None]], *, limiter: ConnectionLimiter
) -> uvicorn.Config:
    """Return how the web is served: to whom the limiter lets in, while they do their part.

    The limiter trusts whom uvicorn believes who a reader is (FORWARDED_ALLOW_IPS).
    """
    config = uvicorn.Config(
        website,
        # httptools: uvicorn would silently read HTTP in Python, several times slower.
        http=cast("type[Protocol]", partial(TimedConnection, limiter=limiter)),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=int(WEB_DRAIN.total_seconds()),
    )
    proxies = ProxyHeadersMiddleware(website, config.forwarded_allow_ips).trusted_hosts
    limiter.trusts = proxies.__contains__
    return config


@contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """Yield a socket that has the address, and does not listen yet: whoever asks is refused.

    Ask for it before any other work at a start: that it is somebody else's is to be said first.
    We bind ourselves: uvicorn would end the process with a code that means something else.

    Raises:
        AddressTaken: somebody else listens there, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's rule off only for sockets that were made with the protocol named.
    # With it a body of a few packets waits 40 ms for the reader's system to acknowledge the head.
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)  # noqa: FBT003
        # An address of our own, closed a moment ago, is not taken.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, True)  # noqa: FBT003
        if family is socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, True)  # noqa: FBT003
        try:
            listener.bind((host, port))
        except OSError as error:
            raise _taken(host, port, error) from error
        yield listener


def _taken(host: str, port: int, error: OSError) -> AddressTaken:
    fact = os.strerror(error.errno) if error.errno else str(error)
    return AddressTaken(f"{host}:{port}: {fact}; set SYNDICATOR_LISTEN to a free address")


class _Server(uvicorn.Server):
    """uvicorn raises the signal again when it is done, which would end us before we drained."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self.handle_exit) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
