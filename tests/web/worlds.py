"""The rest of the program as the web sees it: a fake with behaviour for each service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

from prometheus_client import CollectorRegistry

from syndicator.model import Artefact, Cadence, Kind, Licence, ParsedFeed, Source, SourceState
from syndicator.pipeline.issues.control import Result
from syndicator.pipeline.issues.desk import Desk, LinkedReview
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.publish.artefact import compressed, plain
from syndicator.publish.page import Site
from syndicator.register.claim import Claim, Kept, Preview, Unseen
from syndicator.web.app import build
from syndicator.web.published import Published
from syndicator.web.services import Health, Services
from tests.pipeline.readers import Readers
from tests.publish.sites import NOON, site

NEVER = date(1, 1, 1)


@dataclass(kw_only=True)
class Desktop:
    """One issue on the desk, behind the link ``token``, and what editors did with it."""

    seen: LinkedReview | None = None
    result: Result = field(default_factory=Result)
    did: list[tuple[object, ...]] = field(default_factory=list)

    def review(self, token: str, *, language: str) -> LinkedReview | None:
        assert language
        return self.seen if token == "token" else None

    def save(
        self, token: str, *, greetings: Mapping[str, str], left_out: frozenset[str]
    ) -> tuple[Result, str]:
        self.did.append(("save", token, dict(greetings), set(left_out)))
        return self.result, "newer"

    def approve(self, token: str) -> Result:
        self.did.append(("approve", token))
        return self.result

    def stop(self, token: str) -> Result:
        self.did.append(("stop", token))
        return self.result


@dataclass(kw_only=True)
class World:
    """Artefacts in a dictionary, a clock that stands still, and what the web did to us.

    Where a test is of subscribers, ``readers`` keeps them: on a real database.
    """

    artefacts: dict[str, Artefact] = field(default_factory=dict)
    generation: int = 1
    seconds: float = 0.0
    now: datetime = NOON
    health: Health = field(default_factory=lambda: Health(sources=()))
    seen: dict[str, Preview | Unseen] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    kept: Kept = Kept.PENDING
    trouble: str | None = None
    loads: list[str] = field(default_factory=list)
    looks_at_generation: int = 0
    looked: list[str] = field(default_factory=list)
    editors: Desktop = field(default_factory=Desktop)
    site: Site = field(default_factory=site)
    readers: Readers | None = None
    mails: bool = True
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)

    def publish(self, path: str, body: bytes, *, content_type: str = "application/rss+xml") -> None:
        made = plain(path, content_type=content_type, body=body, modified=NOON)
        self.artefacts[path] = compressed(made, current=True)
        self.generation += 1

    def app(self) -> Published:
        return build(self.services())

    def services(self, *, load: Callable[[str], Artefact | None] | None = None) -> Services:
        return Services(
            site=lambda: self.site,
            load=load or self._load,
            generation=self._generation,
            health=lambda: self.health,
            look=self._look,
            register=self._register,
            desk=cast("Desk", self.editors),
            subscriptions=self._subscriptions,
            next_issue=self._next_issue,
            mails=self.mails,
            trouble=lambda: self.trouble,
            metrics=self.metrics,
            session_key=lambda: b"a key of the tests, long enough",
            now=lambda: self.now,
            monotonic=lambda: self.seconds,
        )

    def _load(self, path: str) -> Artefact | None:
        self.loads.append(path)
        return self.artefacts.get(path)

    def _subscriptions(self) -> Subscriptions:
        assert self.readers is not None, "a test without subscribers"
        return self.readers.subscriptions

    def _generation(self) -> int:
        self.looks_at_generation += 1
        return self.generation

    def _next_issue(self, cadence: Cadence, since: date | None) -> date | None:
        return max(date(2026, 11, 30), since or NEVER) if cadence is Cadence.WEEKLY else None

    def _look(self, url: str) -> Preview | Unseen:
        self.looked.append(url)
        return self.seen.get(url) or Preview(url=f"{url}feed/", feed=ParsedFeed(format="rss20"))

    def _register(self, claim: Claim) -> Kept:
        self.claims.append(claim)
        return self.kept


def source(n: int = 1, **changes: object) -> Source:
    facts: dict[str, object] = {
        "id": n,
        "key": f"raahe-{n}",
        "url": f"https://raahe.example/{n}/feed/",
        "city": "raahe",
        "kind": Kind.BLOG,
        "licence": Licence.EXCERPT,
        "state": SourceState.ACTIVE,
        "title": f"Raahen blogi {n}",
        "first_seen": NOON,
        "last_attempt_at": NOON,
        "last_success_at": NOON,
        "next_fetch_at": NOON,
        "contact": "yhteys@raahe.example",
    }
    return Source(**(facts | changes))  # type: ignore[arg-type]
