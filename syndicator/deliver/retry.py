"""What a relay's answer means, and when a message is offered again.

    4xx                       this message again later; 4.7.x slows its whole domain
    5.1.x                     there is no such address: never again
    5.2.x, 5.4.x ...          this reader does not get this message
    5.5.x, 5.7.x, 530, 535    our own fault, as is a message refused for what is in it

Enhanced codes (RFC 3463) go before the bare code: ``550`` alone may mean anything.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum

from syndicator.model import Stage


class Meaning(StrEnum):
    """What follows from an answer that was no yes."""

    LATER = "later"
    SLOWER = "slower"
    GONE = "gone"
    REFUSED = "refused"
    OURS = "ours"


FIRST_WAIT = timedelta(minutes=10)
LONGEST_WAIT = timedelta(hours=4)
TRIES = 11
"""Tries of one message: with the waits between them a little more than a day."""

_STATUS = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)", re.ASCII)
SENDER_UNKNOWN = frozenset({(1, 7), (1, 8)})
"""X.1.7 and X.1.8: not the recipient's address is wrong, but ours."""

OWNER_CHANGED = frozenset({(7, 17), (7, 18)})
"""X.7.17 and X.7.18: the address belongs to somebody else by now (RFC 7293)."""

TOO_BIG = (3, 4)

_LOGIN = {530, 534, 535, 538}
_HOUR_EDGE = timedelta(minutes=2)


def meaning(code: int, reply: str, *, stage: Stage) -> Meaning:
    """Return what an answer other than yes means; ``code`` 0 is no answer at all.

    Source: RFC 5321 4.2, RFC 3463, RFC 7293 (owners that changed).
    """
    status = enhanced(reply)
    if code < 500:
        aimed = stage in (Stage.RECIPIENT, Stage.CONTENT)
        too_fast = aimed and code and status is not None and status[:2] == (4, 7)
        return Meaning.SLOWER if too_fast else Meaning.LATER
    if stage in (Stage.CONNECT, Stage.SENDER) or code in _LOGIN:
        return Meaning.OURS
    if status is None or status[0] != 5:
        # 550 to a recipient may be a policy, a full disk or a person who left: it proves nothing.
        return Meaning.OURS if stage is Stage.CONTENT else Meaning.REFUSED
    return _permanent(status[1:], stage)


def _permanent(status: tuple[int, int], stage: Stage) -> Meaning:
    subject = status[0]
    if status in SENDER_UNKNOWN or (subject in (5, 7) and status not in OWNER_CHANGED):
        return Meaning.OURS
    if subject == 1 or status in OWNER_CHANGED:
        return Meaning.GONE
    if status == TOO_BIG or subject == 6 or (subject in (0, 3) and stage is Stage.CONTENT):
        return Meaning.OURS
    return Meaning.REFUSED


def enhanced(reply: str) -> tuple[int, int, int] | None:
    """Return the enhanced status a reply begins with, such as (5, 1, 1), or ``None``."""
    match = _STATUS.match(reply)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def next_try(attempts: int, *, now: datetime, jitter: float) -> datetime | None:
    """Return when a message is offered again after ``attempts`` tries; ``None`` for never.

    Args:
        attempts: tries made, at least 1.
        jitter: in [0, 1); spreads what failed together.

    Returns:
        A moment 7.5 minutes to 5 hours ahead, twice as far each time, away from the full hour.
    """
    if attempts >= TRIES:
        return None
    wait = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
    return off_the_hour(now + wait * (0.75 + jitter / 2), jitter=jitter)


def off_the_hour(moment: datetime, *, jitter: float) -> datetime:
    """Return ``moment``, or one a few minutes later if it is within two minutes of a full hour.

    Everybody's machines send on the hour, and receivers are at their slowest then (E11).
    """
    hour = (moment + timedelta(minutes=30)).replace(minute=0, second=0, microsecond=0)
    if abs(moment - hour) >= _HOUR_EDGE:
        return moment
    return hour + _HOUR_EDGE + timedelta(minutes=3) * jitter
