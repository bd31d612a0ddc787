"""Lines that people read: what a pull did, how things stand, what to do next."""

from __future__ import annotations

from collections.abc import Iterator

from syndicator.app import App
from syndicator.config import Settings
from syndicator.locales import Locales
from syndicator.log import without_secrets
from syndicator.model import ABOUT_SETTINGS, PULLED, Channel, Notice
from syndicator.pipeline.feeds.health import health
from syndicator.pipeline.feeds.pull import PullResult
from syndicator.pipeline.notice_text import notice_text
from syndicator.store import notices
from syndicator.store.db.database import Database
from syndicator.store.feeds import posts, sources
from syndicator.web.site.status_view import as_json, rows

FEW = 3
TERMINAL_LANGUAGE = "en"
"""The command line speaks English, as its options do."""
TERMINAL = Locales()[TERMINAL_LANGUAGE]
"""Its words, which no operator's folder changes."""


def opening(settings: Settings, database: Database) -> Iterator[str]:
    """Yield what stands at the start of ``run``: where it serves, what it pulls and when, and what
    still is to be set."""
    yield from _beginning(settings, database)
    with database.read() as tx:
        stored = notices.list_all(tx)
    for notice in sorted(stored, key=lambda notice: notice.subject):
        if notice.kind in ABOUT_SETTINGS:
            yield _notice_line(notice)


def _beginning(settings: Settings, database: Database) -> Iterator[str]:
    deployment, combined = settings.deployment, settings.combined
    with database.read() as tx:
        pulled = sources.list_all(tx, states=PULLED)
        edition = posts.edition(tx, Channel(), size=combined.size, kinds=combined.kinds)
    yield f"{combined.title}: http://{deployment.listen_host}:{deployment.listen_port}/"
    if not pulled:
        yield (
            f"No source is declared yet. Add one to {deployment.config_path}, "
            "or let a city register at /register."
        )
        return
    if not edition.posts:
        yield f"Nothing to show yet. {len(pulled)} sources will be pulled, the first ones:"
        due = [(source.next_fetch_at, source) for source in pulled if source.next_fetch_at]
        for at, source in sorted(due, key=lambda pair: pair[0])[:FEW]:
            local = at.astimezone(settings.network.zone)
            yield f"  {local:%H:%M:%S}  {source.key}  {without_secrets(source.url)}"
        yield "Posts appear as they arrive; /status says how each source is."
        return
    yield f"{len(edition.posts)} newest posts of {len(pulled)} sources. /status says how they are."


def pulled_line(pulled: PullResult) -> str:
    """Return one line on a pull."""
    key, changes = pulled.source.key, pulled.changes
    if pulled.failed is not None:
        reason, detail = pulled.failed
        return f"{key}: {reason}: {without_secrets(detail)}"
    counts = [
        f"{number} {word}"
        for number, word in (
            (sum(entry.held is None for entry in changes.new), "new"),
            (sum(entry.held is not None for entry in changes.new), "held"),
            (len(changes.changed), "changed"),
            (len(changes.deleted), "deleted"),
        )
        if number
    ]
    return f"{key}: {', '.join(counts) or 'nothing new'}"


def left_line(number: int) -> str:
    """Return what became of sources that were due and not asked."""
    return (
        f"{number} not asked: their host was busy with another source, or another process has "
        "them. They stay due."
    )


def states(app: App) -> dict[str, object]:
    """Return how everything is, for programs: /status.json, and what is for the operator only."""
    return as_json(health(app.database), now=app.now())


def state_lines(app: App) -> Iterator[str]:
    """Yield how every source is, then what people should hear."""
    now = health(app.database)
    for row in rows(now, site=app.builder.bare_site, language=TERMINAL_LANGUAGE):
        detail = f" ({row.detail})" if row.detail else ""
        yield without_secrets(f"{row.key:<24} {row.standing:<10} {row.sentence}{detail}")
    yield f"{now.held_count} entries are held."
    for notice in now.notices:
        yield _notice_line(notice)


def _notice_line(notice: Notice) -> str:
    sentence = notice_text(notice, subject=notice.subject, locale=TERMINAL)
    return without_secrets(f"! {sentence}")
