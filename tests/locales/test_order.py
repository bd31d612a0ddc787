"""Lists of names and numbers as readers of Finnish and Swedish expect them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.locales.order import alphabet, alphabets, sort_key
from tests.builders import LOCALES


def test_the_alphabet_ends_in_z_å_ä_ö() -> None:
    names = ["Öja", "Äänekoski", "Ähtäri", "Åbo", "Ylivieska", "Zeta", "akaa", "Alavus"]

    assert sorted(names, key=LOCALES["fi"].sort_key) == [
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
    assert sorted(["Ecole", "Éclat", "Eden"], key=LOCALES["fi"].sort_key) == [
        "Éclat",
        "Ecole",
        "Eden",
    ]


def test_a_part_of_a_name_comes_before_the_whole() -> None:
    names = ["Kemijärvi", "Kemi", "Mänttä-Vilppula", "Mänttä"]

    assert sorted(names, key=LOCALES["fi"].sort_key) == [
        "Kemi",
        "Kemijärvi",
        "Mänttä",
        "Mänttä-Vilppula",
    ]


@given(names=st.permutations(["Åbo", "ABO", "abo", "Abo", "åbo", "Ä-b", "Ä–b"]))
def test_the_order_does_not_depend_on_the_order_before(names: list[str]) -> None:
    assert sorted(names, key=LOCALES["fi"].sort_key) == sorted(
        sorted(names), key=LOCALES["fi"].sort_key
    )


@pytest.mark.parametrize(
    ("language", "expected"),
    [("fi", "Raahe, Salo ja Akaa"), ("sv", "Raahe, Salo och Akaa"), ("en", "Raahe, Salo and Akaa")],
)
def test_names_in_a_sentence(language: str, expected: str) -> None:
    assert LOCALES[language].list_of(["Raahe", "Salo", "Akaa"]) == expected
    assert LOCALES[language].list_of(["Raahe"]) == "Raahe"
    assert LOCALES[language].list_of([]) == ""


def test_thousands() -> None:
    assert LOCALES["fi"].number(1234567) == "1\u00a0234\u00a0567"
    assert LOCALES["sv"].number(1234567) == "1\u00a0234\u00a0567"
    assert LOCALES["en"].number(1234567) == "1,234,567"


@pytest.mark.parametrize(
    ("size_bytes", "fi", "en"),
    [
        (7, "7\u00a0t", "7\u00a0bytes"),
        (70_400, "70\u00a0kt", "70\u00a0kB"),
        (2_000_000, "2\u00a0Mt", "2\u00a0MB"),
    ],
)
def test_sizes(size_bytes: int, fi: str, en: str) -> None:
    assert LOCALES["fi"].size(size_bytes) == fi
    assert LOCALES["en"].size(size_bytes) == en


@pytest.mark.parametrize(
    ("language", "names"),
    [
        (
            "et",
            ["Sindi", "Šani", "Zarja", "Žukov", "Tartu", "Türi", "Võru", "Õisu"],
        ),
        ("pl", ["Lublin", "Łódź", "Malbork", "Zabrze", "Zgierz", "Żary"]),
        ("cs", ["Cvikov", "Hradec", "Cheb", "Ivančice"]),
        ("hu", ["Cegléd", "Cuca", "Csenger", "Debrecen"]),
        ("uk", ["Гайсин", "Ґрунь", "Дніпро", "Ені", "Єва", "Жашків"]),
    ],
)
def test_each_alphabet_has_its_own_order(language: str, names: list[str]) -> None:
    """CLDR's collation rules, a few letters of each; two letters may be one."""
    letters = alphabet(alphabets()[language])

    assert sorted(set(names), key=lambda name: sort_key(name, letters=letters)) == names


@pytest.mark.parametrize("rules", ["a b c", "z<å", "&", "&z<"])
def test_what_is_no_rule_is_refused(rules: str) -> None:
    with pytest.raises(ValueError, match="no rules"):
        alphabet(rules)
