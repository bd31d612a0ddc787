"""Lines that people read: what a pull did, how things stand, what to do next."""

from __future__ import annotations

from collections.abc import Iterator

from syndicator.app import App
from syndicator.locales import Locales
from syndicator.log import without_secrets
from syndicator.model import UNSET_SETTINGS, Channel, Notice, Source, SourceState
from syndicator.pipeline.feeds.health import health
from syndicator.pipeline.feeds.pull import Pulled
from syndicator.pipeline.notice_text import notice_text
from syndicator.store import notices
from syndicator.store.feeds import posts, sources
from syndicator.web.site.status_view import as_json, rows

FEW = 3
TERMINAL_LANGUAGE = "en"
"""The command line speaks English, as its options do."""
TERMINAL = Locales()[TERMINAL_LANGUAGE]
"""Its words, which no operator's folder changes."""


def opening(app: App) -> Iterator[str]:
    """Yield what stands at the start of ``run``: where it serves, what it pulls and when, and what
    still is to be set."""
    yield from _beginning(app)
    with app.database.read() as tx:
        told = notices.every(tx)
    for notice in sorted(told, key=lambda one: one.subject):
        if notice.kind in UNSET_SETTINGS:
            yield _said(notice)


def _beginning(app: App) -> Iterator[str]:
    deployment, combined = app.settings.deployment, app.settings.combined
    with app.database.read() as tx:
        known = sources.every(tx, states=(SourceState.ACTIVE, SourceState.HELD))
        edition = posts.edition(tx, Channel(), size=combined.size, kinds=combined.kinds)
    yield f"{combined.title}: http://{deployment.listen_host}:{deployment.listen_port}/"
    if not known:
        yield (
            f"No source is declared yet. Add one to {deployment.config_path}, "
            "or let a city register at /register."
        )
        return
    if not edition.posts:
        yield f"Nothing to show yet. {len(known)} sources will be pulled, the first ones:"
        for source in _next(known):
            yield f"  {_when(source, app)}  {source.key}  {without_secrets(source.url)}"
        yield "Posts appear as they arrive; /status says how each source is."
        return
    yield f"{len(edition.posts)} newest posts of {len(known)} sources. /status says how they are."


def pulled_line(pulled: Pulled) -> str:
    """Return one line on a pull."""
    key, changes = pulled.source.key, pulled.changes
    if pulled.failed is not None:
        reason, detail = pulled.failed
        return f"{key}: {reason}: {without_secrets(detail)}"
    told = [
        f"{number} {word}"
        for number, word in (
            (sum(entry.held is None for entry in changes.new), "new"),
            (sum(entry.held is not None for entry in changes.new), "held"),
            (len(changes.changed), "changed"),
            (len(changes.deleted), "deleted"),
        )
        if number
    ]
    return f"{key}: {', '.join(told) or 'nothing new'}"


def left_line(number: int) -> str:
    """Return what became of sources that were due and not asked."""
    return (
        f"{number} not asked: their host was busy with another source, or another process has "
        "them. They stay due."
    )


def _next(known: tuple[Source, ...]) -> list[Source]:
    waiting = [(source.next_fetch_at, source) for source in known if source.next_fetch_at]
    return [source for _, source in sorted(waiting, key=lambda pair: pair[0])][:FEW]


def _when(source: Source, app: App) -> str:
    assert source.next_fetch_at is not None
    local = source.next_fetch_at.astimezone(app.settings.network.zone)
    return f"{local:%H:%M:%S}"


def states(app: App) -> dict[str, object]:
    """Return how everything is, for programs: /status.json, and what is for the operator only."""
    return as_json(health(app.database), now=app.world.now())


def state_lines(app: App) -> Iterator[str]:
    """Yield how every source is, then what people should hear."""
    now = health(app.database)
    for row in rows(now, site=app.builder.bare_site, language=TERMINAL_LANGUAGE):
        detail = f" ({row.detail})" if row.detail else ""
        yield without_secrets(f"{row.key:<24} {row.standing:<10} {row.sentence}{detail}")
    yield f"{now.held_count} entries are held."
    for notice in now.notices:
        yield _said(notice)


def _said(notice: Notice) -> str:
    told = notice_text(notice, subject=notice.subject, locale=TERMINAL)
    return without_secrets(f"! {told}")
