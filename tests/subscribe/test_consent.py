"""What may follow what, in which words, and how often somebody is written to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.model import ConsentEvent
from syndicator.subscribe import consent
from syndicator.subscribe.throttle import BETWEEN, DAY, MOST, may_write
from tests.builders import LANGUAGES, LOCALES, NOW

E = ConsentEvent


@pytest.mark.parametrize(
    ("event", "after", "may"),
    [
        (E.REQUESTED, None, True),
        (E.CONFIRMED, None, False),
        (E.CONFIRMED, E.REQUESTED, True),
        (E.CONFIRMED, E.LEFT, False),
        (E.IMPORTED, None, True),
        (E.IMPORTED, E.LEFT, False),
        (E.IMPORTED, E.ERASED, False),
        (E.IMPORTED, E.MOVED, False),
        (E.IMPORTED, E.CONFIRMED, False),
        (E.IMPORTED, E.EXPIRED, True),
        (E.REQUESTED, E.LEFT, True),
        (E.CHANGED, E.LEFT, False),
        (E.CONFIRMED, E.MOVED, True),
        (E.ERASED, E.LEFT, True),
        (E.SUPPRESSED, None, True),
        (E.LIFTED, E.LEFT, True),
    ],
)
def test_what_may_follow_what(event: ConsentEvent, after: ConsentEvent | None, may: bool) -> None:
    assert consent.may_follow(event, after=after) is may


def test_every_line_that_counts_may_be_followed_by_something() -> None:
    for after in set(ConsentEvent) - consent.BESIDE:
        assert any(consent.may_follow(event, after=after) for event in ConsentEvent)


def test_each_language_has_its_own_text_version_that_fits_its_column() -> None:
    """The consent text has a version per language (issue: subscribing)."""
    versions = {language: consent.text_version(LOCALES[language]) for language in LANGUAGES}
    assert len(set(versions.values())) == len(LANGUAGES)
    for language, version in versions.items():
        assert f"-{language}-" in version
        assert len(version) <= 40


def test_a_changed_sentence_changes_the_version_whether_or_not_its_number_does() -> None:
    number, _, rest = consent.text_version(LOCALES["fi"]).rpartition("-")
    assert number == "2026-11-fi"
    assert rest != consent.text_version(LOCALES["sv"]).rpartition("-")[2]


minutes = st.integers(min_value=0, max_value=3000).map(lambda n: timedelta(minutes=n))


@given(st.lists(minutes, max_size=6))
def test_whoever_asks_an_address_is_written_to_at_most_so_often(ages: list[timedelta]) -> None:
    """At most 1 per 15 min and 3 per day per address (S2)."""
    written = [NOW - age for age in ages]
    may = may_write(written, now=NOW)
    if may:
        assert all(age >= BETWEEN for age in ages)
        assert sum(age < DAY for age in ages) < MOST
    else:
        assert any(age < BETWEEN for age in ages) or sum(age < DAY for age in ages) >= MOST


def test_the_first_letter_is_written_and_the_next_a_quarter_later() -> None:
    assert may_write([], now=NOW)
    assert not may_write([NOW], now=NOW)
    assert may_write([NOW], now=NOW + BETWEEN)
