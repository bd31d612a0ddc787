"""A send at the moments that count: while it waits, and when all mail is withheld under way."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

from syndicator.errors import TemporaryFailure, Uncertain
from syndicator.model import DeliveryState, Stage
from syndicator.store.upkeep import flags
from tests.pipeline.office import Connects, Pigeon, Quick, office, rates_of

LONG_S = 20
"""What a test that fails waits for; one that does not waits for nothing."""

CHUNKS = tuple(f"n{number}@k.fi" for number in range(101))
"""Readers for two connections: one claims a hundred at once."""


def test_what_was_sent_is_written_down_before_the_next_turn_is_waited_for(
    tmp_path: Path,
) -> None:
    """A kill while nothing is in flight leaves nothing uncertain (promise 5)."""
    with office(tmp_path, "a@a.fi", "b@b.fi", "c@c.fi") as here:
        seen: list[DeliveryState] = []

        def waits(length: timedelta) -> None:
            seen.extend(one.state for one in here.accounts().values())
            here.scene.clock.forward(length)

        here.deliver(rates=rates_of(here.scene, per_minute=1), stop=Quick(waits))

    assert here.pigeon.recipients == ["a@a.fi", "b@b.fi", "c@c.fi"]
    assert DeliveryState.SENT in seen
    assert DeliveryState.SENDING not in seen


def test_no_more_is_claimed_once_all_mail_is_withheld(tmp_path: Path) -> None:
    """`digest pause --all` stops a send under way, too (promise 5)."""
    with office(tmp_path, *CHUNKS) as here:

        def withhold(_recipient: str) -> None:
            with here.scene.world.database.write() as tx:
                flags.withhold(tx, "all mail paused")

        here.pigeon.before = withhold
        tally = here.deliver().tally

    assert tally == {DeliveryState.SENT: 100, DeliveryState.PENDING: 1}


def test_a_relay_that_took_mail_on_one_connection_is_not_called_away_for_another(
    tmp_path: Path,
) -> None:
    """Promise 11: an alarm says what is true. A relay may allow fewer connections than we try."""
    gave_up = threading.Event()

    class Refused(Pigeon):
        tries = 5

        def ready(self) -> None:
            self.tries -= 1
            if not self.tries:
                gave_up.set()
            raise TemporaryFailure(0, "refused")

    def waits(_recipient: str) -> None:
        gave_up.wait(LONG_S)

    with office(tmp_path, *CHUNKS) as here:
        here.pigeon.before = waits
        lines = iter((Refused(), here.pigeon))
        delivered = here.deliver(relay=Connects(lambda: next(lines)), connections=2)
        assert here.notices() == []

    assert gave_up.is_set()
    assert delivered.tally[DeliveryState.SENT] >= 1


def test_told_to_stop_what_awaits_its_final_answer_is_waited_for_and_nothing_else(
    tmp_path: Path,
) -> None:
    """decisions: SIGTERM. Hung up on, such a message would be uncertain, and may go out twice."""
    both, free = threading.Event(), threading.Event()

    class Awaiting(Pigeon):
        broken = False

        def send(self, message: bytes, *, sender: str, recipient: str) -> None:
            self.awaiting = True
            both.wait(LONG_S)
            here.sender.stop.set()
            if not free.wait(LONG_S) or self.broken:
                raise Uncertain(0, "no answer", stage=Stage.CONTENT)
            super().send(message, sender=sender, recipient=recipient)
            self.awaiting = False

        def hang_up(self) -> None:
            self.broken = not free.is_set()
            free.set()

    class Hanging(Pigeon):
        def send(self, message: bytes, *, sender: str, recipient: str) -> None:  # noqa: ARG002
            both.set()
            free.wait(LONG_S)
            raise TemporaryFailure(0, "hung up", stage=Stage.CONTENT)

        def hang_up(self) -> None:
            free.set()

    with office(tmp_path, *CHUNKS) as here:
        lines = iter((Awaiting(), Hanging()))
        idle = timedelta(seconds=0.05)
        stopped = here.deliver(relay=Connects(lambda: next(lines)), connections=2, idle=idle)

    assert stopped.tally == {DeliveryState.SENT: 1, DeliveryState.PENDING: 100}
