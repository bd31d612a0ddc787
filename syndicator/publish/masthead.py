"""What stands at the head of everything we publish: who we are, and the addresses of channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from syndicator.locales import Locales
from syndicator.model import Channel, City, Scope, Topic, month_and_part
from syndicator.publish.feed_text import uri

TAG_YEAR = "2026"
"""The year in our ``tag:`` ids. It dates the name, not the post: it never changes (RFC 4151)."""


class Form(Enum):
    """A form that a channel is published in: its file names, what links call it, how it is sent.

    RSS and Atom are sent as plain XML: under their own types browsers show the source or save a
    file, and never the face that feeds have for people.
    """

    RSS = ("feed.xml", ".xml", "application/rss+xml", "application/xml; charset=utf-8")
    ATOM = ("atom.xml", ".atom.xml", "application/atom+xml", "application/xml; charset=utf-8")
    JSON = ("feed.json", ".json", "application/feed+json", "application/feed+json; charset=utf-8")

    def __init__(self, current: str, archive: str, media_type: str, content_type: str) -> None:
        self.current = current
        self.archive = archive
        self.media_type = media_type
        self.content_type = content_type


@dataclass(frozen=True, kw_only=True, slots=True)
class FeedMeta:
    """The network as its documents present it; everything here comes from the configuration.

    ``base_url`` has no trailing slash. ``descriptions`` are by language code; the first of
    ``languages`` is the one of mixed channels. ``cities`` and ``topics`` are by slug. ``id_domain``
    is the domain in all our ids, in ASCII: it outlives a change of ``base_url``.
    """

    base_url: str
    id_domain: str
    title: str
    organisation: str
    contact_email: str
    descriptions: Mapping[str, str]
    languages: tuple[str, ...]
    time_zone: str
    locales: Locales = field(repr=False)
    contact_url: str | None = None
    cities: Mapping[str, City] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    hub: str | None = None
    generator: str = "syndicator"

    def url(self, path: str = "") -> str:
        """Return the absolute address of ``path``, which has no leading slash, in ASCII."""
        whole = f"{self.base_url}/{path}"
        return uri(whole) or whole

    def page_url(self, channel: Channel, *, language: str | None = None) -> str:
        """Return the address of the page that people read instead of the feed.

        Pages stand under the language they speak, by default the channel's. Months have a page in
        the whole's archive only.
        """
        folder = self.spoken(language or self.language(channel))
        match channel.scope:
            case Scope.WHOLE:
                place = f"archive/{channel.archive}/" if channel.month else ""
            case Scope.ISSUES:
                place = channel.prefix.partition("/")[2]
            case scope:
                place = f"{scope}/{channel.value}/"
        return self.url(f"{folder}/{place}")

    def language(self, channel: Channel) -> str:
        """Return the language that the channel itself speaks, whatever its posts do.

        A language's own, a city's main one, else the network's first.
        """
        if channel.scope in (Scope.LANGUAGE, Scope.ISSUES):
            return channel.value.partition("/")[0]
        city = self.cities.get(channel.value) if channel.scope is Scope.CITY else None
        return city.languages[0] if city else self.languages[0]

    def feed_code(self, channel: Channel) -> str:
        """Return the channel's language by the code that RSS knows."""
        language = self.language(channel)
        return self.locales[language].feed_code if language in self.languages else language

    def spoken(self, language: str) -> str:
        """Return ``language`` if pages speak it, else the network's first: of a city that speaks
        another there are no words of ours."""
        return language if language in self.languages else self.languages[0]

    def channel_title(self, channel: Channel) -> str:
        """Return the title of a channel's documents, in the channel's language, never empty."""
        parts = (self.title, self._selection(channel), _month(channel))
        return " – ".join(part for part in parts if part)

    def description(self, channel: Channel) -> str:
        """Return what the channel is, in its language; the title where nobody wrote anything."""
        if channel.scope is Scope.ISSUES:
            return self.locales[self.language(channel)].text("issues.lede")
        written = self.descriptions.get(self.language(channel))
        return written or self.descriptions.get(self.languages[0]) or self.channel_title(channel)

    def channel_id(self, channel: Channel) -> str:
        """Return the id of a channel's feed: for ever, and the same for no other channel.

        A feed and its archives are one feed in parts, so they share it. Source: RFC 5005 4.
        """
        return self.tag(f"feed/{channel.prefix}")

    def story_id(self, public_id: str) -> str:
        """Return the id of a story in every format, made from nothing a source could change."""
        return self.tag(f"story/{public_id}")

    def tag(self, specific: str) -> str:
        """Return a ``tag:`` URI of ours. ``specific`` is already fit for one. Source: RFC 4151."""
        return f"tag:{self.id_domain.lower()},{TAG_YEAR}:{specific}"

    def _selection(self, channel: Channel) -> str:
        match channel.scope:
            case Scope.WHOLE:
                return ""
            case Scope.LANGUAGE:
                return self.locales[channel.value].text(f"post.in.{channel.value}")
            case Scope.CITY:
                city = self.cities.get(channel.value)
                return city.name(self.language(channel)) if city else channel.value
            case Scope.TOPIC:
                topic = self.topics.get(channel.value)
                return topic.name(self.language(channel)) if topic else channel.value
            case Scope.ISSUES:
                return self.locales[self.language(channel)].text("issues.title")


def path_of(channel: Channel, form: Form) -> str:
    """Return a document's path: ``fi/feed.xml``, ``archive/2026-11.atom.xml``, ``-2.atom.xml``."""
    if channel.month is None:
        return f"{channel.prefix}{form.current}"
    return f"{channel.prefix}archive/{channel.archive}{form.archive}"


def neighbours(channel: Channel, months: Sequence[str]) -> tuple[Channel | None, Channel | None]:
    """Return the archives next older and next newer than ``channel``, ``None`` where none is.

    Only the whole and the languages have archives. Before the current document stands the newest
    archive, and nothing comes after it. ``months`` names the archives, in any order.
    """
    if channel.scope not in (Scope.WHOLE, Scope.LANGUAGE):
        return None, None
    now = None if channel.month is None else (channel.month, channel.part)
    there = [month_and_part(name) for name in months]
    older = max((month for month in there if now is None or month < now), default=None)
    newer = min((month for month in there if now is not None and month > now), default=None)
    return (
        None if older is None else replace(channel, month=older[0], part=older[1]),
        None if newer is None else replace(channel, month=newer[0], part=newer[1]),
    )


def to_root(path: str) -> str:
    """Return the way from a document up to the site's root: empty, ``../`` or ``../../``."""
    return "../" * path.count("/")


def _month(channel: Channel) -> str:
    if channel.month is None:
        return ""
    year, number = channel.month.split("-")
    part = f" ({channel.part})" if channel.part > 1 else ""
    return f"{int(number)}/{year}{part}"
