"""What came back: read, kept once, and acted upon.

    bytes | read    | whose   > a report and the reader it is about
    hard            | suppressed: journal, ledger, never mailed again
    soft            | counted; too many in a row suppress, one that arrives forgives
    ours            | nobody is blamed, people hear of it
    complaint, way out by mail  | the reader has left

A report is kept in the transaction that acts upon it, and what must outlive the database stands in
the journal before: a kill at any moment does it again, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from syndicator import log
from syndicator.deliver.bounce import (
    LONGEST,
    Bounce,
    Complaint,
    Leave,
    Report,
    Unknown,
    Weight,
    read,
)
from syndicator.deliver.mailbox import Mailbox
from syndicator.errors import MailboxAway, StoreUnavailable
from syndicator.model import Consent, ConsentEvent, Notice, SuppressedBecause
from syndicator.store import bounces, consents, notices, subscribers, suppressions
from syndicator.store.bounces import Addressee
from syndicator.store.database import Database, Tx
from syndicator.store.journal import Journal, JournalKind

logger = log.get("returns")

SOFTLY = 5
"""Mails in a row that came back softly until an address is not mailed any more."""

FORGIVEN = timedelta(days=200)
"""A soft bounce of a mail so old counts no more; five issues of a monthly digest fit in."""

CONNECTIONS = 3
"""How often one look at the mailbox connects again after the connection broke."""

MAIL_REFUSED = "mail_refused"

BY_MAIL = "mailto"
"""Stands in the consent ledger for the page, where somebody left by mail."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Returns:
    """Where what came back is kept and acted upon, chosen by ``app``.

    Args:
        delivery_of: the delivery an address of ours was signed for, else ``None``.
        reader_of: the public id of whose way out this is, else ``None``.
        host: ends the Message-IDs of our issues.
        mailbox: connects to the mailbox reports come to; ``None`` if there is none.
    """

    database: Database
    journal: Journal
    delivery_of: Callable[[str], int | None]
    reader_of: Callable[[str], str | None]
    host: str
    now: Callable[[], datetime]
    mailbox: Callable[[], AbstractContextManager[Mailbox]] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What a message was. ``delivery`` is there if it is proven whose it was.

    ``fresh`` is False for one that was kept before; ``suppressed`` says that it ended an address.
    """

    kind: str
    delivery: int | None
    fresh: bool
    suppressed: bool = False


def take(returns: Returns, message: bytes) -> Taken:
    """Keep a message that came back, and do what follows from it; return once both are durable.

    Raises:
        StoreUnavailable: nothing was kept; give it to us again.
        OSError: the journal cannot be written; likewise.
    """
    message = message[:LONGEST]
    report = read(message, delivery_of=returns.delivery_of, host=returns.host)
    key = sha256(message).hexdigest()
    with returns.database.write(durable=True) as tx:
        taken = _keep(returns, tx, key, report)
    if taken.fresh:
        logger.info("report kept", kind=taken.kind, delivery=taken.delivery)
    return taken


def _keep(returns: Returns, tx: Tx, key: str, report: Report) -> Taken:
    now, whose = returns.now(), _whose(returns, tx, report)
    bounce = report if isinstance(report, Bounce) else None
    kind = bounce.weight.value if bounce else type(report).__name__.lower()
    fresh = bounces.keep(
        tx,
        key,
        kind=kind,
        at=now,
        addressee=whose,
        status=bounce.status if bounce else None,
        detail=bounce.detail if bounce else None,
    )
    ends = fresh and _act(returns, tx, report, whose, now=now)
    return Taken(
        kind=kind, delivery=whose.delivery if whose else None, fresh=fresh, suppressed=ends
    )


def _whose(returns: Returns, tx: Tx, report: Report) -> Addressee | None:
    """Return whose mail it was, if that is proven.

    By the address it came to, which we signed; else by the reader's own way out in what it
    returns. A Message-ID alone is nothing: they are numbered, and anybody can count.
    """
    trace = getattr(report, "trace", None)
    if trace is None:
        return None
    if trace.delivery is not None:
        return bounces.addressee(tx, trace.delivery)
    reader = returns.reader_of(trace.token) if trace.token else None
    return bounces.addressee_of(tx, reader, named=trace.named) if reader else None


def _act(
    returns: Returns, tx: Tx, report: Report, whose: Addressee | None, *, now: datetime
) -> bool:
    """Do what follows from a report that was never seen before; True if it ends an address."""
    match report:
        case Leave(token=token):
            _let_go(returns, tx, returns.reader_of(token), now=now)
        case Complaint() if whose is not None:
            _let_go(returns, tx, bounces.reader(tx, whose), now=now)
            return _suppress(returns, tx, whose, SuppressedBecause.COMPLAINT, None, now=now)
        case Bounce() if whose is not None:
            return _count(returns, tx, report, whose, now=now)
    return False


def _let_go(returns: Returns, tx: Tx, reader: str | None, *, now: datetime) -> None:
    found = subscribers.by_public_id(tx, reader, ours=True) if reader else None
    if found is None or not subscribers.leave(tx, found.id, now=now):
        return
    returns.journal.append(JournalKind.LEFT, subject=found.address_hash, at=now)
    line = Consent(address_hash=found.address_hash, event=ConsentEvent.LEFT, at=now, page=BY_MAIL)
    consents.append(tx, line)


def _count(returns: Returns, tx: Tx, bounce: Bounce, whose: Addressee, *, now: datetime) -> bool:
    """Let the delivery have failed, and the address bear what follows; True if it is the end."""
    said = f"{bounce.status or ''} {bounce.detail}".strip()
    bounces.failed(tx, whose.delivery, detail=said)
    if bounce.weight is Weight.OURS:
        _tell(tx, bounce, now=now)
    if bounce.weight is Weight.HARD:
        return _suppress(returns, tx, whose, SuppressedBecause.HARD_BOUNCE, said, now=now)
    if bounce.weight is Weight.SOFT:
        count = bounces.softly(tx, whose, since=now - FORGIVEN, most=SOFTLY)
        bounces.count_softly(tx, whose, count=count, at=now)
        if count >= SOFTLY:
            return _suppress(returns, tx, whose, SuppressedBecause.SOFT_BOUNCES, said, now=now)
    return False


def _suppress(
    returns: Returns,
    tx: Tx,
    whose: Addressee,
    why: SuppressedBecause,
    said: str | None,
    *,
    now: datetime,
) -> bool:
    if suppressions.holds(tx, whose.address_hash):
        return False
    returns.journal.append(JournalKind.SUPPRESSED, subject=whose.address_hash, at=now)
    return suppressions.suppress(tx, whose.address_hash, why, at=now, detail=said)


def _tell(tx: Tx, bounce: Bounce, *, now: datetime) -> None:
    """Say that mail was refused for our own fault; whose, and by whom, is nobody else's matter."""
    facts = {"status": bounce.status or "5.0.0"}
    notices.put(tx, Notice(kind=MAIL_REFUSED, subject="", at=now, facts=facts))


def look(returns: Returns) -> int:
    """Take every message that came to the mailbox since the last look; return how many.

    One is deleted once it is kept; what we do not know is left there, seen, for a person. One that
    cannot be taken is left, flagged, and stops no other; nor does one the connection breaks at.

    Raises:
        MailboxAway: it cannot be read, also after connecting again. What was taken is taken.
        StoreUnavailable: nothing can be kept now; the mails wait where they are.
    """
    if returns.mailbox is None:
        return 0
    taken: dict[str, bool] = {}
    for left in reversed(range(CONNECTIONS)):
        with returns.mailbox() as mailbox:
            try:
                for name in (name for chunk in mailbox.unseen() for name in chunk):
                    if name not in taken:
                        taken[name] = False
                        taken[name] = _take_out(returns, mailbox, name)
                break
            except MailboxAway:
                if not left:
                    raise
    return sum(taken.values())


def _take_out(returns: Returns, mailbox: Mailbox, name: str) -> bool:
    message = mailbox.message(name, most=LONGEST)
    if message is None:
        logger.warning("report not fetched", name=name)
        return False
    try:
        taken = take(returns, message)
    except (StoreUnavailable, OSError):
        raise
    except Exception:
        logger.exception("report not understood by a fault of ours; it is flagged", name=name)
        mailbox.leave(name, flagged=True)
        return False
    if taken.kind == Unknown.__name__.lower():
        mailbox.leave(name)
    else:
        mailbox.delete(name)
    return True
