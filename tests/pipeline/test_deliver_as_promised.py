"""A send at the moments that count: while it waits, and when all mail is withheld under way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from syndicator.model import DeliveryState
from syndicator.store import switches
from tests.pipeline.office import Quick, office, turns


def test_what_was_sent_is_written_down_before_the_next_turn_is_waited_for(
    tmp_path: Path,
) -> None:
    """A kill while nothing is in flight leaves nothing uncertain (promise 5)."""
    with office(tmp_path, "a@a.fi", "b@b.fi", "c@c.fi") as here:
        seen: list[DeliveryState] = []

        def waits(length: timedelta) -> None:
            seen.extend(one.state for one in here.accounts().values())
            here.scene.clock.forward(length)

        here.deliver(turns=turns(here.scene, per_minute=1), stop=Quick(waits))

    assert here.pigeon.recipients == ["a@a.fi", "b@b.fi", "c@c.fi"]
    assert DeliveryState.SENT in seen
    assert DeliveryState.SENDING not in seen


def test_no_more_is_claimed_once_all_mail_is_withheld(tmp_path: Path) -> None:
    """`digest pause --all` stops a send under way, too (promise 5)."""
    with office(tmp_path, *(f"n{number}@k.fi" for number in range(101))) as here:

        def withhold(_recipient: str) -> None:
            with here.scene.world.database.write() as tx:
                switches.withhold(tx, "all mail paused")

        here.pigeon.before = withhold
        tally = here.deliver().tally

    assert tally == {DeliveryState.SENT: 100, DeliveryState.PENDING: 1}
