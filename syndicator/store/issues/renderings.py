"""Renderings: an issue in one language, in pieces, as it was rendered when it was frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select

from syndicator.model import Issue
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import IssueRow, RenderingRow
from syndicator.store.db.upsert import insert_once

RENDERING = table_of(RenderingRow)


_FREEZE = insert_once(RENDERING, unique=["issue_id", "language", "version", "revision"])


def freeze(tx: Tx, issue: Issue, *, language: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the rendering of this version and revision: ``content``, or what was there first.

    Older versions and revisions of the language are forgotten: nobody is to be mailed them again.
    Of an issue that went on meanwhile (a new version, a takedown) nothing is kept.
    """
    if not _is_current(tx, issue):
        return content
    this = (RenderingRow.issue_id == issue.id, RenderingRow.language == language)
    now = (RenderingRow.version == issue.version) & (RenderingRow.revision == issue.revision)
    tx.execute(delete(RENDERING).where(*this, ~now))
    row = {
        "issue_id": issue.id,
        "language": language,
        "version": issue.version,
        "revision": issue.revision,
        "content": dict(content),
    }
    tx.execute(_FREEZE[tx.dialect], row)
    kept = load(tx, issue, language=language)
    assert kept is not None, "it was just put there"
    return kept


def _is_current(tx: Tx, issue: Issue) -> bool:
    # FOR UPDATE, or on PostgreSQL a takedown could come between this look and what we write.
    now = select(IssueRow.version, IssueRow.revision).where(IssueRow.id == issue.id)
    row = tx.execute(now.with_for_update()).one_or_none()
    return row is not None and tuple(row) == (issue.version, issue.revision)


def load(tx: Tx, issue: Issue, *, language: str) -> Mapping[str, Any] | None:
    """Return the rendering of the issue as it stands, or ``None`` if it is to be rendered.

    That is so after a new version, and after something was taken down.
    """
    content: Mapping[str, Any] | None = tx.execute(
        select(RenderingRow.content).where(
            RenderingRow.issue_id == issue.id,
            RenderingRow.language == language,
            RenderingRow.version == issue.version,
            RenderingRow.revision == issue.revision,
        )
    ).scalar()
    return content


def forget(tx: Tx, issue_id: int) -> None:
    """Remove every rendering of an issue: what was taken down must stand nowhere."""
    tx.execute(delete(RENDERING).where(RenderingRow.issue_id == issue_id))
