"""The doctor tells a city what is wrong with its feed, in its language."""

from __future__ import annotations

import pytest

from syndicator.model import Fault, HeldBecause, ParsedFeed, Reason
from syndicator.parse.faults import Code
from syndicator.register.doctor import explain, explain_faults, explain_held
from tests.builders import LANGUAGES, LOCALES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", Code)
def test_every_fault_the_parser_can_find_has_a_sentence(code: Code, language: str) -> None:
    """P1: the doctor tells the city."""
    (fault,) = explain_faults(
        ParsedFeed(format="rss20", faults=(Fault(code=code),)), locale=LOCALES[language]
    )

    assert code not in fault.sentence, f"add fault.{code} to fi.po, sv.po and en.po"
    assert fault.sentence.endswith((".", "!"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_fault_without_a_sentence_is_still_told(language: str) -> None:
    feed = ParsedFeed(format="rss20", faults=(Fault(code="brand_new"),))

    assert "brand_new" in explain_faults(feed, locale=LOCALES[language])[0].sentence


def test_how_often_and_an_example() -> None:
    feed = ParsedFeed(
        format="rss20",
        faults=(
            Fault(code="date_missing", count=3, example="Tori"),
            Fault(code="link_missing"),
        ),
    )

    first, second = explain_faults(feed, locale=LOCALES["fi"])

    assert (first.times, first.example) == ("3 kohdassa", "Tori")
    assert (second.times, second.example) == ("", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_reason_is_a_sentence_of_its_own(language: str) -> None:
    sentences = {explain(reason, locale=LOCALES[language]) for reason in Reason}

    assert len(sentences) == len(Reason)
    assert all(len(sentence) > 20 for sentence in sentences)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_guard_is_a_sentence_of_its_own(language: str) -> None:
    sentences = {explain_held(because, locale=LOCALES[language]) for because in HeldBecause}

    assert len(sentences) == len(HeldBecause)
