"""The life of an issue, from its cut-off to the moment its mails may leave.

    slot | compose                               at the cut-off
    issue | preflight | review emails            once a version
    approved > sending                           at the slot; or by itself, if a person said so
    waiting  > an email, once > skipped          48 h after the slot; its posts roll over

Every step looks in the tables what is left to do: killed anywhere it goes on, run by two at once
one of them does it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

from syndicator import log
from syndicator.digest.calendar import Slot
from syndicator.errors import StoreUnavailable
from syndicator.model import EmailKind, IssueState
from syndicator.pipeline.issues import editor_emails
from syndicator.pipeline.issues.compose import assign_variants, compose, due_slots
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.preflight import (
    UNFIT,
    every_variant,
    findings,
    hindrance,
    refusals,
)
from syndicator.pipeline.issues.send_window import open_since, opens, window_of
from syndicator.store.issues import issues, transitions
from syndicator.store.issues.issues import IssueStatus

logger = log.get("issues")

FIRST_HOUR = timedelta(hours=1)
"""An issue whose time runs out while no mail may leave has so much of the next opening."""

OPEN = (IssueState.WAITING, IssueState.APPROVED, IssueState.PAUSED)

BY_ITSELF = "sends_by_itself"
"""Who approved an issue that nobody looked at."""

NOT_APPROVED, NOT_SENT, MISSED = "not_approved", "not_sent", "missed"
"""Why an issue was skipped: nobody said yes, something kept it from leaving, or nobody was here."""

REVIEW, WAITS, REFUSED = "review", "waiting", "refused"
"""What happens to an issue, or to a version of it, once."""


def advance(editorial: Editorial) -> tuple[int, ...]:
    """Take every issue as far as the clock and its editors let it; return the ids being sent.

    What is under way goes first, and what was missed is made oldest first: what an issue gives up
    must be free when the next one is made.
    """
    with editorial.database.read() as tx:
        under_way = issues.statuses(tx, states=OPEN)
    for status in reversed(under_way):
        _alone(status.name, partial(_step, editorial, status))
    for slot in due_slots(editorial):
        _alone(f"{slot.cadence}/{slot.period}", partial(_begin, editorial, slot))
    with editorial.database.read() as tx:
        sending = issues.statuses(tx, states=(IssueState.SENDING,))
    return tuple(status.id for status in sending)


def _alone(name: str, work: Callable[[], None]) -> None:
    """Let what is wrong with one issue keep no other from its editors or its time.

    The next tick tries it again; one that nobody could see within an hour alarms the operator.
    """
    try:
        work()
    except StoreUnavailable:
        raise
    except Exception:
        # Broad, since this is the loop over all issues.
        logger.exception("issue not advanced", issue=name)


def _begin(editorial: Editorial, slot: Slot) -> None:
    issue = compose(editorial, slot)
    with editorial.database.read() as tx:
        status = issues.status(tx, issue.id)
    if status is not None and status.state in OPEN:
        _step(editorial, status)


def anything_due(editorial: Editorial) -> bool:
    """Return True if ``advance`` may find something to do."""
    with editorial.database.read() as tx:
        if issues.statuses(tx, states=OPEN, limit=1):
            return True
    return bool(due_slots(editorial))


def _step(editorial: Editorial, issue: IssueStatus) -> None:
    now = editorial.now()
    if now > _last_moment(editorial, issue):
        _skip(editorial, issue)
        return
    if editorial.settings.digest(issue.cadence) is None:
        # Taken out of the configuration: nobody knows any more under which name it would go.
        return
    match issue.state:
        case IssueState.WAITING:
            _let_see(editorial, issue)
            if now >= issue.send_at:
                _unapproved(editorial, issue)
        case IssueState.APPROVED:
            if now >= issue.send_at:
                _start(editorial, issue)
        case IssueState.PAUSED:
            return  # until a person lets it go on
        case (
            IssueState.SENDING
            | IssueState.SENT
            | IssueState.EMPTY
            | IssueState.STOPPED
            | IssueState.SKIPPED
            | IssueState.CANCELLED
        ):
            return  # it left meanwhile, or never will
        case _:
            assert_never(issue.state)


def _last_moment(editorial: Editorial, issue: IssueStatus) -> datetime:
    """Return until when an issue may begin to be sent (E12).

    The hours in which nothing leaves must not be what makes an issue too late.
    """
    ends = issue.send_at + editorial.settings.mail.late
    goes_on = opens(window_of(editorial.settings), ends)
    return ends if goes_on == ends else goes_on + FIRST_HOUR


def _skip(editorial: Editorial, issue: IssueStatus) -> None:
    with editorial.database.write(durable=True) as tx:
        why = NOT_SENT
        if issue.state is IssueState.WAITING:
            shown = transitions.happened(tx, issue.id, REVIEW, version=issue.version)
            why = NOT_APPROVED if shown else MISSED
        if transitions.skip(tx, issue.id, why=why, now=editorial.now()):
            editor_emails.put(editorial, tx, EmailKind.SKIPPED, issue)
            tx.after_commit(partial(logger.warning, "issue skipped", issue=issue.name, reason=why))


def _let_see(editorial: Editorial, issue: IssueStatus) -> None:
    """Freeze what this version says, check it, and mail it to the editors, once."""
    with editorial.database.read() as tx:
        if transitions.happened(tx, issue.id, REVIEW, version=issue.version):
            return
        frozen = issues.get(tx, issue.id)
    assert frozen is not None
    faults = findings(editorial, frozen, every_variant(editorial, frozen))
    report = "; ".join(map(str, faults)) or None
    unfit = any(finding.refuses for finding in faults)
    with editorial.database.write(durable=True) as tx:
        if transitions.once(
            tx, issue.id, REVIEW, version=issue.version, now=editorial.now(), detail=report
        ):
            editor_emails.put(editorial, tx, EmailKind.REVIEW, issue)
            if unfit:
                transitions.note(tx, issue.id, UNFIT, version=issue.version, now=editorial.now())


def _unapproved(editorial: Editorial, issue: IssueStatus) -> None:
    """Its time has come and nobody said yes: say so once, or let it go if a person wanted that."""
    if editorial.settings.mail.sends_by_itself and _goes_by_itself(editorial, issue):
        _start(editorial, issue)
        return
    with editorial.database.write(durable=True) as tx:
        if transitions.once(
            tx, issue.id, WAITS, version=issue.version, now=editorial.now(), ever=True
        ):
            editor_emails.put(editorial, tx, EmailKind.WAITING, issue)


def _goes_by_itself(editorial: Editorial, issue: IssueStatus) -> bool:
    """Approve the version unless preflight refuses it; what was refused once waits for a person."""
    with editorial.database.read() as tx:
        if transitions.happened(tx, issue.id, REFUSED, version=issue.version):
            return False
    reasons = _refusals(editorial, issue)
    now = editorial.now()
    with editorial.database.write(durable=True) as tx:
        if reasons:
            why = "; ".join(reasons)
            transitions.once(tx, issue.id, REFUSED, version=issue.version, now=now, detail=why)
            return False
        return transitions.approve(tx, issue.id, version=issue.version, by=BY_ITSELF, now=now)


def _refusals(editorial: Editorial, issue: IssueStatus) -> Sequence[str]:
    with editorial.database.read() as tx:
        frozen = issues.get(tx, issue.id)
    assert frozen is not None
    return [str(finding) for finding in refusals(editorial, frozen)]


def _start(editorial: Editorial, issue: IssueStatus) -> None:
    """Let the approved version go, unless its own bytes forbid it or no mail may leave now."""
    if open_since(window_of(editorial.settings), editorial.now()) is None:
        return
    with editorial.database.read() as tx:
        if hindrance(tx, issue.cadence, settings=editorial.settings) is not None:
            return
    reasons = _refusals(editorial, issue)
    with editorial.database.write(durable=True) as tx:
        if reasons:
            why = "; ".join(reasons)
            if transitions.unapprove(
                tx, issue.id, version=issue.version, why=why, now=editorial.now()
            ):
                editor_emails.put(editorial, tx, EmailKind.WAITING, issue)
                refused = "issue refused by preflight"
                tx.after_commit(partial(logger.error, refused, issue=issue.name, reason=why))
            return
        if not transitions.start(tx, issue.id, version=issue.version, now=editorial.now()):
            return
        assign_variants(tx, issue, settings=editorial.settings)
    logger.info("issue is being sent", issue=issue.name)
