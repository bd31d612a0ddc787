"""What the pages say about the network itself, and the templates they are made with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment

from syndicator.config import Combined, DigestPlan, MailPlan, Network, Statements
from syndicator.locales import Locales
from syndicator.model import PULLED, Cadence, City, Kind, Source, Topic


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """A source we gather from, as the pages name it: nothing here changes with its health."""

    key: str
    city: str | None
    kind: Kind
    title: str
    url: str
    home: str | None


@dataclass(frozen=True, kw_only=True)
class Site:
    """All that a page is made from but its posts. ``base_url`` has no trailing slash.

    ``cities``, ``topics`` and ``sources`` may stand in any order. Without ``digests`` there is no
    newsletter to subscribe to. ``style`` is the stylesheet; its hash is in its address, so that a
    browser never shows old pages in new clothes.
    """

    base_url: str
    network: Network
    combined: Combined
    cities: tuple[City, ...]
    topics: tuple[Topic, ...]
    sources: tuple[Gathered, ...]
    templates: Environment
    locales: Locales
    digests: tuple[DigestPlan, ...] = ()
    mail: MailPlan = field(default_factory=MailPlan)
    statements: Statements = field(default_factory=Statements)

    @property
    def cadences(self) -> tuple[Cadence, ...]:
        """How often a newsletter can be had, in the order of the configuration."""
        return tuple(plan.cadence for plan in self.digests)

    @property
    def digest_titles(self) -> Mapping[str, Mapping[str, str]]:
        """What each digest is called, by cadence and language."""
        return {str(plan.cadence): plan.titles for plan in self.digests}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the pages themselves, in the order they are offered."""
        return self.network.languages

    @cached_property
    def zone(self) -> ZoneInfo:
        """The network's local time."""
        return self.network.zone

    @cached_property
    def prefix(self) -> str:
        """What stands before every path: empty, or the folder the site lives under (``/blogs``)."""
        return urlsplit(self.base_url).path.rstrip("/")

    @cached_property
    def style(self) -> bytes:
        """The stylesheet, as served."""
        return self.templates.get_template("site/style.css").render().encode()

    @cached_property
    def style_version(self) -> str:
        """A few letters of the stylesheet's hash."""
        return hashlib.sha256(self.style).hexdigest()[:10]

    @cached_property
    def cities_by_slug(self) -> dict[str, City]:
        """The member cities by their slug."""
        return {city.slug: city for city in self.cities}

    def sources_of(self, slug: str | None) -> tuple[Gathered, ...]:
        """Return the sources of a city (``None``: of the network), blogs first, then by title."""
        own = [source for source in self.sources if source.city == slug]
        return tuple(sorted(own, key=lambda source: (source.kind != Kind.BLOG, source.title)))


def gathered(sources: Iterable[Source]) -> tuple[Gathered, ...]:
    """Return those of ``sources`` that are pulled, ordered by key: the same for any order."""
    pulled = (source for source in sources if source.state in PULLED)
    return tuple(
        Gathered(
            key=source.key,
            city=source.city,
            kind=source.kind,
            title=source.title or source.url,
            url=source.url,
            home=source.home,
        )
        for source in sorted(pulled, key=lambda source: source.key)
    )


def fingerprint(site: Site) -> str:
    """Return a word that changes when any page could look different though no post changed.

    It covers the facts of the network, its cities and sources, and the text of every template and
    catalogue.
    """
    digest = hashlib.sha256()
    for fact in fields(site):
        if fact.name not in ("templates", "locales"):
            digest.update(repr(_settled(getattr(site, fact.name))).encode())
    digest.update(site.locales.fingerprint(site.languages).encode())
    loader = site.templates.loader
    if loader is None:
        return digest.hexdigest()[:16]
    for name in loader.list_templates():
        if name.startswith("site/"):
            digest.update(f"\0{name}\0".encode())
            digest.update(loader.get_source(site.templates, name)[0].encode())
    return digest.hexdigest()[:16]


def _settled(fact: object) -> object:
    """A frozenset prints in an order that differs between processes; sorted text does not."""
    if isinstance(fact, Combined):
        return (fact.title, sorted(fact.descriptions.items()), sorted(fact.kinds), fact.size)
    return fact
