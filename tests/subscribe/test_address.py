"""Addresses: one spelling each, whatever was typed."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.subscribe.address import (
    LONGEST,
    NotAnAddress,
    hashed,
    mailbox_of,
    normalised,
)

KEY = b"k" * 32

typed = st.one_of(
    st.emails(),
    st.text(max_size=40),
    st.builds(
        lambda local, domain, end: f"{local}@{domain}.{end}",
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=12),
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=12),
        st.sampled_from(["fi", "FI", "ＦＩ", "xn--p1ai", "test", "1"]),
    ),
)


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("maija@raahe.fi", "maija@raahe.fi"),
        ("  maija@raahe.fi\t", "maija@raahe.fi"),
        ("Maija.Meri@RAAHE.Fi", "Maija.Meri@raahe.fi"),
        ("maija+uutiset@gmail.com", "maija+uutiset@gmail.com"),
        ("m.a.i.j.a@gmail.com", "m.a.i.j.a@gmail.com"),
        ("posti@åland.fi", "posti@xn--land-poa.fi"),
        ("posti@A\u030aLAND.fi", "posti@xn--land-poa.fi"),
        ("posti@XN--LAND-POA.fi", "posti@xn--land-poa.fi"),
        ("posti@ｒａａｈｅ.fi", "posti@raahe.fi"),
        ("o'neill@example.org", "o'neill@example.org"),
    ],
)
def test_an_address_has_one_spelling(typed: str, address: str) -> None:
    """Case of domain, IDNA, NFC; no Gmail tricks (S3)."""
    assert normalised(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "maija",
        "maija@",
        "@raahe.fi",
        "maija@raahe",
        "maija@localhost",
        "maija@@raahe.fi",
        "maija@raahe.fi, pekka@raahe.fi",
        "maija@raahe.fi\nBcc: pekka@raahe.fi",
        "maija@raahe.fi\x00",
        "Maija <maija@raahe.fi>",
        '"maija meri"@raahe.fi',
        "mäijä@raahe.fi",
        "maija@[192.0.2.1]",
        "maija@raahe..fi",
        ".maija@raahe.fi",
        "maija@-raahe.fi",
        "maija\u202e@raahe.fi",
        "=?utf-8?q?maija=40raahe.fi=3E?=@raahe.fi",
        "maija=?x@raahe.fi",
        "a" * 65 + "@raahe.fi",
        "maija@" + "a" * 64 + ".fi",
        "maija@" + "a." * 130 + "fi",
        "maija@" + ".".join(["ä" * 30] * 8) + ".fi",
    ],
)
def test_what_no_mail_would_reach_is_refused_without_repeating_it(typed: str) -> None:
    """Addresses never stand in logs or errors (S7)."""
    with pytest.raises(NotAnAddress) as refused:
        normalised(typed)
    assert not typed or typed not in str(refused.value)


@given(typed)
def test_normalising_again_changes_nothing_and_headers_hold_it(text: str) -> None:
    with contextlib.suppress(NotAnAddress):
        address = normalised(text)
        assert normalised(address) == address
        assert address.isascii()
        assert address.isprintable()
        assert " " not in address
        assert len(address) <= LONGEST
        domain = address.rpartition("@")[2]
        assert domain == domain.lower()


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("maija@raahe.fi", "maija@raahe.fi"),
        ("Maija.Meri+uutiset@raahe.fi", "maijameri@raahe.fi"),
        ("m.a.i.j.a@gmail.com", "maija@gmail.com"),
        ("+@raahe.fi", "+@raahe.fi"),
        ("+a@raahe.fi", "+a@raahe.fi"),
    ],
)
def test_what_fills_one_mailbox_is_counted_as_one(address: str, mailbox: str) -> None:
    assert mailbox_of(address) == mailbox


def test_a_hash_stands_for_one_address_under_one_key() -> None:
    assert hashed("a@b.fi", KEY) == hashed(normalised("a@B.fi"), KEY)
    assert len({hashed("a@b.fi", KEY), hashed("a@b.fi", b"other"), hashed("b@b.fi", KEY)}) == 3
    assert len(hashed("a@b.fi", KEY)) == 64
