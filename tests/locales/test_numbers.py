"""Numbers in running text."""

from __future__ import annotations

import pytest

from syndicator.locales import unbroken
from tests.builders import LOCALES


@pytest.mark.parametrize("value", [9_000, 120_000, 1_234_567])
def test_a_number_in_a_text_reads_as_we_write_it_ourselves(value: int) -> None:
    plain = f"{value:,}".replace(",", " ")

    assert unbroken(f"Yli {plain} euroa") == f"Yli {LOCALES['fi'].number(value)} euroa"


@pytest.mark.parametrize("text", ["kello 8 12 ihmistä", "1 2345", "9 000000", "a 100", ""])
def test_what_is_no_group_of_three_stays_as_it_is(text: str) -> None:
    assert unbroken(text) == text
