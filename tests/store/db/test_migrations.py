"""Migrations make the models' tables, on both databases, and an unknown schema is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine, text

from syndicator.errors import SchemaMismatch
from syndicator.store.db import migrate
from syndicator.store.db.base import Base
from syndicator.store.db.database import Database, Tx
from syndicator.store.issues import failures
from syndicator.store.people import suppressions
from tests.builders import HOME
from tests.store.filled import ROWS, columns, contents, fill


@pytest.fixture
def virgin(tmp_path: Path) -> Iterator[Database]:
    """A SQLite file without a schema."""
    fresh = Database.open(None, data_dir=tmp_path, **HOME)
    yield fresh
    fresh.close()


def test_the_migrations_replayed_make_exactly_the_tables_of_the_models(database: Database) -> None:
    """Upgrades are boring (promise 10). Indexes, defaults and nullability are compared too."""
    with database.read() as tx:
        context = MigrationContext.configure(tx.connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    assert differences == []


def test_the_indexes_are_those_of_the_models_to_the_letter(database: Database) -> None:
    """What the comparison does not look at: the condition and the direction of an index."""
    with database.write() as tx:
        migrated = indexes(tx, schema="main" if tx.dialect == "sqlite" else "public")
        modelled = indexes_of_models(tx)
    assert migrated == modelled


def indexes(tx: Tx, *, schema: str) -> dict[str, str]:
    """Return the definition of each index by name."""
    query = (
        f"SELECT name, sql FROM {schema}.sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        if tx.dialect == "sqlite"
        else "SELECT indexname AS name, indexdef AS sql FROM pg_indexes "
        f"WHERE schemaname = '{schema}'"
    )
    found = {row.name: row.sql.replace(f"{schema}.", "") for row in tx.execute(text(query))}
    return {name: sql for name, sql in found.items() if "alembic" not in name}


def indexes_of_models(tx: Tx) -> dict[str, str]:
    """Return what the models' own tables would have, made beside the migrated ones."""
    if tx.dialect == "sqlite":
        engine = create_engine("sqlite://")
        with engine.begin() as connection:
            Base.metadata.create_all(connection)
            made = indexes(replace(tx, connection=connection), schema="main")
        engine.dispose()
        return made
    tx.execute(text("CREATE SCHEMA twin"))
    twin = tx.connection.execution_options(schema_translate_map={None: "twin"})
    Base.metadata.create_all(twin)
    made = indexes(tx, schema="twin")
    tx.execute(text("DROP SCHEMA twin CASCADE"))
    return made


def test_a_database_without_a_schema_names_the_command_to_run(virgin: Database) -> None:
    with pytest.raises(SchemaMismatch, match="syndicator db upgrade"):
        migrate.check(virgin)


def test_an_upgraded_database_is_accepted_and_upgrading_again_changes_nothing(
    virgin: Database,
) -> None:
    migrate.upgrade(virgin)
    with virgin.read() as tx:
        once = migrate.revision(tx)

    migrate.upgrade(virgin)

    migrate.check(virgin)
    with virgin.read() as tx:
        assert migrate.revision(tx) == once is not None


@pytest.mark.parametrize("act", [migrate.check, migrate.upgrade])
def test_a_schema_of_a_newer_program_is_refused(virgin: Database, act: object) -> None:
    """The program refuses a schema it does not know (promise 10)."""
    migrate.upgrade(virgin)
    with virgin.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert callable(act)
    with pytest.raises(SchemaMismatch, match="newer than this program"):
        act(virgin)


def test_the_name_of_a_refused_database_does_not_show_its_password() -> None:
    """Secrets never in errors (S7)."""
    database = Database.open("postgresql://editor:sala@db.invalid/x", data_dir=Path(), **HOME)
    assert "sala" not in database.name


def test_tables_of_others_in_the_same_database_are_left_alone(database: Database) -> None:
    """An engine's queue may live beside ours."""
    if database.dialect == "postgresql":
        with database.write() as tx:
            tx.execute(text("CREATE TABLE IF NOT EXISTS of_others (id integer)"))
        try:
            migrate.upgrade(database)
            with database.read() as tx:
                assert tx.execute(text("SELECT count(*) FROM of_others")).scalar() == 0
        finally:
            with database.write() as tx:
                tx.execute(text("DROP TABLE of_others"))


THIN = {"issue", "issue_item", "subscriber", "delivery"}
"""Tables of 0002 that only a demonstration could fill; 0003 makes them anew."""


def test_a_filled_database_of_0002_comes_up_with_every_row_it_had(database: Database) -> None:
    """Upgrades are boring (promise 10): with data in every table."""
    with database.write() as tx:
        _begin_at(tx, "0002")
        names = fill(tx)
        had, before = columns(tx), contents(tx, without=THIN)

    migrate.upgrade(database)

    migrate.check(database)
    with database.read() as tx:
        after = contents(tx, only={name: had[name] for name in before})
    assert {name: after[name] for name in before} == before
    assert {"entry", "revision", "registration", "artefact"} <= names
    assert all(before.values())


def test_every_step_up_is_taken_with_rows_in_all_tables(database: Database) -> None:
    with database.write() as tx:
        _begin_at(tx, "0001")
        fill(tx)
        had, before = columns(tx), contents(tx)

    migrate.upgrade(database)

    with database.read() as tx:
        after = contents(tx, only={name: had[name] for name in before})
    assert {name: after[name] for name in before} == before


def test_suppressions_and_failures_of_0005_come_up_as_nobody_doubts_them(
    database: Database,
) -> None:
    """What failed before nobody is asked about, and no issue lifts what it did not suppress."""
    with database.write() as tx:
        _begin_at(tx, "0005")
        fill(tx)

    migrate.upgrade(database)

    with database.read() as tx:
        assert suppressions.of_issue(tx, 1, limit=9) == ()
        assert len(suppressions.list_all(tx)) == ROWS
        assert failures.standing_still(tx) == frozenset()
        assert failures.unknown(tx, 1, limit=9) == ()
        assert failures.count(tx, 1).reviewed == 0


def _begin_at(tx: Tx, revision: str) -> None:
    """Let the database have the schema of an older program, and no row."""
    found = MetaData()
    found.reflect(bind=tx.connection)
    found.drop_all(tx.connection)
    migrate.run_migrations(tx, revision)
