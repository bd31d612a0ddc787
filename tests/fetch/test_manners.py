"""Rule F9: one request per host at a time, spaced; hosts that share an address share the limit."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.errors import HostBusy
from syndicator.fetch.manners import Manners, Visit

HOST = "raahe.example"
ADDRESS = "193.166.3.2"


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def manners(clock: Clock, *, jitter: float = 0.0, **options: object) -> Manners:
    return Manners(clock=clock, jitter=lambda: jitter, **options)  # type: ignore[arg-type]


def visited(rules: Manners, host: str, *addresses: str) -> Visit:
    visit = rules.visit()
    visit.enter(host)
    for address in addresses:
        visit.reach(address)
    return visit


def is_free(rules: Manners, host: str, address: str | None = None) -> bool:
    with rules.visit() as visit:
        try:
            visit.enter(host)
            if address is not None:
                visit.reach(address)
        except HostBusy:
            return False
    return True


def test_a_host_takes_one_visit_at_a_time() -> None:
    rules = manners(Clock())
    visited(rules, HOST)

    with pytest.raises(HostBusy) as caught:
        rules.visit().enter(HOST)

    assert caught.value.host == HOST
    assert timedelta(0) < caught.value.wait <= timedelta(seconds=2)


def test_another_host_is_free_meanwhile() -> None:
    rules = manners(Clock())
    visited(rules, HOST, ADDRESS)
    assert is_free(rules, "salo.example", "193.166.3.3")


def test_hosts_at_one_address_share_its_slot() -> None:
    rules = manners(Clock())
    visited(rules, HOST, ADDRESS)
    assert not is_free(rules, "salo.example", ADDRESS)


def test_an_address_is_one_however_it_is_wrapped() -> None:
    rules = manners(Clock())
    visited(rules, HOST, ADDRESS)
    assert not is_free(rules, "salo.example", f"::ffff:{ADDRESS}")


def test_visits_to_a_host_are_a_second_apart() -> None:
    clock = Clock()
    rules = manners(clock)
    visited(rules, HOST, ADDRESS).leave()

    clock.now += 0.99
    assert not is_free(rules, HOST)
    assert not is_free(rules, "salo.example", ADDRESS)
    clock.now += 0.02
    assert is_free(rules, HOST)
    assert is_free(rules, "salo.example", ADDRESS)


def test_the_wait_told_is_the_wait_needed() -> None:
    clock = Clock()
    rules = manners(clock, spacing=timedelta(seconds=10))
    visited(rules, HOST, ADDRESS).leave()
    clock.now += 4

    with pytest.raises(HostBusy) as caught:
        rules.visit().enter(HOST)

    assert caught.value.wait == timedelta(seconds=6)


def test_jitter_makes_the_space_longer_and_never_shorter() -> None:
    clock = Clock()
    rules = manners(clock, jitter=0.9)
    visited(rules, HOST, ADDRESS).leave()

    clock.now += 1.4
    assert not is_free(rules, HOST)
    clock.now += 0.1
    assert is_free(rules, HOST)


def test_a_chain_is_not_kept_waiting_by_its_own_earlier_hop() -> None:
    rules = manners(Clock())
    visit = visited(rules, HOST, ADDRESS)

    visit.leave()
    visit.enter(HOST)
    visit.reach(ADDRESS)

    assert not is_free(rules, HOST)


def test_the_slot_is_free_for_others_before_a_redirect_is_followed() -> None:
    clock = Clock()
    rules = manners(clock)
    visit = visited(rules, HOST, ADDRESS)
    visit.enter("salo.example")
    clock.now += 1.1
    assert is_free(rules, HOST, ADDRESS)


def test_a_chain_waits_if_another_took_the_slot_between_its_hops() -> None:
    clock = Clock()
    rules = manners(clock)
    chain = visited(rules, HOST, ADDRESS)
    chain.leave()
    clock.now += 1.1
    visited(rules, HOST, ADDRESS)

    with pytest.raises(HostBusy):
        chain.enter(HOST)


def test_a_failed_visit_leaves_nothing_taken() -> None:
    clock = Clock()
    rules = manners(clock)
    with suppress(RuntimeError), rules.visit() as visit:
        visit.enter(HOST)
        visit.reach(ADDRESS)
        raise RuntimeError
    clock.now += 1.1
    assert is_free(rules, HOST, ADDRESS)


def test_a_host_that_was_never_connected_is_not_spaced() -> None:
    rules = manners(Clock())
    visited(rules, HOST).leave()
    assert is_free(rules, HOST)


def test_a_busy_address_gives_its_visitors_host_back() -> None:
    rules = manners(Clock())
    visited(rules, HOST, ADDRESS)
    assert not is_free(rules, "salo.example", ADDRESS)
    assert is_free(rules, "salo.example")


def test_unspaced_networks_are_still_asked_one_at_a_time() -> None:
    rules = manners(Clock(), unspaced=[ip_network("127.0.0.0/8")])
    visit = visited(rules, "127.0.0.1", "127.0.0.1")
    assert not is_free(rules, "127.0.0.1")
    visit.leave()
    assert is_free(rules, "127.0.0.1", "127.0.0.1")


def test_leaving_twice_frees_no_slot_of_another() -> None:
    clock = Clock()
    rules = manners(clock)
    first = visited(rules, HOST, ADDRESS)
    first.leave()
    clock.now += 1.1
    visited(rules, HOST, ADDRESS)
    first.leave()
    assert not is_free(rules, HOST)


def test_slots_of_hosts_long_left_are_forgotten() -> None:
    clock = Clock()
    rules = manners(clock)
    for number in range(5000):
        clock.now += 2
        visited(rules, f"host{number}.example", ADDRESS).leave()
    assert len(rules._slots) < 2100


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.floats(0, 2)), max_size=40))
def test_no_two_visits_ever_hold_one_host_or_address(steps: list[tuple[int, int, float]]) -> None:
    """Law: whatever comes and goes in whatever order, a slot has one holder and its space."""
    clock = Clock()
    rules = manners(clock)
    inside: dict[int, Visit] = {}
    left: dict[str, float] = {}
    for host, address, pause in steps:
        clock.now += pause
        if host in inside:
            inside.pop(host).leave()
            left[f"{host}"] = clock.now
            continue
        visit = rules.visit()
        try:
            visit.enter(f"host{host}.example")
            visit.reach(f"193.166.3.{address}")
        except HostBusy:
            visit.leave()
            continue
        assert clock.now - left.get(f"{host}", 0.0) >= 1
        inside[host] = visit
        held = [key for one in inside.values() for key in one._keys]
        assert len(held) == len(set(held))
