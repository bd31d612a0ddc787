"""Database and keyring, brought together: each belongs to the other.

no schema yet                  make both; of processes that start at once, one makes them for all
the database's own keyring     go on
another keyring, or none       refuse: unsubscribe links and suppressions would silently be lost
"""

from __future__ import annotations

from pathlib import Path

from syndicator.errors import KeyringMissing
from syndicator.pipeline.data_folder import KEYRING, keyring
from syndicator.store.db import keyring_binding as bindings
from syndicator.store.db import migrate
from syndicator.store.db.database import Database, Tx

_ADVICE = (
    "copy keyring.json there from the data folder of a process that runs, or from the backup; "
    "`syndicator db rekey` says what it means if it is lost"
)


def upgrade(database: Database, *, data_dir: Path) -> None:
    """Run the migrations that are missing; a database made by that belongs to the keys here.

    The keys are made before the database is: a start killed in between begins again.

    Raises:
        SchemaMismatch: the database was made by a newer program.
    """

    def begin(tx: Tx) -> None:
        bindings.bind(tx, keyring(data_dir).word)

    migrate.upgrade(database, when_new=begin)


def require(database: Database, *, data_dir: Path) -> None:
    """Return if the keys of this data folder are those of the database.

    SQLite lies beside its keys: one from before databases knew their keyring takes what is there.
    On PostgreSQL the data folder may be a new machine's, so keys are never made for a database
    that others have used.

    Raises:
        KeyringMissing: there are none, or they are another database's.
    """
    path = data_dir / KEYRING
    with database.read() as tx:
        owner = bindings.keyring(tx)
    if not path.exists() and (owner is not None or database.dialect == "postgresql"):
        raise KeyringMissing(f"{path}: the keys of the database are not here: {_ADVICE}")
    mine = keyring(data_dir).word
    if owner is None:
        rekey(database, data_dir=data_dir)
    elif owner != mine:
        raise KeyringMissing(f"{path}: these are not the keys of the database: {_ADVICE}")


def rekey(database: Database, *, data_dir: Path) -> None:
    """Let the database belong to the keys of this data folder, made if there are none."""
    word = keyring(data_dir).word
    with database.write(durable=True) as tx:
        bindings.bind(tx, word)
