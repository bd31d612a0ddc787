"""What a relay's answers mean, and when a message is offered again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.deliver.retry import (
    FIRST_WAIT,
    LONGEST_WAIT,
    TRIES,
    Meaning,
    enhanced,
    meaning,
    next_try,
    off_the_hour,
)
from syndicator.model import Stage
from tests.builders import NOW

jitters = st.floats(0, 1, exclude_max=True)
moments = st.integers(0, 86_400).map(lambda seconds: NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("code", "reply", "stage", "expected"),
    [
        (550, "5.1.1 no such person", Stage.RECIPIENT, Meaning.GONE),
        (553, "5.1.3 bad address", Stage.RECIPIENT, Meaning.GONE),
        (556, "5.1.10 null MX", Stage.RECIPIENT, Meaning.GONE),
        (550, "5.7.17 mailbox owner has changed", Stage.RECIPIENT, Meaning.GONE),
        (552, "5.2.2 mailbox full", Stage.RECIPIENT, Meaning.REFUSED),
        (550, "5.2.1 mailbox disabled", Stage.RECIPIENT, Meaning.REFUSED),
        (550, "5.4.4 unable to route", Stage.RECIPIENT, Meaning.REFUSED),
        (550, "mailbox unavailable", Stage.RECIPIENT, Meaning.REFUSED),
        (550, "5.7.1 relaying denied", Stage.RECIPIENT, Meaning.OURS),
        (550, "5.7.26 unauthenticated mail", Stage.CONTENT, Meaning.OURS),
        (550, "5.1.8 bad sender's system", Stage.RECIPIENT, Meaning.OURS),
        (554, "5.5.1 no valid recipients", Stage.CONTENT, Meaning.OURS),
        (552, "5.3.4 message too big", Stage.CONTENT, Meaning.OURS),
        (552, "5.3.4 message too big", Stage.RECIPIENT, Meaning.OURS),
        (554, "5.6.0 content rejected", Stage.CONTENT, Meaning.OURS),
        (554, "transaction failed", Stage.CONTENT, Meaning.OURS),
        (530, "authentication required", Stage.RECIPIENT, Meaning.OURS),
        (535, "5.7.8 wrong password", Stage.CONNECT, Meaning.OURS),
        (550, "5.1.1 not a sender we know", Stage.SENDER, Meaning.OURS),
        (450, "4.2.2 full", Stage.RECIPIENT, Meaning.LATER),
        (451, "4.3.0 later", Stage.CONTENT, Meaning.LATER),
        (421, "4.7.0 too many of you", Stage.RECIPIENT, Meaning.SLOWER),
        (451, "4.7.1 greylisted", Stage.RECIPIENT, Meaning.SLOWER),
        (421, "4.7.0 too many connections", Stage.CONNECT, Meaning.LATER),
        (0, "connection reset", Stage.CONNECT, Meaning.LATER),
    ],
)
def test_an_answer_is_understood(code: int, reply: str, stage: Stage, expected: Meaning) -> None:
    """Promise 6: 5.1.x is the address, 5.7.x is us, 4.7.x is the domain."""
    assert meaning(code, reply, stage=stage) is expected


@given(st.integers(0, 599), st.text(), st.sampled_from(Stage))
def test_whatever_a_relay_says_only_an_enhanced_code_proves_an_address_gone(
    code: int, reply: str, stage: Stage
) -> None:
    found = meaning(code, reply, stage=stage)

    assert found is not Meaning.GONE or (code >= 500 and enhanced(reply) is not None)
    assert (found in (Meaning.LATER, Meaning.SLOWER)) is (code < 500)


@pytest.mark.parametrize("reply", ["", "5.1", "x 5.1.1 y", "5.1.1x", "3.1.1 x", "5.1111.1 x"])
def test_what_is_no_enhanced_code_is_none(reply: str) -> None:
    assert enhanced(reply) is None


def test_a_code_of_another_class_than_the_answer_proves_nothing() -> None:
    assert meaning(550, "4.1.1 confused", stage=Stage.RECIPIENT) is Meaning.REFUSED


@given(st.integers(1, TRIES - 1), moments, jitters)
def test_a_message_waits_longer_each_time_and_never_beyond_bounds(
    attempts: int, now: datetime, jitter: float
) -> None:
    again = next_try(attempts, now=now, jitter=jitter)

    assert again is not None
    assert FIRST_WAIT * 0.75 <= again - now <= LONGEST_WAIT * 1.25 + timedelta(minutes=7)


def test_a_message_is_tried_for_a_day_and_then_no_more() -> None:
    """Promise 6: over a day."""
    moment, tries = NOW, 0
    while (again := next_try(tries + 1, now=moment, jitter=0.5)) is not None:
        moment, tries = again, tries + 1

    assert tries + 1 == TRIES
    assert timedelta(hours=24) < moment - NOW < timedelta(hours=30)


@given(moments, jitters)
def test_nothing_is_tried_again_around_the_full_hour(moment: datetime, jitter: float) -> None:
    """E11."""
    moved = off_the_hour(moment, jitter=jitter)

    assert timedelta(0) <= moved - moment < timedelta(minutes=7)
    assert 2 <= moved.minute <= 58
    assert off_the_hour(moved, jitter=jitter) == moved
