"""Deletion at source (P7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from syndicator.admit.gone import window_opens
from syndicator.model import Changes, EntryState, Known, ParsedEntry
from tests.admit.judging import decided
from tests.builders import a_feed, a_known, ago, an_entry, known

DAYS = [an_entry(f"d{at}", published=ago(days=at)) for at in range(10)]


def without(*gone: int, **changes: Any) -> Changes:
    """Return the decision about a feed of ten days that lacks some, stored with what is named."""
    if changes.get("missing"):
        changes.setdefault("in_last_answer", False)
    stored = tuple(
        a_known(entry, id=at, **(changes if at in gone else {})) for at, entry in enumerate(DAYS)
    )
    feed = a_feed(*(entry for at, entry in enumerate(DAYS) if at not in gone))
    return decided(feed, store=Known(entries=stored))


def test_an_entry_that_leaves_a_gap_is_missed_and_only_then_deleted() -> None:
    """P7: twice in a row."""
    first, second = without(4), without(4, missing=1)

    assert (first.missed, first.deleted) == ((4,), ())
    assert (second.missed, second.deleted) == ((4,), (4,))


def test_the_newest_entry_can_be_missed_and_the_oldest_only_made_room() -> None:
    assert without(0).missed == (0,)
    assert without(9).missed == ()


def test_where_nothing_came_a_post_near_the_end_did_not_make_room() -> None:
    assert without(8).missed == (8,)


def test_an_answer_that_is_not_complete_lacks_nothing() -> None:
    feed = a_feed(DAYS[0], DAYS[2], complete=False)

    assert not decided(feed, store=known(DAYS[:3])).missed


def test_an_emptied_feed_lacks_nothing() -> None:
    assert not decided(a_feed(), store=known(DAYS)).missed


def test_an_entry_without_a_date_is_never_missed() -> None:
    undated = an_entry("u", published=None)

    assert not decided(a_feed(DAYS[0], DAYS[2]), store=known([DAYS[0], undated, DAYS[2]])).missed


@pytest.mark.parametrize("state", [EntryState.HELD, EntryState.HIDDEN, EntryState.DELETED])
def test_only_what_is_shown_is_deleted(state: EntryState) -> None:
    """A held entry that left and returned would be shown: no way around the guard."""
    assert not without(4, missing=1, state=state).deleted


def test_an_entry_that_left_the_feed_long_ago_is_not_missed_later() -> None:
    assert not without(4, in_last_answer=False).missed


def test_an_entry_that_is_replaced_by_a_new_one_in_the_middle_is_missed() -> None:
    new = an_entry("uusi", published=ago(hours=1))
    feed = a_feed(new, *(entry for at, entry in enumerate(DAYS) if at != 4))

    assert decided(feed, store=known(DAYS)).missed == (5,)


def test_an_older_entry_that_came_back_may_have_taken_the_place_of_another() -> None:
    """A feed in the order of edits: an old post was edited, and one that nobody touched left."""
    store = Known(
        entries=(
            *(a_known(entry, id=at) for at, entry in enumerate(DAYS)),
            a_known(back := an_entry("b", published=ago(days=60)), id=20, in_last_answer=False),
        )
    )
    feed = a_feed(back, *DAYS[:8], DAYS[9])

    assert not decided(feed, store=store).missed


def test_of_two_lists_in_one_feed_the_longer_makes_room() -> None:
    """Forty links of this week and five articles of the year, merged by date: links leave at the
    thirty-sixth place, with older articles still behind them."""
    articles = [an_entry(f"a{at}", published=ago(days=30 + at)) for at in range(3)]
    links = [an_entry(f"l{at}", published=ago(hours=at)) for at in range(20)]
    new = [an_entry(f"n{at}", published=ago(minutes=at)) for at in range(4)]

    changes = decided(a_feed(*new, *links[:16], *articles), store=known([*links, *articles]))

    assert not changes.missed


OLD_ONE = ago(days=2000)


@pytest.mark.parametrize(
    ("dates", "opens"),
    [
        ([ago(days=1), ago(days=2), ago(days=3)], ago(days=3)),
        ([ago(days=3), ago(days=2), ago(days=1)], ago(days=3)),
        ([OLD_ONE, ago(days=1), ago(days=2)], ago(days=2)),
        ([OLD_ONE, ago(days=1)], ago(days=1)),
        ([ago(days=1), ago(days=5), ago(days=2), ago(days=90)], ago(days=5)),
        ([ago(hours=9), ago(hours=1), ago(days=5)], ago(days=5)),
        ([None, ago(days=1), None], ago(days=1)),
        ([None, None], None),
    ],
    ids=[
        "newest first",
        "oldest first",
        "pinned",
        "pinned, short",
        "lists",
        "a slip",
        "some",
        "undated",
    ],
)
def test_the_window_opens_with_the_oldest_post_of_the_list(
    dates: list[datetime | None], opens: datetime | None
) -> None:
    entries: list[ParsedEntry] = [
        an_entry(str(at), published=date) for at, date in enumerate(dates)
    ]

    assert window_opens(a_feed(*entries)) == opens
    assert window_opens(replace(a_feed(*entries), complete=False)) is None
