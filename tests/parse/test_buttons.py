"""Share buttons taken out of posts (P8)."""

from __future__ import annotations

import pytest

from syndicator.parse import buttons, pictures
from syndicator.parse.clean import clean_html


def cleaned(markup: str) -> str:
    return clean_html(markup, bases=("https://blogi.example/2026/juttu",)).html


@pytest.mark.parametrize(
    "box",
    [
        '<div class="sharedaddy sd-sharing"><div><h3 class="sd-title">Share this:</h3><ul><li>'
        '<a href="/?share=facebook">Facebook</a></li><li></li></ul></div></div>',
        '<div class="addtoany_share_save_container"><a href="https://x.example">f</a>'
        "</div>",
        '<div class="feedflare"><a href="http://feeds.feedburner.com/~ff/x?a=1">'
        '<img src="http://feeds.feedburner.com/~ff/x?d=1" alt="Digg"></a></div>',
        '<p><a href="https://www.facebook.com/sharer/sharer.php?u=x">Jaa Facebookissa</a> | '
        '<a href="https://twitter.com/intent/tweet?x">Twiittaa</a></p>',
        '<ul><li><a href="https://a.example/p?share=x&nb=1">Klicka för att dela på X</a></li></ul>',
        "<p>Jaa tämä artikkeli:</p>", "<h4>Share this:</h4>", "<p>Dela på Facebook</p>",
        "<div>Jaa Facebookissa Jaa Twitterissä LinkedIn</div>",
        '<a href="https://twitter.com/share" class="twitter-share-button"></a>',
    ],
)  # fmt: skip
def test_share_buttons_and_their_words_do_not_stand_in_the_text(box: str) -> None:
    """P8: in a feed there is nothing to press."""
    assert cleaned(f"<p>Ennen</p>{box}<p>Jälkeen</p>") == "<p>Ennen</p><p>Jälkeen</p>"


@pytest.mark.parametrize(
    "text",
    [
        '<p><a href="https://x.com/intent/tweet" rel="noopener noreferrer">Lue twiittini</a>.</p>',
        "<p>Jaa</p>", "<p>Share your thoughts: write.</p>", "<li>Save</li>",
        "<p>Dela med dig av dina minnen.</p>", "<p>Jaa kuvasi Facebookissa!</p>",
    ],
)  # fmt: skip
def test_sentences_about_sharing_stay(text: str) -> None:
    assert cleaned(text) == text


def test_a_whole_text_in_a_box_named_like_buttons_stays() -> None:
    text = "<p>" + "Silta avataan liikenteelle. " * 40 + "</p>"
    assert "Silta avataan" in cleaned(f'<div class="social-share">{text}</div>')


def test_every_class_that_is_looked_at_has_a_sign_that_makes_it_looked_for() -> None:
    """The classes are only kept where one of a few cheap signs stands in the markup."""
    for name in buttons.CLASSES:
        assert cleaned(f'<p>a</p><div class="{name}">b</div>') == "<p>a</p>", name
    for name in pictures.SMILEY_CLASSES:
        assert cleaned(f'<img class="{name}" src="https://a.example/x.png" alt="b">') == "b", name
