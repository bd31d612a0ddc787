"""What the journal tells since a backup was taken, done again to what was restored from it.

    left, erased, confirmed      to the subscriber, in the order it happened: the last word counts
    suppressed, lifted           to the address
    issue_sent                   its open deliveries are closed: nobody gets it again
    issue_started                paused: who got it since is not known, and a person decides

Every act on an address stands in the consent ledger with the same moment, in the transaction that
did it: what stands there was in the backup, and is not done twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import assert_never

from sqlalchemy import delete, insert, select, update

from syndicator.model import (
    Cadence,
    Consent,
    ConsentEvent,
    DeliveryState,
    IssueState,
    SubscriberState,
    SuppressedBecause,
)
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Tx
from syndicator.store.db.schema.newsletter import ConsentRow, DeliveryRow, EmailRow, IssueRow
from syndicator.store.issues import transitions
from syndicator.store.issues.issues import ISSUE, SENT_UNSEEN
from syndicator.store.people import consents, suppressions
from syndicator.store.people.subscribers import SUBSCRIBER, forget_domains
from syndicator.store.upkeep.journal import JournalEntry, JournalKind

SLACK = timedelta(days=1)
"""Lines so long before the backup are looked at, too: a line is older than the commit it tells of,
and clocks of two machines differ."""

FROM_JOURNAL = "from the journal"
SENT_BEFORE = "sent before the restore"
STARTED_BEFORE = "its send had begun before the restore: who got it is not known"

_LEDGER = {
    JournalKind.LEFT: ConsentEvent.LEFT,
    JournalKind.ERASED: ConsentEvent.ERASED,
    JournalKind.CONFIRMED: ConsentEvent.CONFIRMED,
    JournalKind.SUPPRESSED: ConsentEvent.SUPPRESSED,
    JournalKind.LIFTED: ConsentEvent.LIFTED,
}

_OVER = (IssueState.SENT, IssueState.EMPTY, IssueState.CANCELLED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """What an issue told of, and when it was to leave: facts of the calendar."""

    opens: datetime
    closes: datetime
    send_at: datetime


WindowOf = Callable[[Cadence, str], Window | None]
"""The window of a cadence's period; ``None`` if no digest has it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayResult:
    """What was done again: acts on addresses by kind, names of issues that are closed now, and of
    those that were being sent and wait for a person."""

    acts: Mapping[JournalKind, int] = field(default_factory=dict)
    closed: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()


def replay(
    tx: Tx, entries: Iterable[JournalEntry], *, since: datetime, window_of: WindowOf, now: datetime
) -> ReplayResult:
    """Do again what the backup of the moment ``since`` does not know.

    Also pauses what was being sent when it was taken.
    """
    acts = Counter[JournalKind]()
    issues: dict[str, JournalEntry] = {}
    for entry in sorted((e for e in entries if e.at > since - SLACK), key=lambda e: e.at):
        if entry.kind not in _LEDGER:
            ended = issues.get(entry.subject)
            if ended is None or ended.kind is not JournalKind.ISSUE_SENT:
                issues[entry.subject] = entry
        elif not _in_ledger(tx, entry):
            _do_again(tx, entry)
            acts[entry.kind] += 1
    closed = [name for name, entry in issues.items() if _close(tx, entry, window_of, now=now)]
    return ReplayResult(
        acts=acts,
        closed=tuple(sorted(closed)),
        doubtful=_pause(tx, [name for name in issues if name not in closed], now=now),
    )


def _in_ledger(tx: Tx, entry: JournalEntry) -> bool:
    events = [_LEDGER[entry.kind]]
    if entry.kind is JournalKind.LEFT:
        # Whoever moved has left the old address, which is all that the journal says of it.
        events.append(ConsentEvent.MOVED)
    line = select(ConsentRow.id).where(
        ConsentRow.address_hash == entry.subject,
        ConsentRow.event.in_(events),
        ConsentRow.at == entry.at,
    )
    return tx.execute(line).first() is not None


def _do_again(tx: Tx, entry: JournalEntry) -> None:
    """Do to an address what an entry says, and note it in its chain of consents."""
    address_hash, at = entry.subject, entry.at
    match entry.kind:
        case JournalKind.LEFT:
            _leave(tx, entry)
        case JournalKind.ERASED:
            _erase(tx, entry)
        case JournalKind.CONFIRMED:
            _confirm(tx, entry)
        case JournalKind.SUPPRESSED:
            why = SuppressedBecause.BY_EDITOR
            suppressions.suppress(tx, address_hash, why, at=at, detail=FROM_JOURNAL)
        case JournalKind.LIFTED:
            suppressions.lift(tx, address_hash, at=at)
        case JournalKind.ISSUE_STARTED | JournalKind.ISSUE_SENT:
            raise AssertionError(f"{entry.kind}: happens to an issue")
        case _:
            assert_never(entry.kind)


def _note(tx: Tx, entry: JournalEntry) -> None:
    line = Consent(
        address_hash=entry.subject,
        event=_LEDGER[entry.kind],
        at=entry.at,
        evidence=FROM_JOURNAL,
    )
    consents.append(tx, line)


def _leave(tx: Tx, entry: JournalEntry) -> None:
    gone = {"state": SubscriberState.LEFT, "left_at": entry.at}
    theirs = update(SUBSCRIBER).where(SUBSCRIBER.c.address_hash == entry.subject)
    tx.execute(theirs.values(new_address=None, new_address_at=None, **gone))
    _note(tx, entry)


def _erase(tx: Tx, entry: JournalEntry) -> None:
    theirs = SUBSCRIBER.c.address_hash == entry.subject
    forget_domains(tx, theirs)
    tx.execute(delete(SUBSCRIBER).where(theirs))
    email = table_of(EmailRow)
    tx.execute(delete(email).where(email.c.address_hash == entry.subject))
    _note(tx, entry)


def _confirm(tx: Tx, entry: JournalEntry) -> None:
    """Let in whoever asked before the backup; of one who asked later we have no address."""
    back = {"state": SubscriberState.ACTIVE, "confirmed_at": entry.at, "left_at": None}
    asked = update(SUBSCRIBER).where(
        SUBSCRIBER.c.address_hash == entry.subject, SUBSCRIBER.c.state != SubscriberState.ACTIVE
    )
    tx.execute(asked.values(**back))
    _note(tx, entry)


def _close(tx: Tx, entry: JournalEntry, window_of: WindowOf, *, now: datetime) -> bool:
    """Let an issue be one that was sent; False if it is, or if it stands here and only began."""
    cadence, _, period = entry.subject.partition("/")
    row = tx.execute(
        select(ISSUE.c.id, ISSUE.c.state, ISSUE.c.version).where(
            ISSUE.c.cadence == cadence, ISSUE.c.period == period
        )
    ).one_or_none()
    if row is None:
        return _remember(tx, Cadence(cadence), period, window_of, at=entry.at)
    if row.state in _OVER or entry.kind is not JournalKind.ISSUE_SENT:
        return False
    tx.execute(
        update(ISSUE)
        .where(ISSUE.c.id == row.id)
        .values(state=IssueState.SENT, resumes=None, ended_at=entry.at)
    )
    _cancel_deliveries(tx, row.id)
    transitions.note(tx, row.id, "sent", version=row.version, now=now, detail=FROM_JOURNAL)
    return True


def _cancel_deliveries(tx: Tx, issue_id: int) -> None:
    delivery = table_of(DeliveryRow)
    open_ = delivery.c.state.in_([state.value for state in transitions.UNSETTLED])
    tx.execute(
        update(delivery)
        .where(delivery.c.issue_id == issue_id, open_)
        .values(state=DeliveryState.CANCELLED, detail=SENT_BEFORE, holder=None, lease_until=None)
    )


def _remember(tx: Tx, cadence: Cadence, period: str, window_of: WindowOf, *, at: datetime) -> bool:
    """Keep the place of an issue that was made and sent after the backup; of what it told we know
    the window only. False if no digest of today would make it again."""
    window = window_of(cadence, period)
    if window is None:
        return False
    row = {
        "cadence": cadence,
        "period": period,
        "state": IssueState.EMPTY,
        "version": 1,
        "revision": 0,
        "opens": window.opens,
        "closes": window.closes,
        "send_at": window.send_at,
        "started_at": at,
        "ended_at": at,
        "content_hash": "",
        "detail": SENT_UNSEEN,
        "greetings": {},
    }
    issue_id = tx.execute(insert(ISSUE).returning(IssueRow.id), row).scalar_one()
    transitions.note(tx, issue_id, "sent", version=1, now=at, detail=FROM_JOURNAL)
    return True


def _pause(tx: Tx, began: Iterable[str], *, now: datetime) -> tuple[str, ...]:
    """Pause issues whose send had begun at the backup, or began since; return their names."""
    wanted, paused = set(began), []
    rows = tx.execute(
        select(ISSUE.c.id, ISSUE.c.cadence, ISSUE.c.period, ISSUE.c.state).where(
            ISSUE.c.state.in_(transitions.UNDER_WAY)
        )
    ).all()
    for row in rows:
        name = f"{row.cadence}/{row.period}"
        if row.state is IssueState.SENDING or name in wanted:
            transitions.pause(tx, row.id, by="restore", now=now, why=STARTED_BEFORE)
            paused.append(name)
    return tuple(sorted(paused))
