"""Fixtures of the whole suite. Each folder has its own conftest for its own medium."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# Two slow cores run many things at once: a deadline would test the machine, not the program.
settings.register_profile("here", deadline=None)
settings.load_profile("here")


@pytest.fixture
def must_not_skip() -> bool:
    """True where a missing PostgreSQL or Chromium is a failure, not a skip (``CI=true``)."""
    return os.environ.get("CI") == "true"
