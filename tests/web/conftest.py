"""A real browser for the pages, and subscribers in SQLite, in the folder of the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from syndicator.store.db.database import Database
from tests.builders import HOME
from tests.pipeline.readers import Readers
from tests.pipeline.world import Clock
from tests.publish.sites import NOON
from tests.store.conftest import empty_sqlite
from tests.web.worlds import World

__all__ = ["empty_sqlite"]


@pytest.fixture
def readers(empty_sqlite: Path, tmp_path: Path) -> Iterator[Readers]:
    shutil.copytree(empty_sqlite, tmp_path / "store")
    database = Database.open(None, data_dir=tmp_path / "store", **HOME)
    yield Readers(database=database, folder=tmp_path, clock=Clock(NOON))
    database.close()


@pytest.fixture
def world(readers: Readers) -> World:
    return World(readers=readers)


# Not of the whole session: while it lives no other test can run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        message = "Chromium is not installed: pages were not seen in a browser"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        yield _launch(playwright, chromium)


def _launch(playwright: Playwright, chromium: str) -> Browser:
    # No sandbox: containers that run as root have none to offer, and every page is our own.
    return playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
