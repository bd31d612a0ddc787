"""Rates at the relay and at receiving domains (E11): with a fake relay, and with a real one."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

from syndicator.deliver.email.smtp import Relay
from syndicator.deliver.rates import DomainRates
from syndicator.model import DeliveryState
from tests.crash.relay import LoopbackRelay, Reached
from tests.pipeline.office import Connects, Office, office, rates_of

TEN_SECONDS = timedelta(seconds=10)
MINUTE = timedelta(minutes=1)


def left_at(here: Office) -> dict[str, list[timedelta]]:
    """Return when messages left, by domain; filled while they do."""
    began = here.scene.clock.at
    left: dict[str, list[timedelta]] = defaultdict(list)

    def note(recipient: str) -> None:
        left[recipient.partition("@")[2]].append(_since(here, began))

    here.pigeon.before = note
    return left


def _since(here: Office, began: datetime) -> timedelta:
    """Return whole seconds: a turn at the relay takes some microseconds here."""
    return timedelta(seconds=round((here.scene.clock.at - began).total_seconds()))


def deliver_all(here: Office, **changes: object) -> None:
    """Deliver, and again whenever something is due, until nothing is."""
    delivered = here.deliver(**changes)
    while delivered.again_at is not None:
        here.scene.clock.at = max(delivered.again_at, here.scene.clock.at)
        delivered = here.deliver(**changes)
    assert set(delivered.tally) == {DeliveryState.SENT}


def test_a_domain_gets_no_more_than_its_share_and_holds_up_no_other(tmp_path: Path) -> None:
    with office(tmp_path, "a@iso.fi", "b@iso.fi", "c@iso.fi", "d@muu.fi", "e@muu2.fi") as here:
        left = left_at(here)
        deliver_all(here, rates=rates_of(here.scene, per_domain=DomainRates(usual=6)))

    assert left["iso.fi"] == [timedelta(0), TEN_SECONDS, 2 * TEN_SECONDS]
    assert left["muu.fi"] == left["muu2.fi"] == [timedelta(0)]


def test_a_named_domain_has_its_own_share_and_the_others_the_usual_one(tmp_path: Path) -> None:
    with office(tmp_path, "a@iso.fi", "b@iso.fi", "c@muu.fi", "d@muu.fi") as here:
        left = left_at(here)
        rates = DomainRates(usual=60, named={"iso.fi": 1})
        deliver_all(here, rates=rates_of(here.scene, per_domain=rates))

    assert left["iso.fi"] == [timedelta(0), MINUTE]
    assert left["muu.fi"] == [timedelta(0), timedelta(seconds=1)]


def test_only_what_is_named_is_slowed_where_nothing_is_usual(tmp_path: Path) -> None:
    with office(tmp_path, "a@iso.fi", "b@iso.fi", "c@muu.fi", "d@muu.fi") as here:
        left = left_at(here)
        deliver_all(here, rates=rates_of(here.scene, per_domain=DomainRates(named={"iso.fi": 6})))

    assert left["iso.fi"] == [timedelta(0), TEN_SECONDS]
    assert left["muu.fi"] == [timedelta(0), timedelta(0)]


def test_two_sends_together_leave_no_faster_than_one(tmp_path: Path) -> None:
    """The relay does not know them apart: what one send took is gone for the next."""
    with office(tmp_path, "a@iso.fi", "b@iso.fi") as here:
        left = left_at(here)
        shared = rates_of(here.scene, per_minute=6)

        def stops(to: str) -> None:
            left[to].append(timedelta(0))
            here.sender.stop.set()

        here.pigeon.before = stops
        here.deliver(rates=shared)
        here.sender.stop.clear()
        began = here.scene.clock.at
        moments: list[datetime] = []
        here.pigeon.before = lambda _: moments.append(here.scene.clock.at)
        here.deliver(rates=shared)

    assert [moment - began for moment in moments] == [TEN_SECONDS]


def test_a_real_relay_sees_the_shares_of_the_domains(tmp_path: Path) -> None:
    addresses = [f"lukija{number}@iso.fi" for number in range(4)] + ["x@muu.fi", "y@muu2.fi"]
    with office(tmp_path, *addresses) as here, LoopbackRelay() as relay:
        began = here.scene.clock.at
        moments: list[timedelta] = []

        def note(reached: Reached) -> None:
            if reached is Reached.BODY:
                moments.append(_since(here, began))

        relay.watch = note
        deliver_all(
            here,
            relay=Connects(lambda: Relay(f"smtp://127.0.0.1:{relay.port}", name="sender.example")),
            rates=rates_of(here.scene, per_domain=DomainRates(usual=6)),
        )
        relay.settle()
        told = [one.recipient.partition("@")[2] for one in relay.arrived]

    by_domain = defaultdict(list)
    for domain, moment in zip(told, moments, strict=True):
        by_domain[domain].append(moment)
    assert by_domain["iso.fi"] == [TEN_SECONDS * number for number in range(4)]
    assert by_domain["muu.fi"] == by_domain["muu2.fi"] == [timedelta(0)]
