"""What /metrics tells: how the sources are, read from the tables at each scrape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric

from syndicator import __version__
from syndicator.model import Clock
from syndicator.store.db.database import Database
from syndicator.store.feeds import artefacts, moderation, sources


def registry(database: Database, *, now: Clock) -> CollectorRegistry:
    """Return a registry of this database; it keeps no numbers of its own."""
    collectors = CollectorRegistry()
    collectors.register(_Tables(database, now=now))
    return collectors


class _Tables:
    """Counts at the moment of asking: a restart loses nothing, two processes agree."""

    def __init__(self, database: Database, *, now: Clock) -> None:
        self._database = database
        self._now = now

    def collect(self) -> Iterable[Metric]:
        """Yield every family."""
        with self._database.read() as tx:
            every = sources.list_all(tx)
            entries = moderation.count_by_state(tx)
            stale, generation = len(artefacts.dirty(tx)), artefacts.generation(tx)
        now = self._now()
        yield InfoMetricFamily("syndicator", "This program.", {"version": __version__})
        yield _labelled(
            "syndicator_sources", "Sources by state.", "state", Counter(s.state for s in every)
        )
        yield _labelled(
            "syndicator_sources_failing",
            "Sources whose last pull failed, by reason.",
            "reason",
            Counter(s.reason for s in every if s.reason is not None),
        )
        yield _plain(
            "syndicator_sources_overdue",
            "Sources that should have been pulled by now.",
            sum(s.next_fetch_at is not None and s.next_fetch_at < now for s in every),
        )
        yield _labelled("syndicator_entries", "Entries by state.", "state", entries)
        yield _plain("syndicator_channels_stale", "Channels older than their entries.", stale)
        yield _plain("syndicator_generation", "Grows when a published byte changes.", generation)


def _plain(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=value)


def _labelled(name: str, help_text: str, label: str, counts: Mapping[Any, int]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([str(value)], count)
    return family
