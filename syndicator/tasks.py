"""The units of work by name, and the tick that finds what is due.

A task gets a key and looks in the tables for the rest: woken twice it does nothing the second
time, never woken it is found by the next tick.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Protocol

from syndicator import log
from syndicator.config import Settings
from syndicator.errors import FetchFailed, HostBusy, MailboxAway
from syndicator.model import Clock, Jitter, NoticeKind, Request
from syndicator.pipeline.feeds.publish import Builder, Publisher, ping_hub, publish
from syndicator.pipeline.feeds.pull import HTTP, Busy, Puller, PullResult, pull
from syndicator.pipeline.issues import bounces, editor_emails
from syndicator.pipeline.issues.advance import advance, anything_due
from syndicator.pipeline.issues.bounces import bounce_reader
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.failures import SPOKEN_OF, check_all
from syndicator.pipeline.issues.send import DELIVER
from syndicator.pipeline.issues.send_window import open_since, window_of
from syndicator.pipeline.people.transactional import emails_wait, send_emails
from syndicator.pipeline.people.transactional_sender import TransactionalSender, sender_of
from syndicator.pipeline.standing_notices import set_notice
from syndicator.pipeline.upkeep import alarms
from syndicator.pipeline.upkeep.retention import retain, retention_due
from syndicator.store.db.database import Database, Tx
from syndicator.store.feeds import artefacts, claims
from syndicator.store.issues import failures, transitions
from syndicator.store.upkeep import flags
from syndicator.store.upkeep.journal import Journal

logger = log.get("tasks")

PULL = "pull"
PUBLISH = "publish"
PING = "ping"
ISSUES = "issues"
FAILURES = "failures"
MAILBOX = "mailbox"
TRANSACTIONAL = "transactional"
RETENTION = "retention"
HEARTBEAT = "heartbeat"

MANY = 500
"""How many sources one tick wakes at most; the next tick finds the rest."""

MAILBOX_EVERY = 3
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


class Task(Protocol):
    """A unit of work that is woken by name."""

    def __call__(self, engine: Engine, key: str, /) -> None:
        """Do what is due of ``key``, nothing if that is nothing, and wake what follows."""


def tick(editorial: Editorial, engine: Engine, *, emails: bool) -> None:
    """Wake what the tables say is due; woken work that is not due any more does nothing.

    The heartbeat comes last: whoever listens hears nothing when anything before it failed.

    Args:
        emails: emails to one person may leave.
    """
    settings, database, now = editorial.settings, editorial.database, editorial.now()
    with database.read() as tx:
        due = claims.due(tx, now=now, limit=MANY)
        late = bool(claims.due(tx, now=now - LATE, limit=1))
        stale = bool(artefacts.dirty(tx))
        failing = bool(failures.watched(tx, since=now - SPOKEN_OF))
    for source_id in due:
        engine.wake(PULL, str(source_id))
    if stale:
        engine.wake(PUBLISH, "")
    if anything_due(editorial):
        engine.wake(ISSUES, "")
    for issue_id in _to_deliver(editorial):
        engine.wake(DELIVER, str(issue_id))
    if failing:
        engine.wake(FAILURES, "")
    if settings.deployment.imap_url and now.minute % MAILBOX_EVERY == 0:
        engine.wake(MAILBOX, "")
    if emails and emails_wait(database, now=now):
        engine.wake(TRANSACTIONAL, "")
    if retention_due(database, now=now):
        engine.wake(RETENTION, "")
    set_notice(database, NoticeKind.PULLS_LATE, holds=late, now=now)
    alarms.refresh_notices(settings, database, now=now)
    alarms.mail_alarms(editorial)
    if settings.deployment.heartbeat_url:
        engine.wake(HEARTBEAT, "")


def _to_deliver(editorial: Editorial) -> tuple[int, ...]:
    """Return the issues whose outbox has work now; none without a relay, or while withheld, and
    outside the hours of mail only what is left of cancelled ones."""
    if editorial.settings.deployment.smtp_url is None:
        return ()
    open_ = open_since(window_of(editorial.settings), editorial.now()) is not None
    with editorial.database.read() as tx:
        return () if flags.withheld(tx) else transitions.under_delivery(tx, sending=open_)


def pull_source(puller: Puller, engine: Engine, key: str) -> None:
    """Pull the source whose id is ``key`` if it is due, and wake publishing if readers see more.

    One whose host is busy is woken again when its turn may have come: a tick a minute would let
    the towns of one hosting provider wait for each other all hour.
    """
    pulled = pull(puller, int(key), request_publish=lambda tx: engine.enqueue(tx, PUBLISH, ""))
    if isinstance(pulled, Busy):
        engine.wake_later(PULL, key, after=pulled.until - puller.now())
    if isinstance(pulled, PullResult):
        report(pulled)


def publish_all(publisher: Publisher, engine: Engine, _key: str) -> None:
    """Make every channel anew whose entries changed, and have the hub told."""
    changed = publish(publisher)
    if not changed:
        return
    logger.info("artefacts published", changed=len(changed))
    if publisher.builder.pings(changed):
        for path in changed:
            engine.wake(PING, path)


def ping(http: HTTP, builder: Builder, _engine: Engine, key: str) -> None:
    """Tell the hub that the document at path ``key`` changed, if it is one a hub carries."""
    ping_hub(http, builder, key)


def advance_issues(editorial: Editorial, engine: Engine, _key: str) -> None:
    """Take every issue as far as the clock and its editors let it, and have the due ones sent."""
    advance(editorial)
    for issue_id in _to_deliver(editorial):
        engine.wake(DELIVER, str(issue_id))


def beat(http: HTTP, url: str | None, _engine: Engine, _key: str) -> None:
    """Call the heartbeat address, if there is one, so that its owner's alarm stays silent."""
    if url is None:
        return
    try:
        http.get(Request(url=url))
    except (FetchFailed, HostBusy) as error:
        # Whoever knows the address can keep the alarm silent: the error would name it.
        detail = error.detail if isinstance(error, FetchFailed) else str(error)
        logger.warning("heartbeat not heard", detail=detail)


def check_failures(
    database: Database, journal: Journal, now: Clock, _engine: Engine, _key: str
) -> None:
    """Let people hear of issues of which too many failed, and suppress where it is sure."""
    check_all(database, journal, now=now())


def read_mailbox(
    settings: Settings, database: Database, now: Clock, _engine: Engine, _key: str
) -> None:
    """Take what came back since the last look; a mailbox that is away is looked into next time."""
    try:
        bounces.read_mailbox(bounce_reader(settings, database, now=now))
    except MailboxAway as error:
        logger.warning("mailbox not read", detail=str(error))
        set_notice(database, NoticeKind.MAILBOX_AWAY, holds=True, now=now())
    else:
        set_notice(database, NoticeKind.MAILBOX_AWAY, holds=False, now=now())


def send_transactional(editorial: Editorial, jitter: Jitter, _engine: Engine, _key: str) -> None:
    """Send the emails to one person that are open."""
    send_emails(transactional_sender(editorial, jitter=jitter))


def transactional_sender(editorial: Editorial, *, jitter: Jitter) -> TransactionalSender:
    """Return what sends the emails to one person, under the keys as they are now.

    Raises:
        ConfigError: no relay is configured.
        KeyUnfit: mail is to be signed here, and the key cannot be used.
    """
    return sender_of(
        editorial.settings,
        editorial.database,
        keys=editorial.keys,
        now=editorial.now,
        jitter=jitter,
        editor_writers=editor_emails.writers(editorial),
    )


def forget(settings: Settings, database: Database, now: Clock, _engine: Engine, _key: str) -> None:
    """Forget what is not to be kept any longer, once a day."""
    moment = now()
    if retention_due(database, now=moment):
        forgotten = retain(settings, database, now=moment)
        logger.info("retention done", **asdict(forgotten))


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
