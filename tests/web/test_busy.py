"""Pages that take long: they never delay somebody who leaves or confirms, nor one another."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from starlette.types import ASGIApp

from syndicator.model import EmailKind
from tests.builders import LANGUAGES
from tests.pipeline.readers import Readers
from tests.publish.sites import site
from tests.store.statements import heard, reading
from tests.web.asgi import Reply, asking
from tests.web.worlds import World, source

MANY = 100
LONG_ENOUGH = 20
"""Seconds after which a test that hangs fails."""


class Gate:
    """Holds whoever comes, until it is opened; tells an event loop when the first one comes."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._announce: Callable[[], object] = lambda: None
        self.came = 0

    def wait(self) -> None:
        self.came += 1
        self._announce()
        assert self._open.wait(LONG_ENOUGH)

    def arrival(self) -> asyncio.Event:
        came = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._announce = partial(loop.call_soon_threadsafe, came.set)
        return came

    def open(self) -> None:
        self._open.set()


async def beside(gate: Gate, slow: ASGIApp, path: str, *, ask: str) -> tuple[Reply, list[Reply]]:
    """Post to ``ask`` while many readers wait for ``path``; return its reply, then theirs."""
    arrival = gate.arrival()
    readers = [asyncio.create_task(asking(slow, path.format(n=n))) for n in range(MANY)]
    try:
        async with asyncio.timeout(LONG_ENOUGH / 2):
            await arrival.wait()
            reply = await asking(slow, ask, method="POST", headers={"origin": "null"})
    finally:
        gate.open()
    return reply, list(await asyncio.gather(*readers))


def path_of(readers: Readers, door: str) -> str:
    """Return the address of a link that was mailed to somebody."""
    if door == "unsubscribe":
        return f"/fi/unsubscribe/{readers.way_out(readers.subscribed())}"
    readers.sign_up()
    return f"/fi/confirm/{readers.link(EmailKind.CONFIRM)}"


@pytest.mark.parametrize("door", ["unsubscribe", "confirm"])
def test_a_hundred_readers_of_a_slow_page_do_not_delay_whoever_leaves_or_confirms(
    world: World, readers: Readers, tmp_path: Path, door: str
) -> None:
    path, gate = path_of(readers, door), Gate()
    (tmp_path / "people").mkdir()
    (tmp_path / "people/nowhere.html").write_text("{{ wait() }}")
    world.site = site(templates=(tmp_path,))
    world.site.templates.globals["wait"] = gate.wait

    reply, pages = asyncio.run(beside(gate, world.app(), "/fi/preferences/x{n}", ask=path))

    assert reply.status == 200
    assert {page.status for page in pages} == {404}


@pytest.mark.parametrize("door", ["unsubscribe", "confirm"])
def test_documents_that_are_slow_to_load_do_not_delay_whoever_leaves_or_confirms(
    world: World, readers: Readers, door: str
) -> None:
    path, gate = path_of(readers, door), Gate()

    with heard(world.database, reading("artefact", gate.wait)):
        reply, _ = asyncio.run(beside(gate, world.app(), "/{n}.xml", ask=path))

    assert reply.status == 200


@pytest.mark.parametrize(
    "path", [*(f"/{language}/status" for language in LANGUAGES), "/status.json"]
)
def test_a_status_page_asked_for_by_many_at_once_is_made_once(world: World, path: str) -> None:
    gate = Gate()
    world.add_sources(source())

    with heard(world.database, reading("source", gate.wait)):
        _, pages = asyncio.run(beside(gate, world.app(), path, ask="/fi/unsubscribe/x"))

    assert gate.came == 1
    assert {page.status for page in pages} == {200}
    assert len({page.body for page in pages}) == 1
    assert b"raahe.example/1/feed/" in pages[0].body
