"""Builders of editions: name what matters, the rest is an ordinary Finnish Tuesday."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from syndicator.model import Cadence, Channel, City, Draft, Edition, Kind, Origin, Post, Topic
from syndicator.publish.masthead import FeedMeta
from tests.builders import LANGUAGES, LOCALES, NOW, ZONE

NOON = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def a_masthead(**changes: Any) -> FeedMeta:
    """Return the head of a small network."""
    values: dict[str, Any] = {
        "base_url": "https://seutu.example",
        "id_domain": "seutu.example",
        "title": "Sujuvan elämän seutukaupungit",
        "organisation": "Seutukaupunkien verkosto",
        "contact_email": "verkosto@seutu.example",
        "descriptions": {
            "fi": "Seutukaupunkien blogit yhdessä syötteessä.",
            "sv": "Regionstädernas bloggar i ett flöde.",
            "en": "The towns' blogs in one feed.",
        },
        "cities": {
            "raahe": City(
                slug="raahe",
                code="678",
                names={"fi": "Raahe", "sv": "Brahestad"},
                languages=("fi",),
            ),
            "loviisa": City(
                slug="loviisa",
                code="434",
                names={"fi": "Loviisa", "sv": "Lovisa"},
                languages=("fi", "sv"),
            ),
        },
        "languages": LANGUAGES,
        "time_zone": ZONE,
        "locales": LOCALES,
        "topics": {"osaajat": Topic(slug="osaajat", names={"fi": "Osaajat", "sv": "Kompetens"})},
    }
    return FeedMeta(**{**values, **changes})


def an_origin(**changes: Any) -> Origin:
    """Return a town's blog."""
    values: dict[str, Any] = {
        "key": "raahe-blogi",
        "city": "raahe",
        "title": "Raahen blogi",
        "feed_url": "https://blogi.raahe.example/feed/",
        "home": "https://blogi.raahe.example/",
        "feed_id": None,
        "updated": NOON - timedelta(hours=1),
        "kind": Kind.BLOG,
    }
    return Origin(**{**values, **changes})


def a_post(number: int = 1, **changes: Any) -> Post:
    """Return the ``number``th post, an hour older than the one before."""
    at = NOON - timedelta(hours=number)
    values: dict[str, Any] = {
        "public_id": f"p{number:04}",
        "url": f"https://blogi.raahe.example/{number}/",
        "title": f"Uimahalli avaa ovensa {number}. kerran",
        "excerpt": "Halli on remontoitu, ja vesi on lämmintä.",
        "content_html": "",
        "language": "fi",
        "authors": ("Maija Meri",),
        "categories": ("Liikunta", "Hyvinvointi"),
        "published": at,
        "updated": at,
        "recency": at,
        "origin": an_origin(),
    }
    return Post(**{**values, **changes})


def a_draft(*posts: Post, **changes: Any) -> Draft:
    """Return the draft of a week that closes now; it tells one post if none are given."""
    values: dict[str, Any] = {
        "cadence": Cadence.WEEKLY,
        "period": "2026-W48",
        "opens": NOW - timedelta(days=7),
        "closes": NOW,
        "send_at": NOW,
        "posts": posts or (a_post(),),
        "content_hash": "h",
    }
    return Draft(**(values | changes))


def an_edition(*posts: Post, **changes: Any) -> Edition:
    """Return an edition of the whole network's channel."""
    values: dict[str, Any] = {
        "channel": Channel(),
        "posts": posts,
        "tombstones": (),
        "months": (),
        "updated": NOON,
    }
    return Edition(**{**values, **changes})
