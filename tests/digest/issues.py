"""Issues for tests, and how they read: name what matters, the rest is an ordinary Monday."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from jinja2 import Environment

from syndicator.config import resource
from syndicator.digest.calendar import last_closed
from syndicator.digest.compose import draft
from syndicator.digest.order import CityNames, in_order
from syndicator.digest.render import DigestMeta, rendered
from syndicator.digest.rendered import Rendered, mail
from syndicator.model import Cadence, City, Draft, Issue, IssueState, Mail, Post, Rhythm
from syndicator.templates import environment
from tests.builders import LANGUAGES, LOCALES, NOW
from tests.publish.samples import a_post, an_origin

HELSINKI = ZoneInfo("Europe/Helsinki")
SLOT = last_closed(
    NOW,
    rhythm=Rhythm(cadence=Cadence.WEEKLY, weekday=0, send_at=time(7, 3), zone=HELSINKI),
)
BASE = "https://koosteet.seutu.fi"

CITIES = {
    city.slug: city
    for city in (
        City(slug="ahtari", code="989", names={"fi": "Ähtäri", "sv": "Etseri"}, languages=("fi",)),
        City(slug="kauhajoki", code="232", names={"fi": "Kauhajoki"}, languages=("fi",)),
        City(slug="lohja", code="444", names={"fi": "Lohja", "sv": "Lojo"}, languages=("fi",)),
        City(slug="raahe", code="678", names={"fi": "Raahe", "sv": "Brahestad"}, languages=("fi",)),
    )
}


NAMES = CityNames(cities=CITIES, locales=LOCALES)


def post_from(city: str | None, number: int = 1, **changes: Any) -> Post:
    """Return a post of a city's blog, ``number`` hours old."""
    changes.setdefault("origin", replace(an_origin(), city=city, key=f"{city}-blogi"))
    changes.setdefault("recency", NOW - timedelta(hours=number))
    changes.setdefault("url", f"https://blogi.{city}.fi/{number}")
    return a_post(number, **changes)


def an_issue(*posts: Post, greetings: Mapping[str, str] | None = None) -> Draft:
    """Return the draft of an ordinary week that tells these posts."""
    return draft(posts, slot=SLOT, greetings=greetings)


def frozen(draft: Draft) -> Issue:
    """Return the issue of a draft as the store has it."""
    return Issue(
        id=1,
        cadence=draft.cadence,
        period=draft.period,
        opens=draft.opens,
        closes=draft.closes,
        send_at=draft.send_at,
        posts=draft.posts,
        content_hash=draft.content_hash,
        state=IssueState.WAITING,
        greetings=draft.greetings,
    )


def letterhead(**changes: Any) -> DigestMeta:
    """Return the head of a small network's digest."""
    facts: dict[str, Any] = {
        "network": "Sujuvan elämän seutukaupungit",
        "organisation": "Kuntaliitto",
        "contact_email": "toimitus@seutu.fi",
        "titles": {"fi": "Viikkokooste", "sv": "Veckosammandrag", "en": "Weekly digest"},
        "languages": LANGUAGES,
        "names": NAMES,
        "zone": HELSINKI,
        "most_of_a_city": 10,
    }
    return DigestMeta(**(facts | changes))


@cache
def templates() -> Environment:
    """Return the shipped templates."""
    return environment(resource("templates"))


def rendered_in(language: str, issue: Draft, **changes: Any) -> Rendered:
    """Return the issue rendered for ``language`` by the shipped templates."""
    return rendered(issue, language=language, head=letterhead(**changes), templates=templates())


def mail_of(issue: Draft, *, language: str = "fi", **changes: Any) -> Mail:
    """Return the mail of a reader of ``language`` who wants everything."""
    pieces = rendered_in(language, issue, **changes)
    return mail(pieces, ids_in_order(issue.posts, language), base_url=BASE)


def ids_in_order(posts: Iterable[Post], language: str) -> Sequence[str]:
    """Return the public ids in the order of ``language``."""
    return [post.public_id for post in in_order(posts, language=language, names=NAMES)]


words = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), min_size=1, max_size=60
).filter(str.strip)
a_post_of_any_city = st.builds(
    post_from,
    city=st.none() | st.sampled_from([*CITIES, "kadonnut"]),
    number=st.integers(1, 90),
    title=words,
    excerpt=st.just("") | words | words.map(lambda text: f"{text} " * 8),
    language=st.none() | st.sampled_from([*LANGUAGES, "sv-FI", "de"]),
    topics=st.sets(st.sampled_from(["osaajat", "asuminen"])).map(lambda some: tuple(sorted(some))),
)
some_posts = st.lists(a_post_of_any_city, max_size=12).map(
    lambda posts: tuple(replace(post, public_id=f"p{at}") for at, post in enumerate(posts))
)
"""Posts with distinct public ids, of known and unknown cities, in any language."""
