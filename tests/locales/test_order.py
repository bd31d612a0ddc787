"""Lists of names and numbers as readers of Finnish and Swedish expect them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.locales import list_of, number, size, sort_key


def test_the_alphabet_ends_in_z_å_ä_ö() -> None:
    names = ["Öja", "Äänekoski", "Ähtäri", "Åbo", "Ylivieska", "Zeta", "akaa", "Alavus"]

    assert sorted(names, key=sort_key) == [
        "akaa",
        "Alavus",
        "Ylivieska",
        "Zeta",
        "Åbo",
        "Ähtäri",
        "Äänekoski",
        "Öja",
    ]


def test_other_marks_do_not_move_a_name() -> None:
    assert sorted(["Ecole", "Éclat", "Eden"], key=sort_key) == ["Éclat", "Ecole", "Eden"]


def test_a_part_of_a_name_comes_before_the_whole() -> None:
    names = ["Kemijärvi", "Kemi", "Mänttä-Vilppula", "Mänttä"]

    assert sorted(names, key=sort_key) == ["Kemi", "Kemijärvi", "Mänttä", "Mänttä-Vilppula"]


@given(names=st.permutations(["Åbo", "ABO", "abo", "Abo", "åbo", "Ä-b", "Ä–b"]))
def test_the_order_does_not_depend_on_the_order_before(names: list[str]) -> None:
    assert sorted(names, key=sort_key) == sorted(sorted(names), key=sort_key)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("fi", "Raahe, Salo ja Akaa"), ("sv", "Raahe, Salo och Akaa"), ("en", "Raahe, Salo and Akaa")],
)
def test_names_in_a_sentence(language: str, expected: str) -> None:
    assert list_of(["Raahe", "Salo", "Akaa"], language=language) == expected
    assert list_of(["Raahe"], language=language) == "Raahe"
    assert list_of([], language=language) == ""


def test_thousands() -> None:
    assert number(1234567, language="fi") == "1\u00a0234\u00a0567"
    assert number(1234567, language="sv") == "1\u00a0234\u00a0567"
    assert number(1234567, language="en") == "1,234,567"


@pytest.mark.parametrize(
    ("size_bytes", "fi", "en"),
    [
        (7, "7\u00a0t", "7\u00a0bytes"),
        (70_400, "70\u00a0kt", "70\u00a0kB"),
        (2_000_000, "2\u00a0Mt", "2\u00a0MB"),
    ],
)
def test_sizes(size_bytes: int, fi: str, en: str) -> None:
    assert size(size_bytes, language="fi") == fi
    assert size(size_bytes, language="en") == en
