"""S4: a form is taken from our own page only."""

from __future__ import annotations

import pytest

from syndicator.web.forms import from_our_page


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://kaupungit.example"}, False),
        ({"origin": "https://kaupungit.example"}, True),
        ({"origin": "https://kaupungit.example:443"}, True),
        ({"origin": "https://KAUPUNGIT.example"}, True),
        ({"origin": "https://kaupungit.example:8443"}, False),
        ({"origin": "https://paha.example", "host": "paha.example"}, False),
        ({"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"}, False),
        ({"origin": "https://paha.example", "host": "kaupungit.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "", "host": ""}, False),
        ({}, True),
    ],
)
def test_who_may_send_a_form(headers: dict[str, str], ours: bool) -> None:
    assert from_our_page(headers, base_url="https://kaupungit.example") is ours


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://127.0.0.1:9000", "127.0.0.1:8000", False),
        ("http://paha.example:8000", "paha.example:8000", False),
        ("http://localhost.paha.example:8000", "localhost.paha.example:8000", False),
        ("http://[::1", "[::1", False),
    ],
)
def test_a_site_of_this_machine_takes_forms_under_any_of_its_own_names_and_no_foreign_one(
    origin: str, host: str, ours: bool
) -> None:
    """A foreign name may lead to this machine, too: its DNS is in its owner's hands."""
    headers = {"origin": origin, "host": host}

    assert from_our_page(headers, base_url="http://127.0.0.1:8000") is ours
