"""One reading of an address, before anything is sent to it."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.errors import Refused
from syndicator.fetch.url import follow, numeric_host, target
from syndicator.model import Reason


@pytest.mark.parametrize(
    ("url", "wire"),
    [
        ("http://Example.FI", "http://example.fi/"),
        ("https://example.fi:443/feed#top", "https://example.fi/feed"),
        ("http://example.fi:8080/a?b=c", "http://example.fi:8080/a?b=c"),
        ("https://åland.example/nyheter", "https://xn--land-poa.example/nyheter"),
        ("https://xn--land-poa.example/", "https://xn--land-poa.example/"),
        (
            "https://raahe.example/pyörätie/ä?q=ö",
            "https://raahe.example/py%C3%B6r%C3%A4tie/%C3%A4?q=%C3%B6",
        ),
        ("https://raahe.example/py%C3%B6r/%7e", "https://raahe.example/py%C3%B6r/%7e"),
        ("https://raahe.example/a b", "https://raahe.example/a%20b"),
        ("https://raahe.example./feed", "https://raahe.example/feed"),
        ("  https://raahe.example/feed\n", "https://raahe.example/feed"),
        ("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("https://my_blog.example/feed", "https://my_blog.example/feed"),
        ("https://raahe.example?feed=rss2", "https://raahe.example/?feed=rss2"),
    ],
)
def test_an_address_goes_to_the_wire_in_ascii(url: str, wire: str) -> None:
    assert target(url).wire == wire


@pytest.mark.parametrize(
    "url",
    [
        "",
        "feed.xml",
        "file:///etc/passwd",
        "ftp://example.fi/feed",
        "javascript:alert(1)",
        "gopher://example.fi:70/",
        "http://",
        "http:///feed",
        "http://user@example.fi/",
        "http://user:word@example.fi/",
        "http://safe.example\\@inside.example/",
        "http://example.fi:99999/",
        "http://example.fi:port/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://exa mple.fi/",
        "http://exam%70le.fi/",
        "http://xn--\udcff.example/",
        "http://example.fi/" + "a" * 9000,
    ],
)
def test_what_is_no_web_address_is_refused_f12(url: str) -> None:
    with pytest.raises(Refused) as caught:
        target(url)
    assert caught.value.reason is Reason.ADDRESS


@given(st.text(max_size=60), st.text(max_size=60))
def test_what_went_to_the_wire_is_read_the_same_again(path: str, query: str) -> None:
    first = target(f"https://raahe.example/{path.replace('#', '')}?{query.replace('#', '')}").wire
    assert first.isascii()
    assert target(first).wire == first


@given(st.from_regex(r"\A(0x[0-9a-f]{0,9}|0?[0-9]{0,11})(\.(0x[0-9a-f]{0,3}|0?[0-9]{1,4})){0,4}\Z"))
def test_numeric_hosts_are_read_as_resolvers_read_them_f12(host: str) -> None:
    """Law: whatever inet_aton takes for an address, we take for the same one."""
    try:
        theirs = socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return
    assert numeric_host(host) == theirs


@pytest.mark.parametrize("host", ["raahe.example", "1.2.3.example", "0xg", "a1", "1.2.3.4.5"])
def test_names_are_no_numbers(host: str) -> None:
    assert numeric_host(host) is None


@pytest.mark.parametrize(
    ("location", "goal"),
    [
        ("/feed", "https://raahe.example/feed"),
        ("uutiset/feed", "https://raahe.example/blogi/uutiset/feed"),
        ("//www.raahe.example/feed", "https://www.raahe.example/feed"),
        ("?page=2", "https://raahe.example/blogi/?page=2"),
        ("http://other.example/x#frag", "http://other.example/x"),
        ("/pyörä".encode().decode("latin-1"), "https://raahe.example/py%C3%B6r%C3%A4"),
        ("/py\xf6r\xe4", "https://raahe.example/py%F6r%E4"),
        ("https://åland.example/".encode().decode("latin-1"), "https://xn--land-poa.example/"),
    ],
)
def test_a_location_is_seen_from_where_it_was_given(location: str, goal: str) -> None:
    assert follow(location, base="https://raahe.example/blogi/") == goal


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://", "http://[::1", "mailto:a@b"])
def test_a_redirect_to_no_web_address_says_so(location: str) -> None:
    with pytest.raises(Refused) as caught:
        follow(location, base="https://raahe.example/")
    assert caught.value.reason is Reason.REDIRECT_TARGET
