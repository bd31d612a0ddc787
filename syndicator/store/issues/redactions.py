"""Takedowns that reach frozen issues: title and date stay, content goes, the revision grows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update

from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.incoming import SourceRow, StoryRow
from syndicator.store.db.schema.newsletter import IssueItem, IssueRow
from syndicator.store.feeds import moderation
from syndicator.store.issues import issue_archive, renderings
from syndicator.store.issues.frozen import from_json, to_json


def take_down(tx: Tx, entry_id: int, *, now: datetime) -> bool:
    """Take an entry down for good, from the feeds and from every issue that told of it.

    False if it is not there, or was taken down before.
    """
    hidden = moderation.hide(tx, entry_id, now=now)
    if hidden is None:
        return False
    redact(tx, story_id=hidden.story_id, source_id=hidden.source_id, now=now)
    return True


def redact(tx: Tx, *, story_id: int, source_id: int, now: datetime) -> tuple[int, ...]:
    """Take a story as this source told it out of every issue that carries it; return their ids.

    The issue, its order and its hash stay as frozen; what it says of the post is its title and its
    date from now on. Its renderings are forgotten, so that the next mail is rendered anew, and its
    page in the archive is made anew.
    """
    touched = {row.issue_id for row in _redacted(tx, story_id, source_id, now)}
    for issue_id in sorted(touched):
        tx.execute(
            update(table_of(IssueRow))
            .where(IssueRow.id == issue_id)
            .values(revision=IssueRow.revision + 1)
        )
        renderings.forget(tx, issue_id)
        issue_archive.mark(tx, issue_id)
    return tuple(sorted(touched))


def _redacted(tx: Tx, story_id: int, source_id: int, now: datetime) -> Iterable[Any]:
    source = tx.execute(select(SourceRow.key).where(SourceRow.id == source_id)).scalar_one()
    carried = tx.execute(
        select(IssueItem.issue_id, IssueItem.position, IssueItem.post)
        .join(StoryRow, StoryRow.public_id == IssueItem.public_id)
        # An issue may have told it under the id of a story that was merged into this one since.
        .where(
            or_(StoryRow.id == story_id, StoryRow.merged_into == story_id),
            IssueItem.redacted_at.is_(None),
        )
    ).all()
    for row in carried:
        if row.post["origin"]["key"] == source:
            tx.execute(
                update(table_of(IssueItem))
                .where(IssueItem.issue_id == row.issue_id, IssueItem.position == row.position)
                .values(post=to_json(from_json(row.post).taken_down()), redacted_at=now)
            )
            yield row
