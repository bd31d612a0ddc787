"""The archive: issues that began to be sent, as the public archive shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, func, select

from syndicator.model import Channel, Edition, PastIssue, Scope
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import IssueItem, IssueRow
from syndicator.store.feeds import declared, dirty_channels
from syndicator.store.issues.frozen import from_json

WITH_POSTS = 20
"""Issues of a list that come with their posts, newest first: as many as its feed holds."""


def mark(tx: Tx, issue_id: int) -> None:
    """Let the archive be made anew where it shows this issue, or is to show it from now on.

    Call it in the transaction in which the issue starts to be sent.
    """
    row = tx.execute(select(IssueRow.cadence, IssueRow.period).where(IssueRow.id == issue_id)).one()
    dirty_channels.mark(tx, _channels(row.cadence, row.period, languages=tx.languages))


def _channels(cadence: str, period: str, *, languages: Iterable[str]) -> Iterable[Channel]:
    for language in languages:
        yield Channel(scope=Scope.ISSUES, value=language)
        yield Channel(scope=Scope.ISSUES, value=f"{language}/{cadence}/{period}")


def edition(tx: Tx, channel: Channel) -> Edition:
    """Return the list of past issues of a language, or one of them, newest first.

    Of a list the ``WITH_POSTS`` newest come with their posts, the others without. Posts are in the
    issue's own order: that of the language is the caller's to make.
    """
    language, _, issue = channel.value.partition("/")
    query = select(IssueRow).where(IssueRow.started_at.is_not(None))
    if issue:
        cadence, _, period = issue.partition("/")
        query = query.where(IssueRow.cadence == cadence, IssueRow.period == period)
    past = tuple(
        _past(tx, row, language=language, with_posts=number < WITH_POSTS)
        for number, row in enumerate(tx.execute(_newest_first(query)))
    )
    return Edition(
        channel=channel,
        posts=(),
        tombstones=(),
        months=(),
        updated=max(each.changed_at for each in past) if past else declared.since(tx),
        issues=past,
    )


def _newest_first(query: Any) -> Select[Any]:
    wanted: Select[Any] = query.with_only_columns(
        IssueRow.id,
        IssueRow.cadence,
        IssueRow.period,
        IssueRow.started_at,
        IssueRow.greetings,
        select(func.max(IssueItem.redacted_at))
        .where(IssueItem.issue_id == IssueRow.id)
        .scalar_subquery()
        .label("redacted_at"),
    ).order_by(IssueRow.started_at.desc(), IssueRow.id.desc())
    return wanted


def _past(tx: Tx, row: Any, *, language: str, with_posts: bool) -> PastIssue:
    posts = select(IssueItem.post).where(
        IssueItem.issue_id == row.id, IssueItem.left_out.is_(False)
    )
    ordered = posts.order_by(IssueItem.position)
    return PastIssue(
        cadence=str(row.cadence),
        period=row.period,
        sent_at=row.started_at,
        changed_at=max(row.started_at, row.redacted_at or row.started_at),
        greeting=row.greetings.get(language, ""),
        posts=tuple(from_json(post) for post in tx.execute(ordered).scalars())
        if with_posts
        else (),
    )
