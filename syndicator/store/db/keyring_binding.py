"""Which keyring a database belongs to.

Links in mails and hashes of suppressed addresses are worth nothing under other keys, and nothing
would say so: a database therefore remembers whose it is, by a word that tells nothing of the keys.
"""

from __future__ import annotations

from sqlalchemy import select

from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.outgoing import Meta
from syndicator.store.db.upsert import upsert

_KEYRING = "keyring"
_UPSERT = upsert(table_of(Meta), unique=["name"], changes=lambda new: {"value": new.value})


def keyring(tx: Tx) -> str | None:
    """Return the word of the keyring this database belongs to; ``None`` if to none yet."""
    return tx.execute(select(Meta.value).where(Meta.name == _KEYRING)).scalar()


def bind(tx: Tx, word: str) -> None:
    """Let the database belong to this keyring, whichever it belonged to before."""
    tx.execute(_UPSERT[tx.dialect], {"name": _KEYRING, "value": word})
