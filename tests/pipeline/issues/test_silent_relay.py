"""A relay that takes whole messages and never answers: nearly nobody is given a second copy."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from syndicator.deliver.email.smtp import Relay
from syndicator.errors import PermanentFailure, Uncertain
from syndicator.model import DeliveryState, IssueState, NoticeKind, Stage
from syndicator.pipeline.issues.rate_limiter import QUIET, SILENT
from tests.crash.relay import LoopbackRelay
from tests.pipeline.office import Connects, Office, Pigeon, office

READERS = tuple(f"lukija{number}@k{number % 7}.fi" for number in range(180))
S = DeliveryState


class Silent(Pigeon):
    """Takes what it is given and says nothing, while ``silent``."""

    silent: bool = True

    def send(self, message: bytes, *, sender: str, recipient: str) -> None:
        super().send(message, sender=sender, recipient=recipient)
        if self.silent:
            raise Uncertain(0, "no answer", stage=Stage.CONTENT)


def silent_office(here: Office) -> Silent:
    """Let the office's relay be silent; return it."""
    relay = Silent()
    here.sender = replace(here.sender, relay=Connects(lambda: relay))
    return relay


def test_a_relay_that_drops_each_whole_message_is_away_after_three(tmp_path: Path) -> None:
    connections = 4
    with office(tmp_path, *READERS) as here, LoopbackRelay(answers={"END": ""}) as relay:
        here.sender = replace(
            here.sender,
            relay=Connects(lambda: Relay(f"smtp://127.0.0.1:{relay.port}", name="koe.example")),
        )
        delivered = here.deliver(connections=connections)
        assert here.state() is IssueState.SENDING
        assert here.notices() == [NoticeKind.RELAY_AWAY]

    in_flight = SILENT + connections - 1
    assert SILENT <= len(relay.arrived) <= in_flight
    assert delivered.tally[S.UNCERTAIN] == len(relay.arrived)
    assert delivered.tally[S.UNCERTAIN] + delivered.tally[S.PENDING] == len(READERS)
    assert delivered.again_at is not None


def test_a_silent_relay_is_asked_again_with_a_message_that_may_have_arrived_and_more_rarely(
    tmp_path: Path,
) -> None:
    with office(tmp_path, *READERS) as here:
        relay = silent_office(here)
        waits: list[timedelta] = []
        delivered = here.deliver()
        for _ in range(5):
            assert delivered.again_at is not None
            waits.append(delivered.again_at - here.scene.clock.at)
            here.scene.clock.at = delivered.again_at
            delivered = here.deliver(connections=4)

    assert waits == [QUIET, 2 * QUIET, 4 * QUIET, 8 * QUIET, 16 * QUIET]
    assert len(relay.taken) == SILENT + 5
    assert delivered.tally == {S.UNCERTAIN: SILENT, S.PENDING: len(READERS) - SILENT}


def test_a_tick_while_a_silent_relay_is_left_alone_gives_it_nothing(tmp_path: Path) -> None:
    with office(tmp_path, *READERS) as here:
        relay = silent_office(here)
        here.deliver()
        here.scene.clock.forward(timedelta(minutes=1))
        again = here.deliver()
        assert here.notices() == [NoticeKind.RELAY_AWAY]

    assert len(relay.taken) == SILENT
    assert again.again_at is not None


def test_a_relay_that_answers_again_gets_all_the_others_at_once(tmp_path: Path) -> None:
    with office(tmp_path, *READERS) as here:
        relay = silent_office(here)
        first = here.deliver()
        assert first.again_at is not None
        relay.silent, here.scene.clock.at = False, first.again_at
        delivered = here.deliver(connections=4)
        assert here.notices() == []

    assert delivered.tally[S.SENT] == len(READERS) - SILENT + 1
    assert max(Counter(relay.recipients).values()) == 2


@pytest.mark.parametrize(
    "between", [None, PermanentFailure(552, "5.2.2 full", stage=Stage.RECIPIENT)]
)
def test_messages_without_an_answer_that_do_not_follow_each_other_are_no_silence(
    tmp_path: Path, between: PermanentFailure | None
) -> None:
    addresses = tuple(f"{name}@k.fi" for name in "abcdef")
    with office(tmp_path, *addresses) as here:
        for place, address in enumerate(addresses):
            no = Uncertain(0, "no answer", stage=Stage.CONTENT) if place % 3 else between
            here.pigeon.failures[address] = [no] if no else []
        delivered = here.deliver()
        assert here.notices() == []

    assert delivered.tally[S.UNCERTAIN] == 4
    assert delivered.tally[S.PENDING] == 0
