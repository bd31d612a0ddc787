"""Where a new entry stands, and from when it may be mailed (P4, P5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from syndicator.admit.moments import at_first_sight, later
from syndicator.model import ParsedEntry
from tests.admit.judging import RULES, decided, the_new
from tests.builders import NOW, a_feed, a_source, ago, an_entry, edited, known

NEW_SOURCE = a_source(first_seen=None)


def first(*entries: ParsedEntry) -> list[tuple[datetime, datetime | None]]:
    """Return the moments at first sight as plain pairs."""
    found = at_first_sight(entries, now=NOW, rules=RULES)
    return [(moments.recency, moments.eligible_at) for moments in found]


def then(*entries: ParsedEntry) -> list[tuple[datetime, datetime | None]]:
    """Return the moments of a source read before as plain pairs."""
    found = later(entries, now=NOW, rules=RULES)
    return [(moments.recency, moments.eligible_at) for moments in found]


def dated(*dates: datetime | None) -> list[ParsedEntry]:
    """Return an entry for each date."""
    return [an_entry(str(at), published=date) for at, date in enumerate(dates)]


# --- at first sight ----------------------------------------------------------------------------


def test_at_first_sight_an_entry_stands_where_its_date_says() -> None:
    assert first(*dated(ago(days=400), ago(days=3))) == [
        (ago(days=400), None),
        (ago(days=3), NOW),
    ]


def test_at_first_sight_undated_entries_are_old_and_stand_after_all_dated_ones() -> None:
    moments = first(*dated(None, ago(days=90), None))

    assert moments == [
        (ago(days=90) - timedelta(seconds=1), None),
        (ago(days=90), None),
        (ago(days=90) - timedelta(seconds=2), None),
    ]


def test_at_first_sight_a_blog_without_any_date_is_a_month_old_in_the_feeds_order() -> None:
    (one, _), (other, _) = first(*dated(None, None))

    assert ago(days=31) < other < one < ago(days=30)


def test_at_first_sight_only_what_the_running_window_holds_may_be_mailed() -> None:
    moments = first(*dated(ago(days=7), ago(days=7, minutes=1)))

    assert [eligible_at for _, eligible_at in moments] == [NOW, None]


def test_at_first_sight_a_future_date_is_now_and_no_news() -> None:
    """P4: future by more than an hour sorts by first seen."""
    assert first(*dated(ago(hours=-2))) == [(NOW, None)]


def test_a_clock_that_is_a_little_ahead_is_believed_but_never_beyond_now() -> None:
    assert first(*dated(ago(minutes=-50))) == [(NOW, NOW)]


def test_ten_posts_of_one_day_may_be_mailed_and_eleven_are_an_import() -> None:
    ten = dated(*(ago(hours=1, minutes=at) for at in range(10)))
    eleven = dated(*(ago(hours=1, minutes=at) for at in range(11)))

    assert all(eligible_at == NOW for _, eligible_at in first(*ten))
    assert all(eligible_at is None for _, eligible_at in first(*eleven, *dated(ago(days=3))))


def test_an_old_import_day_says_nothing_about_this_weeks_posts() -> None:
    imported = dated(*(ago(days=900, minutes=at) for at in range(30)))

    *_, (_, eligible_at) = first(*imported, *dated(ago(days=1)))

    assert eligible_at == NOW


def test_a_day_is_a_day_in_helsinki() -> None:
    """Six posts before and six after midnight there are of two days, whatever UTC says."""
    midnight = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
    entries = dated(*(midnight + timedelta(minutes=at) for at in range(-6, 6)))

    assert all(eligible_at == NOW for _, eligible_at in first(*entries))


@pytest.mark.parametrize("moment", [ago(hours=1), ago(days=-30)], ids=["one moment", "the future"])
def test_a_moment_that_a_whole_archive_claims_is_no_date(moment: datetime) -> None:
    """P5: the first sight of a source never floods the feed."""
    moments = first(*dated(*[moment] * 11))

    assert all(recency < ago(days=30) and eligible_at is None for recency, eligible_at in moments)


# --- later -------------------------------------------------------------------------------------


def test_later_an_entry_came_when_we_first_saw_it() -> None:
    for published in (ago(days=13), ago(days=14), ago(hours=-5), None):
        assert then(*dated(published)) == [(NOW, NOW)]


def test_later_an_entry_dated_over_a_fortnight_back_sinks_and_is_no_news() -> None:
    assert then(*dated(ago(days=14, minutes=1))) == [(ago(days=14, minutes=1), None)]


def test_entries_of_one_answer_keep_the_order_of_their_dates() -> None:
    moments = then(*dated(ago(days=2), ago(days=1), ago(days=3)))

    recencies = [recency for recency, _ in moments]
    assert sorted(recencies) == [recencies[2], recencies[0], recencies[1]]
    assert max(recencies) == NOW
    assert NOW - min(recencies) < timedelta(seconds=1)
    assert all(eligible_at == NOW for _, eligible_at in moments)


# --- as decided --------------------------------------------------------------------------------


def test_the_first_answer_is_judged_as_an_archive_and_the_next_as_news() -> None:
    entry = an_entry(published=ago(days=10))

    assert the_new(decided(a_feed(entry), source=NEW_SOURCE)).recency == ago(days=10)
    other = known([an_entry("other")])
    assert the_new(decided(a_feed(entry), store=other)).recency == NOW


def test_the_first_post_of_a_blog_that_was_empty_is_news() -> None:
    new = the_new(decided(a_feed(an_entry(published=None))))

    assert new.recency == new.eligible_at == NOW


def test_an_empty_blog_that_is_filled_at_once_shows_its_archive() -> None:
    entries = dated(*(ago(days=30 * at) for at in range(1, 6)))

    changes = decided(a_feed(*entries))

    assert [new.recency for new in changes.new] == [entry.published for entry in entries]
    assert all(new.held is None and new.eligible_at is None for new in changes.new)


def test_a_date_moved_later_by_an_edit_moves_nothing() -> None:
    """P4: a changed entry carries neither a recency nor a moment to be mailed."""
    entry = an_entry(published=ago(days=20))

    changes = decided(a_feed(edited(entry, published=NOW, title="Uusi")), store=known([entry]))

    assert len(changes.changed) == 1
    assert not changes.new
