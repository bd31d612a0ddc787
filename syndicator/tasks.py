"""The units of work by name, and the tick that finds what is due.

A task gets a key and looks in the tables for the rest: woken twice it does nothing the second
time, never woken it is found by the next tick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Protocol

from syndicator import log
from syndicator.errors import FetchFailed, HostBusy, MailboxAway
from syndicator.model import NoticeKind, Request
from syndicator.pipeline import World
from syndicator.pipeline.feeds.publish import ping_hub, publish
from syndicator.pipeline.feeds.pull import Busy, PullResult, pull
from syndicator.pipeline.issues import bounces
from syndicator.pipeline.issues.advance import advance, anything_due
from syndicator.pipeline.issues.failures import SPOKEN_OF, look_at_all
from syndicator.pipeline.issues.send import DELIVER, deliver_issue
from syndicator.pipeline.issues.send_window import open_since, window_of
from syndicator.pipeline.people.transactional import emails_wait, send_emails
from syndicator.pipeline.standing_notices import set_notice
from syndicator.pipeline.upkeep import alarms
from syndicator.pipeline.upkeep.retention import retain, retention_due
from syndicator.store.db.database import Tx
from syndicator.store.feeds import artefacts, claims
from syndicator.store.issues import failures, transitions
from syndicator.store.upkeep import flags
from syndicator.store.upkeep.journal import FILE_NAME, Journal

logger = log.get("tasks")

PULL = "pull"
PUBLISH = "publish"
PING = "ping"
ISSUES = "issues"
FAILURES = "failures"
MAILBOX = "mailbox"
LETTERS = "letters"
RETENTION = "retention"
HEARTBEAT = "heartbeat"

MANY = 500
"""How many sources one tick wakes at most; the next tick finds the rest."""

LOOKS_EVERY = 3
"""Minutes between two looks into the mailbox of reports."""

LATE = timedelta(minutes=15)
"""A pull so long after its time is late, and people should hear of it."""


class Engine(Protocol):
    """Who wakes the tasks. The contract is one: a wake-up may be lost, and may come twice."""

    def enqueue(self, tx: Tx, task: str, key: str) -> None:
        """Wake ``task`` for ``key`` once ``tx`` has committed, never if it rolls back."""

    def wake(self, task: str, key: str) -> None:
        """Wake ``task`` for ``key`` now."""

    def wake_later(self, task: str, key: str, *, after: timedelta) -> None:
        """Wake ``task`` for ``key`` when ``after`` has passed."""


def tick(world: World, engine: Engine) -> None:
    """Wake what the tables say is due; woken work that is not due any more does nothing.

    The heartbeat comes last: whoever listens hears nothing when anything before it failed.
    """
    now = world.now()
    with world.database.read() as tx:
        due = claims.due(tx, now=now, limit=MANY)
        late = bool(claims.due(tx, now=now - LATE, limit=1))
        stale = bool(artefacts.dirty(tx))
        failing = bool(failures.watched(tx, since=now - SPOKEN_OF))
    for source_id in due:
        engine.wake(PULL, str(source_id))
    if stale:
        engine.wake(PUBLISH, "")
    if anything_due(world.editorial):
        engine.wake(ISSUES, "")
    for issue_id in _to_deliver(world):
        engine.wake(DELIVER, str(issue_id))
    if failing:
        engine.wake(FAILURES, "")
    if world.bounces is not None and now.minute % LOOKS_EVERY == 0:
        engine.wake(MAILBOX, "")
    if world.transactional is not None and emails_wait(world.database, now=now):
        engine.wake(LETTERS, "")
    if retention_due(world.database, now=now):
        engine.wake(RETENTION, "")
    set_notice(world.database, NoticeKind.PULLS_LATE, holds=late, now=now)
    alarms.refresh_notices(world.settings, world.database, now=now)
    alarms.mail_alarms(world.editorial)
    if world.settings.deployment.heartbeat_url:
        engine.wake(HEARTBEAT, "")


def _to_deliver(world: World) -> tuple[int, ...]:
    """Return the issues whose outbox has work now; none without a relay, or while withheld, and
    outside the hours of mail only what is left of cancelled ones."""
    if world.post is None:
        return ()
    open_ = open_since(window_of(world.settings), world.now()) is not None
    with world.database.read() as tx:
        return () if flags.withheld(tx) else transitions.under_delivery(tx, sending=open_)


def pull_source(world: World, engine: Engine, key: str) -> None:
    """Pull the source whose id is ``key`` if it is due, and wake the press if readers see more.

    One whose host is busy is woken again when its turn may have come: a tick a minute would let
    the towns of one hosting provider wait for each other all hour.
    """
    pulled = pull(
        world.puller, int(key), request_publish=lambda tx: engine.enqueue(tx, PUBLISH, "")
    )
    if isinstance(pulled, Busy):
        engine.wake_later(PULL, key, after=pulled.until - world.now())
    if isinstance(pulled, PullResult):
        report(pulled)


def publish_all(world: World, engine: Engine, _key: str) -> None:
    """Make every channel anew whose entries changed, and have the hub told."""
    changed = publish(world.publisher)
    if not changed:
        return
    logger.info("artefacts published", changed=len(changed))
    if world.publisher.builder.pings(changed):
        for path in changed:
            engine.wake(PING, path)


def ping(world: World, _engine: Engine, key: str) -> None:
    """Tell the hub that the document at path ``key`` changed, if it is one a hub carries."""
    ping_hub(world.puller.http, world.publisher.builder, key)


def advance_issues(world: World, engine: Engine, _key: str) -> None:
    """Take every issue as far as the clock and its editors let it, and have the due ones sent."""
    advance(world.editorial)
    for issue_id in _to_deliver(world):
        engine.wake(DELIVER, str(issue_id))


def beat(world: World, _engine: Engine, _key: str) -> None:
    """Call the heartbeat address, so that its owner's alarm stays silent."""
    url = world.settings.deployment.heartbeat_url
    if url is None:
        return
    try:
        world.puller.http.get(Request(url=url))
    except (FetchFailed, HostBusy) as error:
        # Whoever knows the address can keep the alarm silent: the error would name it.
        detail = error.detail if isinstance(error, FetchFailed) else str(error)
        logger.warning("heartbeat not heard", detail=detail)


def look_at_failures(world: World, _engine: Engine, _key: str) -> None:
    """Let people hear of issues of which too many failed, and addresses bear what is sure."""
    journal = Journal(world.settings.deployment.data_dir / FILE_NAME)
    look_at_all(world.database, journal, now=world.now())


def read_mailbox(world: World, _engine: Engine, _key: str) -> None:
    """Take what came back since the last look; a mailbox that is away is looked into next time."""
    if world.bounces is None:
        return
    try:
        bounces.read_mailbox(world.bounces())
    except MailboxAway as error:
        logger.warning("mailbox not read", detail=str(error))
        set_notice(world.database, NoticeKind.MAILBOX_AWAY, holds=True, now=world.now())
    else:
        set_notice(world.database, NoticeKind.MAILBOX_AWAY, holds=False, now=world.now())


def send_transactional(world: World, _engine: Engine, _key: str) -> None:
    """Send the emails to one person that are open, if they may leave."""
    if world.transactional is not None:
        send_emails(world.transactional())


def forget(world: World, _engine: Engine, _key: str) -> None:
    """Forget what is not to be kept any longer, once a day."""
    now = world.now()
    if retention_due(world.database, now=now):
        forgotten = retain(world.settings, world.database, now=now)
        logger.info("retention done", **asdict(forgotten))


TASKS: Mapping[str, Callable[[World, Engine, str], None]] = {
    PULL: pull_source,
    PUBLISH: publish_all,
    PING: ping,
    ISSUES: advance_issues,
    DELIVER: deliver_issue,
    FAILURES: look_at_failures,
    MAILBOX: read_mailbox,
    LETTERS: send_transactional,
    RETENTION: forget,
    HEARTBEAT: beat,
}


def report(pulled: PullResult) -> None:
    """Log one pull: once, with its facts."""
    source, changes = pulled.source, pulled.changes
    if pulled.failed is not None:
        reason, detail = pulled.failed
        logger.warning(
            "source not read",
            source=source.key,
            reason=reason.value,
            detail=detail,
            failures=source.failures + 1,
        )
        return
    logger.info(
        "source read",
        source=source.key,
        outcome=type(pulled.outcome).__name__.lower(),
        new=len(changes.new),
        changed=len(changes.changed),
        held=sum(entry.held is not None for entry in changes.new),
        deleted=len(changes.deleted),
    )
