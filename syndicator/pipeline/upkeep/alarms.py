"""What people must hear of mail: notices that hold as long as they are true, and alarms by letter.

    issues, switches, relay | look  > notices, put when they become true, cleared when they end
    notices that alarm      | tell  > one letter an incident, and one when it is well again

An alarm compares the notices with those it told before, so it does not matter who put them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from syndicator.model import IssueState, Notice
from syndicator.pipeline.issues import editor_emails
from syndicator.pipeline.issues.advance import REVIEW
from syndicator.pipeline.issues.failures import MANY_FAILED
from syndicator.pipeline.issues.preflight import hindrance
from syndicator.pipeline.issues.send import REFUSES_US
from syndicator.pipeline.issues.send_window import open_since, rests_until, window_of
from syndicator.pipeline.people.bounce_handling import LETTER_RETURNED, MAIL_REFUSED
from syndicator.pipeline.standing_notices import AWAY
from syndicator.pipeline.world import World
from syndicator.store import notices
from syndicator.store.db.database import Tx
from syndicator.store.issues import audience, failures, issues, transitions
from syndicator.store.issues.issues import Standing
from syndicator.store.people import transactional_emails
from syndicator.store.upkeep import flags
from syndicator.subscribe.throttle import HOUR

ISSUE_WAITING = "issue_waiting"
ISSUE_SKIPPED = "issue_skipped"
ISSUE_LATE = "issue_late"
ISSUE_HELD = "issue_held"
ISSUE_RESTS = "issue_rests"
ISSUE_WITHOUT_DIGEST = "issue_without_digest"
DELIVERIES_HELD = "deliveries_held"
NO_RELAY = "no_relay"
WITHHELD = "mail_withheld"
MAILBOX_AWAY = "mailbox_away"
CONFIRMATIONS_FULL = "confirmations_full"
OURS = frozenset(
    {
        ISSUE_WAITING,
        ISSUE_SKIPPED,
        ISSUE_LATE,
        ISSUE_HELD,
        ISSUE_RESTS,
        ISSUE_WITHOUT_DIGEST,
        DELIVERIES_HELD,
        NO_RELAY,
        WITHHELD,
        CONFIRMATIONS_FULL,
    }
)

ALARMING = frozenset(
    {
        ISSUE_LATE,
        ISSUE_HELD,
        ISSUE_WITHOUT_DIGEST,
        DELIVERIES_HELD,
        "pulls_late",
        AWAY,
        REFUSES_US,
        MAIL_REFUSED,
        LETTER_RETURNED,
        MANY_FAILED,
        CONFIRMATIONS_FULL,
    }
)
"""Kinds of notice that the operator is mailed about. A person who withheld mail knows it."""

PATIENT = frozenset({MAILBOX_AWAY})
"""Kinds that alarm once they have stood for ``MISSED``: a mailbox is away for minutes at times."""

MISSED = timedelta(hours=1)
"""So long after its time an issue that has not moved is late."""

REMEMBERED = timedelta(days=7)
"""How long a skipped issue is spoken of."""

Incident = tuple[str, str]
"""The kind and the subject of a notice."""


def look(world: World) -> None:
    """Let the notices of mail be those that are true now; one told before keeps its moment."""
    with world.database.read() as tx:
        true = {(one.kind, one.subject): one for one in _true(world, tx)}
        told = {(one.kind, one.subject): one for one in notices.every(tx) if one.kind in OURS}
        mended = _mended(tx)
    new = [one for key, one in true.items() if key not in told or told[key].facts != one.facts]
    over = (told.keys() - true.keys()) | mended
    if not new and not over:
        return
    with world.database.write() as tx:
        notices.clear_all(tx, over)
        for one in new:
            notices.put(tx, one)


def _mended(tx: Tx) -> set[Incident]:
    """Return what was said of issues that somebody let go on, ended or decided about since."""
    paused = {issue.name for issue in issues.standings(tx, states=(IssueState.PAUSED,))}
    refused = [one for one in notices.every(tx) if one.kind == REFUSES_US]
    over = {(one.kind, one.subject) for one in refused if one.subject not in paused}
    doubted = failures.standing_still(tx)
    failing = [one for one in notices.every(tx) if one.kind == MANY_FAILED]
    return over | {(one.kind, one.subject) for one in failing if one.subject not in doubted}


def tell(world: World) -> None:
    """Mail the operator about each incident once, and once when it is over."""
    with world.database.read() as tx:
        told_of = (one for one in notices.every(tx) if _alarms(one, now=world.now()))
        now = {(one.kind, one.subject): one for one in told_of}
        before = flags.told(tx)
    told = _read(before)
    if now.keys() == told.keys():
        return
    with world.database.write(durable=True) as tx:
        # Of two ticks at the same moment one changes the word, and writes the letters.
        if not flags.tell(tx, _word(now), before=before):
            return
        for key in sorted(now.keys() - told.keys()):
            editor_emails.put_alarm(world.editorial, tx, now[key], well=False)
        for key in sorted(told.keys() - now.keys()):
            editor_emails.put_alarm(
                world.editorial, tx, replace(told[key], at=world.now()), well=True
            )


def _alarms(one: Notice, *, now: datetime) -> bool:
    return one.kind in ALARMING or (one.kind in PATIENT and now - one.at > MISSED)


def _word(now: Mapping[Incident, Notice]) -> str:
    """Return what was told as a word to remember, facts included: the end is told with them."""
    return json.dumps([[*key, one.at.isoformat(), dict(one.facts)] for key, one in now.items()])


def _read(word: str | None) -> Mapping[Incident, Notice]:
    told = json.loads(word or "[]")
    return {
        (kind, subject): Notice(
            kind=kind, subject=subject, at=datetime.fromisoformat(at), facts=facts
        )
        for kind, subject, at, facts in told
    }


def _true(world: World, tx: Tx) -> Iterator[Notice]:
    now = world.now()
    withheld = flags.withheld(tx)
    if withheld is not None:
        yield Notice(kind=WITHHELD, subject="", at=now, facts={"reason": withheld})
    open_ = issues.standings(tx, states=transitions.UNDER_WAY)
    if world.settings.deployment.smtp_url is None and (
        open_ or transactional_emails.waiting(tx, now=now)
    ):
        yield Notice(kind=NO_RELAY, subject="", at=now)
    most = world.settings.mail.confirmations_per_hour
    if transactional_emails.strangers(tx, since=now - HOUR, most=most) >= most:
        yield Notice(kind=CONFIRMATIONS_FULL, subject="", at=now, facts={"number": str(most)})
    for issue in open_:
        kind = _kind(world, tx, issue)
        if kind is not None:
            yield Notice(kind=kind, subject=issue.name, at=now, facts=_facts(world, issue, kind))
    for issue in issues.standings(tx, states=(IssueState.PAUSED,)):
        if world.settings.digest(issue.cadence) is None:
            yield Notice(kind=ISSUE_WITHOUT_DIGEST, subject=issue.name, at=now)
    for name, number in transitions.holding(tx).items():
        yield Notice(kind=DELIVERIES_HELD, subject=name, at=now, facts={"number": str(number)})
    for issue in issues.standings(tx, states=(IssueState.SKIPPED,), limit=9):
        if issue.ended_at is not None and now - issue.ended_at < REMEMBERED:
            yield Notice(kind=ISSUE_SKIPPED, subject=issue.name, at=now)


def _facts(world: World, issue: Standing, kind: str) -> Mapping[str, str]:
    goes_on = rests_until(world.settings, issue, now=world.now())
    if kind != ISSUE_RESTS or goes_on is None:
        return {}
    return {"at": f"{goes_on.astimezone(world.settings.network.zone):%H:%M}"}


def _kind(world: World, tx: Tx, issue: Standing) -> str | None:
    """Return what is to be said of an issue that is under way; most often nothing."""
    now = world.now()
    if world.settings.digest(issue.cadence) is None:
        return ISSUE_WITHOUT_DIGEST
    if issue.state is IssueState.WAITING and now - issue.closes > MISSED:
        # A template that an operator broke, most often: what cannot be made cannot be shown.
        seen = transitions.happened(tx, issue.id, REVIEW, version=issue.version)
        if not seen and issue.version == 1:
            return ISSUE_LATE
    if now < issue.send_at:
        return None
    if issue.state is IssueState.WAITING:
        return ISSUE_WAITING
    if issue.state is IssueState.APPROVED:
        if hindrance(tx, issue.cadence, settings=world.settings) is not None:
            return ISSUE_HELD
        return _late(world, issue.send_at)
    if open_since(window_of(world.settings), now) is None:
        return ISSUE_RESTS
    if not audience.stalled(tx, issue.id, since=now - MISSED):
        return None
    # The last act set it going: a pause of hours is not to be counted as silence.
    return _late(world, transitions.acts(tx, issue.id)[-1].at)


def _late(world: World, since: datetime) -> str | None:
    """Return what is to be said where nothing has left since then; hours that rest do not count."""
    opened = open_since(window_of(world.settings), world.now())
    if opened is None:
        return ISSUE_RESTS
    return ISSUE_LATE if world.now() - max(since, opened) > MISSED else None
