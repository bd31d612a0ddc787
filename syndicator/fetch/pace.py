"""When a source may be asked again. The server and the feed may slow us down, never hurry us."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from syndicator.model import Failed, Hints, Outcome, Reason

SHORTEST_WAIT = timedelta(hours=1)
"""At most one request an hour per source (F2)."""

WITHOUT_VALIDATORS = timedelta(days=1)
"""A server that offers no validators sends everything each time: once a day is enough (F2)."""

LONGEST_BACK_OFF = timedelta(days=1)
"""Failures slow us to this and no further: from then on each try is a probe (F10)."""

LONGEST_WAIT = timedelta(days=7)
"""Nobody makes us wait longer; who asked for more is asked again then, and people hear of it."""

FIRST_SPREAD = timedelta(seconds=100)
"""The first fetches of a new installation lie within this much of its start (F5)."""

OUTAGE_WINDOW = timedelta(minutes=15)
OUTAGE_ATTEMPTS = 20
"""Whether our own network is out is seen by so many attempts at most, from so long ago at most."""

FEWEST_ATTEMPTS = 5
"""Below this many attempts in the window nothing is said about our own network."""

_JITTER_SHARE = 0.1
_WHOLE_ANSWERS = frozenset({Reason.NOT_A_FEED, Reason.UNREADABLE})
_GOLDEN = 0.6180339887498949


def next_fetch(
    outcome: Outcome, *, hints: Hints, failures: int, now: datetime, jitter: float
) -> datetime:
    """Return the earliest moment the source may be asked again.

    Args:
        hints: what the feed says of its own rhythm; the last one read, if this answer held none.
        failures: failed pulls in a row, this one included (an answer that could not be read is a
            failed pull); 0 after a success, or when the outage is ours and nothing is counted.
        jitter: in [0, 1); spreads sources that would come together.

    Returns:
        A moment ``t`` with ``now + SHORTEST_WAIT <= t <= now + LONGEST_WAIT``, never before what
        the server asked for (up to LONGEST_WAIT), and outside skipHours and skipDays unless they
        leave nothing. A source that is gone (410) is not polled; its ``t`` is LONGEST_WAIT away.

    Source: rules F2, F3, F4, F10; RFC 9110 10.2.3, RFC 9111 5.2.2.1; RSS 2.0 skipHours, skipDays.
    """
    if isinstance(outcome, Failed) and outcome.reason is Reason.GONE:
        return now + LONGEST_WAIT
    own = _interval(outcome, hints=hints) * (1 + _JITTER_SHARE * jitter)
    wait = max(own, _back_off(failures, jitter=jitter))
    asked = outcome.answer.wait if outcome.answer is not None else None
    if asked is not None and asked >= wait:
        wait = asked + SHORTEST_WAIT * _JITTER_SHARE * jitter
    moment = _outside_skips(now + min(wait, LONGEST_WAIT), hints=hints, jitter=jitter)
    return min(moment, now + LONGEST_WAIT)


def not_before(outcome: Outcome, *, now: datetime) -> datetime | None:
    """Return until when the server itself asked us to stay away, ``None`` if it did not.

    Even an operator's "now" waits for this moment; our own pace it may overrule.

    Returns:
        At most ``now + LONGEST_WAIT``.
    """
    if outcome.answer is None or outcome.answer.wait is None:
        return None
    return now + min(outcome.answer.wait, LONGEST_WAIT)


def _interval(outcome: Outcome, *, hints: Hints) -> timedelta:
    """Return the rhythm of a source that sent a whole answer; the shortest if it sent none."""
    if isinstance(outcome, Failed) and outcome.reason not in _WHOLE_ANSWERS:
        return SHORTEST_WAIT
    validators = outcome.answer is not None and outcome.answer.validators
    floor = SHORTEST_WAIT if validators else WITHOUT_VALIDATORS
    hinted = [wait for wait in (hints.ttl, hints.update_period) if wait is not None]
    return min(max([floor, *hinted]), LONGEST_WAIT)


def _back_off(failures: int, *, jitter: float) -> timedelta:
    if failures < 1:
        return timedelta(0)
    doublings = min(failures - 1, 10)
    return min(SHORTEST_WAIT * (1 << doublings) * (1 + jitter), LONGEST_BACK_OFF)


def _outside_skips(moment: datetime, *, hints: Hints, jitter: float) -> datetime:
    hours = {hour % 24 for hour in hints.skip_hours}

    def skipped(at: datetime) -> bool:
        return at.hour in hours or at.weekday() in hints.skip_days

    gmt = moment.astimezone(UTC)
    if not skipped(gmt):
        return moment
    hour = gmt.replace(minute=0, second=0, microsecond=0)
    for ahead in range(1, 7 * 24 + 1):
        later = hour + timedelta(hours=ahead)
        if not skipped(later):
            return later + timedelta(hours=1) * jitter
    return moment


def first_fetch(index: int, *, now: datetime, jitter: float = 0.0) -> datetime:
    """Return when the ``index``-th source of a new installation is asked for the first time.

    Consecutive indexes land far apart and any number of them evenly within FIRST_SPREAD, whatever
    their number turns out to be (steps of the golden ratio).
    """
    return now + FIRST_SPREAD * ((index * _GOLDEN + jitter) % 1.0)


def own_outage(recent: Sequence[tuple[datetime, bool]], *, now: datetime) -> bool:
    """Return True if so many sources fail at once that the fault must be ours (F10).

    Over half of the last OUTAGE_ATTEMPTS attempts within OUTAGE_WINDOW failed, of at least
    FEWEST_ATTEMPTS.

    Args:
        recent: (when, whether it succeeded), in any order. An answer that says "not here" or "not
            now" proves that our network works: count it as succeeded (see ``could_be_ours``).
    """
    window = sorted(pair for pair in recent if now - OUTAGE_WINDOW <= pair[0] <= now)
    last = window[-OUTAGE_ATTEMPTS:]
    failed = sum(not succeeded for _, succeeded in last)
    return len(last) >= FEWEST_ATTEMPTS and failed * 2 > len(last)


OURS = frozenset({Reason.DNS, Reason.CONNECT, Reason.TIMEOUT, Reason.TLS, Reason.LOCAL})
"""Failures that our own network or machine can cause everywhere at once."""


def could_be_ours(reason: Reason) -> bool:
    """Return True for failures that our own network or machine can cause everywhere at once."""
    return reason in OURS
