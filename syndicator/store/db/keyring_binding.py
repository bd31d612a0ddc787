"""Which keyring a database belongs to.

Links in mails and hashes of suppressed addresses are worth nothing under other keys, and nothing
would say so: a database therefore remembers whose it is, by a word that tells nothing of the keys.
"""

from __future__ import annotations

from sqlalchemy import insert, select, update

from syndicator.store.db.database import Tx
from syndicator.store.db.schema.outgoing import Meta

_KEYRING = "keyring"


def keyring(tx: Tx) -> str | None:
    """Return the word of the keyring this database belongs to; ``None`` if to none yet."""
    return tx.execute(select(Meta.value).where(Meta.name == _KEYRING)).scalar()


def bind(tx: Tx, word: str) -> None:
    """Let the database belong to this keyring, whichever it belonged to before."""
    if keyring(tx) is None:
        tx.execute(insert(Meta), {"name": _KEYRING, "value": word})
    else:
        tx.execute(update(Meta).where(Meta.name == _KEYRING).values(value=word))
