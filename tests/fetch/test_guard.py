"""Rule F12: only public addresses, only the web's ports, whatever form the address takes."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.errors import Refused
from syndicator.fetch.guard import Guard, innermost, is_public
from syndicator.model import Reason

CLOSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::8080:8080",
    "2001:0:4136:e378:8000:63bf:fefe:fefe",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
OPEN = [
    "1.1.1.1",
    "172.32.0.1",
    "193.166.3.2",
    "100.128.0.1",
    "2a00:1450:400f::1",
    "2001:4860:4860::8888",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
    "2002:101:101::1",
]


@pytest.mark.parametrize("address", CLOSED)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    with pytest.raises(Refused) as caught:
        Guard().check_address(address)
    assert caught.value.reason is Reason.ADDRESS


@pytest.mark.parametrize("address", OPEN)
def test_public_addresses_are_let_through(address: str) -> None:
    assert Guard().check_address(address) == ip_address(address)


@given(st.ip_addresses())
def test_what_python_calls_not_global_is_never_public(
    address: IPv4Address | IPv6Address,
) -> None:
    """Law: our lists are at least as strict as the standard library's, on what is inside."""
    inner = innermost(address)
    if not inner.is_global or inner.is_multicast:
        assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_a_wrapped_address_is_as_public_as_what_it_wraps(address: IPv4Address) -> None:
    number = int(address)
    wrapped = [
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(0x64FF9B << 96 | number),
        IPv6Address(0x2002 << 112 | number << 80 | 1),
    ]
    assert {is_public(one) for one in wrapped} == {is_public(address)}


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1./",
        "http://１２７.０.０.１/",
        "http://127。0。0。1/",
        "http://[::1]/",
        "http://[::ffff:7f00:1]/",
        "http://[0:0:0:0:0:ffff:127.0.0.1]/",
        "http://0/",
        "http://999.1.1.1/",
        "http://4294967296/",
        "http://[fe80::1%25lo]/",
    ],
)
def test_loopback_is_refused_in_every_way_to_write_it(url: str) -> None:
    with pytest.raises(Refused) as caught:
        Guard().check_url(url)
    assert caught.value.reason is Reason.ADDRESS


@pytest.mark.parametrize("port", [22, 25, 6379, 8080, 8443])
def test_other_ports_than_the_webs_are_refused(port: int) -> None:
    with pytest.raises(Refused):
        Guard().check_url(f"https://raahe.example:{port}/feed")


def test_ports_and_networks_are_let_through_where_the_settings_name_them() -> None:
    guard = Guard(allow_networks=[ip_network("127.0.0.0/8")], allow_ports=[8811])

    guard.check_url("http://127.0.0.1:8811/feed")
    guard.check_url("http://0x7f.1:8811/feed")
    guard.check_address("::ffff:127.0.0.1")
    with pytest.raises(Refused):
        guard.check_address("10.0.0.1")


def test_an_allowed_port_opens_no_address_and_an_allowed_network_no_port() -> None:
    with pytest.raises(Refused):
        Guard(allow_ports=[8811]).check_url("http://127.0.0.1:8811/")
    with pytest.raises(Refused):
        Guard(allow_networks=[ip_network("127.0.0.0/8")]).check_url("http://127.0.0.1:8811/")


def test_names_are_let_through_until_they_are_resolved() -> None:
    goal = Guard().check_url("https://localhost/feed")

    assert (goal.host, goal.port) == ("localhost", 443)


def test_an_allowed_ipv6_network_holds_for_what_lies_in_it() -> None:
    guard = Guard(allow_networks=[ip_network("fd00::/8")])
    guard.check_address("fd00::5")
    with pytest.raises(Refused):
        guard.check_address("fc00::5")
    assert not guard.is_allowed_network(ip_address("127.0.0.1"))
