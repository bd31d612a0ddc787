"""An issue on its way: planned once, then carried over several connections at once.

    subscribers | plan   > deliveries, or why not
    deliveries  | claim  | step | message | relay | step ...      a ``DeliveryWorker`` a connection

What the hours end goes on at their next opening; nobody is counted as late or failed for it.

Told to stop, it lets a message that waits for its final answer wait on, and lets nothing else
leave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Protocol

from syndicator import log
from syndicator.model import DeliveryState, Issue, IssueState, Notice, NoticeKind
from syndicator.pipeline.issues.delivery_worker import (
    DeliveryWorker,
    Halted,
    RelayAway,
    SendRound,
    StepRequest,
)
from syndicator.pipeline.issues.failures import doubt, doubt_if_many, put_notice, suppress_unknown
from syndicator.pipeline.issues.newsletter_sender import (
    IssueMessages,
    NewsletterSender,
    issue_messages,
)
from syndicator.pipeline.issues.send_window import open_until, opens
from syndicator.pipeline.issues.watch import Watch
from syndicator.pipeline.standing_notices import set_notice
from syndicator.store import notices
from syndicator.store.db.database import Database
from syndicator.store.db.group_commit import GroupCommit
from syndicator.store.issues import failures, issues, outbox, transitions
from syndicator.store.issues.outbox import Step
from syndicator.store.upkeep import flags
from syndicator.store.upkeep.journal import JournalKind

logger = log.get("deliver")

DELIVER = "deliver"

RELAY = "relay"
"""Who paused an issue that the relay does not take from us."""

NO_DIGEST = "no_digest"
"""Who paused an issue whose digest left the configuration."""

ENOUGH = 20
"""Messages that are worth a connection of their own."""

TIDY_EVERY = 4_000
"""Subscribers planned between two moments at which the database moves its log into its file."""

LOOK_S = 0.25
"""How often a send under way looks whether it is told to stop."""

FINAL_S = 22.0
"""What a message that waits for its final answer gets after ``IDLE``: 25 seconds in all."""

AGAIN = timedelta(minutes=5)
"""How long a relay that is away is left alone."""

_names = count(1)


class Waker(Protocol):
    """Who wakes tasks; ``tasks.Engine`` is one."""

    def wake_later(self, task: str, key: str, *, after: timedelta) -> None:
        """Wake ``task`` for ``key`` when ``after`` has passed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """How an issue stands after a send: deliveries by state, and when more will be open.

    ``again_at`` is ``None`` if nothing more is to come of it, or while it is paused.
    """

    tally: Mapping[DeliveryState, int]
    again_at: datetime | None


def deliver_issue(sender: NewsletterSender, engine: Waker, key: str) -> None:
    """Send what is open of the issue whose id is ``key``, and be woken when more will be."""
    database = sender.database
    with database.read() as tx:
        issue = issues.status(tx, int(key))
    if issue is None:
        return
    if issue.state is IssueState.CANCELLED:
        _cancel(database, issue.id)
        return
    if sender.settings.digest(issue.cadence) is None:
        # Nobody knows any more under which name it goes: a person puts the digest back, or ends
        # it. That it waits so is said as long as it does, by ``alarms``.
        with database.write(durable=True) as tx:
            paused = transitions.pause(tx, issue.id, by=NO_DIGEST, now=sender.now(), why=NO_DIGEST)
        if paused:
            logger.error("issue paused: no digest has its cadence", issue=issue.name)
        return
    delivered = deliver(sender, issue.id)
    logger.info(
        "issue delivered",
        issue=issue.id,
        **{state.value: number for state, number in delivered.tally.items()},
    )
    if delivered.again_at is not None:
        engine.wake_later(DELIVER, key, after=max(delivered.again_at - sender.now(), timedelta(0)))


def deliver(sender: NewsletterSender, issue_id: int) -> Delivered:
    """Send what is open of an issue that is being sent; return how it stands then.

    A message is marked ``sending`` in the database before its first byte leaves: whoever was in
    flight at a kill is known, and nobody else is touched. An issue of which nothing more is to come
    is sent; one that was cancelled has its open deliveries cancelled; one in any other state is
    left as it is.

    Raises:
        LookupError: no digest has its cadence.
        KeyUnfit: mail should be signed here, and that cannot be done.
    """
    database, now = sender.database, sender.now
    messages: IssueMessages | None = None
    away = False
    while (issue := _being_sent(database, issue_id)) is not None and not sender.stop.is_set():
        messages = messages or issue_messages(sender, issue.cadence)
        closes_at = open_until(sender.window, now())
        if closes_at is None or doubt_if_many(database, issue_id, now=now()):
            break
        plan_all(sender, issue_id)
        quiet_until = sender.rates.quiet_until
        probes = quiet_until is not None
        away = quiet_until is not None and quiet_until > now()
        if not away:
            away = not _carry(sender, issue_id, issue, messages, closes_at=closes_at, probes=probes)
        after = _being_sent(database, issue_id)
        # A post was taken down meanwhile: what is left goes out without it. And a relay that was
        # silent and answered one message gets the others.
        if away or after is None or (after.revision == issue.revision and not probes):
            break
    _cancel(database, issue_id)
    _finish(sender, issue_id)
    return _delivered(sender, issue_id, away=away)


def _being_sent(database: Database, issue_id: int) -> Issue | None:
    """Return an issue of which mails may leave now; ``None`` for any other."""
    with database.read() as tx:
        issue = issues.get(tx, issue_id)
        if issue is None or issue.state is not IssueState.SENDING:
            return None
        return issue if flags.withheld(tx) is None else None


def plan_all(sender: NewsletterSender, issue_id: int) -> None:
    """Plan whoever of an issue's readers is not planned yet, in transactions that nobody notices.

    Before the first plan is committed, the journal notes that mails leave from now on. Killed in
    between it goes on where it was; told to stop it leaves the rest for later.
    """
    planned, limit, untidied = 0, outbox.CHUNK, 0
    while not sender.stop.is_set():
        with sender.database.write() as tx:
            began = sender.now()
            new = outbox.plan(tx, issue_id, limit=limit)
            if new and not planned and (issue := issues.status(tx, issue_id)) is not None:
                sender.journal.append(
                    JournalKind.ISSUE_STARTED, subject=issue.name, at=sender.now()
                )
        if new is None:
            break
        planned, untidied = planned + new, untidied + limit
        limit = outbox.paced(limit, took=sender.now() - began)
        if untidied >= TIDY_EVERY:
            sender.database.tidy()
            untidied = 0
    if planned:
        logger.info("deliveries planned", issue=issue_id, new=planned)


def _cancel(database: Database, issue_id: int) -> None:
    """Cancel what is open of an issue that was cancelled; leave any other as it is."""
    with database.read() as tx:
        issue = issues.get(tx, issue_id)
    if issue is None or issue.state is not IssueState.CANCELLED:
        return
    cancelled = 1
    while cancelled:
        with database.write() as tx:
            cancelled = outbox.cancel(tx, issue_id)


def _finish(sender: NewsletterSender, issue_id: int) -> None:
    """Call the issue sent if nothing more is to come of it, and note so outside the database.

    Before that its failures are looked at: whoever does not exist is suppressed, unless they are
    too many. Killed in between, the issue is still being sent, and ends the next time.
    """
    database, now = sender.database, sender.now
    with database.read() as tx:
        if not transitions.heard(tx, issue_id, resend=sender.resend):
            return
        # Told to stop before everybody was planned, nothing is open, and yet most is to come. They
        # are not planned here, where nobody notes in the journal that mails leave from now on.
        if not outbox.planned(tx, issue_id):
            return
    if doubt_if_many(database, issue_id, now=now()):
        return
    suppress_unknown(database, sender.journal, issue_id, now=now())
    with database.write(durable=True) as tx:
        issue = issues.status(tx, issue_id)
        if issue is None:
            return
        if transitions.finish(tx, issue_id, now=now(), resend=sender.resend):
            sender.journal.append(JournalKind.ISSUE_SENT, subject=issue.name, at=now())
            if issue.doubted_at is not None:
                put_notice(tx, issue_id, now=now())
            tx.after_commit(partial(logger.info, "issue sent", issue=issue.name))


def _delivered(sender: NewsletterSender, issue_id: int, *, away: bool) -> Delivered:
    """Return how an issue stands, and when there will be more: within the hours of mail."""
    with sender.database.read() as tx:
        tally = outbox.tally(tx, issue_id)
        due = outbox.due(tx, issue_id, resend=sender.resend)
    now = sender.now()
    if _being_sent(sender.database, issue_id) is None:
        due = None
    elif tally[DeliveryState.PENDING] or away:
        due = max(now + AGAIN, sender.rates.quiet_until or now)
    if due is None:
        return Delivered(tally=tally, again_at=None)
    opens_at = opens(sender.window, now)
    if opens_at > now:
        logger.info("send rests outside its hours", issue=issue_id, until=opens_at.isoformat())
    return Delivered(tally=tally, again_at=opens(sender.window, max(due, now)))


# --- the connections ------------------------------------------------------------------------------


def _carry(
    sender: NewsletterSender,
    issue_id: int,
    issue: Issue,
    messages: IssueMessages,
    *,
    closes_at: datetime,
    probes: bool,
) -> bool:
    """Carry what is open over several connections; False if no relay could be reached.

    If it ``probes``, one message is carried over one connection.
    """
    with sender.database.read() as tx:
        open_ = sum(outbox.tally(tx, issue_id)[state] for state in _OPEN)
        before = failures.count(tx, issue_id)
    watch = Watch(failed=before.failed, of=before.of, reviewed=before.reviewed)
    round_ = SendRound(
        sender=sender,
        issue_id=issue_id,
        issue=issue,
        messages=messages,
        closes_at=closes_at,
        probes=probes,
        watch=watch,
        ledger=GroupCommit(partial(_steps, sender, issue_id, issue.revision, watch)),
    )
    number = 1 if probes else min(sender.settings.mail.connections, open_ // ENOUGH + 1)
    workers = [
        DeliveryWorker(round_, sender.relay.connect(), holder=f"{sender.holder}.{next(_names)}")
        for _ in range(number)
    ]
    return _run_all(round_, workers)


_OPEN = (DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.UNCERTAIN)


def _steps(
    sender: NewsletterSender,
    issue_id: int,
    revision: int,
    watch: Watch,
    waiting: Callable[[], Sequence[StepRequest]],
) -> Sequence[Step]:
    """Take the steps of several connections in one transaction.

    The failure that is one too many is written down together with the pause: a kill after it
    leaves no send that goes on.
    """
    with sender.database.write() as tx:
        requests, alarming = waiting(), watch.alarming
        for request in requests:
            if request.renews:
                until = request.now + sender.lease
                outbox.renew(tx, issue_id, holder=request.holder, until=until)
        steps = [
            outbox.step(
                tx,
                holder=request.holder,
                now=request.now,
                lease=sender.lease,
                revision=revision,
                done=request.done,
                ahead=() if alarming else request.ahead,
            )
            for request in requests
        ]
        if alarming:
            doubt(tx, issue_id, now=sender.now())
        return steps


def _run_all(round_: SendRound, workers: Sequence[DeliveryWorker]) -> bool:
    """Let all connections work; False if one of them could not reach the relay."""
    sender = round_.sender
    pool = ThreadPoolExecutor(len(workers), thread_name_prefix="deliver")
    try:
        futures = [pool.submit(_run, round_, worker) for worker in workers]
        _wait(futures, workers, sender)
    finally:
        pool.shutdown(wait=False)
    reached = [future.result() for future in futures if future.done()]
    silent = sender.rates.quiet_until is not None
    set_notice(
        sender.database,
        NoticeKind.RELAY_AWAY,
        holds=silent or (bool(reached) and not any(reached)),
        now=sender.now(),
    )
    return all(reached)


def _run(round_: SendRound, worker: DeliveryWorker) -> bool:
    """Let one connection work; False if it could not reach the relay."""
    try:
        worker.run()
    except RelayAway:
        return False
    except Halted as halted:
        _halt(round_, halted.fact)
    return True


def _wait(
    futures: Sequence[Future[bool]], workers: Sequence[DeliveryWorker], sender: NewsletterSender
) -> None:
    """Wait for all to end; once told to stop, no longer than promised."""
    left, idle_s = set(futures), sender.idle.total_seconds()
    while left and not sender.stop.is_set():
        left = wait(left, timeout=LOOK_S).not_done
    left = wait(left, timeout=idle_s).not_done
    for worker in workers:
        if not worker.mailer.awaiting:
            worker.mailer.hang_up()
    awaiting = any(worker.mailer.awaiting for worker in workers)
    left = wait(left, timeout=FINAL_S if awaiting else 1).not_done
    if left:
        for worker in workers:
            worker.mailer.hang_up()
        left = wait(left, timeout=idle_s).not_done
    if left:
        logger.warning("connections were cut off", number=len(left))


def _halt(round_: SendRound, fact: str) -> None:
    """Pause the issue and say so: it is our own fault, and only a person can mend it."""
    now = round_.sender.now()
    with round_.sender.database.write() as tx:
        issue = issues.status(tx, round_.issue_id)
        if issue is None or not transitions.pause(tx, issue.id, by=RELAY, now=now, why=fact):
            return
        notices.put(
            tx,
            Notice(
                kind=NoticeKind.RELAY_REFUSES_US, subject=issue.name, at=now, facts={"fact": fact}
            ),
        )
    logger.error("issue paused: the relay refuses us", issue=issue.name, fact=fact)
