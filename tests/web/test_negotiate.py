"""What a request wants, read from its headers: laws that hold for any header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.web.negotiate import CODINGS, coding, language, matches

_HELD = frozenset(CODINGS)


@given(header=st.binary(max_size=60))
def test_whatever_is_asked_for_something_we_hold_is_sent(header: bytes) -> None:
    assert coding(header, offered={b"identity", b"gzip"}) in (b"identity", b"gzip")


@given(weight=st.floats(min_value=0.01, max_value=1))
def test_an_encoding_that_was_refused_is_never_sent(weight: float) -> None:
    header = f"br;q=0, gzip;q={weight:.3f}".encode()

    assert coding(header, offered=_HELD) == b"gzip"
    assert coding(header, offered={b"identity", b"br"}) == b"identity"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "fi"),
        ("", "fi"),
        ("sv", "sv"),
        ("sv-FI, fi;q=0.8", "sv"),
        ("de, en;q=0.5, sv;q=0.3", "en"),
        ("de, fr", "fi"),
        ("*", "fi"),
        ("SV", "sv"),
        ("sv;q=0, en;q=0.1", "en"),
    ],
)
def test_the_language_a_browser_wants_most(header: str | None, expected: str) -> None:
    assert language(header, offered=("fi", "sv", "en")) == expected


@given(header=st.text(max_size=60))
def test_any_language_header_leads_somewhere(header: str) -> None:
    assert language(header, offered=("fi", "sv", "en")) in ("fi", "sv", "en")


def test_part_of_a_tag_is_no_match() -> None:
    assert not matches(b'"abc"', etag=b'"abcd"')
    assert not matches(b'"abcd-gzip"', etag=b'"abcd"')
