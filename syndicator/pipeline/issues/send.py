"""An issue on its way: planned once, then carried over several connections at once.

    subscribers | plan   > deliveries, or why not
    deliveries  | claim  | step | message | relay | step ...      sending.py, one a connection

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
from syndicator.deliver.email.message import Template
from syndicator.model import DeliveryState, Issue, IssueState, Notice, NoticeKind
from syndicator.pipeline.issues.delivery_worker import (
    DeliveryWorker,
    Halted,
    RelayAway,
    Sending,
    Wish,
)
from syndicator.pipeline.issues.failures import bear, doubt, doubt_if_many, say
from syndicator.pipeline.issues.newsletter_sender import KEPT, LastMade, NewsletterSender
from syndicator.pipeline.issues.send_window import open_until, opens
from syndicator.pipeline.issues.watch import Watch
from syndicator.pipeline.standing_notices import tell
from syndicator.pipeline.world import World
from syndicator.store import notices
from syndicator.store.db.database import Tx
from syndicator.store.db.group_commit import Together
from syndicator.store.issues import failures, issues, outbox, transitions, variants
from syndicator.store.issues.issues import IssueStatus
from syndicator.store.issues.outbox import Step
from syndicator.store.upkeep import flags

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
FINAL_S = 22.0
"""What a message that waits for its final answer gets after ``post.IDLE``: 25 seconds in all."""

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


def deliver_issue(world: World, engine: Waker, key: str) -> None:
    """Send what is open of the issue whose id is ``key``, and be woken when more will be."""
    with world.database.read() as tx:
        issue = issues.status(tx, int(key))
    if issue is None or world.post is None:
        return
    if issue.state is IssueState.CANCELLED:
        _cancel(world, issue.id)
        return
    if world.settings.digest(issue.cadence) is None:
        _pause_without_digest(world, issue)
        return
    delivered = deliver(world, int(key), world.post(issue.cadence))
    logger.info(
        "issue delivered",
        issue=int(key),
        **{state.value: number for state, number in delivered.tally.items()},
    )
    if delivered.again_at is not None:
        engine.wake_later(DELIVER, key, after=max(delivered.again_at - world.now(), timedelta(0)))


def _pause_without_digest(world: World, issue: IssueStatus) -> None:
    """Nobody knows any more under which name it goes: a person puts the digest back, or ends it.

    That it waits so is said as long as it does, by ``alarms``.
    """
    with world.database.write(durable=True) as tx:
        paused = transitions.pause(tx, issue.id, by=NO_DIGEST, now=world.now(), why=NO_DIGEST)
    if paused:
        logger.error("issue paused: no digest has its cadence", issue=issue.name)


def deliver(world: World, issue_id: int, room: NewsletterSender) -> Delivered:
    """Send what is open of an issue that is being sent; return how it stands then.

    A message is marked ``sending`` in the database before its first byte leaves: whoever was in
    flight at a kill is known, and nobody else is touched. An issue of which nothing more is to come
    is sent; one that was cancelled has its open deliveries cancelled; one in any other state is
    left as it is.
    """
    away = False
    while (issue := _leaving(world, issue_id)) is not None and not room.stop.is_set():
        closes_at = open_until(room.window, world.now())
        if closes_at is None or doubt_if_many(world.database, issue_id, now=world.now()):
            break
        plan_all(world, issue_id, room)
        quiet_until = room.turns.quiet_until
        probes = quiet_until is not None
        away = quiet_until is not None and quiet_until > world.now()
        if not away:
            away = not _carried(world, issue, room, closes_at=closes_at, probes=probes)
        after = _leaving(world, issue_id)
        # A post was taken down meanwhile: what is left goes out without it. And a relay that was
        # silent and answered one message gets the others.
        if away or after is None or (after.revision == issue.revision and not probes):
            break
    _cancel(world, issue_id)
    _finish(world, issue_id, room)
    return _standing(world, issue_id, room, away=away)


def _leaving(world: World, issue_id: int) -> Issue | None:
    with world.database.read() as tx:
        issue = issues.get(tx, issue_id)
        if issue is None or issue.state is not IssueState.SENDING:
            return None
        return issue if flags.withheld(tx) is None else None


def plan_all(world: World, issue_id: int, room: NewsletterSender) -> None:
    """Plan whoever of an issue's readers is not planned yet, in transactions that nobody notices.

    Killed in between it goes on where it was; told to stop it leaves the rest for later.
    """
    planned, limit, looked = 0, outbox.CHUNK, 0
    while not room.stop.is_set():
        with world.database.write() as tx:
            began = world.now()
            new = outbox.plan(tx, issue_id, limit=limit)
            if new and not planned:
                _note_start(world, tx, issue_id, room)
        if new is None:
            break
        planned, looked = planned + new, looked + limit
        limit = outbox.paced(limit, took=world.now() - began)
        if looked >= TIDY_EVERY:
            world.database.tidy()
            looked = 0
    if planned:
        logger.info("deliveries planned", issue=issue_id, new=planned)


def _note_start(world: World, tx: Tx, issue_id: int, room: NewsletterSender) -> None:
    """Say outside the database that mails leave from now on, before the plan is committed."""
    issue = issues.status(tx, issue_id)
    if issue is not None:
        room.started(issue.name, world.now())


def _cancel(world: World, issue_id: int) -> None:
    with world.database.read() as tx:
        issue = issues.get(tx, issue_id)
    if issue is None or issue.state is not IssueState.CANCELLED:
        return
    some = 1
    while some:
        with world.database.write() as tx:
            some = outbox.cancel(tx, issue_id)


def _finish(world: World, issue_id: int, room: NewsletterSender) -> None:
    """Call the issue sent if nothing more is to come of it, and note so outside the database.

    Before that its failures are looked at: whoever does not exist bears it, unless they are too
    many. Killed in between, the issue is still being sent, and ends the next time.
    """
    with world.database.read() as tx:
        if not transitions.heard(tx, issue_id, resend=room.resend):
            return
        # Told to stop before everybody was planned, nothing is open, and yet most is to come. They
        # are not planned here, where nobody notes in the journal that mails leave from now on.
        if not outbox.planned(tx, issue_id):
            return
    if doubt_if_many(world.database, issue_id, now=world.now()):
        return
    bear(world.database, room.journal, issue_id, now=world.now())
    with world.database.write(durable=True) as tx:
        issue = issues.status(tx, issue_id)
        if issue is None:
            return
        if transitions.finish(tx, issue_id, now=world.now(), resend=room.resend):
            room.sent(issue.name, world.now())
            if issue.doubted_at is not None:
                say(tx, issue_id, now=world.now())
            logger.info("issue sent", issue=issue.name)


def _standing(world: World, issue_id: int, room: NewsletterSender, *, away: bool) -> Delivered:
    with world.database.read() as tx:
        tally = outbox.tally(tx, issue_id)
        due = outbox.due(tx, issue_id, resend=room.resend)
    if _leaving(world, issue_id) is None:
        due = None
    elif tally[DeliveryState.PENDING] or away:
        due = max(world.now() + AGAIN, room.turns.quiet_until or world.now())
    return Delivered(tally=tally, again_at=due and _in_hours(world, issue_id, room, due))


def _in_hours(world: World, issue_id: int, room: NewsletterSender, due: datetime) -> datetime:
    """Return when the hours let that happen which is due then."""
    now = world.now()
    goes_on = opens(room.window, now)
    if goes_on > now:
        logger.info("send rests outside its hours", issue=issue_id, until=goes_on.isoformat())
    return opens(room.window, max(due, now))


# --- the connections ------------------------------------------------------------------------------


def _carried(
    world: World, issue: Issue, room: NewsletterSender, *, closes_at: datetime, probes: bool
) -> bool:
    """Carry what is open over several connections; False if no relay could be reached.

    If it ``probes``, one message is carried over one connection.
    """
    with world.database.read() as tx:
        open_ = sum(outbox.tally(tx, issue.id)[state] for state in _OPEN)
        before = failures.count(tx, issue.id)
    watch = Watch(failed=before.failed, of=before.of, reviewed=before.reviewed)
    shared = Sending(
        world=world,
        room=room,
        issue=issue.id,
        revision=issue.revision,
        closes_at=closes_at,
        probes=probes,
        watch=watch,
        template=partial(_template, world, issue, room),
        templates=LastMade(KEPT),
        step=Together(partial(_steps, world, issue, room, watch)),
    )
    number = 1 if probes else min(room.connections, open_ // ENOUGH + 1)
    carriers = [
        DeliveryWorker(shared, room.connect(), holder=f"{room.holder}.{next(_names)}")
        for _ in range(number)
    ]
    return _worked(shared, carriers)


_OPEN = (DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.UNCERTAIN)


def _steps(
    world: World,
    issue: Issue,
    room: NewsletterSender,
    watch: Watch,
    waiting: Callable[[], Sequence[Wish]],
) -> Sequence[Step]:
    """Take the steps of several connections in one transaction.

    The failure that is one too many is written down together with the pause: a kill after it
    leaves no send that goes on.
    """
    with world.database.write() as tx:
        wishes, alarming = waiting(), watch.alarming
        for wish in wishes:
            if wish.renews:
                outbox.renew(tx, issue.id, holder=wish.holder, until=wish.now + room.lease)
        steps = [
            outbox.step(
                tx,
                holder=wish.holder,
                now=wish.now,
                lease=room.lease,
                revision=issue.revision,
                done=wish.done,
                ahead=() if alarming else wish.ahead,
            )
            for wish in wishes
        ]
        if alarming:
            doubt(tx, issue.id, now=world.now())
        return steps


def _template(world: World, issue: Issue, room: NewsletterSender, variant_id: int) -> Template:
    with world.database.read() as tx:
        variant = variants.get(tx, variant_id)
    return room.template(issue, variant)


def _worked(shared: Sending, carriers: Sequence[DeliveryWorker]) -> bool:
    pool = ThreadPoolExecutor(len(carriers), thread_name_prefix="deliver")
    try:
        futures = [pool.submit(_work, shared, carrier) for carrier in carriers]
        _wait(futures, carriers, shared.room)
    finally:
        pool.shutdown(wait=False)
    reached = [future.result() for future in futures if future.done()]
    silent = shared.room.turns.quiet_until is not None
    tell(
        shared.world.database,
        NoticeKind.RELAY_AWAY,
        holds=silent or (bool(reached) and not any(reached)),
        now=shared.world.now(),
    )
    return all(reached)


def _work(shared: Sending, carrier: DeliveryWorker) -> bool:
    """Let one connection work; False if it could not reach the relay."""
    try:
        carrier.run()
    except RelayAway:
        return False
    except Halted as halted:
        _halt(shared, halted.fact)
    return True


def _wait(
    futures: Sequence[Future[bool]], carriers: Sequence[DeliveryWorker], room: NewsletterSender
) -> None:
    """Wait for all to end; once told to stop, no longer than promised."""
    left, idle_s = set(futures), room.idle.total_seconds()
    while left and not room.stop.is_set():
        left = wait(left, timeout=LOOK_S).not_done
    left = wait(left, timeout=idle_s).not_done
    for carrier in carriers:
        if not carrier.line.awaiting:
            carrier.line.hang_up()
    left = wait(left, timeout=FINAL_S if any(one.line.awaiting for one in carriers) else 1).not_done
    if left:
        for carrier in carriers:
            carrier.line.hang_up()
        left = wait(left, timeout=idle_s).not_done
    if left:
        logger.warning("connections were cut off", number=len(left))


def _halt(shared: Sending, fact: str) -> None:
    """Pause the issue and say so: it is our own fault, and only a person can mend it."""
    world = shared.world
    now = world.now()
    with world.database.write() as tx:
        issue = issues.status(tx, shared.issue)
        if issue is None or not transitions.pause(tx, issue.id, by=RELAY, now=now, why=fact):
            return
        notices.put(
            tx,
            Notice(
                kind=NoticeKind.RELAY_REFUSES_US, subject=issue.name, at=now, facts={"fact": fact}
            ),
        )
    logger.error("issue paused: the relay refuses us", issue=issue.name, fact=fact)
