"""The health of every source in words. Pure: health in, rows out.

The public hears of feeds only. What failed because of us is told as ours: by failures that were not
counted against the source, and while an outage of ours lasts by any that it could have caused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from syndicator.fetch.pace import could_be_ours
from syndicator.locales import Locale
from syndicator.model import (
    OUR_FAULTS,
    PUBLIC_OF_FEEDS,
    HeldBecause,
    NoticeKind,
    Source,
    SourceState,
)
from syndicator.pipeline.feeds.health import Health
from syndicator.publish.page_site import Site
from syndicator.register.doctor import explain, explain_held

_UNSHOWN = frozenset({SourceState.PENDING, SourceState.REFUSED, SourceState.RETIRED})


class Standing(StrEnum):
    """Where a row belongs on the page, the most urgent first."""

    ATTENTION = "attention"
    OURS = "ours"
    WORKING = "working"
    WAITING = "waiting"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One source as the page shows it. ``city`` is a slug, empty for the network's own."""

    key: str
    name: str
    city: str
    title: str
    url: str
    kind: str
    standing: Standing
    sentence: str
    detail: str
    success: datetime | None
    change: datetime | None
    next_fetch: datetime | None
    failing_since: datetime | None
    failures: int
    size_bytes: int | None


def rows(health: Health, *, site: Site, language: str) -> tuple[Row, ...]:
    """Return the sources that are or were pulled, by city in the page's alphabet, then by title.

    What is pending, refused or retired is between the city and the editor: it is not shown.
    """
    shown = (source for source in health.sources if source.state not in _UNSHOWN)
    outage, locale = has_outage(health), site.locales[language]
    unsorted = (_row(source, outage=outage, site=site, language=language) for source in shown)
    return tuple(sorted(unsorted, key=lambda row: (locale.sort_key(row.name), row.title, row.key)))


def for_public(health: Health) -> Health:
    """Return what of it everybody may know: of feeds, and of faults that are ours; those are laid
    at nobody's door."""
    outage = has_outage(health)
    return replace(
        health,
        sources=tuple(
            _unblamed(source) if _is_ours(source, outage=outage) else source
            for source in health.sources
        ),
        notices=tuple(
            notice
            for notice in health.notices
            if notice.kind in OUR_FAULTS
            or (
                notice.kind in PUBLIC_OF_FEEDS
                and not (outage and notice.kind == NoticeKind.SOURCE_FAILING)
            )
        ),
    )


def has_outage(health: Health) -> bool:
    """Return True while most pulls fail because of us."""
    return any(notice.kind == NoticeKind.OWN_OUTAGE for notice in health.notices)


def _is_ours(source: Source, *, outage: bool) -> bool:
    if source.reason is None or not could_be_ours(source.reason):
        return False
    return outage or not source.failures


def _unblamed(source: Source) -> Source:
    return replace(source, reason=None, detail=None, failures=0, failing_since=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldPosts:
    """How many posts of one source wait for the editor, and why."""

    name: str
    count: int
    newest: datetime
    sentence: str


def held_posts(
    health: Health, *, names: Mapping[str, str], locale: Locale
) -> tuple[HeldPosts, ...]:
    """Return what is kept back by source and reason, the newest first; never a title.

    The guards hold what a stranger may have put into a city's feed: to print its words here
    would publish them after all.
    """
    keys = {source.id: source.key for source in health.sources}
    groups: dict[tuple[int, HeldBecause], list[datetime]] = {}
    for entry in health.held:
        groups.setdefault((entry.source, entry.because), []).append(entry.since)
    by_source = (
        HeldPosts(
            name=names[keys[source]],
            count=len(moments),
            newest=max(moments),
            sentence=explain_held(because, locale=locale),
        )
        for (source, because), moments in groups.items()
    )
    return tuple(sorted(by_source, key=lambda posts: posts.newest, reverse=True))


def names(health: Health, *, site: Site, language: str) -> dict[str, str]:
    """Return what people call each source, by its key: its city, and its title beside."""
    return {
        source.key: f"{_name(source, site=site, language=language)} ({source.title or source.url})"
        for source in health.sources
    }


def as_json(health: Health, *, now: datetime) -> dict[str, object]:
    """Return the same facts for programs; moments in ISO 8601, UTC."""
    shown = (source for source in health.sources if source.state not in _UNSHOWN)
    return {
        "at": _iso(now),
        "own_outage": has_outage(health),
        "sources": [
            _source_json(source) for source in sorted(shown, key=lambda source: source.key)
        ],
        "held_entries": health.held_count,
        "notices": [
            {
                "kind": notice.kind,
                "subject": notice.subject,
                "at": _iso(notice.at),
                **notice.facts,
            }
            for notice in health.notices
        ],
    }


def count(rows: Iterable[Row], standing: Standing) -> int:
    """Return how many rows have ``standing``."""
    return sum(row.standing is standing for row in rows)


def _row(source: Source, *, outage: bool, site: Site, language: str) -> Row:
    ours = _is_ours(source, outage=outage)
    source = _unblamed(source) if ours else source
    standing, sentence = _standing(source, ours=ours, locale=site.locales[language])
    return Row(
        key=source.key,
        name=_name(source, site=site, language=language),
        city=source.city if source.city in site.cities_by_slug else "",
        title=source.title or source.url,
        url=source.url,
        kind=source.kind,
        standing=standing,
        sentence=sentence,
        detail=source.detail or "" if source.reason else "",
        success=source.last_success_at,
        change=source.last_change_at,
        next_fetch=None if source.state is SourceState.GONE else source.next_fetch_at,
        failing_since=source.failing_since,
        failures=source.failures,
        size_bytes=source.body_bytes,
    )


def _name(source: Source, *, site: Site, language: str) -> str:
    city = site.cities_by_slug.get(source.city or "")
    return city.name(language) if city else site.locales[language].text("status.network")


def _standing(source: Source, *, ours: bool, locale: Locale) -> tuple[Standing, str]:
    if ours:
        return Standing.OURS, locale.text("state.ours")
    if source.state is SourceState.GONE:
        return Standing.ATTENTION, locale.text("state.gone")
    if source.reason is not None:
        return Standing.ATTENTION, explain(source.reason, locale=locale)
    if source.state is SourceState.HELD:
        because = source.held_because
        sentence = explain_held(because, locale=locale) if because else ""
        return Standing.ATTENTION, f"{sentence} {locale.text('status.held.source')}".strip()
    if source.last_attempt_at is None:
        return Standing.WAITING, locale.text("state.new")
    return Standing.WORKING, locale.text("state.fine")


def _source_json(source: Source) -> dict[str, object]:
    return {
        "key": source.key,
        "city": source.city,
        "kind": source.kind,
        "url": source.url,
        "state": source.state,
        "reason": source.reason,
        "detail": source.detail,
        "held_because": source.held_because,
        "failures": source.failures,
        "body_bytes": source.body_bytes,
        "last_attempt_at": _iso(source.last_attempt_at),
        "last_success_at": _iso(source.last_success_at),
        "last_change_at": _iso(source.last_change_at),
        "failing_since": _iso(source.failing_since),
        "next_fetch_at": _iso(source.next_fetch_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
