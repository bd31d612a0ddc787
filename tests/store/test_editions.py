"""What a channel's documents are made from."""

from __future__ import annotations

from syndicator.model import Channel, Scope
from syndicator.store import artefacts, posts
from syndicator.store.database import Database
from tests.builders import an_entry
from tests.store.stored import a_stored_source, apply, new


def test_a_new_entry_stands_in_its_channels_and_marks_exactly_them(database: Database) -> None:
    """An entry touches few artefacts (design: artefacts)."""
    source = a_stored_source(database)
    apply(database, source, new=(new(an_entry()),), topics=["osaajat"])
    with database.read() as tx:
        marked = set(artefacts.dirty(tx))
        assert marked == {
            Channel(),
            Channel(month="2026-11"),
            Channel(scope=Scope.LANGUAGE, value="fi"),
            Channel(scope=Scope.LANGUAGE, value="fi", month="2026-11"),
            Channel(scope=Scope.CITY, value="kauhajoki"),
            Channel(scope=Scope.TOPIC, value="osaajat"),
        }
        for channel in marked:
            assert [post.title for post in posts.edition(tx, channel).posts] == [an_entry().title]
