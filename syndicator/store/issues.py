"""Issues: one digest of one cadence and period, frozen with all it says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Insert, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from syndicator.model import Cadence, Issue, Kind, Post
from syndicator.store import posts
from syndicator.store.base import table_of
from syndicator.store.database import Tx
from syndicator.store.frozen import from_json, to_json
from syndicator.store.newsletter import IssueItem, IssueRow
from syndicator.store.schema import EntryRow, SourceRow, StoryRow

ISSUE = table_of(IssueRow)
_GONE = aliased(StoryRow)


def _once(make: Any) -> Insert:
    # RETURNING, because the count of rows of an INSERT is not told on PostgreSQL.
    statement: Any = make(ISSUE).on_conflict_do_nothing(index_elements=["cadence", "period"])
    once: Insert = statement.returning(IssueRow.id)
    return once


_CREATE: Mapping[str, Insert] = {
    "sqlite": _once(sqlite.insert),
    "postgresql": _once(postgresql.insert),
}


def create(tx: Tx, issue: Issue) -> Issue:
    """Return the issue of this cadence and period: ``issue``, or the one that was there first."""
    row = {
        "cadence": issue.cadence,
        "period": issue.period,
        "opens": issue.opens,
        "closes": issue.closes,
        "content_hash": issue.content_hash,
        "send_at": issue.send_at or issue.closes,
        "state": issue.state,
        "version": issue.version,
        "revision": issue.revision,
        "greetings": dict(issue.greetings),
    }
    made = tx.execute(_CREATE[tx.dialect], row).scalar() is not None
    issue_id = _id_of(tx, issue.cadence, issue.period)
    if made and issue.posts:
        items = [
            {
                "issue_id": issue_id,
                "position": position,
                "public_id": post.public_id,
                "post": to_json(post),
                "left_out": False,
            }
            for position, post in enumerate(issue.posts)
        ]
        tx.execute(insert(table_of(IssueItem)), items)
    stored = get(tx, issue_id)
    assert stored is not None, "an issue is never deleted"
    return stored


def get(tx: Tx, issue_id: int) -> Issue | None:
    """Return the issue with this id as frozen (less what was taken down since), or ``None``."""
    row = tx.execute(select(ISSUE).where(IssueRow.id == issue_id)).one_or_none()
    if row is None:
        return None
    items = tx.execute(
        select(IssueItem.post).where(IssueItem.issue_id == issue_id).order_by(IssueItem.position)
    ).scalars()
    return Issue(
        id=row.id,
        cadence=row.cadence,
        period=row.period,
        opens=row.opens,
        closes=row.closes,
        content_hash=row.content_hash,
        send_at=row.send_at,
        state=row.state,
        version=row.version,
        revision=row.revision,
        greetings=row.greetings,
        posts=tuple(from_json(post) for post in items if post),
    )


def find(tx: Tx, cadence: Cadence, period: str) -> Issue | None:
    """Return the issue of this cadence and period, or ``None``."""
    query = select(IssueRow.id).where(IssueRow.cadence == cadence, IssueRow.period == period)
    found = tx.execute(query).scalar()
    return None if found is None else get(tx, found)


def every(tx: Tx) -> tuple[Issue, ...]:
    """Return all issues, newest window first."""
    query = select(IssueRow.id).order_by(IssueRow.closes.desc(), IssueRow.id.desc())
    found = (get(tx, issue_id) for issue_id in tx.execute(query).scalars().all())
    return tuple(issue for issue in found if issue is not None)


def eligible(
    tx: Tx,
    *,
    opens: datetime,
    closes: datetime,
    cadence: Cadence | None = None,
    kinds: frozenset[Kind] = frozenset(Kind),
) -> tuple[Post, ...]:
    """Return posts that may be mailed for the window ``(opens, closes]``, newest first.

    They tell their topics, so that a selection can choose by them.

    Args:
        cadence: leave out what an issue of this cadence carried already, be it under the id of a
            story that was merged into another since.
        kinds: kinds of source taken.
    """
    query = (
        select(StoryRow.id)
        .join(EntryRow, EntryRow.id == StoryRow.lead_id)
        .join(SourceRow, SourceRow.id == EntryRow.source_id)
        .where(
            StoryRow.eligible_at > opens,
            StoryRow.eligible_at <= closes,
            SourceRow.kind.in_(sorted(kinds)),
        )
        .order_by(StoryRow.recency.desc(), StoryRow.public_id)
    )
    if cadence is not None:
        carried = (
            select(IssueItem.public_id)
            .join(IssueRow, IssueRow.id == IssueItem.issue_id)
            .where(IssueRow.cadence == cadence, IssueItem.public_id == StoryRow.public_id)
        )
        # A merged story keeps the earlier moment of the two, so whatever issue carried the one
        # that went closed after this window opened; older ones need not be looked at.
        merged = (
            select(_GONE.merged_into)
            .join(IssueItem, IssueItem.public_id == _GONE.public_id)
            .join(IssueRow, IssueRow.id == IssueItem.issue_id)
            .where(
                IssueRow.cadence == cadence,
                IssueRow.closes > opens,
                _GONE.merged_into.is_not(None),
            )
        )
        query = query.where(~carried.exists(), StoryRow.id.not_in(merged))
    return posts.by_story(tx, list(tx.execute(query).scalars()), topics=True)


def _id_of(tx: Tx, cadence: Cadence, period: str) -> int:
    query = select(IssueRow.id).where(IssueRow.cadence == cadence, IssueRow.period == period)
    return int(tx.execute(query).scalar_one())
