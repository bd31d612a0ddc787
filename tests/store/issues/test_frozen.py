"""An issue that was stored years ago reads as it was frozen, whatever a post has become since."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syndicator.digest.compose import content_hash
from syndicator.model import Image, Kind, Origin, Post
from syndicator.store.issues import frozen

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "issues" / "post.json"
"""As the first program wrote it that froze issues; it is never written anew."""

BLOG = Origin(
    key="raahe-blogi",
    city="raahe",
    title="Raahen blogi",
    feed_url="https://blogi.raahe.fi/feed/",
    home="https://blogi.raahe.fi/",
    feed_id="tag:raahe.fi,2026:blogi",
    updated=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    kind=Kind.BLOG,
)
POST = Post(
    public_id="p1",
    url="https://blogi.raahe.fi/tori/",
    title="Tori uudistuu – äänestä",
    excerpt="Tori saa uuden kiveyksen.",
    content_html="<p>Tori saa <b>uuden</b> kiveyksen.</p>",
    language="fi",
    authors=("Maija Meri", "Åke"),
    categories=("Tori", "Kadut"),
    published=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    updated=datetime(2026, 11, 23, 9, 15, 30, 250000, tzinfo=UTC),
    recency=datetime(2026, 11, 23, 8, 5, tzinfo=UTC),
    origin=BLOG,
    others=(
        replace(
            BLOG,
            key="verkosto",
            city=None,
            title="Verkosto",
            home=None,
            feed_id=None,
            kind=Kind.NEWS,
        ),
    ),
    translations=(("sv", "https://blogi.raahe.fi/sv/torget/"),),
    image=Image(url="https://blogi.raahe.fi/tori.jpg", alt="Tori"),
    rights="CC BY 4.0",
    topics=("asuminen",),
)


def stored() -> dict[str, Any]:
    sample: dict[str, Any] = json.loads(SAMPLE.read_text(encoding="utf-8"))
    return sample


def test_a_post_stored_by_the_first_program_reads_as_it_did() -> None:
    """Promise 4."""
    assert frozen.from_json(stored()) == POST


@pytest.mark.parametrize("field", ["others", "translations", "image", "rights", "topics"])
def test_a_field_that_an_old_post_lacks_has_its_default(field: str) -> None:
    older = {name: value for name, value in stored().items() if name != field}

    default: dict[str, Any] = {field: Post.__dataclass_fields__[field].default}

    assert frozen.from_json(older) == replace(POST, **default)


def test_a_field_that_a_newer_program_stored_is_passed_over() -> None:
    assert frozen.from_json({**stored(), "mood": "glad"}) == POST


def test_what_is_written_today_has_the_fields_and_values_of_then() -> None:
    today = json.dumps(frozen.to_json(POST)).replace('Z"', '+00:00"')

    assert json.loads(today) == stored()


def test_the_hash_of_an_issue_is_what_the_first_program_stored_with_it() -> None:
    """A hash that changed by itself would look like a new version to an editor who approves."""
    for post in (POST, frozen.from_json(stored())):
        assert content_hash([post], greetings={"fi": "Hei"}) == (
            "5ade3bd873cca6670137af3d88b6a2ba15768a089b3d232d38d9c373049e4a6a"
        )
