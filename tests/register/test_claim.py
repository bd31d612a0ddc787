"""What a city types, in one form."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.register.claim import contact_address, feed_address


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("https://blogi.raahe.example/", "https://blogi.raahe.example/"),
        ("  blogi.raahe.example/feed  ", "https://blogi.raahe.example/feed"),
        ("HTTP://Raahe.example:8080/a?b=c#d", "http://raahe.example:8080/a?b=c"),
        ("https://ähtäri.example/", "https://xn--htri-koac.example/"),
        ("https://raahe.example/blogi/ä", "https://raahe.example/blogi/ä"),
    ],
)
def test_an_address_as_people_type_it(typed: str, address: str) -> None:
    assert feed_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "raahe",
        "javascript:alert(1)",
        "ftp://raahe.example/",
        "file:///etc/passwd",
        "https://",
        "https://maija:salasana@raahe.example/",
        "https://raahe.example/a b",
        "https://raahe.example:99999/",
        "https://[::1",
        "https://raahe.example/" + "a" * 1000,
        "https://" + "a" * 70 + ".example/",
    ],
)
def test_what_no_browser_could_open_is_no_address(typed: str) -> None:
    assert feed_address(typed) is None


@given(typed=st.text())
def test_whatever_is_typed_gives_a_web_address_or_none(typed: str) -> None:
    address = feed_address(typed)
    if address is not None:
        assert urlsplit(address).scheme in ("http", "https")
        assert feed_address(address) == address


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("Maija.Meikalainen@Raahe.Example.ORG", "Maija.Meikalainen@raahe.example.org"),
        (" maija@raahe.fi ", "maija@raahe.fi"),
        ("maija@xn--htri-koac.fi", "maija@ähtäri.fi"),
        ("mai.ja+blogi@gmail.com", "mai.ja+blogi@gmail.com"),
    ],
)
def test_an_address_has_one_form(typed: str, address: str) -> None:
    """S3: case of domain, IDNA; no Gmail tricks."""
    assert contact_address(typed) == address


@pytest.mark.parametrize("typed", ["", "maija", "maija@", "@raahe.fi", "a@b@c.fi", "a b@c.fi"])
def test_what_is_no_address(typed: str) -> None:
    assert contact_address(typed) is None


@pytest.mark.parametrize("typed", ["maija@raahe.fi\nBcc: kaikki@raahe.fi", "a\r@raahe.fi"])
def test_no_newline_gets_through(typed: str) -> None:
    """E1: nothing from a form ever reaches a header on a line of its own."""
    assert contact_address(typed) is None
