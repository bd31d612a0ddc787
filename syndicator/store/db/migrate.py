"""Bring a database to the schema this program knows, or say that it is not there."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from syndicator.errors import SchemaMismatch
from syndicator.store.db.database import Database, Tx

_LOCK = 7_305_001


def upgrade(database: Database, *, when_new: Callable[[Tx], None] | None = None) -> None:
    """Run every migration that is missing, in one transaction. Nothing to do is fine.

    Args:
        when_new: called in the same transaction if there was no schema before. Of processes that
            start at once on an empty database, it is called in one only.

    Raises:
        SchemaMismatch: the database was made by a newer program.
    """
    with database.write(durable=True) as tx:
        if tx.dialect == "postgresql":
            tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        new = recognized_revision(tx) is None
        run_migrations(tx)
        if new and when_new is not None:
            when_new(tx)


def check(database: Database) -> None:
    """Return if the schema is exactly the one this program knows.

    Raises:
        SchemaMismatch: it is older, newer or absent; the message names the command to run.
    """
    with database.read() as tx:
        stored, wanted = recognized_revision(tx), _scripts().get_current_head()
    if stored != wanted:
        raise SchemaMismatch(
            f"{database.name}: the schema is {stored or 'absent'}, this program needs {wanted}: "
            "run `syndicator db upgrade`"
        )


def revision(tx: Tx) -> str | None:
    """Return the schema's revision; ``None`` if the database was never migrated."""
    return MigrationContext.configure(tx.connection).get_current_revision()


def recognized_revision(tx: Tx) -> str | None:
    """Return the schema's revision, which this program has a migration for; ``None`` without one.

    Raises:
        SchemaMismatch: the database was made by a newer program.
    """
    stored = revision(tx)
    if stored is not None and not has_migration(stored):
        raise SchemaMismatch(
            f"the schema {stored} is newer than this program: install the program that made it "
            "(`syndicator db upgrade` cannot go back)"
        )
    return stored


def has_migration(wanted: str) -> bool:
    """Return True if this program has the migration that leads to this revision."""
    return wanted in {script.revision for script in _scripts().walk_revisions()}


def run_migrations(tx: Tx, upto: str = "head") -> None:
    """Run the migrations that are missing up to ``upto``, in the caller's transaction."""
    command.upgrade(_config(tx.connection), upto)


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(None))


def _config(connection: Connection | None) -> Config:
    config = Config()
    folder = str(files("syndicator.store.db") / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
