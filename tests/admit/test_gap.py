"""What a busy feed told while we did not read it is no flood (P5)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.admit.gap import LATE, published_meanwhile
from syndicator.model import Changes, EntryState, HeldBecause, Known, ParsedEntry, Source
from tests.admit.judging import RULES, decided, reasons
from tests.builders import NOW, a_feed, a_known, a_source, ago, an_entry, known

AWAY = timedelta(days=3)
READ_LAST = NOW - AWAY
LAST = [an_entry(f"o{at}", published=READ_LAST - at * timedelta(hours=3)) for at in range(8)]
BUSY = a_source(last_success_at=READ_LAST)


def every(hours: float, *, posts: int = 8, until: datetime = NOW) -> list[ParsedEntry]:
    """Return new posts so far apart, the newest first."""
    return [
        an_entry(f"n{at}", published=until - at * timedelta(hours=hours)) for at in range(posts)
    ]


def after(posts: list[ParsedEntry], *, source: Source = BUSY, last: Known | None = None) -> Changes:
    """Return the decision about an answer that shares nothing with the last one."""
    return decided(a_feed(*posts), source=source, store=last or known(LAST))


def test_what_a_busy_feed_told_while_we_were_away_stands_where_its_dates_say() -> None:
    posts = every(3)

    changes = after(posts)

    assert reasons(changes) == [None] * 8
    assert [new.recency for new in changes.new] == [post.published for post in posts]
    assert {new.eligible_at for new in changes.new} == {NOW}


def test_of_what_was_told_meanwhile_only_the_running_window_may_be_mailed() -> None:
    away = timedelta(days=20)
    source = replace(BUSY, last_success_at=NOW - away)
    last = known(
        replace(post, published=NOW - away - timedelta(days=at)) for at, post in enumerate(LAST)
    )

    changes = after(every(48), source=source, last=last)

    assert reasons(changes) == [None] * 8
    mailed = [new.eligible_at is not None for new in changes.new]
    assert mailed == [True] * 4 + [False] * 4


def test_more_than_ten_a_day_are_shown_and_none_is_mailed() -> None:
    changes = after(every(0.5, posts=12))

    assert set(reasons(changes)) == {None}
    assert {new.eligible_at for new in changes.new} == {None}


@pytest.mark.parametrize(
    "posts",
    [
        [replace(post, published=ago(hours=1)) for post in every(3)],
        [*every(3, posts=1, until=ago(hours=60)),
         *[replace(post, raw_id=f"x{post.raw_id}", published=ago(hours=1)) for post in every(3)]],
        every(3, until=ago(days=30)),
        [replace(post, published=None) for post in every(3)],
        every(0.1),
        every(3, until=NOW + timedelta(days=9)),
        [*every(3, posts=4), *[replace(post, raw_id=f"x{post.raw_id}", published=ago(days=60))
                               for post in every(3, posts=4)]],
    ],
    ids=["one moment", "nearly one moment", "old", "undated", "far too thick", "future",
         "half of it old"],
)  # fmt: skip
def test_a_real_flood_waits_however_long_we_were_away(posts: list[ParsedEntry]) -> None:
    assert set(reasons(after(posts))) == {HeldBecause.FLOOD}


@pytest.mark.parametrize(
    "source",
    [
        replace(BUSY, last_success_at=ago(hours=2)),
        replace(BUSY, last_success_at=None),
        replace(BUSY, failures=5),
    ],
    ids=["we read it just now", "we never read it", "the feed itself was away"],
)
def test_a_feed_that_we_did_not_miss_floods_as_before(source: Source) -> None:
    assert set(reasons(after(every(3), source=source))) == {HeldBecause.FLOOD}


def test_the_failure_by_which_our_outage_began_is_not_the_feeds() -> None:
    assert set(reasons(after(every(3), source=replace(BUSY, failures=1)))) == {None}


def test_an_old_post_among_what_was_told_meanwhile_waits_alone() -> None:
    stray = an_entry("vanha", published=ago(days=90))

    changes = after([*every(3), stray])

    assert reasons(changes) == [None] * 8 + [HeldBecause.FLOOD]
    assert changes.new[-1].eligible_at is None


def test_a_pace_that_only_held_entries_tell_is_none() -> None:
    """A flood that waits must not vouch for the next one."""
    flooded = Known(
        entries=tuple(
            a_known(post, id=at, state=EntryState.HELD) for at, post in enumerate(LAST, 1)
        )
    )

    assert set(reasons(after(every(3), last=flooded))) == {HeldBecause.FLOOD}


def test_another_host_is_held_however_plausible_its_posts_are() -> None:
    changes = decided(
        a_feed(*every(3)), source=BUSY, store=known(LAST), final_url="https://kasino.example/feed"
    )

    assert changes.hold_source is HeldBecause.MOVED_DOMAIN
    assert set(reasons(changes)) == {HeldBecause.MOVED_DOMAIN}


moments = st.one_of(
    st.none(), st.integers(-600, 20_000).map(lambda minutes: NOW - timedelta(minutes=minutes))
)
drawn = st.lists(moments, max_size=40).map(
    lambda dates: [an_entry(str(at), published=date) for at, date in enumerate(dates)]
)


@given(drawn, drawn, st.timedeltas(timedelta(0), timedelta(days=30)), st.integers(0, 3))
def test_only_what_is_dated_while_we_were_away_is_ever_excused(
    last: list[ParsedEntry], posts: list[ParsedEntry], away: timedelta, failures: int
) -> None:
    source = a_source(last_success_at=NOW - away, failures=failures)

    excused = published_meanwhile(
        posts, source=source, known=known(last).entries, now=NOW, rules=RULES
    )

    assert len(excused) == len(posts)
    dates = [post.published for post, is_one in zip(posts, excused, strict=True) if is_one]
    assert all(
        date is not None and NOW - away - LATE <= date <= NOW + RULES.ahead for date in dates
    )
    assert not dates or (failures < 2 and len(set(dates)) > 1 and len(dates) * 4 >= len(posts) * 3)


@given(drawn)
def test_our_absence_floods_no_mail(posts: list[ParsedEntry]) -> None:
    """P5: at most ten posts of any one day, whatever came meanwhile."""
    posts = [replace(post, raw_id=f"n{post.raw_id}", link=f"https://a.fi/{at}", title=f"N {at}")
             for at, post in enumerate(posts)]  # fmt: skip
    source = replace(BUSY, last_success_at=ago(days=13))
    changes = after([*posts, *every(3, posts=5)], source=source)

    mailed = [new.parsed.published for new in changes.new if new.eligible_at is not None]
    days = Counter(
        date.astimezone(ZoneInfo("Europe/Helsinki")).date() for date in mailed if date is not None
    )
    assert all(count <= 10 for count in days.values())
