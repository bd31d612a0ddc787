"""S4: a form is taken from our own page only."""

from __future__ import annotations

import pytest

from syndicator.web.origin import from_our_page


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://kaupungit.example"}, False),
        ({"origin": "https://kaupungit.example"}, True),
        ({"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"}, True),
        ({"origin": "https://paha.example", "host": "kaupungit.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "", "host": ""}, False),
        ({}, True),
    ],
)
def test_who_may_send_a_form(headers: dict[str, str], ours: bool) -> None:
    assert from_our_page(headers, base_url="https://kaupungit.example") is ours
