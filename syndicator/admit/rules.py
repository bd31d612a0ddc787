"""The numbers by which an answer is judged, with the reading that was settled for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """How much is too much, how old is old.

    ``mail_window_opens`` is the last cut-off of the most frequent digest: what was published since
    may still be news to its readers. ``flood`` new entries at once that share nothing with the last
    answer are kept back. ``eligible_a_day`` is how many posts of one day we believe at the first
    sight of a source. ``backlog`` is how far back an entry may be dated and still count as new.
    ``undated_age`` is how old an entry without a date counts at first sight. ``ahead`` is how far
    in the future a date is still a clock that is a little wrong. ``unstable_ids`` is the share of
    ids that may change under equal links before they are believed no more. ``absences`` is how many
    answers in a row must lack an entry before it counts as deleted.
    """

    mail_window_opens: datetime
    time_zone: str
    flood: int = 5
    eligible_a_day: int = 10
    backlog: timedelta = timedelta(days=14)
    undated_age: timedelta = timedelta(days=30)
    ahead: timedelta = timedelta(hours=1)
    unstable_ids: float = 0.05
    absences: int = 2
