"""``syndicator run``: web server, bell and workers in one process, and a quiet end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import uvicorn

from syndicator import log, tasks
from syndicator.app.parts import App
from syndicator.app.pulling import PULLERS
from syndicator.engines.embedded import Embedded, Work
from syndicator.schedule import Bell
from syndicator.web.published import Published

logger = log.get("run")

SIGNALS = (signal.SIGTERM, signal.SIGINT)
WEB_DRAIN = timedelta(seconds=2)
WORK_DRAIN = timedelta(seconds=2)


def engine_of(app: App) -> Embedded:
    """Return the engine of this process with every task in it, idle."""
    return Embedded(
        {
            name: Work(run=partial(run, app.world), workers=_workers(name))
            for name, run in tasks.TASKS.items()
        }
    )


def _workers(task: str) -> int:
    return PULLERS if task == tasks.PULL else 1


@contextmanager
def working(app: App) -> Iterator[Embedded]:
    """Let the bell ring and the workers work while the block runs, then drain."""
    engine = engine_of(app)
    bell = Bell(partial(tasks.tick, app.world, engine), first=app.world.now())
    bell.start()
    try:
        yield engine
    finally:
        bell.stop()
        app.client.close()
        if not engine.close(within=WORK_DRAIN):
            logger.warning("work was cut off; its claims run out and it is done again")


def leave(engine: Embedded) -> None:
    """End the process now if work outlived its drain; otherwise return.

    Python would wait for its threads, half a minute where the press is at work. What is cut off
    here is safe: it is what a kill would cut, and it is done again.
    """
    if not engine.idle(within=timedelta(0)):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def serve(app: App, website: Published) -> None:
    """Serve the web until SIGTERM or SIGINT; open answers get WEB_DRAIN to end.

    Call it on the main thread: only there can a process hear signals.
    """
    deployment = app.settings.deployment
    server = _Server(
        uvicorn.Config(
            website,
            # uvicorn would silently read HTTP in Python, several times slower, if it were missing.
            http="httptools",
            host=deployment.listen_host,
            port=deployment.listen_port,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=int(WEB_DRAIN.total_seconds()),
        )
    )
    server.run()


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
