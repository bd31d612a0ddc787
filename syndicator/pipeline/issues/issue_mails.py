"""The mails of an issue: pieces rendered once a language, joined for each variant.

issue | rendered (digest.render) | freeze > pieces      once a language, version and revision
pieces + a variant's posts | mail > Mail                by joining strings
Mail + who sends it        | template > Template        once a variant, spliced for each reader
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Generic, TypeVar

from jinja2 import Environment

from syndicator.config import DigestPlan, Settings
from syndicator.deliver.email.message import Envelope, Template, template
from syndicator.digest.order import names_of
from syndicator.digest.render import DigestMeta, rendered
from syndicator.digest.rendered import Rendered, from_json, mail, to_json
from syndicator.model import UNSUBSCRIBE_MARK, Draft, Issue, Mail, Variant
from syndicator.store.db.database import Database
from syndicator.store.issues import renderings
from syndicator.subscribe.tokens import sample_token
from syndicator.templates import environment_of

K = TypeVar("K")
V = TypeVar("V")

MOST_LANGUAGES = 6
"""Renderings kept at once, of one issue or of two that overlap."""


class LruCache(Generic[K, V]):
    """Keeps what was asked for last, shared by threads; each value is made once while it is kept.

    ``functools.lru_cache`` would let two threads make the same one.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._values: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return what ``key`` names, made if it is not here; raises what ``make`` raises."""
        with self._lock:
            value = self._values.pop(key) if key in self._values else make()
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueMails:
    """Makes the mails of the issues of one digest.

    Those of a stored issue are frozen with it; a draft is rendered as it would be now.
    """

    settings: Settings
    plan: DigestPlan
    database: Database
    templates: Environment
    _renderings: LruCache[object, Rendered] = field(
        default_factory=lambda: LruCache(MOST_LANGUAGES)
    )

    @classmethod
    def of(cls, settings: Settings, plan: DigestPlan, database: Database) -> IssueMails:
        """Return the mails of a digest, by the templates of this installation."""
        templates = environment_of(settings)
        return cls(settings=settings, plan=plan, database=database, templates=templates)

    def mail(self, issue: Draft | Issue, variant: Variant) -> Mail:
        """Return a variant as its readers get it, but for their own way out."""
        frozen = (issue.id, issue.version, issue.revision) if isinstance(issue, Issue) else None
        key = (frozen, issue.content_hash, variant.language)
        pieces = self._renderings.get(key, lambda: self._pieces(issue, variant.language))
        return mail(pieces, variant.posts, base_url=self.settings.deployment.base_url)

    def sample(self, issue: Draft | Issue, variant: Variant) -> Mail:
        """Return a variant as a reader gets it, but that its way out is a sample's."""
        mail, token = self.mail(issue, variant), sample_way_out(issue)
        return replace(
            mail,
            text=mail.text.replace(UNSUBSCRIBE_MARK, token),
            html=mail.html.replace(UNSUBSCRIBE_MARK, token),
        )

    def template(self, issue: Draft | Issue, variant: Variant) -> Template:
        """Return a variant ready for its readers: what is left is each one's few words."""
        around = envelope(self.settings, self.plan, period=issue.period, language=variant.language)
        return template(self.mail(issue, variant), envelope=around, mark=UNSUBSCRIBE_MARK)

    def _pieces(self, issue: Draft | Issue, language: str) -> Rendered:
        """Return the pieces of an issue as it stands, rendered if nobody did that yet.

        Whoever comes second gets what the first one froze, whatever templates have become since.
        """
        if isinstance(issue, Draft):
            return self._rendered(issue, language)
        with self.database.read() as tx:
            frozen = renderings.load(tx, issue, language=language)
        if frozen is None:
            content = to_json(self._rendered(issue, language))
            with self.database.write() as tx:
                frozen = renderings.freeze(tx, issue, language=language, content=content)
        return from_json(frozen)

    def _rendered(self, issue: Draft | Issue, language: str) -> Rendered:
        network = self.settings.network
        meta = DigestMeta(
            network=self.settings.combined.title,
            organisation=network.organisation,
            contact_email=network.contact_email,
            titles=self.plan.titles,
            languages=network.languages,
            names=names_of(self.settings),
            zone=network.zone,
            most_of_a_city=self.settings.mail.most_of_a_city,
        )
        return rendered(issue, language=language, head=meta, templates=self.templates)


def sample_way_out(issue: Draft | Issue) -> str:
    """Return the token for messages of an issue that are only looked at.

    No post can hold it, since it is made from all of them.
    """
    return sample_token(issue.content_hash)


def envelope(settings: Settings, plan: DigestPlan, *, period: str, language: str) -> Envelope:
    """Return who sends the issue of a period in a language, and what its list is called."""
    network, base_url = settings.network, settings.deployment.base_url
    ours = "".join(filter(str.isalnum, network.id_domain))[:15]
    return Envelope(
        sender=plan.sender,
        sender_name=settings.combined.title,
        host=network.id_domain,
        list_name=f"{settings.combined.title}: {plan.titles[language]}",
        list_id=f"{language}.{plan.cadence}.digest",
        archive_url=f"{base_url}/{language}/issues/",
        leave_url=f"{base_url}/{language}/unsubscribe/",
        mailbox=settings.mail.bounces or plan.sender,
        feedback=f"{period}:{language}.{plan.cadence}:digest:{ours}",
    )
