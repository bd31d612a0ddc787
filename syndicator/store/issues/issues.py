"""Issues: one digest of one cadence and period, frozen with all it says.

What happens to an issue afterwards stands in ``transitions``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, insert, or_, select
from sqlalchemy.orm import aliased

from syndicator.model import Cadence, Draft, Issue, IssueState, Kind, Post
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.incoming import EntryRow, SourceRow, StoryRow
from syndicator.store.db.schema.newsletter import IssueItem, IssueRow
from syndicator.store.db.upsert import insert_once
from syndicator.store.feeds import posts
from syndicator.store.issues.frozen import from_json, to_json

ISSUE = table_of(IssueRow)
_GONE = aliased(StoryRow)

SENT_UNSEEN = "sent before the restore"
"""Detail of an issue that a restored database knows of only that it was sent, and its window."""

DROPPED = (IssueState.STOPPED, IssueState.SKIPPED, IssueState.CANCELLED)
"""States whose issue told nobody anything, unless it had begun to be sent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueStatus:
    """Where an issue stands, without what it tells.

    ``resumes`` is the state a paused one goes on in. ``started_at`` is when its first mail could
    leave, ``ended_at`` when nothing more could happen to it. ``doubted_at`` is since when a person
    is to say whether its failures are real.
    """

    id: int
    cadence: Cadence
    period: str
    state: IssueState
    version: int
    closes: datetime
    send_at: datetime
    resumes: IssueState | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    detail: str | None = None
    doubted_at: datetime | None = None

    @property
    def name(self) -> str:
        """How people and the journal call it: ``weekly/2026-W47``."""
        return f"{self.cadence}/{self.period}"


@dataclass(frozen=True, kw_only=True, slots=True)
class CarriedPost:
    """A post of an issue as frozen, and whether an editor left it out."""

    post: Post
    left_out: bool


_CREATE = insert_once(ISSUE, unique=["cadence", "period"])


def create(tx: Tx, draft: Draft) -> Issue:
    """Return the issue of this cadence and period: ``draft`` frozen, or what was there first.

    One that has nothing to tell is EMPTY from the start, so that it is on record why nobody got a
    mail (E9); any other waits for a person.
    """
    row = {
        "cadence": draft.cadence,
        "period": draft.period,
        "opens": draft.opens,
        "closes": draft.closes,
        "content_hash": draft.content_hash,
        "send_at": draft.send_at,
        "state": IssueState.WAITING if draft.posts else IssueState.EMPTY,
        "version": 1,
        "revision": 0,
        "greetings": dict(draft.greetings),
    }
    issue_id = tx.execute(_CREATE[tx.dialect].returning(IssueRow.id), row).scalar()
    if issue_id is not None and draft.posts:
        items = [
            {
                "issue_id": issue_id,
                "position": position,
                "public_id": post.public_id,
                "post": to_json(post),
                "left_out": False,
            }
            for position, post in enumerate(draft.posts)
        ]
        tx.execute(insert(table_of(IssueItem)), items)
    stored = find(tx, draft.cadence, draft.period)
    assert stored is not None, "an issue is never deleted"
    return stored


def get(tx: Tx, issue_id: int) -> Issue | None:
    """Return the issue with this id as frozen, less what an editor left out; ``None`` if there is
    none. Title and date are left of what was taken down since."""
    row = tx.execute(select(ISSUE).where(IssueRow.id == issue_id)).one_or_none()
    if row is None:
        return None
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
        posts=tuple(item.post for item in carried(tx, issue_id) if not item.left_out),
    )


def carried(tx: Tx, issue_id: int) -> tuple[CarriedPost, ...]:
    """Return every post the issue was made with, in order; title and date of those taken down."""
    items = tx.execute(
        select(IssueItem.post, IssueItem.left_out)
        .where(IssueItem.issue_id == issue_id)
        .order_by(IssueItem.position)
    )
    return tuple(
        CarriedPost(post=from_json(item.post), left_out=item.left_out)
        for item in items
        if item.post
    )


def find(tx: Tx, cadence: Cadence, period: str) -> Issue | None:
    """Return the issue of this cadence and period, or ``None``."""
    query = select(IssueRow.id).where(IssueRow.cadence == cadence, IssueRow.period == period)
    issue_id = tx.execute(query).scalar()
    return None if issue_id is None else get(tx, issue_id)


def status_named(tx: Tx, name: str) -> IssueStatus | None:
    """Return the issue of a name: its id, or ``weekly/2026-W47``."""
    if name.isascii() and name.isdigit():
        return status(tx, int(name))
    cadence, _, period = name.partition("/")
    if cadence not in tuple(Cadence):
        return None
    query = _STATUS.where(IssueRow.cadence == Cadence(cadence), IssueRow.period == period)
    row = tx.execute(query).one_or_none()
    return None if row is None else IssueStatus(**row._mapping)


def statuses(
    tx: Tx, *, states: tuple[IssueState, ...] = tuple(IssueState), limit: int = 1000
) -> tuple[IssueStatus, ...]:
    """Return where issues in these states stand, newest window first."""
    query = _STATUS.where(IssueRow.state.in_(states))
    newest = query.order_by(IssueRow.closes.desc(), IssueRow.id.desc()).limit(limit)
    return tuple(IssueStatus(**row._mapping) for row in tx.execute(newest))


def status(tx: Tx, issue_id: int) -> IssueStatus | None:
    """Return where the issue with this id stands, or ``None``."""
    row = tx.execute(_STATUS.where(IssueRow.id == issue_id)).one_or_none()
    return None if row is None else IssueStatus(**row._mapping)


def periods(tx: Tx, cadence: Cadence, *, since: datetime) -> frozenset[str]:
    """Return the periods of the cadence that have an issue which closed after ``since``."""
    query = select(IssueRow.period).where(IssueRow.cadence == cadence, IssueRow.closes > since)
    return frozenset(tx.execute(query).scalars())


_STATUS = select(
    IssueRow.id,
    IssueRow.cadence,
    IssueRow.period,
    IssueRow.state,
    IssueRow.version,
    IssueRow.closes,
    IssueRow.send_at,
    IssueRow.resumes,
    IssueRow.started_at,
    IssueRow.ended_at,
    IssueRow.detail,
    IssueRow.doubted_at,
)


def eligible(
    tx: Tx,
    *,
    opens: datetime,
    closes: datetime,
    cadence: Cadence | None = None,
    kinds: frozenset[Kind] = frozenset(Kind),
    rolls_from: datetime | None = None,
) -> tuple[Post, ...]:
    """Return posts that may be mailed for the window ``(opens, closes]``, newest first.

    They tell their topics, so that a selection can choose by them.

    Args:
        cadence: leave out what an issue of this cadence told or may still tell, be it under the id
            of a story that was merged into another since.
        kinds: kinds of source taken.
        rolls_from: also take what issues of the cadence carried and told nobody (skipped, stopped,
            cancelled before the first mail), if it became eligible after this moment.
    """
    oldest = opens if rolls_from is None else min(opens, rolls_from)
    query = (
        select(StoryRow.id)
        .join(EntryRow, EntryRow.id == StoryRow.lead_id)
        .join(SourceRow, SourceRow.id == EntryRow.source_id)
        .where(
            StoryRow.eligible_at > oldest,
            StoryRow.eligible_at <= closes,
            SourceRow.kind.in_(sorted(kinds)),
        )
        .order_by(StoryRow.recency.desc(), StoryRow.public_id)
    )
    if cadence is not None:
        rolls_over = and_(_TOLD_NOBODY, IssueItem.left_out.is_(False))
        query = query.where(
            or_(StoryRow.eligible_at > opens, _in_issue(cadence, rolls_over, since=oldest)),
            ~_in_issue(cadence, ~_TOLD_NOBODY, since=oldest),
            ~_published_for_one_unseen(cadence),
        )
    return posts.by_story(tx, list(tx.execute(query).scalars()), topics=True)


def last_window(tx: Tx, cadence: Cadence, *, before: datetime) -> datetime | None:
    """Return when the newest window of the cadence closed that did so before then, if one did."""
    query = select(func.max(IssueRow.closes)).where(
        IssueRow.cadence == cadence, IssueRow.closes < before
    )
    moment: datetime | None = tx.execute(query).scalar()
    return moment


_TOLD_NOBODY = and_(IssueRow.state.in_(DROPPED), IssueRow.started_at.is_(None))


def _in_issue(
    cadence: Cadence, which: ColumnElement[bool], *, since: datetime
) -> ColumnElement[bool]:
    """The story, or one that was merged into it, stands in an issue of the cadence that is
    ``which``.

    A merged story keeps the earlier moment of the two, so whatever issue carried the one that went
    closed after ``since``; older ones need not be looked at.
    """
    items = select(IssueItem.public_id).join(IssueRow, IssueRow.id == IssueItem.issue_id)
    of_cadence = and_(IssueRow.cadence == cadence, which)
    itself = items.where(of_cadence, IssueItem.public_id == StoryRow.public_id).exists()
    merged = (
        select(_GONE.merged_into)
        .join(IssueItem, IssueItem.public_id == _GONE.public_id)
        .join(IssueRow, IssueRow.id == IssueItem.issue_id)
        .where(of_cadence, IssueRow.closes > since, _GONE.merged_into.is_not(None))
    )
    return or_(itself, StoryRow.id.in_(merged))


def _published_for_one_unseen(cadence: Cadence) -> ColumnElement[bool]:
    """The post was published in the window of an issue of which only that is known: a restored
    database pulled it again and takes it for new, but its readers had it."""
    return (
        select(IssueRow.id)
        .where(
            IssueRow.cadence == cadence,
            IssueRow.detail == SENT_UNSEEN,
            EntryRow.published > IssueRow.opens,
            EntryRow.published <= IssueRow.closes,
        )
        .exists()
    )
