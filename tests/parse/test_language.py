"""Which language a text is in (P11)."""

from __future__ import annotations

from functools import partial

import pytest

from syndicator.parse import language as languages
from syndicator.parse.language import Evidence, primary
from tests.builders import LANGUAGES

detect = partial(languages.detect, ours=LANGUAGES)
prevailing = partial(languages.prevailing, ours=LANGUAGES)
settled = partial(languages.settled, ours=LANGUAGES)
together = partial(languages.together, ours=LANGUAGES)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Kaupunginvaltuusto päätti uuden koulun rakentamisesta maanantain kokouksessaan.", "fi"),
        ("Uusi silta avataan", "fi"),
        ("Stadsfullmäktige beslöt på måndagen att bygga en ny skola i centrum.", "sv"),
        ("Nya öppettider vid hälsocentralen", "sv"),
        ("The city council decided on Monday to build a new school downtown.", "en"),
        (
            "Der Stadtrat beschloss am Montag, im Zentrum eine neue Schule zu bauen, und alle "
            "freuen sich schon sehr darauf.",
            "de",
        ),
    ],
)
def test_a_sentence_is_enough(text: str, language: str) -> None:
    """P11"""
    assert detect(text).language == language


@pytest.mark.parametrize(
    "text", ["", "Bio Rex", "Välkommen", "20.00", "Kokous peruttu", "OK " * 30, "123 " * 50]
)
def test_a_few_words_are_not(text: str) -> None:
    assert detect(text).language is None


@pytest.mark.parametrize(
    ("tag", "code"),
    [("sv_FI", "sv"), ("fi-fi", "fi"), ("EN-us", "en"), (" fi ", "fi"), ("", None), (None, None),
     ("{{page.lang}}", None), ("suomi", None), ("x", None)],
)  # fmt: skip
def test_only_the_first_part_of_a_tag_counts(tag: str | None, code: str | None) -> None:
    assert primary(tag) == code


COUNCIL = "Kaupunginvaltuusto päätti uuden koulun rakentamisesta maanantain kokouksessaan."


def test_a_text_of_a_sentence_or_two_is_certain_and_a_title_never() -> None:
    """P11"""
    assert detect(COUNCIL) == Evidence(language="fi", letters=72, is_certain=True)
    assert not detect("", title=COUNCIL).is_certain
    assert not detect("Uusi silta avataan", title=COUNCIL).is_certain


def test_a_title_that_stands_in_for_a_text_is_not_counted_twice() -> None:
    """P11"""
    text = "Yeah, yeah, another stupid open thread."
    assert detect(text, title="Yeah, yeah, another stupid…") == detect(text)
    assert detect(text, title=text).letters == detect(text).letters


def test_a_title_helps_a_short_text_along() -> None:
    """P11"""
    assert detect("klo 18", title="Nya öppettider vid hälsocentralen").language == "sv"


def certain(language: str) -> Evidence:
    return Evidence(language=language, letters=200, is_certain=True)


def likely(language: str | None, letters: int = 30) -> Evidence:
    return Evidence(language=language, letters=letters)


def language_of(
    evidence: Evidence, *, own: str | None = None, inherited: str | None, spoken: str = ""
) -> str | None:
    among = frozenset(spoken.split())
    return settled(evidence, own=own, inherited=inherited, spoken=among)


def test_the_entry_goes_before_the_feed_and_the_feed_before_a_guess_about_few_words() -> None:
    """P11: the entry's, else the feed's where it holds true, else detected"""
    assert language_of(certain("fi"), own="sv", inherited="en") == "sv"
    assert language_of(certain("fi"), inherited="en") == "fi"
    assert language_of(likely("fi", letters=300), inherited="en") == "en", "not certain"
    assert language_of(likely(None), inherited="sv") == "sv"
    assert language_of(certain("no"), inherited="sv") == "sv", "near enough"


def test_a_few_words_are_in_a_language_only_if_the_feed_is_known_to_speak_it() -> None:
    """P11"""
    assert language_of(likely("fi"), inherited=None) is None
    assert language_of(likely("fi"), inherited=None, spoken="en sv") is None
    assert language_of(likely("fi"), inherited=None, spoken="fi sv") == "fi"
    assert language_of(likely("fi"), inherited="sv", spoken="fi sv") == "fi"


def test_a_declaration_holds_until_most_texts_speak_against_it() -> None:
    """P11: bilingual feeds exist"""
    fi, sv = certain("fi"), certain("sv")
    assert prevailing([fi, sv, likely(None), fi, sv], declared="sv") == "sv"
    assert prevailing([fi, fi, fi, sv], declared="en") == "fi"
    assert prevailing([fi], declared="en") == "en", "one text may be a quotation"
    assert prevailing([certain("no"), certain("da"), sv], declared="sv") == "sv"
    assert prevailing([], declared="sv") == "sv"


def test_a_declaration_is_not_given_up_for_a_few_words() -> None:
    """P11"""
    assert prevailing([likely("fi"), likely("fi")], declared="en") == "en"
    assert prevailing([likely("fi")] * 8, declared="en") == "fi", "many titles are no few words"


def test_without_a_declaration_most_texts_decide_or_nobody() -> None:
    """P11"""
    fi, sv = certain("fi"), certain("sv")
    assert prevailing([fi, fi, certain("en")], declared=None) == "fi"
    assert prevailing([fi, sv], declared=None) is None
    assert prevailing([likely(None)], declared=None) is None
    assert prevailing([likely("fi")], declared=None) is None


def test_titles_that_tell_nothing_alone_tell_their_language_together() -> None:
    """P11"""
    titles = [
        "Was war. Was wird.",
        "25 Prozent mehr Geräte mit WLAN",
        "Google kündigt Versionen für Mac und Linux von Chrome an",
    ]
    assert all(detect("", title=title).language is None for title in titles)
    assert together(titles) == "de"
    assert together(["img_0080.jpg", "img_0079.jpg"]) is None
