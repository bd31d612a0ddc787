"""What people do to an issue on its way, or to all of them, from the desk or the command line.

    a version | approve | stop                          only as it was seen
    an issue  | begin | pause | resume | cancel         whatever its version
    its mails | retry | settle                          what failed, what is uncertain
    all mail  | pause_all | resume_all

Each opens its own transactions; where nothing changed, the result says why. What is to be said of
failures stands in ``failures``, texts are changed in ``review``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from syndicator.model import Finding, IssueState
from syndicator.pipeline.issues.compose import assign_variants
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.preflight import hindrance, refusals, refusals_at_once
from syndicator.pipeline.issues.send_window import opens, window_of
from syndicator.store.db.database import Database, Tx
from syndicator.store.issues import issues, outbox, transitions
from syndicator.store.issues.issues import IssueStatus
from syndicator.store.upkeep import flags

HELD = "all mail paused"
"""Why a send was paused that goes on when all mail does."""


class Because(StrEnum):
    """Why an act changed nothing."""

    OLD = "old"
    REFUSED = "refused"
    NO_POSTS = "no_posts"
    TOO_LONG = "too_long"
    OVER = "over"
    HINDERED = "hindered"
    OUT_OF_HOURS = "out_of_hours"
    NOT_APPROVED = "not_approved"
    NOT_UNDER_WAY = "not_under_way"
    NOT_PAUSED = "not_paused"
    ENDED = "ended"
    NEVER_SENT = "never_sent"
    NOTHING_FAILED = "nothing_failed"
    NOTHING_HELD = "nothing_held"


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What an act came to, and for how many deliveries; ``because`` is there if it is not so now.

    ``hindrance``, ``opens_at`` and ``findings`` are the facts behind ``HINDERED``,
    ``OUT_OF_HOURS`` and ``REFUSED``.
    """

    because: Because | None = None
    deliveries: int = 0
    hindrance: str | None = None
    opens_at: datetime | None = None
    findings: tuple[Finding, ...] = ()


def approve(editorial: Editorial, issue_id: int, *, version: int, by: str) -> Result:
    """Let this version go at its time; again is the same. Preflight's refusal forbids it, and so
    does a configuration that has no digest of this cadence any more."""
    with editorial.database.read() as tx:
        issue = issues.get(tx, issue_id)
    if issue is None or issue.version != version:
        return Result(because=Because.OLD)
    match issue.state:
        case IssueState.APPROVED | IssueState.SENDING | IssueState.SENT:
            return Result()
        case IssueState.WAITING:
            if editorial.settings.digest(issue.cadence) is None:
                return Result(because=Because.OVER)
        case (
            IssueState.PAUSED
            | IssueState.EMPTY
            | IssueState.STOPPED
            | IssueState.SKIPPED
            | IssueState.CANCELLED
        ):
            return Result(because=Because.OVER)
        case _:
            assert_never(issue.state)
    findings = refusals_at_once(editorial, issue)
    if findings:
        return Result(because=Because.REFUSED, findings=findings)
    with editorial.database.write(urgent=True, durable=True) as tx:
        if transitions.approve(tx, issue_id, version=version, by=by, now=editorial.now()):
            return Result()
        return _overtaken(tx, issue_id, version, IssueState.APPROVED)


def stop(editorial: Editorial, issue_id: int, *, version: int, by: str) -> Result:
    """Say no to this version, also in the middle of its send; again is the same."""
    now = editorial.now()
    with editorial.database.write(urgent=True, durable=True) as tx:
        status = issues.status(tx, issue_id)
        if status is None or status.version != version:
            return Result(because=Because.OLD)
        if transitions.stop(tx, issue_id, version=version, by=by, now=now):
            return Result()
        if transitions.cancel(tx, issue_id, by=by, now=now):
            return Result()
        return _overtaken(tx, issue_id, version, IssueState.STOPPED, IssueState.CANCELLED)


def _overtaken(tx: Tx, issue_id: int, version: int, *wanted: IssueState) -> Result:
    """Why a move had nothing to move: another did the same, or something else."""
    status = issues.status(tx, issue_id)
    if status is None or status.version != version:
        return Result(because=Because.OLD)
    return Result() if status.state in wanted else Result(because=Because.OVER)


def begin(editorial: Editorial, issue: IssueStatus) -> Result:
    """Let an approved issue leave now, whatever its time; one that is being sent goes on.

    It does not where no mail may leave, outside the hours of mail, or where preflight refuses it.
    """
    now = editorial.now()
    with editorial.database.read() as tx:
        hindered_by = hindrance(tx, issue.cadence, settings=editorial.settings)
        whole = issues.get(tx, issue.id)
    assert whole is not None, "an issue is never deleted"
    if hindered_by is not None:
        return Result(because=Because.HINDERED, hindrance=hindered_by)
    opens_at = opens(window_of(editorial.settings), now)
    if opens_at > now:
        return Result(because=Because.OUT_OF_HOURS, opens_at=opens_at)
    if issue.state is IssueState.APPROVED:
        findings = refusals(editorial, whole)
        if findings:
            return Result(because=Because.REFUSED, findings=findings)
    with editorial.database.write(durable=True) as tx:
        if transitions.start(tx, issue.id, version=issue.version, now=now):
            assign_variants(tx, issue, settings=editorial.settings)
        elif issue.id not in transitions.under_delivery(tx):
            return Result(because=Because.NOT_APPROVED)
    return Result()


def pause(database: Database, issue_id: int, *, by: str, now: datetime) -> Result:
    """Let nothing more of an issue leave until it is resumed."""
    return _move(database, issue_id, transitions.pause, Because.NOT_UNDER_WAY, by=by, now=now)


def resume(database: Database, issue_id: int, *, by: str, now: datetime) -> Result:
    """Let a paused issue go on where it was."""
    return _move(database, issue_id, transitions.resume, Because.NOT_PAUSED, by=by, now=now)


def cancel(database: Database, issue_id: int, *, by: str, now: datetime) -> Result:
    """End an issue for good, also in the middle of its send."""
    return _move(database, issue_id, transitions.cancel, Because.ENDED, by=by, now=now)


def _move(
    database: Database,
    issue_id: int,
    transition: Callable[..., bool],
    because: Because,
    *,
    by: str,
    now: datetime,
) -> Result:
    with database.write(durable=True) as tx:
        moved = transition(tx, issue_id, by=by, now=now)
    return Result() if moved else Result(because=because)


def retry(database: Database, issue: IssueStatus, *, by: str, now: datetime) -> Result:
    """Offer again what failed or is uncertain of an issue that was or is being sent.

    Nothing changes where none of it ever left or the rest was cancelled. Killed in between, it may
    be said again.
    """
    if IssueState.SENDING not in (issue.state, issue.resumes) and issue.state != IssueState.SENT:
        return Result(because=Because.NEVER_SENT)
    deliveries = _repeat(database, issue.id, outbox.retry_failed)
    if not deliveries:
        return Result(because=Because.NOTHING_FAILED)
    with database.write(durable=True) as tx:
        transitions.reopen(tx, issue.id, by=by, now=now)
    return Result(deliveries=deliveries)


def settle(database: Database, issue_id: int) -> Result:
    """Call what is uncertain failed, so that nothing of the issue is held."""
    deliveries = _repeat(database, issue_id, outbox.give_up)
    return Result(deliveries=deliveries, because=None if deliveries else Because.NOTHING_HELD)


def _repeat(database: Database, issue_id: int, act: Callable[..., int]) -> int:
    """Act on some deliveries a transaction, until none is left; return on how many."""
    deliveries, some = 0, 1
    while some:
        with database.write(durable=True) as tx:
            some = act(tx, issue_id)
        deliveries += some
    return deliveries


def pause_all(database: Database, *, by: str, now: datetime) -> None:
    """Let no newsletter leave: nothing starts, and what is being sent pauses."""
    with database.write(durable=True) as tx:
        flags.withhold(tx, HELD)
        for issue in issues.statuses(tx, states=(IssueState.SENDING,)):
            transitions.pause(tx, issue.id, by=by, now=now, why=HELD)


def resume_all(database: Database, *, by: str, now: datetime) -> bool:
    """Let newsletters leave again, and what was paused with all others go on; False if nothing
    held them."""
    with database.write(durable=True) as tx:
        was_held = flags.let_go(tx)
        for issue in issues.statuses(tx, states=(IssueState.PAUSED,)):
            # Not the last act: its failures may have been decided about since.
            pauses = [act for act in transitions.acts(tx, issue.id) if act.event == "paused"]
            if pauses[-1].detail == HELD:
                transitions.resume(tx, issue.id, by=by, now=now)
    return was_held
