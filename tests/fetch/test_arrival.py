"""Which of a host's addresses is connected, when some are forbidden and some are busy (F9, F12)."""

from __future__ import annotations

import socket
from ipaddress import ip_network
from types import SimpleNamespace

from syndicator.errors import FetchFailed, HostBusy, Refused
from syndicator.fetch.arrival import NO_SOCKET, Arrival
from syndicator.fetch.guard import Guard
from syndicator.fetch.manners import Manners
from syndicator.model import Reason

OPEN, CLOSED, BUSY = "127.0.0.1", "10.0.0.1", "127.0.0.2"


def connected(*hosts: str, family: int = socket.AF_INET) -> tuple[list[bool], Arrival]:
    """Return for each address whether a socket was given, and the answer that waits."""
    rules = Manners()
    rules.visit().enter(BUSY)
    arrival = Arrival(
        url="https://raahe.example/",
        guard=Guard(allow_networks=[ip_network("127.0.0.0/8")]),
        visit=rules.visit(),
        body_limit=1000,
        header_limit=1000,
    )
    given = []
    for host in hosts:
        address = SimpleNamespace(
            family=family, socktype=socket.SOCK_STREAM, protocol=0, addr=(host, 443)
        )
        given.append(arrival.open_socket(0, address) != NO_SOCKET)
    arrival.close_sockets()
    return given, arrival


def test_a_forbidden_address_beside_an_open_one_is_passed_over() -> None:
    for hosts in ((CLOSED, OPEN), (OPEN, CLOSED)):
        given, arrival = connected(*hosts)
        assert given == [host == OPEN for host in hosts]
        assert arrival.give_up(connecting=True) is None


def test_a_host_with_forbidden_addresses_only_is_refused() -> None:
    given, arrival = connected(CLOSED, CLOSED)
    assert given == [False, False]
    assert isinstance(arrival.give_up(connecting=True), Refused)


def test_a_host_with_a_busy_address_is_busy_if_no_other_could_be_connected() -> None:
    for hosts in ((BUSY,), (BUSY, OPEN), (OPEN, BUSY), (CLOSED, BUSY), (BUSY, CLOSED)):
        _, arrival = connected(*hosts)
        assert isinstance(arrival.give_up(connecting=True), HostBusy), hosts


def test_barred_addresses_do_not_explain_what_failed_after_a_connection() -> None:
    for hosts in ((CLOSED, OPEN), (BUSY, OPEN), (CLOSED,)):
        _, arrival = connected(*hosts)
        assert arrival.give_up(connecting=False) is None


def test_a_socket_that_cannot_be_opened_is_our_own_fault() -> None:
    given, arrival = connected(OPEN, family=9999)
    error = arrival.give_up(connecting=True)
    assert given == [False]
    assert isinstance(error, FetchFailed)
    assert error.reason is Reason.LOCAL


def test_what_was_given_up_is_not_kept() -> None:
    _, arrival = connected(CLOSED)
    arrival.give_up(connecting=True)
    assert arrival.give_up(connecting=True) is None
