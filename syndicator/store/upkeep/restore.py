"""A backup back into a database, of either kind, in the caller's one transaction.

The tables are made as the backup had them, filled, and then brought to today's schema: an older
backup takes the way an older database would.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table, func, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError

from syndicator.errors import ArchiveDamaged, RestoreRefused
from syndicator.model import DeliveryState
from syndicator.store.db import migrate
from syndicator.store.db.base import Base, table_of
from syndicator.store.db.database import APPLICATION, Tx
from syndicator.store.db.schema.incoming import SourceRow
from syndicator.store.db.schema.newsletter import DeliveryRow, EmailRow
from syndicator.store.feeds import artefacts
from syndicator.store.people.transactional_emails import TO_SUBSCRIBERS
from syndicator.store.upkeep import backup_file, flags, table_dump
from syndicator.store.upkeep.backup import Progress
from syndicator.store.upkeep.backup_file import TABLES, Manifest

RESTORED = "restored"
"""Why no mail may leave: the word that ``flags.withheld`` gives."""

_OF_ANY_START = {"alembic_version", "meta", "counter", "dirty", "artefact", "notice", "source"}
"""Tables that have rows as soon as the program was started once, whatever it was used for."""

_INSERTED_AT_ONCE = 1_000
_DELETED_AT_ONCE = 5_000


def other_connections(tx: Tx) -> int:
    """Return how many other connections of this program a PostgreSQL has; 0 on SQLite.

    Ask in the first transaction of a process: its own later ones would count.
    """
    if tx.dialect != "postgresql":
        return 0
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = :name "
        "AND datname = current_database() AND pid <> pg_backend_pid()"
    )
    return int(tx.execute(query, {"name": APPLICATION}).scalar_one())


def count_rows(tx: Tx) -> int:
    """Return how many rows would be lost; 0 for a database that was only ever started.

    Raises:
        SchemaMismatch: a newer program made it, so that nobody here knows what it holds.
    """
    if migrate.recognized_revision(tx) is None:
        return 0
    worth = table_dump.tables(tx, set(Base.metadata.tables) - _OF_ANY_START)
    counts = (select(func.count()).select_from(table) for table in worth)
    return sum(int(tx.execute(count).scalar_one()) for count in counts)


def load(tx: Tx, path: Path, manifest: Manifest, *, progress: Progress) -> None:
    """Let the database hold what the backup does, and nothing else; the schema is today's.

    Tables of others in the same database are left alone.

    Raises:
        ArchiveDamaged: the file changed since it was verified, lacks rows, or has a table too many.
        RestoreRefused: a row does not fit this database.
    """
    _clear(tx, {*Base.metadata.tables, *manifest.tables, "alembic_version"})
    migrate.run_migrations(tx, manifest.schema)
    tables = {table.name: table for table in table_dump.tables(tx, manifest.tables)}
    counts = Counter[str]()
    for name, content in backup_file.parts(path, manifest):
        if name.startswith(TABLES):
            table = name.removeprefix(TABLES).partition("/")[0]
            if table not in tables:
                raise ArchiveDamaged(f"{path}: {table}: no such table in schema {manifest.schema}")
            counts[table] += _fill(tx, tables[table], content)
            progress(counts.total())
    short = [name for name, number in manifest.tables.items() if counts[name] != number]
    if short:
        raise ArchiveDamaged(f"{path}: rows are missing: {', '.join(sorted(short)[:3])}")
    migrate.run_migrations(tx)
    _number_on(tx)
    _check_references(tx)


def _clear(tx: Tx, names: Collection[str]) -> None:
    if tx.dialect == "postgresql":
        # Whoever reads now is to end soon, or we do: nobody waits for ever behind us.
        tx.execute(text("SET LOCAL lock_timeout = '10s'"))
    schema = MetaData()
    schema.reflect(bind=tx.connection, only=lambda name, _: name in names)
    if tx.dialect == "sqlite":
        for table in reversed(schema.sorted_tables):
            _empty(tx, table)
    schema.drop_all(tx.connection)


def _empty(tx: Tx, table: Table) -> None:
    """Delete every row, some at a time: of what one statement changes SQLite keeps a copy in
    memory until it ends, and one DROP TABLE would keep the whole table."""
    some = text(
        f'DELETE FROM "{table.name}" WHERE rowid IN '
        f'(SELECT rowid FROM "{table.name}" LIMIT {_DELETED_AT_ONCE})'
    )
    while tx.execute(some).rowcount:
        pass


def _fill(tx: Tx, table: Table, content: bytes) -> int:
    number, rows = 0, table_dump.rows(table, content)
    try:
        while some := list(islice(rows, _INSERTED_AT_ONCE)):
            tx.execute(insert(table), some)
            number += len(some)
    except (DataError, IntegrityError, KeyError, ValueError) as error:
        fact = getattr(error, "orig", error)
        raise RestoreRefused(f"{table.name}: a row does not fit this database: {fact}") from error
    return number


def _number_on(tx: Tx) -> None:
    """Let the next row of every table get a number that none has. SQLite does so by itself."""
    if tx.dialect != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            highest = f'(SELECT coalesce(max("{column.name}"), 0) + 1 FROM "{table.name}")'
            sequence = f"pg_get_serial_sequence('{table.name}', '{column.name}')"
            tx.execute(text(f"SELECT setval({sequence}, {highest}, false)"))


def _check_references(tx: Tx) -> None:
    """SQLite checks each row as it comes; this says so once more of all, migrated rows too."""
    if tx.dialect != "sqlite":
        return
    broken = tx.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        table, parent = broken._mapping["table"], broken._mapping["parent"]
        raise RestoreRefused(f"{table}: a row refers to one of {parent} that is not there")


def quiesce(tx: Tx) -> None:
    """Let a restored database begin quietly: nobody holds anything, no mail may leave, and what
    readers see is made again.

    What was being sent at the backup may have arrived. Emails that people asked for then are not
    sent now: whoever still wants one asks again.
    """
    flags.withhold(tx, RESTORED)
    tx.execute(update(table_of(SourceRow)).values(lease_until=None))
    _drop_claims(tx)
    _drop_emails(tx)
    artefacts.remake_all(tx)


def _drop_claims(tx: Tx) -> None:
    free: dict[str, Any] = {"lease_until": None, "holder": None}
    for state, after in (
        (DeliveryState.CLAIMED, DeliveryState.PENDING),
        (DeliveryState.SENDING, DeliveryState.UNCERTAIN),
    ):
        held = update(table_of(DeliveryRow)).where(DeliveryRow.state == state)
        tx.execute(held.values(state=after, **free))


def _drop_emails(tx: Tx) -> None:
    email = table_of(EmailRow)
    open_ = (DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.CLAIMED)
    asked = email.c.kind.in_(TO_SUBSCRIBERS) & email.c.state.in_(open_)
    ended = {"state": DeliveryState.CANCELLED, "address": None, "detail": RESTORED}
    tx.execute(update(email).where(asked).values(lease_until=None, **ended))
    held = update(email).where(email.c.state == DeliveryState.CLAIMED)
    tx.execute(held.values(state=DeliveryState.PENDING, lease_until=None))
