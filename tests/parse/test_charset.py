"""What the characters of a body are (P1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.parse import charset

TEXT = "Äiti söi – “öljyä” 5 €"


def decode(body: bytes, content_type: str | None) -> str:
    return charset.text_of(body, charset.choose(body, content_type))


def xml(encoding: str | None, text: str = TEXT) -> str:
    declared = f' encoding="{encoding}"' if encoding else ""
    return f'<?xml version="1.0"{declared}?><rss>{text}</rss>'


@pytest.mark.parametrize(
    ("declared", "real", "content_type"),
    [
        ("utf-8", "utf-8", None),
        ("UTF-8", "utf-8-sig", "application/rss+xml"),
        (None, "utf-8", "text/xml"),
        ("utf-8", "utf-8", "text/xml; charset=us-ascii"),
        ("utf-8", "utf-8", "application/rss+xml; charset=ISO-8859-1"),
        ("iso-8859-1", "utf-8", "application/rss+xml; charset=utf-8"),
        ("iso-8859-1", "utf-8", None),
        ("x-unknown", "utf-8", None),
        ("windows-1252", "cp1252", None),
        ("iso-8859-1", "cp1252", None),
        ("utf-8", "cp1252", "application/rss+xml; charset=utf-8"),
        (None, "cp1252", None),
        (None, "cp1252", "text/xml; charset='windows-1252'"),
        ("utf-16", "utf-16", None),
        ("utf-16", "utf-16-le", None),
        ("utf-16", "utf-16-be", None),
        ("utf-32", "utf-32", None),
        ("iso-8859-15", "iso-8859-15", None),
    ],
)
def test_the_bytes_are_believed_before_what_is_said_of_them(
    declared: str | None, real: str, content_type: str | None
) -> None:
    """P1: every letter comes through, whoever is wrong about the encoding."""
    text = TEXT if real != "iso-8859-15" else "Äiti söi öljyä 5 €"
    body = xml(declared, text).encode(real)
    assert decode(body, content_type) == xml(declared, text)


def test_a_declaration_that_lies_is_told() -> None:
    body = xml("iso-8859-1").encode()
    assert charset.choose(body, None).wrong == "iso-8859-1"
    assert charset.choose(xml("utf-8").encode(), "text/xml; charset=latin1").wrong == "latin1"
    assert charset.choose(xml("utf-8").encode(), "text/xml").wrong == ""


def test_old_bytes_in_a_new_text_do_not_spoil_it() -> None:
    body = xml("utf-8", "Äänekoski " * 5).encode() + "täällä".encode("cp1252")
    assert decode(body, None).endswith("Äänekoski </rss>täällä")
    assert charset.choose(body, None).damaged


def test_two_old_letters_that_look_like_one_new_one_stay_two() -> None:
    """30 × 40 with a hard space is a Hebrew letter to UTF-8."""
    text = "Käsityöläinen teki pöydän, 30 ×\xa040 cm"
    assert decode(xml("utf-8", text).encode("cp1252"), None) == xml("utf-8", text)


@pytest.mark.parametrize("declared", ["iso-8859-1", "windows-1252", "iso-8859-15"])
def test_one_old_byte_in_a_new_text_does_not_make_its_declaration_true(declared: str) -> None:
    text = "Hämeenkyrössä "
    body = xml(declared, text * 335).encode() + "ä".encode("cp1252")
    assert decode(body, None) == xml(declared, text * 335) + "ä"
    choice = charset.choose(body, None)
    assert (choice.encoding, choice.wrong, choice.damaged) == ("utf-8", declared, True)


def test_replacement_marks_that_a_system_wrote_itself_are_no_old_bytes() -> None:
    body = xml("iso-8859-1", "täällä \ufffd\ufffd " * 10).encode() + b"\xe4"
    assert decode(body, None) == xml("iso-8859-1", "täällä \ufffd\ufffd " * 10) + "ä"


# Each has old bytes that are no UTF-8, and beside them a pair that looks like one letter of it.
OLD_PHRASES = st.sampled_from(
    [
        "”Å”, sanoi äiti",
        "pöytä 30 ×\xa040 cm",
        "Spaß” für alle",
        "ÀÉÎ – “CAFÉ” où l’été",
        "ÄÄNET Ö–Å",
    ]
)
NEW_WORDS = st.sampled_from(["Hämeenkyrö", "Åäö", "5 €", "“Hei”", "Ñandú", "日本", "Привет"])


@given(
    st.lists(OLD_PHRASES, min_size=1, max_size=60).map(" ".join),
    st.sampled_from(["windows-1252", "iso-8859-1", "utf-8", None]),
    st.sampled_from([None, "text/xml; charset=windows-1252", "text/xml; charset=utf-8"]),
)
def test_windows_text_is_not_taken_for_utf8_whatever_is_declared(
    text: str, declared: str | None, content_type: str | None
) -> None:
    assert decode(xml(declared, text).encode("cp1252"), content_type) == xml(declared, text)


@given(
    st.lists(NEW_WORDS, min_size=10, max_size=60),
    st.sampled_from(["ä", "ö", "é", "–"]),
    st.integers(0, 60),
    st.sampled_from(["windows-1252", "iso-8859-1", "koi8-r", "utf-8", None]),
)
def test_utf8_with_a_stray_byte_is_read_letter_by_letter_whatever_is_declared(
    words: list[str], stray: str, place: int, declared: str | None
) -> None:
    before, after = " ".join(words[:place]), " ".join(words[place:])
    body = xml(declared, f"{before} ").encode() + stray.encode("cp1252") + f" {after}".encode()
    assert decode(body, None) == xml(declared, f"{before} ") + f"{stray} {after}"


def test_encodings_that_hide_markup_are_refused() -> None:
    body = b'<?xml version="1.0" encoding="utf-7"?><rss>+ADw-script+AD4-</rss>'
    assert "+ADw-" in decode(body, "text/xml; charset=utf-7")
    for escape in ("unicode_escape", "raw_unicode_escape"):
        escaped = rf'<?xml version="1.0" encoding="{escape}"?><rss>\u003cscript>'.encode() + b"\xe4"
        assert decode(escaped, None).endswith(r"\u003cscript>ä")


def test_seven_bit_japanese_is_read_where_it_is_declared() -> None:
    body = xml("iso-2022-jp", "日本").encode("iso-2022-jp")
    assert "日本" in decode(body, None)


@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=40)))
def test_whatever_the_bytes_there_is_a_text(body: bytes, content_type: str | None) -> None:
    assert isinstance(decode(body, content_type), str)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufeff\x00"), max_size=200))
def test_utf8_comes_back_as_it_went(text: str) -> None:
    assert decode(b"<a>" + text.encode(), "text/xml; charset=iso-8859-1") == "<a>" + text
