"""JSON Feed 1.1."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from syndicator.model import Channel, Edition, Image
from tests.publish.formats import to_json
from tests.publish.samples import a_masthead, a_post, an_edition, an_origin


def feed_of(edition: Edition, **head: object) -> Any:
    """Return the edition's JSON Feed as read back."""
    return json.loads(to_json(edition, masthead=a_masthead(**head)).body)


def first_item(**changes: object) -> Any:
    """Return the only item of an edition of one post."""
    return feed_of(an_edition(a_post(1, **changes)))["items"][0]


def test_the_head_says_what_where_and_by_whom() -> None:
    """O1"""
    feed = feed_of(an_edition(a_post()), hub="https://hub.example/")

    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "https://seutu.example/feed.json"
    assert feed["home_page_url"] == "https://seutu.example/fi/"
    assert feed["authors"] == [
        {"name": "Seutukaupunkien verkosto", "url": "https://seutu.example/"}
    ]
    assert feed["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]
    assert "next_url" not in feed


def test_an_item_holds_what_the_other_formats_hold() -> None:
    item = first_item(rights="CC BY 4.0")

    assert item == {
        "id": "tag:seutu.example,2026:story/p0001",
        "url": "https://blogi.raahe.example/1/",
        "title": "Uimahalli avaa ovensa 1. kerran",
        "content_text": "Halli on remontoitu, ja vesi on lämmintä.",
        "summary": "Halli on remontoitu, ja vesi on lämmintä.",
        "date_published": "2026-11-24T09:00:00Z",
        "date_modified": "2026-11-24T09:00:00Z",
        "authors": [{"name": "Maija Meri"}],
        "tags": ["Liikunta", "Hyvinvointi"],
        "language": "fi",
        "_syndicator": {
            "origin": {
                "id": "tag:seutu.example,2026:source/raahe-blogi",
                "title": "Raahen blogi",
                "feed_url": "https://blogi.raahe.example/feed/",
                "home_page_url": "https://blogi.raahe.example/",
                "city": "raahe",
            },
            "rights": "CC BY 4.0",
        },
    }


def test_full_text_is_content_html_only_where_granted() -> None:
    """O4"""
    picture = Image(url="https://x.example/k.jpg")
    granted = first_item(content_html="<p>Koko juttu</p>", image=picture)

    assert granted["content_html"] == "<p>Koko juttu</p>"
    assert granted["image"] == "https://x.example/k.jpg"
    assert "content_text" not in granted
    assert not {"content_html", "image"} & set(first_item(image=picture))


def test_all_sources_of_a_story_are_named() -> None:
    """P3: one story with all its sources."""
    item = first_item(others=(an_origin(title="Kaupunkiverkosto", key="verkko"),))

    assert [other["title"] for other in item["_syndicator"]["others"]] == ["Kaupunkiverkosto"]


def test_pages_lead_from_the_newest_to_the_oldest_and_end() -> None:
    """O2"""
    edition = an_edition(a_post(), months=("2026-11", "2026-10"))

    def following(month: str | None) -> str | None:
        found: str | None = feed_of(replace(edition, channel=Channel(month=month))).get("next_url")
        return found

    assert following(None) == "https://seutu.example/archive/2026-11.json"
    assert following("2026-11") == "https://seutu.example/archive/2026-10.json"
    assert following("2026-10") is None
