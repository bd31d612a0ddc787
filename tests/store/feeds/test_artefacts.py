"""Published bytes: written when they differ, counted, and never lost to a mark."""

from __future__ import annotations

from syndicator.model import Artefact, Channel, Scope
from syndicator.store.db.database import Database
from syndicator.store.feeds import artefacts
from tests.builders import NOW
from tests.store.stored import marked

FI = Channel(scope=Scope.LANGUAGE, value="fi")


def an_artefact(path: str = "feed.xml", body: bytes = b"<rss/>", **changes: object) -> Artefact:
    values = {
        "content_type": "application/rss+xml",
        "etag": f'"{body.hex()}"',
        "modified": NOW,
        "gz": b"gz",
        "br": None,
        "language": "fi",
    } | changes
    return Artefact(path=path, body=body, **values)  # type: ignore[arg-type]


def test_saved_bytes_come_back_as_they_were(database: Database) -> None:
    with database.write() as tx:
        assert artefacts.load(tx, "feed.xml") is None
        assert artefacts.save(tx, Channel(), [an_artefact()], mark=None) == ("feed.xml",)
        assert artefacts.load(tx, "feed.xml") == an_artefact()
        assert list(artefacts.iter_all(tx)) == [an_artefact()]
        assert artefacts.paths(tx) == ("feed.xml",)


def test_the_same_bytes_again_change_nothing_and_the_generation_stays(database: Database) -> None:
    """Unchanged input publishes nothing (promise 3)."""
    with database.write() as tx:
        assert artefacts.generation(tx) == 0
        artefacts.save(tx, Channel(), [an_artefact()], mark=None)
        first = artefacts.generation(tx)
        assert first > 0
        assert artefacts.save(tx, Channel(), [an_artefact()], mark=None) == ()
        assert artefacts.generation(tx) == first
        assert artefacts.save(tx, Channel(), [an_artefact(body=b"new")], mark=None) == ("feed.xml",)
        assert artefacts.generation(tx) > first


def test_a_document_that_a_channel_no_longer_has_is_removed_and_others_stay(
    database: Database,
) -> None:
    with database.write() as tx:
        artefacts.save(tx, FI, [an_artefact("fi/feed.xml")], mark=None)
        artefacts.save(tx, Channel(), [an_artefact("a"), an_artefact("b")], mark=None)
        before = artefacts.generation(tx)
        assert artefacts.save(tx, Channel(), [an_artefact("b")], mark=None) == ("a",)
        assert artefacts.paths(tx) == ("b", "fi/feed.xml")
        assert artefacts.generation(tx) > before


def test_a_document_that_moves_to_another_channel_is_kept(database: Database) -> None:
    """Its former owner no longer makes it and must not take it away."""
    with database.write() as tx:
        artefacts.save(tx, Channel(), [an_artefact("a")], mark=None)
        artefacts.save(tx, FI, [an_artefact("a", body=b"new")], mark=None)
        artefacts.save(tx, Channel(), [], mark=None)
        assert artefacts.load(tx, "a") == an_artefact("a", body=b"new")


def test_a_channel_marked_again_while_it_is_made_stays_marked(database: Database) -> None:
    """What changes meanwhile is not lost (design: artefacts)."""
    with database.write() as tx:
        artefacts.mark(tx, [Channel()])
        seen = artefacts.dirty(tx)[Channel()]
        artefacts.mark(tx, [Channel()])
        artefacts.save(tx, Channel(), [an_artefact()], mark=seen)
        again = artefacts.dirty(tx)
        assert set(again) == {Channel()}
        artefacts.save(tx, Channel(), [an_artefact()], mark=again[Channel()])
        assert artefacts.dirty(tx) == {}


def test_a_slow_maker_does_not_take_away_the_mark_of_a_later_change(database: Database) -> None:
    """A mark never repeats a number, even after it was taken away."""
    with database.write() as tx:
        artefacts.mark(tx, [Channel()])
        slow = artefacts.dirty(tx)[Channel()]
        artefacts.save(tx, Channel(), [], mark=slow)
        artefacts.mark(tx, [Channel()])
        artefacts.save(tx, Channel(), [], mark=slow)
        assert set(artefacts.dirty(tx)) == {Channel()}


def test_current_documents_are_made_before_archives(database: Database) -> None:
    """A reader waits for the newest post, not for an old month."""
    archive, city = Channel(month="2026-01"), Channel(scope=Scope.CITY, value="oulu")
    with database.write() as tx:
        artefacts.mark(tx, [archive, city, FI, Channel()])
        months = [channel.month for channel in artefacts.dirty(tx)]
    assert months == [None, None, None, "2026-01"]


def test_a_new_fingerprint_has_everything_made_again_once(database: Database) -> None:
    """Templates or settings changed: every document may read differently."""
    with database.write() as tx:
        assert artefacts.remake_all_if(tx, "one", [Channel(), FI])
    assert marked(database) == {Channel(), FI}
    with database.write() as tx:
        assert not artefacts.remake_all_if(tx, "one", [Channel()])
        assert artefacts.dirty(tx) == {}
        assert artefacts.remake_all_if(tx, "two", [FI])
        assert set(artefacts.dirty(tx)) == {FI}
