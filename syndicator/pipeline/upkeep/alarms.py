"""What people must hear of mail and of cities that wait: notices that hold as long as they are
true, and alarms by email.

    issues, flags, relay | refresh_notices  > notices, put when true, cleared at their end
    notices that alarm   | mail_alarms      > one email an incident, and one when it ends

Alarms are the notices compared with those mailed before, so it does not matter who put them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syndicator.config import Settings
from syndicator.model import (
    ALARMING,
    ALARMING_IF_LASTING,
    ENDED_BY_A_PERSON,
    IssueState,
    Notice,
    NoticeKind,
    SourceState,
)
from syndicator.pipeline.issues import editor_emails
from syndicator.pipeline.issues.advance import REVIEW
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.preflight import hindrance
from syndicator.pipeline.issues.send_window import open_since, resumes_at, window_of
from syndicator.store import notices
from syndicator.store.db.database import Database, Tx
from syndicator.store.feeds import registrations
from syndicator.store.issues import audience, failures, issues, transitions
from syndicator.store.issues.issues import IssueStatus
from syndicator.store.people import transactional_emails
from syndicator.store.upkeep import flags
from syndicator.subscribe.throttle import HOUR

REFRESHED = frozenset(
    {
        NoticeKind.ISSUE_WAITING,
        NoticeKind.ISSUE_SKIPPED,
        NoticeKind.ISSUE_LATE,
        NoticeKind.ISSUE_HELD,
        NoticeKind.ISSUE_RESTS,
        NoticeKind.ISSUE_WITHOUT_DIGEST,
        NoticeKind.DELIVERIES_HELD,
        NoticeKind.NO_RELAY,
        NoticeKind.MAIL_WITHHELD,
        NoticeKind.CONFIRMATIONS_FULL,
        NoticeKind.REGISTRATIONS_WAIT,
    }
)

MISSED = timedelta(hours=1)
"""So long after its time an issue that has not moved is late."""

REMEMBERED = timedelta(days=7)
"""How long a skipped issue is in a notice."""

Incident = tuple[str, str]
"""The kind and the subject of a notice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Current:
    """The settings and the database at one moment."""

    settings: Settings
    tx: Tx
    now: datetime


def refresh_notices(settings: Settings, database: Database, *, now: datetime) -> None:
    """Let these notices be those that are true now; one that stays keeps its moment."""
    with database.read() as tx:
        current = _Current(settings=settings, tx=tx, now=now)
        true = {(notice.kind, notice.subject): notice for notice in _true(current)}
        standing = {
            (notice.kind, notice.subject): notice
            for notice in notices.list_all(tx)
            if notice.kind in REFRESHED
        }
        mended = _mended(tx)
    new = [
        notice
        for incident, notice in true.items()
        if incident not in standing or standing[incident].facts != notice.facts
    ]
    over = (standing.keys() - true.keys()) | mended
    if not new and not over:
        return
    with database.write() as tx:
        notices.clear_all(tx, over)
        for notice in new:
            notices.put(tx, notice)


def _mended(tx: Tx) -> set[Incident]:
    """Return notices of issues that somebody let go on, ended or decided about since."""
    paused = {issue.name for issue in issues.statuses(tx, states=(IssueState.PAUSED,))}
    doubted = failures.standing_still(tx)
    return {
        (notice.kind, notice.subject)
        for notice in notices.list_all(tx)
        if (notice.kind == NoticeKind.RELAY_REFUSES_US and notice.subject not in paused)
        or (notice.kind == NoticeKind.ISSUE_FAILURES and notice.subject not in doubted)
    }


def mail_alarms(editorial: Editorial) -> None:
    """Mail the operator about each incident once, and once when it is over by itself."""
    database, now = editorial.database, editorial.now()
    with database.read() as tx:
        alarming = {
            (notice.kind, notice.subject): notice
            for notice in notices.list_all(tx)
            if _is_alarming(notice, now=now)
        }
        before = flags.mailed_alarms(tx)
    mailed = _from_json(before)
    if alarming.keys() == mailed.keys():
        return
    with database.write(durable=True) as tx:
        # Of two ticks at the same moment one changes the row, and queues the emails.
        if not flags.replace_mailed_alarms(tx, _to_json(alarming), before=before):
            return
        for incident in sorted(alarming.keys() - mailed.keys()):
            editor_emails.put_alarm(editorial, tx, alarming[incident], well=False)
        for incident in sorted(mailed.keys() - alarming.keys()):
            over = replace(mailed[incident], at=now)
            if over.kind not in ENDED_BY_A_PERSON:
                editor_emails.put_alarm(editorial, tx, over, well=True)


def _is_alarming(notice: Notice, *, now: datetime) -> bool:
    lasted = now - notice.at > MISSED
    return notice.kind in ALARMING or (notice.kind in ALARMING_IF_LASTING and lasted)


def _to_json(alarming: Mapping[Incident, Notice]) -> str:
    """Return alarms as they are remembered, facts included: the email at their end needs them."""
    return json.dumps(
        [
            [*incident, notice.at.isoformat(), dict(notice.facts)]
            for incident, notice in alarming.items()
        ]
    )


def _from_json(stored: str | None) -> Mapping[Incident, Notice]:
    mailed = json.loads(stored or "[]")
    return {
        (kind, subject): Notice(
            kind=kind, subject=subject, at=datetime.fromisoformat(at), facts=facts
        )
        for kind, subject, at, facts in mailed
    }


def _true(current: _Current) -> Iterator[Notice]:
    settings, tx, now = current.settings, current.tx, current.now
    withheld = flags.withheld(tx)
    if withheld is not None:
        yield Notice(kind=NoticeKind.MAIL_WITHHELD, subject="", at=now, facts={"reason": withheld})
    under_way = issues.statuses(tx, states=transitions.UNDER_WAY)
    if settings.deployment.smtp_url is None and (
        under_way or transactional_emails.waiting(tx, now=now)
    ):
        yield Notice(kind=NoticeKind.NO_RELAY, subject="", at=now)
    most = settings.mail.confirmations_per_hour
    if transactional_emails.count_to_strangers(tx, since=now - HOUR, most=most) >= most:
        yield Notice(
            kind=NoticeKind.CONFIRMATIONS_FULL, subject="", at=now, facts={"number": str(most)}
        )
    pending = registrations.list_all(tx, state=SourceState.PENDING)
    if pending:
        facts = {"number": str(len(pending)), "city": pending[0].city_name}
        yield Notice(kind=NoticeKind.REGISTRATIONS_WAIT, subject="", at=now, facts=facts)
    yield from _true_of_issues(current, under_way)


def _true_of_issues(current: _Current, under_way: Iterable[IssueStatus]) -> Iterator[Notice]:
    settings, tx, now = current.settings, current.tx, current.now
    for issue in under_way:
        kind = _kind(current, issue)
        if kind is not None:
            yield Notice(
                kind=kind, subject=issue.name, at=now, facts=_facts(settings, issue, kind, now=now)
            )
    for issue in issues.statuses(tx, states=(IssueState.PAUSED,)):
        if settings.digest(issue.cadence) is None:
            yield Notice(kind=NoticeKind.ISSUE_WITHOUT_DIGEST, subject=issue.name, at=now)
    for name, number in transitions.holding(tx).items():
        yield Notice(
            kind=NoticeKind.DELIVERIES_HELD, subject=name, at=now, facts={"number": str(number)}
        )
    for issue in issues.statuses(tx, states=(IssueState.SKIPPED,), limit=9):
        if issue.ended_at is not None and now - issue.ended_at < REMEMBERED:
            yield Notice(kind=NoticeKind.ISSUE_SKIPPED, subject=issue.name, at=now)


def _facts(
    settings: Settings, issue: IssueStatus, kind: NoticeKind, *, now: datetime
) -> Mapping[str, str]:
    goes_on = resumes_at(settings, issue, now=now)
    if kind != NoticeKind.ISSUE_RESTS or goes_on is None:
        return {}
    return {"at": f"{goes_on.astimezone(settings.network.zone):%H:%M}"}


def _kind(current: _Current, issue: IssueStatus) -> NoticeKind | None:
    """Return what is to be said of an issue that is under way; most often nothing."""
    settings, tx, now = current.settings, current.tx, current.now
    if settings.digest(issue.cadence) is None:
        return NoticeKind.ISSUE_WITHOUT_DIGEST
    if issue.state is IssueState.WAITING and now - issue.closes > MISSED:
        # A template that an operator broke, most often: what cannot be made cannot be shown.
        seen = transitions.happened(tx, issue.id, REVIEW, version=issue.version)
        if not seen and issue.version == 1:
            return NoticeKind.ISSUE_LATE
    if now < issue.send_at:
        return None
    if issue.state is IssueState.WAITING:
        return NoticeKind.ISSUE_WAITING
    if issue.state is IssueState.APPROVED:
        if hindrance(tx, issue.cadence, settings=settings) is not None:
            return NoticeKind.ISSUE_HELD
        return _late(settings, issue.send_at, now=now)
    if open_since(window_of(settings), now) is None:
        return NoticeKind.ISSUE_RESTS
    if not audience.stalled(tx, issue.id, since=now - MISSED):
        return None
    # The last act set it going: a pause of hours is not to be counted as silence.
    return _late(settings, transitions.acts(tx, issue.id)[-1].at, now=now)


def _late(settings: Settings, since: datetime, *, now: datetime) -> NoticeKind | None:
    """Return what is to be said where nothing has left since then; hours that rest do not count."""
    opened = open_since(window_of(settings), now)
    if opened is None:
        return NoticeKind.ISSUE_RESTS
    return NoticeKind.ISSUE_LATE if now - max(since, opened) > MISSED else None
