"""The language of each post of a feed, by what it declares and what its words say (P11)."""

from __future__ import annotations

import pytest

from syndicator.parse import document
from tests.builders import DEFAULTS


def languages_of(*texts: tuple[str, str], declared: str | None) -> list[str | None]:
    """Return the language of each post, (title, text), of a feed that declares one or none."""
    items = "".join(
        f"<item><title>{title}</title><guid>{n}</guid><description>{text}</description></item>"
        for n, (title, text) in enumerate(texts)
    )
    head = f"<language>{declared}</language>" if declared else ""
    body = f"<rss version='2.0'><channel><title>Blogi</title>{head}{items}</channel></rss>"
    feed = document.read(
        body.encode(),
        content_type=None,
        url="https://blogi.example/feed",
        language=None,
        defaults=DEFAULTS,
    )
    return [entry.language for entry in feed.entries]


FINNISH = (
    "Uimahalli avataan",
    "Uimahalli avataan maanantaina kuuden kuukauden remontin jälkeen. Aukioloajat ovat ennallaan.",
)
SWEDISH = (
    "Simhallen öppnar",
    "Simhallen öppnar på måndag efter sex månaders renovering. Öppettiderna är oförändrade.",
)


@pytest.mark.parametrize(
    "post",
    [
        ("Open Thread", "Yeah, yeah, another stupid open thread."),
        ("Iran Nukes; Rumsfeld Won't Go; Mitt Romney and Mass Healthcare", ""),
        ("Fifa 23 (FACEIT)", "Anticheats: FairFight => FACEIT"),
        ("", "Yeah, yeah, another stupid open thread."),
    ],
)
def test_a_short_english_post_stays_in_the_language_its_feed_declares(
    post: tuple[str, str],
) -> None:
    """P11: the detector takes each for Finnish; a few words overrule nothing."""
    assert languages_of(post, declared="en-US") == ["en"]


def test_a_bilingual_feed_is_told_apart_by_post_whatever_it_declares() -> None:
    """P11"""
    assert languages_of(FINNISH, SWEDISH, declared="fi") == ["fi", "sv"]
    assert languages_of(FINNISH, SWEDISH, declared="sv") == ["fi", "sv"]
    assert languages_of(FINNISH, SWEDISH, declared=None) == ["fi", "sv"]


def test_a_title_alone_is_told_apart_only_where_nothing_is_declared() -> None:
    """P11"""
    title = ("Nya öppettider vid hälsocentralen", "")
    assert languages_of(FINNISH, SWEDISH, title, declared="fi") == ["fi", "sv", "fi"]
    assert languages_of(FINNISH, SWEDISH, title, declared=None) == ["fi", "sv", "sv"]
    assert languages_of(title, declared=None) == [None]


def test_titles_of_a_feed_that_declares_nothing_tell_its_language_together() -> None:
    """P11: a foreign language needs more letters than one title has."""
    titles = (
        "Was war. Was wird.",
        "25 Prozent mehr Geräte mit WLAN",
        "Google kündigt Versionen für Mac und Linux von Chrome an",
    )
    assert languages_of(*((title, "") for title in titles), declared=None) == ["de"] * 3
