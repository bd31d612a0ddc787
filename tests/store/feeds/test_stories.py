"""Stories: told by several, led by one, published where they belong, gone with a tombstone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from syndicator.model import Cadence, ChangedEntry, Channel, Issue, Merge, Scope, Source
from syndicator.store.db.database import Database
from syndicator.store.db.schema.incoming import StoryRow
from syndicator.store.feeds import entry_topics, known_entries, posts
from syndicator.store.issues import issues, redactions
from tests.builders import NOW, a_feed, ago, an_entry, edited
from tests.publish.samples import a_draft
from tests.store.stored import a_stored_source, apply, marked, new

DAY = timedelta(days=1)
WHOLE, ARCHIVE = Channel(), Channel(month="2026-11")
FI = Channel(scope=Scope.LANGUAGE, value="fi")
SV = Channel(scope=Scope.LANGUAGE, value="sv")
FI_ARCHIVE = Channel(scope=Scope.LANGUAGE, value="fi", month="2026-11")
SV_ARCHIVE = Channel(scope=Scope.LANGUAGE, value="sv", month="2026-11")


def city(slug: str) -> Channel:
    return Channel(scope=Scope.CITY, value=slug)


def topic(slug: str) -> Channel:
    return Channel(scope=Scope.TOPIC, value=slug)


def titles(database: Database, channel: Channel = WHOLE) -> list[str]:
    with database.read() as tx:
        return [post.title for post in posts.edition(tx, channel).posts]


# --- marks ----------------------------------------------------------------------------------------


def test_a_new_entry_marks_exactly_the_documents_it_stands_in(database: Database) -> None:
    """An entry touches few artefacts (design: artefacts)."""
    source = a_stored_source(database)
    marked(database)
    apply(database, source, new=(new(),), topics=["osaajat"])
    expected = {WHOLE, ARCHIVE, FI, FI_ARCHIVE, city("kauhajoki"), topic("osaajat")}
    assert marked(database) == expected
    for channel in expected:
        assert titles(database, channel) == ["Kirjoitus 1"]
    assert titles(database, SV) == titles(database, city("oulu")) == []


def test_a_language_we_do_not_offer_has_no_channel(database: Database) -> None:
    source = a_stored_source(database)
    marked(database)
    apply(database, source, new=(new(an_entry(language="ru")),))
    assert marked(database) == {WHOLE, ARCHIVE, city("kauhajoki")}


def test_the_networks_own_source_has_no_city(database: Database) -> None:
    source = a_stored_source(database, city=None)
    marked(database)
    apply(database, source, new=(new(),))
    assert marked(database) == {WHOLE, ARCHIVE, FI, FI_ARCHIVE}


def test_a_held_entry_is_nowhere_and_marks_nothing(database: Database) -> None:
    """What a guard holds waits for a person (P5)."""
    from syndicator.model import HeldBecause

    source = a_stored_source(database)
    marked(database)
    apply(database, source, new=(new(held=HeldBecause.FLOOD),))
    assert marked(database) == set()
    assert titles(database) == []


def test_an_edit_marks_where_the_post_stands_and_where_it_stood(database: Database) -> None:
    source = a_stored_source(database)
    parsed = an_entry()
    apply(database, source, new=(new(parsed),), topics=["osaajat"])
    marked(database)
    after = edited(parsed, title="Rättad", language="sv")
    apply(database, source, changed=(ChangedEntry(id=1, parsed=after),), topics=["bad"])
    assert marked(database) == {
        WHOLE, ARCHIVE, FI, FI_ARCHIVE, SV, SV_ARCHIVE, city("kauhajoki"), topic("osaajat"),
        topic("bad"),
    }  # fmt: skip
    assert titles(database, SV) == titles(database, topic("bad")) == ["Rättad"]
    assert titles(database, FI) == titles(database, topic("osaajat")) == []


def test_an_edit_of_what_another_leads_marks_only_the_channel_of_its_city(
    database: Database,
) -> None:
    """Published artefacts change only when what they show does (promise 3)."""
    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    apply(database, ours, new=(new(an_entry("?p=1")),))
    told_again = an_entry("?p=2")
    apply(database, theirs, new=(new(told_again, story=1),))
    marked(database)
    changed = ChangedEntry(id=2, parsed=edited(told_again, title="Muu"))
    apply(database, theirs, changed=(changed,), now=NOW + DAY)
    assert marked(database) == {city("toinen")}
    assert (titles(database), titles(database, city("toinen"))) == (["Kirjoitus 1"], ["Muu"])
    with database.read() as tx:
        assert posts.edition(tx, city("toinen")).updated == NOW + DAY
        assert posts.edition(tx, WHOLE).updated == NOW


def test_an_edit_of_what_no_channel_shows_marks_nothing(database: Database) -> None:
    """A city that tells a story twice shows what it told first."""
    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    news = a_stored_source(database, "toinen-uutiset", city="toinen")
    for n, source in enumerate((ours, theirs, news), 1):
        apply(database, source, new=(new(an_entry(f"?p={n}"), story=None if n == 1 else 1),))
    marked(database)
    changed = ChangedEntry(id=3, parsed=edited(an_entry("?p=3"), title="Muu"))
    apply(database, news, changed=(changed,))
    assert marked(database) == set()
    assert titles(database, city("toinen")) == ["Kirjoitus 2"]


def test_the_first_post_of_a_month_marks_the_archives_beside_it(database: Database) -> None:
    """Archives link to the next older and newer (RFC 5005 4)."""
    source = a_stored_source(database)
    for number, days in enumerate((0, 120)):
        apply(database, source, new=(new(an_entry(f"?p={number}"), recency=ago(days=days)),))
    marked(database)
    apply(database, source, new=(new(an_entry("?p=3"), recency=ago(days=60)),))
    months = {channel.month for channel in marked(database) if channel.scope is Scope.WHOLE}
    assert months == {None, "2026-07", "2026-09", "2026-11"}
    apply(database, source, new=(new(an_entry("?p=4"), recency=ago(days=61)),))
    months = {channel.month for channel in marked(database) if channel.scope is Scope.WHOLE}
    assert months == {None, "2026-09"}
    apply(database, source, missed=(3, 4), deleted=(3, 4))
    months = {channel.month for channel in marked(database) if channel.scope is Scope.WHOLE}
    assert months == {None, "2026-07", "2026-09", "2026-11"}


def test_months_are_counted_where_the_network_lives(database: Database) -> None:
    """The last hour of October in UTC is November in Helsinki."""
    source = a_stored_source(database)
    last_hour = datetime(2026, 10, 31, 22, 30, tzinfo=UTC)
    apply(database, source, new=(new(recency=last_hour),))
    assert ARCHIVE in marked(database)
    assert titles(database, ARCHIVE) == ["Kirjoitus 1"]
    with database.read() as tx:
        assert posts.edition(tx, WHOLE).months == ("2026-11",)


# --- merged, other topics ------- -----------------------------------------------------------------


def test_a_late_merge_leaves_one_id_and_a_tombstone_for_the_other(database: Database) -> None:
    """Decisions: entries."""
    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    apply(database, ours, new=(new(an_entry("?p=1")),))
    apply(database, theirs, new=(new(an_entry("?p=2")),))
    with database.read() as tx:
        ids = {post.title: post.public_id for post in posts.edition(tx, WHOLE).posts}
    apply(database, theirs, now=NOW + DAY, merged=(ONE,))
    with database.read() as tx:
        edition = posts.edition(tx, WHOLE)
    (post,) = edition.posts
    assert post.public_id == ids["Kirjoitus 1"]
    assert [other.key for other in post.others] == ["toinen"]
    assert [grave.public_id for grave in edition.tombstones] == [ids["Kirjoitus 2"]]
    apply(database, ours, new=(new(an_entry("?p=3"), story=2),))
    assert titles(database) == ["Kirjoitus 1"]


def test_topics_that_change_move_posts_to_their_new_channels(database: Database) -> None:
    source = a_stored_source(database)
    for number in range(5):
        apply(database, source, new=(new(an_entry(f"?p={number}")),), topics=["vanha"])
    marked(database)

    def topics(title: str, *, source_key: str, **_: object) -> tuple[str, ...]:
        assert source_key == "kauhajoki"
        return ("uusi",) if title == "Kirjoitus 3" else ("vanha",)

    done: int | None = 0
    while done is not None:
        with database.write() as tx:
            done = entry_topics.retopic(tx, topics=topics, now=NOW, after=done, limit=2)
    assert titles(database, topic("uusi")) == ["Kirjoitus 3"]
    assert len(titles(database, topic("vanha"))) == 4
    assert marked(database) == {topic("uusi"), topic("vanha")}


# --- stories that turn out to be one --------------------------------------------------------------


def two_stories(database: Database, *moments: datetime | None) -> tuple[Source, Source]:
    """Store one post as two sources told it apart, and take all channels for made."""
    ours, theirs = a_stored_source(database), a_stored_source(database, "toinen")
    first, second = moments or (NOW, NOW)
    apply(database, ours, new=(new(an_entry("?p=1"), eligible_at=first),), topics=["osaajat"])
    apply(database, theirs, new=(new(an_entry("?p=2"), eligible_at=second),))
    marked(database)
    return ours, theirs


ONE = Merge(story=2, into=1)


def test_an_answer_that_makes_two_stories_one_marks_all_that_read_differently(
    database: Database,
) -> None:
    _, theirs = two_stories(database)

    apply(database, theirs, now=NOW + DAY, present=(2,), merged=(ONE,))

    assert marked(database) == {
        WHOLE, ARCHIVE, FI, FI_ARCHIVE, city("kauhajoki"), city("toinen"), topic("osaajat")
    }  # fmt: skip
    with database.read() as tx:
        edition, there = posts.edition(tx, WHOLE), posts.edition(tx, city("toinen"))
    assert [post.title for post in edition.posts] == ["Kirjoitus 1"]
    assert [post.title for post in there.posts] == ["Kirjoitus 2"]
    assert there.posts[0].public_id == edition.posts[0].public_id
    assert [other.key for other in edition.posts[0].others] == ["toinen"]
    assert len(edition.tombstones) == len(there.tombstones) == 1


def test_an_edit_and_the_merge_it_causes_are_written_together(database: Database) -> None:
    _, theirs = two_stories(database)
    after = edited(an_entry("?p=2"), link="https://blogi.kauhajoki.fi/1")

    apply(database, theirs, changed=(ChangedEntry(id=2, parsed=after),), merged=(ONE,))

    assert titles(database) == ["Kirjoitus 1"]
    apply(database, theirs, missed=(2,), deleted=(2,))
    with database.read() as tx:
        (post,) = posts.edition(tx, WHOLE).posts
    assert post.others == ()


def test_a_merge_that_another_answer_made_first_changes_nothing(database: Database) -> None:
    _, theirs = two_stories(database)
    apply(database, theirs, present=(2,), merged=(ONE,))
    marked(database)

    apply(database, theirs, present=(2,), merged=(ONE,))

    assert marked(database) == set()


def test_three_stories_are_merged_into_one(database: Database) -> None:
    two_stories(database)
    third = a_stored_source(database, "kolmas")
    apply(database, third, new=(new(an_entry("?p=3")),))

    apply(database, third, present=(3,), merged=(Merge(story=3, into=1), ONE))

    assert titles(database) == ["Kirjoitus 1"]
    with database.read() as tx:
        (post,) = posts.edition(tx, WHOLE).posts
        assert len(posts.edition(tx, WHOLE).tombstones) == 2
    assert {other.key for other in post.others} == {"toinen", "kolmas"}


@pytest.mark.parametrize(
    ("moments", "kept"),
    [
        ((NOW, NOW - DAY), NOW - DAY),
        ((NOW - DAY, NOW), NOW - DAY),
        ((None, NOW), NOW),
        ((None, None), None),
    ],
)
def test_the_story_that_stays_may_be_mailed_from_the_earlier_moment(
    database: Database, moments: tuple[datetime | None, ...], kept: datetime | None
) -> None:
    _, theirs = two_stories(database, *moments)
    apply(database, theirs, present=(2,), merged=(ONE,))
    with database.read() as tx:
        assert tx.execute(select(StoryRow.eligible_at).where(StoryRow.id == 1)).scalar() == kept


def carried_then_merged(database: Database, *eligible: datetime) -> Issue:
    """Return an issue that carried a post under an id that then went into another."""
    _, theirs = two_stories(database, *eligible)
    with database.write() as tx:
        (mailed,) = (
            post
            for post in issues.eligible(tx, opens=NOW - 7 * DAY, closes=NOW)
            if post.origin.key == "toinen"
        )
        frozen = issues.create(tx, a_draft(mailed))
    apply(database, theirs, present=(2,), merged=(ONE,))
    return frozen


def test_what_an_issue_carried_under_the_id_that_went_is_not_carried_again(
    database: Database,
) -> None:
    """Once per person per issue (promise 4); a frozen issue stays as it is."""
    frozen = carried_then_merged(database, NOW, NOW - DAY)
    with database.read() as tx:
        eligible = partial(issues.eligible, tx, opens=NOW - 2 * DAY, closes=NOW + DAY)
        assert eligible(cadence=Cadence.WEEKLY) == ()
        assert len(eligible(cadence=Cadence.MONTHLY)) == 1
        assert frozen.id is not None
        assert issues.get(tx, frozen.id) == frozen


def test_a_takedown_reaches_issues_that_carried_the_post_under_its_other_id(
    database: Database,
) -> None:
    frozen = carried_then_merged(database)
    with database.write() as tx:
        assert redactions.take_down(tx, 2, now=NOW)
        assert frozen.id is not None
        after = issues.get(tx, frozen.id)
    assert after is not None
    assert [(post.url, post.excerpt) for post in after.posts] == [("", "")]


def test_who_tells_each_story_is_known(database: Database) -> None:
    _, theirs = two_stories(database)
    third = a_stored_source(database, "kolmas")
    apply(database, third, new=(new(an_entry("?p=3", link="muu", title="Muu"), story=1),))
    with database.read() as tx:
        asked = an_entry("?p=2", link="https://blogi.kauhajoki.fi/1")
        found = known_entries.load_known(tx, theirs, a_feed(asked))
    assert found.tellers == {1: {1, 3}, 2: {2}}
