"""The database opened for bounces alone: for a mail server that pipes them to us, one a call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from syndicator.app.parts import now, open_database
from syndicator.config import Settings
from syndicator.pipeline.issues.bounces import BounceReader, bounce_reader
from syndicator.pipeline.upkeep import keyring_binding
from syndicator.store.db import migrate


@contextmanager
def opened(settings: Settings) -> Iterator[BounceReader]:
    """Open the database for what came back and nothing else.

    Raises:
        SchemaMismatch: the database is older or newer than this program.
        KeyringMissing: it belongs to other keys than those in the data folder.
    """
    database = open_database(settings)
    try:
        migrate.check(database)
        keyring_binding.require(database, data_dir=settings.deployment.data_dir)
        yield bounce_reader(settings, database, now=now)
    finally:
        database.close()
