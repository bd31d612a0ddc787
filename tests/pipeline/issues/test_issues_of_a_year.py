"""A year of ticks: every slot exactly one issue, every post in exactly one of each cadence."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from syndicator.model import Cadence, IssueState
from syndicator.store.issues import transitions
from tests.pipeline.issues.test_lifecycle import DAY, MINUTE, at, every, mailing, titles, written
from tests.pipeline.world import scene


def test_a_year_of_ticks_sends_every_slot_exactly_once(tmp_path: Path) -> None:
    """E12: weekly and monthly, both clock changes, and week 53 of 2026."""
    with scene(tmp_path) as here:
        here.world = mailing(here, sends_by_itself=True)
        half_days = [datetime(2026, 6, 29, 12, tzinfo=UTC) + n * DAY / 2 for n in range(2 * 365)]
        for moment in half_days:
            at(here, moment)
            if moment.hour:
                written(here, f"{moment:%Y%m%d}")
            for issue in at(here, moment + 7 * MINUTE):
                with here.world.database.write() as tx:
                    assert transitions.finish(tx, issue, now=here.clock.at)
        made = [one for one in every(here) if one.send_at < half_days[-1]]
        carried = Counter((one.cadence, title) for one in made for title in titles(here, one))

    assert {one.state for one in made} == {IssueState.SENT}
    assert Counter(one.cadence for one in made) == {Cadence.WEEKLY: 52, Cadence.MONTHLY: 12}
    weekly = [one for one in made if one.cadence is Cadence.WEEKLY]
    assert [one.period for one in weekly][25:28] == ["2026-W52", "2026-W53", "2027-W01"]
    assert {one.send_at.hour for one in weekly} == {4, 5}
    assert set(carried.values()) == {1}
