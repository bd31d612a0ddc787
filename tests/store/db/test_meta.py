"""Words remembered by name: put, put once, replaced only as they were, forgotten."""

from __future__ import annotations

from syndicator.store.db import meta
from syndicator.store.db.database import Database


def test_a_word_is_the_last_that_was_put_or_the_first_that_was_put_once(database: Database) -> None:
    with database.write() as tx:
        meta.put(tx, "keyring", "a")
        meta.put(tx, "keyring", "b")
        assert meta.put_once(tx, "sending", "a")
        assert not meta.put_once(tx, "sending", "b")

    with database.read() as tx:
        words = [meta.get(tx, name) for name in ("keyring", "sending", "declared")]
    assert words == ["b", "a", None]


def test_a_word_is_replaced_only_by_whoever_knows_it(database: Database) -> None:
    with database.write() as tx:
        assert meta.replace(tx, "alarms", "a", before=None)
        assert not meta.replace(tx, "alarms", "b", before=None)
        assert not meta.replace(tx, "alarms", "b", before="c")
        assert meta.replace(tx, "alarms", "b", before="a")

    with database.read() as tx:
        assert meta.get(tx, "alarms") == "b"


def test_a_forgotten_word_is_gone_and_cannot_be_forgotten_again(database: Database) -> None:
    with database.write() as tx:
        meta.put(tx, "sending", "a")
        assert [meta.forget(tx, "sending") for _ in range(2)] == [True, False]
        assert meta.get(tx, "sending") is None
