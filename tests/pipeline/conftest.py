"""What a person does is tried on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from syndicator.store.db.database import Database
from tests.pipeline.readers import Readers
from tests.pipeline.world import World, scene
from tests.store.conftest import database, empty_sqlite, migrated_postgresql, postgresql_url

__all__ = ["database", "empty_sqlite", "migrated_postgresql", "postgresql_url"]


@pytest.fixture
def readers(database: Database, tmp_path: Path) -> Readers:
    return Readers(database=database, folder=tmp_path)


@pytest.fixture
def world(readers: Readers, tmp_path: Path) -> Iterator[World]:
    """A world of which the readers are part, at their clock."""
    with scene(tmp_path) as made:
        yield replace(made.world, database=readers.database, now=readers.clock)
