"""Tokens: nobody else can write one, and one can do nothing but what it is for."""

from __future__ import annotations

import re
from datetime import timedelta
from string import ascii_letters, digits
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.model import Tag, TagKind
from syndicator.subscribe.tokens import (
    TOKEN_LENGTH,
    Purpose,
    Tokens,
    is_sample,
    read_unsubscribe,
    read_verp,
    sample_token,
    unsubscribe_token,
    verp,
)
from tests.builders import NOW

KEY, OTHER = b"k" * 32, b"o" * 32
LATER = NOW + timedelta(days=7)
SAFE = re.compile(r"[A-Za-z0-9_-]+")

ids = st.uuids().map(str)
purposes = st.sampled_from(Purpose)
cuts = st.integers(min_value=0, max_value=200)


def changed(token: str, at: int, email: str) -> str:
    """Return the token with one letter another one."""
    at %= len(token)
    return token[:at] + email + token[at + 1 :]


@given(ids)
def test_an_unsubscribe_token_names_its_subscriber_for_ever(public_id: str) -> None:
    token = unsubscribe_token(public_id, KEY)
    assert SAFE.fullmatch(token)
    assert len(token) == TOKEN_LENGTH
    assert read_unsubscribe(token, [OTHER, KEY]) == public_id
    assert read_unsubscribe(token, [OTHER]) is None
    assert read_unsubscribe(token, []) is None


@given(ids, cuts, st.text(max_size=2))
def test_a_forged_or_cut_unsubscribe_token_is_nobodys(public_id: str, at: int, other: str) -> None:
    token = unsubscribe_token(public_id, KEY)
    for forged in (changed(token, at, other), token[: at % len(token)], token + other, other):
        assert forged == token or read_unsubscribe(forged, [KEY]) is None


@given(st.text())
def test_a_sample_is_as_long_as_a_token_says_that_it_is_one_and_is_nobodys(words: str) -> None:
    token = sample_token(words)
    assert SAFE.fullmatch(token)
    assert len(token) == TOKEN_LENGTH
    assert is_sample(token)
    assert token == sample_token(words) != sample_token(f"{words}.")
    assert read_unsubscribe(token, [KEY]) is None
    assert not is_sample(unsubscribe_token(str(UUID(int=1)), KEY))


@given(st.text())
def test_no_text_from_outside_is_a_token(text: str) -> None:
    assert read_unsubscribe(text, [KEY]) is None
    assert read_verp(text, KEY) is None
    assert all(Tokens(KEY).read(purpose, text, now=NOW) is None for purpose in Purpose)


@given(purposes, st.text(max_size=100))
def test_a_token_says_its_words_to_its_own_purpose_alone(purpose: Purpose, words: str) -> None:
    token = Tokens(KEY).sign(purpose, words.encode("utf-8", "replace").decode(), until=LATER)
    words = words.encode("utf-8", "replace").decode()
    assert SAFE.fullmatch(token)
    for reader in Purpose:
        expected = words if reader is purpose else None
        assert Tokens(KEY).read(reader, token, now=NOW) == expected


@given(purposes, cuts, st.text(max_size=2))
def test_a_forged_or_cut_token_says_nothing(purpose: Purpose, at: int, other: str) -> None:
    token = Tokens(KEY).sign(purpose, "7c9e 12", until=LATER)
    for forged in (changed(token, at, other), token[: at % len(token)], token + other):
        assert forged == token or Tokens(KEY).read(purpose, forged, now=NOW) is None


@pytest.mark.parametrize("words", ["a", "ab", "abc"])
def test_a_token_has_one_spelling(words: str) -> None:
    """The last letter of Base64 has bits that say nothing: they may not be anything either."""
    token = Tokens(KEY).sign(Purpose.CONFIRM, words, until=LATER)
    others = {token[:-1] + email for email in ascii_letters + digits + "-_"} - {token}
    assert all(Tokens(KEY).read(Purpose.CONFIRM, one, now=NOW) is None for one in others)


def test_a_token_ends_at_its_time() -> None:
    token = Tokens(KEY).sign(Purpose.CONFIRM, "x", until=LATER)
    assert Tokens(KEY).read(Purpose.CONFIRM, token, now=LATER - timedelta(seconds=1)) == "x"
    assert Tokens(KEY).read(Purpose.CONFIRM, token, now=LATER) is None


def test_another_key_ends_the_links_of_the_one_before() -> None:
    """A session key that may have leaked is replaced, and what it signed is nothing any more."""
    token = Tokens(OTHER).sign(Purpose.CONFIRM, "x", until=LATER)
    assert Tokens(KEY).read(Purpose.CONFIRM, token, now=NOW) is None


def test_an_unsubscribe_token_opens_nothing_else() -> None:
    """A forwarded mail can unsubscribe that reader, not read, export or erase them (E6)."""
    token = unsubscribe_token(str(UUID(int=7)), KEY)
    assert [purpose for purpose in Purpose if Tokens(KEY).read(purpose, token, now=NOW)] == []
    opened = [Tokens(KEY).sign(purpose, str(UUID(int=7)), until=LATER) for purpose in Purpose]
    assert [token for token in opened if read_unsubscribe(token, [KEY]) is not None] == []


@given(st.sampled_from(TagKind), st.integers(min_value=1, max_value=10**15))
def test_a_report_comes_back_to_its_message_whatever_a_server_made_of_its_case(
    kind: TagKind, number: int
) -> None:
    address = verp("Bounces@seutu.example.org", a_tag(number, kind), KEY)
    assert address.startswith(f"Bounces+{kind}{number}-0f1e2d3c-")
    assert len(address.partition("@")[0]) <= 64
    for spelt in (address.upper(), f"<{address}>"):
        assert read_verp(spelt, KEY) == Tag(kind=kind, id=number, address="0f1e2d3c")
    assert read_verp(address, OTHER) is None


def a_tag(number: int, kind: TagKind = TagKind.DELIVERY) -> Tag:
    return Tag(kind=kind, id=number, address="0f1e2d3c4b5a69788796a5b4c3d2e1f0")


@pytest.mark.parametrize(
    "recipient",
    ["bounces@host", "b+d12@host", "b+d012-0f1e2d3c-000000000000@host", "b+d12-ZZ@host", ""],
)
def test_a_recipient_we_never_wrote_names_no_delivery(recipient: str) -> None:
    assert read_verp(recipient, KEY) is None
    ours = verp("b@h", a_tag(12), KEY)
    for before, after in (("+d12-", "+d13-"), ("+d12-", "+l12-"), ("-0f1e", "-0f1f")):
        assert read_verp(ours.replace(before, after), KEY) is None
