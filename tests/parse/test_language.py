"""Which language a text is in (P11)."""

from __future__ import annotations

import pytest

from syndicator.parse.language import detect, prevailing, primary, settled


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
    assert detect(text) == language


@pytest.mark.parametrize(
    "text", ["", "Bio Rex", "Välkommen", "20.00", "Kokous peruttu", "OK " * 30, "123 " * 50]
)
def test_a_few_words_are_not(text: str) -> None:
    assert detect(text) is None


@pytest.mark.parametrize(
    ("tag", "code"),
    [("sv_FI", "sv"), ("fi-fi", "fi"), ("EN-us", "en"), (" fi ", "fi"), ("", None), (None, None),
     ("{{page.lang}}", None), ("suomi", None), ("x", None)],
)  # fmt: skip
def test_only_the_first_part_of_a_tag_counts(tag: str | None, code: str | None) -> None:
    assert primary(tag) == code


LONG, SHORT = "x" * 200, "x" * 20


def test_the_entry_goes_before_the_feed_and_the_feed_before_a_guess_about_few_words() -> None:
    """P11: the entry's, else the feed's where it holds true, else detected"""
    assert settled(LONG, detected="fi", own="sv", inherited="en") == "sv"
    assert settled(LONG, detected="fi", own=None, inherited="en") == "fi"
    assert settled(SHORT, detected="fi", own=None, inherited="en") == "en"
    assert settled(SHORT, detected="fi", own=None, inherited=None) == "fi"
    assert settled(LONG, detected=None, own=None, inherited="sv") == "sv"
    assert settled(LONG, detected="no", own=None, inherited="sv") == "sv", "near enough"


def test_a_declaration_holds_until_most_texts_speak_against_it() -> None:
    """P11: bilingual feeds exist"""
    assert prevailing(["fi", "sv", None, "fi", "sv"], declared="sv") == "sv"
    assert prevailing(["fi", "fi", "fi", "sv"], declared="en") == "fi"
    assert prevailing(["fi"], declared="en") == "en", "one text may be a quotation"
    assert prevailing(["no", "da", "sv"], declared="sv") == "sv"
    assert prevailing([], declared="sv") == "sv"


def test_without_a_declaration_most_texts_decide_or_nobody() -> None:
    assert prevailing(["fi", "fi", "en"], declared=None) == "fi"
    assert prevailing(["fi", "sv"], declared=None) is None
    assert prevailing([None], declared=None) is None
