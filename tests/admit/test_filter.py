"""What a source carries, by its own filters."""

from __future__ import annotations

import pytest

from syndicator.admit.filter import wanted
from tests.admit.judging import decided
from tests.builders import a_feed, a_source, an_entry, edited, known


def test_without_filters_everything_passes() -> None:
    assert wanted(an_entry(), a_source())


@pytest.mark.parametrize(
    ("categories", "passes"),
    [(("Blogi",), True), (("uutiset", "BLOGI "), True), (("Uutiset",), False), ((), False)],
)
def test_a_category_filter_compares_without_regard_to_case(
    categories: tuple[str, ...], passes: bool
) -> None:
    entry = an_entry(categories=categories)

    assert wanted(entry, a_source(categories=("blogi", "kolumni"))) is passes


@pytest.mark.parametrize(
    ("url", "passes"),
    [
        ("https://kauhajoki.fi/blogi/uimahalli", True),
        ("https://kauhajoki.fi/blogi", True),
        ("https://kauhajoki.fi/blogiarkisto/1", False),
        ("https://kauhajoki.fi/%C3%A4%C3%A4nest%C3%A4/1", True),
        ("https://kauhajoki.fi/uutiset?next=/blogi/", False),
        (None, False),
    ],
)
def test_a_path_filter_takes_whole_segments(url: str | None, passes: bool) -> None:
    source = a_source(path_prefixes=("/blogi/", "/äänestä"))

    assert wanted(an_entry(url=url), source) is passes


def test_with_both_filters_an_entry_must_pass_both() -> None:
    source = a_source(categories=("blogi",), path_prefixes=("/b",))
    url = "https://kauhajoki.fi/b/1"

    assert wanted(an_entry(url=url, categories=("blogi",)), source)
    assert not wanted(an_entry(url=url, categories=("uutiset",)), source)
    assert not wanted(an_entry(url="https://kauhajoki.fi/u/1", categories=("blogi",)), source)


def test_a_filter_decides_what_comes_in_and_not_what_stays() -> None:
    stored, other = an_entry("1", categories=("blogi",)), an_entry("2", categories=("uutiset",))
    refiled = edited(stored, categories=("uutiset",), title="Siirretty uutisiin")

    changes = decided(
        a_feed(refiled, other), source=a_source(categories=("blogi",)), store=known([stored])
    )

    assert changes.present == (1,)
    assert [changed.parsed for changed in changes.changed] == [refiled]
    assert not changes.new
