"""Builders of what pages are made from. Each names only what matters to the test."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment

from syndicator.config import Combined, DigestPlan, Network, SendDay, resource
from syndicator.model import (
    Cadence,
    Channel,
    City,
    Edition,
    Kind,
    Origin,
    Post,
    Scope,
    Topic,
)
from syndicator.publish.page_site import Gathered, Site
from syndicator.templates import environment
from tests.builders import LANGUAGES, LOCALES, ZONE

NOON = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

CITIES = (
    City(
        slug="ahtari",
        code="989",
        names={"fi": "Ähtäri", "sv": "Etseri"},
        regions={"fi": "Etelä-Pohjanmaa", "sv": "Södra Österbotten"},
        website="https://ahtari.example/",
        languages=("fi",),
    ),
    City(slug="raahe", code="678", names={"fi": "Raahe", "sv": "Brahestad"}, languages=("fi",)),
    City(
        slug="raasepori",
        code="710",
        names={"fi": "Raasepori", "sv": "Raseborg"},
        languages=("sv", "fi"),
    ),
)


def network(**changes: object) -> Network:
    facts: dict[str, object] = {
        "names": {
            "fi": "Seutukaupunkiverkosto",
            "sv": "Nätverket för regionstäder",
            "en": "Network of regional cities",
        },
        "base_url": "https://kaupungit.example",
        "id_domain": "kaupungit.example",
        "contact_email": "toimitus@kaupungit.example",
        "contact_url": "https://kaupungit.example/",
        "organisation": "Esimerkkiliitto",
        "languages": LANGUAGES,
        "time_zone": ZONE,
    }
    return Network(**(facts | changes))  # type: ignore[arg-type]


def digest(**changes: object) -> DigestPlan:
    facts: dict[str, object] = {
        "cadence": Cadence.WEEKLY,
        "titles": {"fi": "Viikkokooste", "sv": "Veckosammandrag", "en": "Weekly digest"},
        "send_on": SendDay.MONDAY,
        "send_at": time(7, 3),
        "sender": "uutiskirje@kaupungit.example",
        "zone": ZoneInfo("Europe/Helsinki"),
    }
    return DigestPlan(**(facts | changes))  # type: ignore[arg-type]


def site(*, templates: tuple[Path, ...] = (), **changes: object) -> Site:
    own = network()
    facts: dict[str, object] = {
        "base_url": own.base_url,
        "network": own,
        "combined": Combined(
            title="Sujuvan elämän seutukaupungit",
            descriptions={
                "fi": "Kirjoitukset yhdessä.",
                "sv": "Inläggen tillsammans.",
                "en": "Posts together.",
            },
            kinds=frozenset(Kind),
        ),
        "cities": CITIES,
        "topics": (
            Topic(slug="osaajat", names={"fi": "Osaajat", "sv": "Kompetens", "en": "Skills"}),
        ),
        "sources": (gathered(city="raahe"),),
        "templates": _environment(*templates),
        "locales": LOCALES,
        "digests": (digest(), digest(cadence=Cadence.MONTHLY, send_on=SendDay.FIRST_WEEKDAY)),
    }
    return Site(**(facts | changes))  # type: ignore[arg-type]


@cache
def _environment(*folders: Path) -> Environment:
    return environment(*folders, resource("templates"))


def gathered(*, city: str | None = "raahe", kind: Kind = Kind.BLOG) -> Gathered:
    return Gathered(
        key=f"{city}-{kind}",
        city=city,
        kind=kind,
        title=f"{city} {kind}",
        url=f"https://{city}.example/feed/",
        home=f"https://{city}.example/",
    )


def origin(*, city: str | None = "raahe", title: str = "Raahen blogi") -> Origin:
    return Origin(
        key=f"{city}-blog",
        city=city,
        title=title,
        feed_url="https://raahe.example/feed/",
        home="https://raahe.example/",
        feed_id=None,
        updated=NOON,
        kind=Kind.BLOG,
    )


def post(n: int = 1, **changes: object) -> Post:
    at = NOON - timedelta(hours=n)
    facts: dict[str, object] = {
        "public_id": f"p{n:04}",
        "url": f"https://raahe.example/{n}",
        "title": f"Kirjoitus {n}",
        "excerpt": "Tori uudistuu ensi kesänä.",
        "content_html": "",
        "language": "fi",
        "authors": (),
        "categories": (),
        "published": at,
        "updated": at,
        "recency": at,
        "origin": origin(),
    }
    return Post(**(facts | changes))  # type: ignore[arg-type]


def edition(*posts: Post, channel: Channel | None = None, months: tuple[str, ...] = ()) -> Edition:
    return Edition(
        channel=channel or Channel(scope=Scope.WHOLE),
        posts=posts,
        tombstones=(),
        months=months,
        updated=NOON,
    )
