"""Fixtures of the whole suite. Each folder has its own conftest for its own medium."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# Two slow cores run many things at once: a deadline would test the machine, not the program.
# A red main must be the change's fault: on CI the same examples are tried each time. Searching for
# new ones is for people: HYPOTHESIS_PROFILE=search.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture
def must_not_skip() -> bool:
    """True where a missing PostgreSQL or Chromium is a failure, not a skip (``CI=true``)."""
    return os.environ.get("CI") == "true"
