"""Which keyring a database belongs to.

Links in mails and hashes of suppressed addresses are worth nothing under other keys, and nothing
would say so: a database therefore remembers whose it is, by a word that tells nothing of the keys.
"""

from __future__ import annotations

from syndicator.store.db import meta
from syndicator.store.db.database import Tx

_KEYRING = "keyring"


def keyring(tx: Tx) -> str | None:
    """Return the word of the keyring this database belongs to; ``None`` if to none yet."""
    return meta.get(tx, _KEYRING)


def bind(tx: Tx, word: str) -> None:
    """Let the database belong to this keyring, whichever it belonged to before."""
    meta.put(tx, _KEYRING, word)
