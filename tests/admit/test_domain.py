"""Who registered a host (P6)."""

from __future__ import annotations

import pytest

from syndicator.admit.domain import registered_domain


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://blogi.kauhajoki.fi/feed/", "kauhajoki.fi"),
        ("http://www.Kauhajoki.FI:8080/", "kauhajoki.fi"),
        ("https://äänekoski.fi/", "xn--nekoski-4waa.fi"),
        ("https://xn--nekoski-4waa.fi./", "xn--nekoski-4waa.fi"),
        ("https://kauhajoki.blogspot.com/", "kauhajoki.blogspot.com"),
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
