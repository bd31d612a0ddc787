"""Which topics an entry belongs to."""

from __future__ import annotations

import pytest

from syndicator.admit.topic import topics_of
from syndicator.model import Topic

TOPICS = (
    Topic(slug="liikenne", names={"fi": "Liikenne"}, words=("juna",), sources=("rata",)),
    Topic(
        slug="osaajat",
        names={"fi": "Osaajat"},
        categories=("Työvoima",),
        words=("osaava työvoima", "rekryto*", "Kemi"),
    ),
)


def topics(
    title: str = "", *, text: str = "", categories: tuple[str, ...] = (), source: str = "raahe"
) -> tuple[str, ...]:
    """Return the topics of an entry that has only what is named."""
    return topics_of(title, text=text, categories=categories, source_key=source, topics=TOPICS)


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("Osaava työvoima löytyi", True),
        ("OSAAVA\nTYÖVOIMA!", True),
        ("Osaavan työvoiman pula", False),
        ("Rekrytoinnin uudet keinot", True),
        ("Kemi kasvaa", True),
        ("Kemijärvi kasvaa", False),
        ("Osaava", False),
    ],
)
def test_a_word_or_phrase_matches_whole_words_and_a_star_what_they_go_on_with(
    title: str, found: bool
) -> None:
    assert topics(title) == topics("Otsikko", text=title) == (("osaajat",) if found else ())


def test_a_phrase_does_not_reach_from_the_title_into_the_text() -> None:
    assert topics("Osaava", text="työvoima") == ()


def test_a_category_matches_as_a_whole_without_regard_to_case() -> None:
    assert topics(categories=("työvoima",)) == ("osaajat",)
    assert topics(categories=("Työvoimapula",)) == ()


def test_a_source_may_belong_to_a_topic_with_all_it_says() -> None:
    assert topics(source="rata") == ("liikenne",)


def test_topics_come_in_the_order_of_the_configuration() -> None:
    assert topics("Kemi", text="juna") == ("liikenne", "osaajat")
