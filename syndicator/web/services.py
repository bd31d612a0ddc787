"""What the web asks of the rest of the program, as callables; ``app`` fills them in.

All of them may block (a database, a fetch): they are called from worker threads, many at once.
Only ``site``, ``subscriptions``, ``next_issue``, ``now`` and ``monotonic`` are also called on the
event loop: no waiting there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from prometheus_client import CollectorRegistry

from syndicator.model import Artefact, Cadence, HeldBecause, Notice, Source
from syndicator.pipeline.issues.desk import Desk
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.publish.page_site import Site
from syndicator.register.claim import Claim, Kept, Preview, Unseen


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldEntry:
    """An entry kept back, as the status page counts it. ``source`` is the id of one of the sources
    told beside it; ``title`` and ``language`` are for the editor, the public page shows neither."""

    source: int
    title: str
    language: str | None
    because: HeldBecause
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """How everything is doing at this moment, for the status page.

    ``sources`` are all that are declared or registered, in any order and state; ``held`` are
    newest first, perhaps cut, with ``held_count`` the whole number of them.
    """

    sources: tuple[Source, ...]
    held: tuple[HeldEntry, ...] = ()
    held_count: int = 0
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """The callables behind the pages.

    Args:
        site: the network's facts as they are now; cheap, made when they change.
        load: the artefact at a path (no leading slash), or ``None``.
        generation: a number that changes whenever any artefact does. While the database is away it
            returns the number last known rather than raise: readers keep what is in memory.
        health: read anew at each call.
        look: one guarded look at an address a city typed, feed or page; bounded in time.
        register: keep a claim, pending and unpolled, or find that the feed is known.
        desk: what editors do with an issue; a token in the address says which and who.
        subscriptions: what the acts of subscribers need, under the keys as they are now; cheap.
        next_issue: the local day the next issue of a cadence goes out, not before that day if one
            is given; ``None`` if none does.
        mails: True where letters leave: a relay is set, and nothing they lead to is an example.
        trouble: ``None`` when the database answers and its schema is the right one, else one
            sentence for the operator.
        metrics: what /metrics tells.
        session_key: returns what signs what a form carries between its two steps, in all processes.
        now: the moment, aware, in UTC.
        monotonic: seconds that never go back, for rate limits and the memory's freshness.
    """

    site: Callable[[], Site]
    load: Callable[[str], Artefact | None]
    generation: Callable[[], int]
    health: Callable[[], Health]
    look: Callable[[str], Preview | Unseen]
    register: Callable[[Claim], Kept]
    desk: Desk
    subscriptions: Callable[[], Subscriptions]
    next_issue: Callable[[Cadence, date | None], date | None]
    mails: bool
    trouble: Callable[[], str | None]
    metrics: CollectorRegistry
    session_key: Callable[[], bytes]
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
