"""Who registered a host (P6)."""

from __future__ import annotations

import pytest

from syndicator.admit.domain import owns, registered_domain


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://blogi.kauhajoki.fi/feed/", "kauhajoki.fi"),
        ("http://www.Kauhajoki.FI:8080/", "kauhajoki.fi"),
        ("https://äänekoski.fi/", "xn--nekoski-4waa.fi"),
        ("https://xn--nekoski-4waa.fi./", "xn--nekoski-4waa.fi"),
        ("https://kauhajoki.blogspot.com/", "kauhajoki.blogspot.com"),
        ("https://raahe.wordpress.com/feed/", "raahe.wordpress.com"),
        ("https://www.raahe.blogspot.fi/", "raahe.blogspot.fi"),
        ("https://a.raahe.vuodatus.net/", "raahe.vuodatus.net"),
        ("https://www.medium.com/@raahe", "medium.com"),
        ("https://wordpress.com/", "wordpress.com"),
        ("https://www.council.gov.uk/", "council.gov.uk"),
        ("http://127.0.0.1:8800/feed", "127.0.0.1"),
        ("http://[::1]/feed", "::1"),
        ("http://localhost/", "localhost"),
        ("https://fi/", "fi"),
        ("", None),
        ("/feed", None),
        ("http://[broken/", None),
    ],
)
def test_a_host_belongs_to_whoever_registered_its_domain(url: str, domain: str | None) -> None:
    assert registered_domain(url) == domain


FEED = "https://blogi.raahe.fi/feed/"


@pytest.mark.parametrize(
    ("source", "link", "does"),
    [
        (FEED, "https://raahe.fi/uutinen", True),
        ("http://www.raahe.fi/rss.xml", "https://blogi.raahe.fi/1", True),
        (FEED, "https://raahe.example/1", False),
        (FEED, "https://raahe.fi.evil.example/1", False),
        ("https://oulainen.wordpress.com/feed/", "https://raahe.wordpress.com/1", False),
        ("https://oulainen.blogspot.com/feeds", "https://raahe.blogspot.com/1", False),
        ("https://seutu.example/oulainen/feed", "https://seutu.example/raahe/1", True),
        (FEED, None, False),
        ("http://[broken", "http://[broken", False),
    ],
)
def test_a_source_owns_the_links_of_its_own_domain(
    source: str, link: str | None, does: bool
) -> None:
    assert owns(source, link) is does
