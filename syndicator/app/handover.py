"""The door for a mail server that hands over what came back, and for whoever looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from syndicator.app.parts import now, open_database
from syndicator.app.returns import returns
from syndicator.config import Settings
from syndicator.pipeline.issues.bounces import Returns
from syndicator.pipeline.upkeep import keyring_binding
from syndicator.store.db import migrate


@contextmanager
def opened(settings: Settings) -> Iterator[Returns]:
    """Open the database for what came back and nothing else: a mail server calls us once a report.

    Raises:
        SchemaMismatch: the database is older or newer than this program.
        KeyringMissing: it belongs to other keys than those in the data folder.
    """
    database = open_database(settings)
    try:
        migrate.check(database)
        keyring_binding.require(database, data_dir=settings.deployment.data_dir)
        yield returns(settings, database, clock=now)
    finally:
        database.close()
