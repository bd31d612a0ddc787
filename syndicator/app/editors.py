"""What the pages of the desk ask for, answered by the parts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from syndicator.app.parts import App
from syndicator.config import Settings
from syndicator.pipeline.issues import review as desk
from syndicator.pipeline.issues.review import Outcome, Review
from syndicator.pipeline.issues.review_links import (
    Opened,
    ReviewLinks,
    link_to,
    review_links,
    title_of,
)
from syndicator.store.issues import issues
from syndicator.web.issues.editors import Editors, Seen


def editors(app: App) -> Editors:
    """Return the callables behind the desk."""
    return Editors(
        see=partial(_see, app),
        save=partial(_save, app),
        approve=partial(_approve, app),
        stop=partial(_stop, app),
    )


def _see(app: App, token: str, language: str) -> Seen | None:
    links = review_links(app.settings)
    opened = links.read(token, now=app.world.now())
    seen = None if opened is None else desk.review(app.world.editorial, opened.issue)
    if opened is None or seen is None:
        return None
    return Seen(
        review=seen,
        title=title_of(app.settings, seen.issue, language=language),
        newest=_newest(app.settings, links, opened, seen),
    )


def _newest(settings: Settings, links: ReviewLinks, opened: Opened, seen: Review) -> str | None:
    if opened.version == seen.issue.version:
        return None
    return link_to(settings, links, seen.issue, editor=opened.editor)


def _save(
    app: App, token: str, greetings: Mapping[str, str], left_out: frozenset[str]
) -> tuple[Outcome, str]:
    links = review_links(app.settings)
    opened = links.read(token, now=app.world.now())
    if opened is None:
        return Outcome.OVER, token
    outcome = desk.save(
        app.world.editorial,
        opened.issue,
        version=opened.version,
        greetings=greetings,
        left_out=left_out,
        by=opened.editor,
    )
    with app.database.read() as tx:
        issue = issues.get(tx, opened.issue)
    assert issue is not None, "an issue is never deleted"
    return outcome, link_to(app.settings, links, issue, editor=opened.editor)


def _approve(app: App, token: str) -> Outcome:
    opened = review_links(app.settings).read(token, now=app.world.now())
    if opened is None:
        return Outcome.OVER
    return desk.approve(
        app.world.editorial, opened.issue, version=opened.version, by=opened.editor
    ).outcome


def _stop(app: App, token: str) -> Outcome:
    opened = review_links(app.settings).read(token, now=app.world.now())
    if opened is None:
        return Outcome.OVER
    return desk.stop(app.world.editorial, opened.issue, version=opened.version, by=opened.editor)
