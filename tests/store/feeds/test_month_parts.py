"""A month of many posts is archived in parts, and a full part never changes by what comes later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from syndicator.model import Channel, Edition, Scope
from syndicator.store.db.database import Database
from syndicator.store.feeds import artefacts, posts
from syndicator.store.feeds.months import PART
from tests.builders import NOW, ago, an_entry
from tests.store.feeds.test_artefacts import an_artefact
from tests.store.stored import a_stored_source, apply, marked, new

MONTH = "2026-11"


def grown(database: Database, numbers: Iterable[int], *, days: float = 1) -> None:
    """Let a source bring posts with these numbers, each a second older than the one before."""
    source = a_stored_source(database)
    told = [
        new(an_entry(f"?p={number}"), recency=ago(days=days) - timedelta(seconds=number))
        for number in numbers
    ]
    apply(database, source, new=tuple(told))


def part(database: Database, number: int, **channel: object) -> Edition:
    with database.read() as tx:
        there = Channel(month=MONTH, part=number, **channel)  # type: ignore[arg-type]
        return posts.edition(tx, there)


def ids(edition: Edition) -> list[str]:
    return [post.public_id for post in edition.posts]


def test_no_document_of_an_archive_holds_more_than_a_part_and_none_is_lost(
    database: Database,
) -> None:
    """RFC 5005 4; a month of 20,000 posts must not make one document."""
    grown(database, range(2 * PART + 1))
    for channel in ({}, {"scope": Scope.LANGUAGE, "value": "fi"}):
        parts = [part(database, number, **channel) for number in (1, 2, 3)]

        assert [len(one.posts) for one in parts] == [PART, PART, 1]
        assert len({public_id for one in parts for public_id in ids(one)}) == 2 * PART + 1
        assert {one.months for one in parts} == {("2026-11-3", "2026-11-2", "2026-11")}
        for one in parts:
            order = [(-post.recency.timestamp(), post.public_id) for post in one.posts]
            assert order == sorted(order)


def test_a_month_that_fits_has_one_part_and_its_plain_name(database: Database) -> None:
    grown(database, range(PART))

    assert len(part(database, 1).posts) == PART
    assert part(database, 1).months == (MONTH,)
    assert part(database, 2).posts == ()


def test_what_comes_later_changes_no_full_part_whatever_its_date(database: Database) -> None:
    """Old posts never move: a post dated into the middle of the month goes to the last part."""
    grown(database, range(PART + 1))
    before = part(database, 1)

    grown(database, range(PART + 1, PART + 4), days=20)

    assert ids(part(database, 1)) == ids(before)
    assert part(database, 1).updated == before.updated
    assert len(part(database, 2).posts) == 4


def test_a_removed_post_leaves_its_place_empty_and_moves_no_other(database: Database) -> None:
    """RFC 6721: its tombstone stands in the part where it stood."""
    grown(database, range(PART + 5))
    first, second = (ids(part(database, number)) for number in (1, 2))
    apply(database, a_stored_source(database), missed=(3,), deleted=(3,))

    now, after = part(database, 1), part(database, 2)
    assert set(first) - set(ids(now)) == {stone.public_id for stone in now.tombstones}
    assert len(ids(now)) == PART - 1
    assert (ids(after), after.tombstones) == (second, ())


def test_a_month_that_gets_another_part_marks_the_archives_beside_it(database: Database) -> None:
    """The next month leads back to the last part (RFC 5005 4)."""
    grown(database, range(PART), days=31)
    grown(database, [PART + 1], days=1)
    marked(database)

    grown(database, [PART + 2], days=31)

    assert Channel(month="2026-11") in marked(database)
    with database.read() as tx:
        assert posts.edition(tx, Channel()).months == ("2026-11", "2026-10-2", "2026-10")


def test_parts_are_known_by_what_is_published_and_later_ones_can_be_ended(
    database: Database,
) -> None:
    parts = [Channel(scope=Scope.LANGUAGE, value="fi", month=MONTH, part=n) for n in (1, 2, 12)]
    other = Channel(month=MONTH, part=2)
    with database.write() as tx:
        for channel in (*parts, other):
            path = f"{channel.prefix}{channel.archive}"
            artefacts.save(tx, channel, [an_artefact(path)], mark=None)
        assert set(artefacts.published(tx)) == {*parts, other}

        assert artefacts.end_month(tx, parts[0]) == ("fi/2026-11-12", "fi/2026-11-2")
        assert set(artefacts.published(tx)) == {parts[0], other}


def test_marks_are_of_whole_months(database: Database) -> None:
    """What was published in parts is made anew once, all of it."""
    with database.write() as tx:
        artefacts.mark(tx, [Channel(month=MONTH, part=n) for n in (1, 2, 3)])
        assert set(artefacts.dirty(tx)) == {Channel(month=MONTH)}
    assert NOW.strftime("%Y-%m") == MONTH
