"""Who leads a story, what stays when the lead changes, and what each city's channel shows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from syndicator.model import Cadence, Kind, Post, Source
from syndicator.store.db.database import Database
from syndicator.store.db.schema.incoming import StoryRow
from syndicator.store.feeds import known_entries, posts
from syndicator.store.issues import issues
from tests.builders import NOW, a_feed, ago, an_entry
from tests.publish.samples import a_draft
from tests.store.feeds.test_stories import (
    ARCHIVE,
    DAY,
    FI,
    FI_ARCHIVE,
    ONE,
    SV,
    SV_ARCHIVE,
    WHOLE,
    city,
    titles,
)
from tests.store.stored import a_stored_source, apply, marked, new


def test_a_story_of_two_sources_is_one_post_that_names_both(database: Database) -> None:
    """One story with all its sources (P3)."""
    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    apply(database, ours, new=(new(an_entry("?p=1")),))
    marked(database)
    apply(database, theirs, new=(new(an_entry("?p=2"), story=1),), now=NOW + DAY)
    assert city("toinen") in marked(database)
    with database.read() as tx:
        edition = posts.edition(tx, WHOLE)
        (post,) = edition.posts
        (theirs_again,) = posts.edition(tx, city("toinen")).posts
    assert (theirs_again.title, theirs_again.origin.key) == ("Kirjoitus 2", "toinen")
    assert [other.key for other in theirs_again.others] == ["kauhajoki"]
    assert (theirs_again.public_id, theirs_again.recency) == (post.public_id, post.recency)
    assert (post.title, post.origin.key) == ("Kirjoitus 1", "kauhajoki")
    assert [other.key for other in post.others] == ["toinen"]
    assert edition.updated == NOW + DAY


def test_a_story_that_loses_its_lead_goes_on_under_its_id(database: Database) -> None:
    """Losing its lead entry never changes a story's public id (decisions: entries)."""
    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    apply(database, ours, new=(new(an_entry("?p=1"), recency=ago(days=2)),))
    apply(database, theirs, new=(new(an_entry("?p=2"), story=1),))
    with database.read() as tx:
        (before,) = posts.edition(tx, WHOLE).posts
    apply(database, ours, missed=(1,), deleted=(1,))
    with database.read() as tx:
        edition = posts.edition(tx, WHOLE)
        (after,) = edition.posts
    assert (after.public_id, after.recency) == (before.public_id, before.recency)
    assert (after.title, after.origin.key, after.others) == ("Kirjoitus 2", "toinen", ())
    assert edition.tombstones == ()
    assert titles(database, city("kauhajoki")) == []
    apply(database, theirs, missed=(2,), deleted=(2,))
    with database.read() as tx:
        edition = posts.edition(tx, WHOLE)
    assert edition.posts == ()
    assert [grave.public_id for grave in edition.tombstones] == [before.public_id]


def test_a_returned_entry_does_not_take_the_lead_back(database: Database) -> None:
    """A story that changed hands at every pull would be an edit at every pull."""
    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    apply(database, ours, new=(new(an_entry("?p=1"), recency=ago(days=2)),))
    apply(database, theirs, new=(new(an_entry("?p=2"), story=1),))
    apply(database, ours, missed=(1,), deleted=(1,))
    apply(database, ours, returned=(1,), present=(1,))
    assert titles(database) == ["Kirjoitus 2"]


def listed_then_told(database: Database, **listed: Any) -> tuple[Source, Source, Post]:
    """Let a source list a post of another city's domain in its own words, and then that city tell
    it; return both sources and the post as it stood in between."""
    lister, owner = a_stored_source(database), a_stored_source(database, "raahe")
    words = an_entry("?p=1", title="Kauhajoen sanat", language="fi")
    apply(database, lister, new=(new(words, **{"recency": ago(days=1)} | listed),))
    with database.read() as tx:
        (between,) = posts.edition(tx, WHOLE).posts
    marked(database)
    told = new(an_entry("?p=2", title="Raahen sanat", language="sv"), story=1, owns_link=True)
    apply(database, owner, new=(told,), now=NOW + DAY)
    return lister, owner, between


def test_the_source_whose_domain_owns_the_link_leads_though_it_came_later(
    database: Database,
) -> None:
    """No feed's word stands over another city's post; id, place and mailing stay (promise 2)."""
    _, _, between = listed_then_told(database)

    for channel in (WHOLE, SV, city("raahe")):
        assert titles(database, channel) == ["Raahen sanat"]
    assert titles(database, city("kauhajoki")) == ["Kauhajoen sanat"]
    assert titles(database, FI) == []
    assert marked(database) == {
        WHOLE, ARCHIVE, FI, FI_ARCHIVE, SV, SV_ARCHIVE, city("kauhajoki"), city("raahe")
    }  # fmt: skip
    with database.read() as tx:
        edition = posts.edition(tx, WHOLE)
        eligible_at = tx.execute(select(StoryRow.eligible_at)).scalar()
    (post,) = edition.posts
    assert (post.public_id, post.recency) == (between.public_id, between.recency)
    assert (post.origin.key, [other.key for other in post.others]) == ("raahe", ["kauhajoki"])
    assert (edition.tombstones, eligible_at) == ((), ago(days=1))


def test_a_post_mailed_as_another_listed_it_is_not_mailed_again(database: Database) -> None:
    lister, owner = a_stored_source(database), a_stored_source(database, "raahe")
    apply(database, lister, new=(new(an_entry("?p=1")),))
    with database.write() as tx:
        frozen = issues.create(tx, a_draft(*issues.eligible(tx, opens=NOW - DAY, closes=NOW)))
    told = new(an_entry("?p=2"), story=1, owns_link=True, recency=NOW + DAY)
    apply(database, owner, new=(told,), now=NOW + DAY)
    with database.read() as tx:
        again = issues.eligible(
            tx, opens=NOW, closes=NOW + 7 * DAY, cadence=Cadence.WEEKLY, rolls_from=NOW - 7 * DAY
        )
        assert again == ()
        assert frozen.id is not None
        assert issues.get(tx, frozen.id) == frozen
    assert [post.title for post in frozen.posts] == ["Kirjoitus 1"]


def test_a_post_that_was_not_to_be_mailed_as_another_listed_it_is_as_its_own_source_tells_it(
    database: Database,
) -> None:
    """Whoever lists the posts of others in an old archive keeps them from no newsletter."""
    listed_then_told(database, eligible_at=None)
    with database.read() as tx:
        (post,) = issues.eligible(tx, opens=NOW - DAY, closes=NOW)
    assert post.title == "Raahen sanat"


def test_of_several_that_own_the_link_the_first_leads(database: Database) -> None:
    """A regional domain that cities share, or a city with two feeds."""
    _, owner, _ = listed_then_told(database)
    third = a_stored_source(database, "oulainen")
    apply(database, third, new=(new(an_entry("?p=3"), story=1, owns_link=True, recency=NOW),))
    assert titles(database) == ["Raahen sanat"]
    apply(database, owner, missed=(2,), deleted=(2,))
    assert titles(database) == ["Kirjoitus 3"]


def test_the_owner_of_the_link_takes_the_lead_back_when_its_entry_returns(
    database: Database,
) -> None:
    _, owner, _ = listed_then_told(database)
    apply(database, owner, missed=(2,), deleted=(2,))
    assert titles(database) == ["Kauhajoen sanat"]
    apply(database, owner, returned=(2,), present=(2,))
    assert titles(database) == ["Raahen sanat"]


def test_a_source_that_moves_takes_the_lead_and_whoever_lost_the_domain_keeps_none(
    database: Database,
) -> None:
    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    apply(database, ours, new=(new(an_entry("?p=1"), owns_link=True),))
    apply(database, theirs, new=(new(an_entry("?p=2"), story=1),))
    apply(database, theirs, present=(2,), owning=(2,))
    assert titles(database) == ["Kirjoitus 1"]
    marked(database)
    apply(database, ours, present=(1,), disowning=(1,), now=NOW + DAY)
    assert titles(database) == ["Kirjoitus 2"]
    assert WHOLE in marked(database)
    with database.read() as tx:
        found = known_entries.load_known(tx, theirs, a_feed(an_entry("?p=2"))).entries
    assert [entry.owns_link for entry in found] == [True]


def test_a_domain_that_changes_no_lead_marks_nothing(database: Database) -> None:
    ours = a_stored_source(database)
    apply(database, ours, new=(new(an_entry("?p=1")),))
    marked(database)
    apply(database, ours, present=(1,), owning=(1,), now=NOW + DAY)
    assert marked(database) == set()


def test_a_merged_story_is_led_by_the_owner_of_its_link(database: Database) -> None:
    lister, owner = a_stored_source(database), a_stored_source(database, "raahe")
    apply(database, lister, new=(new(an_entry("?p=1")),))
    apply(database, owner, new=(new(an_entry("?p=2"), owns_link=True),))
    with database.read() as tx:
        ids = {post.title: post.public_id for post in posts.edition(tx, WHOLE).posts}
    apply(database, owner, present=(2,), merged=(ONE,))
    with database.read() as tx:
        (post,) = posts.edition(tx, WHOLE).posts
    assert (post.title, post.public_id) == ("Kirjoitus 2", ids["Kirjoitus 1"])


def test_a_story_is_of_the_kind_of_the_source_that_leads_it(database: Database) -> None:
    ours = a_stored_source(database, kind=Kind.NEWS)
    theirs = a_stored_source(database, "toinen", kind=Kind.BLOG)
    apply(database, ours, new=(new(an_entry("?p=1")),))
    apply(database, theirs, new=(new(an_entry("?p=2"), story=1),))
    blogs = frozenset({Kind.BLOG})
    with database.read() as tx:
        assert posts.edition(tx, WHOLE, kinds=blogs).posts == ()
    apply(database, ours, missed=(1,), deleted=(1,))
    with database.read() as tx:
        assert len(posts.edition(tx, WHOLE, kinds=blogs).posts) == 1
