"""Every document and page of one channel, from its edition and the sources as they stand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from syndicator import __version__, log
from syndicator.config import Settings
from syndicator.model import Artefact, Channel, Edition, Scope, Source
from syndicator.publish.artefact import documents, face_style, plain
from syndicator.publish.feed_item import LeftOut
from syndicator.publish.issues import archive
from syndicator.publish.masthead import FeedMeta
from syndicator.publish.opml import OPML_PATH, OPML_TYPE, changed_at, outlines_of, to_opml
from syndicator.publish.page import pages, standing
from syndicator.publish.page_site import Site, fingerprint, gathered
from syndicator.publish.websub import Ping, pings
from syndicator.templates import environment_of

logger = log.get("publish")

FEED_STYLE = "site/feed.css"


@dataclass(frozen=True, kw_only=True)
class SiteBuilder:
    """Makes artefacts. Same edition, same sources, same settings: same bytes."""

    settings: Settings

    @cached_property
    def feed_meta(self) -> FeedMeta:
        """The network as its feeds present it."""
        network, combined = self.settings.network, self.settings.combined
        return FeedMeta(
            base_url=self.settings.deployment.base_url,
            id_domain=network.id_domain,
            title=combined.title,
            organisation=network.organisation,
            contact_email=network.contact_email,
            contact_url=network.contact_url,
            descriptions=combined.descriptions,
            cities={city.slug: city for city in self.settings.cities},
            topics={topic.slug: topic for topic in self.settings.topics},
            languages=network.languages,
            hub=network.hub,
            generator=f"syndicator {__version__}",
            time_zone=network.time_zone,
            locales=self.settings.locales,
        )

    @cached_property
    def bare_site(self) -> Site:
        """The site without its sources."""
        return Site(
            base_url=self.settings.deployment.base_url,
            network=self.settings.network,
            combined=self.settings.combined,
            cities=self.settings.cities,
            topics=self.settings.topics,
            sources=(),
            templates=environment_of(self.settings),
            locales=self.settings.locales,
            digests=self.settings.digests,
            mail=self.settings.mail,
            statements=self.settings.statements,
        )

    def site(self, sources: Sequence[Source]) -> Site:
        """Return the network's facts as the pages tell them, with the sources as they stand."""
        return replace(self.bare_site, sources=gathered(sources))

    def channels(self) -> tuple[Channel, ...]:
        """Return every channel whose current document exists whatever was published."""
        return (
            Channel(),
            *(Channel(scope=Scope.LANGUAGE, value=code) for code in self.feed_meta.languages),
            *(Channel(scope=Scope.CITY, value=slug) for slug in self.feed_meta.cities),
            *(Channel(scope=Scope.TOPIC, value=slug) for slug in self.feed_meta.topics),
            *(Channel(scope=Scope.ISSUES, value=code) for code in self.feed_meta.languages),
        )

    def _has(self, channel: Channel) -> bool:
        head = self.feed_meta
        match channel.scope:
            case Scope.WHOLE:
                return True
            case Scope.LANGUAGE:
                return channel.value in head.languages
            case Scope.CITY:
                return channel.value in head.cities
            case Scope.TOPIC:
                return channel.value in head.topics
            case Scope.ISSUES:
                return head.language(channel) in head.languages

    def fingerprint(self) -> str:
        """Return a word that changes when documents may read differently though no post did."""
        facts = "\0".join((__version__, repr(self.feed_meta), fingerprint(self.bare_site)))
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    def pings(self, paths: Sequence[str]) -> tuple[Ping, ...]:
        """Return what a hub is told of documents that changed; nothing without a hub."""
        return pings(paths, masthead=self.feed_meta)

    def make(self, edition: Edition, sources: Sequence[Source]) -> tuple[Artefact, ...]:
        """Return the documents and pages of the edition's channel.

        Those of the whole include what names the sources: the OPML and the standing pages. A city
        or topic that left the configuration has none: what stands there is taken away.
        """
        if not self._has(edition.channel):
            return ()
        site = self.site(sources)
        if edition.channel.scope is Scope.ISSUES:
            past = archive(edition, site=site, masthead=self.feed_meta)
            self._log_left_out(edition.channel, past.left_out)
            return past.artefacts
        feeds = documents(edition, masthead=self.feed_meta)
        self._log_left_out(edition.channel, feeds.left_out)
        own = (*feeds.artefacts, *pages(edition, site=site))
        if edition.channel != Channel():
            return own
        return (*own, *self._standing(site, sources, changed=edition.updated))

    def _log_left_out(self, channel: Channel, missing: Sequence[LeftOut]) -> None:
        for left_out in missing:
            logger.error(
                "post left out of a feed",
                channel=channel.prefix,
                post=left_out.public_id,
                reason=left_out.reason,
            )

    def _standing(
        self, site: Site, sources: Sequence[Source], *, changed: datetime
    ) -> tuple[Artefact, ...]:
        listed = changed_at(sources)
        opml = to_opml(
            outlines_of(sources, masthead=self.feed_meta), masthead=self.feed_meta, changed=listed
        )
        style = site.templates.get_template(FEED_STYLE).render().encode()
        return (
            *standing(site, modified=max(changed, listed)),
            face_style(style, modified=changed),
            plain(OPML_PATH, content_type=OPML_TYPE, body=opml, modified=listed),
        )
