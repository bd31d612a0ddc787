"""What came back: read, kept once, and acted upon.

    bytes | read    | whose   > a report and the reader it is about
    hard            | suppressed, with all other failures of its issue: journal, ledger (failures)
    soft            | counted; too many in a row suppress, one that arrives forgives
    ours            | nobody is blamed, people hear of it                   (all three: bearing)
    complaint, way out by mail  | the reader has left
    whatever only the reader's own way out proves | the reader has left, at most

A report is kept in the transaction that acts upon it, and what must outlive the database stands in
the journal before: a kill at any moment does it again, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from syndicator import log
from syndicator.deliver.email.bounce import LONGEST, Bounce, Complaint, Leave, Report, Unknown, read
from syndicator.deliver.email.mailbox import Mailbox
from syndicator.errors import MailboxAway, StoreUnavailable
from syndicator.model import SuppressedBecause, Tag, TagKind
from syndicator.pipeline.issues import failures
from syndicator.pipeline.issues.failures import BY_REPORT, let_go
from syndicator.pipeline.people import bounce_handling
from syndicator.store.db.database import Database, Tx
from syndicator.store.issues import failures as store_failures
from syndicator.store.people import bounces
from syndicator.store.people.bounces import Addressee
from syndicator.store.upkeep.journal import Journal

logger = log.get("returns")

CONNECTIONS = 3
"""How often one look at the mailbox connects again after the connection broke."""

BY_MAIL = "mailto"
"""Stands in the consent ledger for the page, where somebody left by mail."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Returns:
    """Where what came back is kept and acted upon, chosen by ``app``.

    Args:
        tag_of: the message an address of ours was signed for, else ``None``.
        reader_of: the public id of whose way out this is, else ``None``.
        host: ends the Message-IDs of our issues.
        mailbox: connects to the mailbox reports come to; ``None`` if there is none.
    """

    database: Database
    journal: Journal
    tag_of: Callable[[str], Tag | None]
    reader_of: Callable[[str], str | None]
    host: str
    now: Callable[[], datetime]
    mailbox: Callable[[], AbstractContextManager[Mailbox]] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What a message was. ``delivery`` or ``email`` is there if it is proven whose it was.

    ``fresh`` is False for one that was kept before; ``suppressed`` says that it ended an address.
    """

    kind: str
    fresh: bool
    delivery: int | None = None
    email: int | None = None
    suppressed: bool = False


def take(returns: Returns, message: bytes) -> Taken:
    """Keep a message that came back, and do what follows from it; return once both are durable.

    Raises:
        StoreUnavailable: database or journal cannot be written. Nothing was kept; give it to us
            again.
    """
    message = message[:LONGEST]
    report = read(message, tag_of=returns.tag_of, host=returns.host)
    key = sha256(message).hexdigest()
    with returns.database.write(durable=True) as tx:
        taken = _keep(returns, tx, key, report)
    if taken.fresh and taken.kind == bounces.HARD and taken.delivery is not None:
        taken = replace(taken, suppressed=_looked_at(returns, taken.delivery))
    if taken.fresh:
        logger.info("report kept", kind=taken.kind, delivery=taken.delivery, letter=taken.email)
    return taken


def _looked_at(returns: Returns, delivery: int) -> bool:
    """Return whether the report ends an address at once: with an issue that ended long ago."""
    with returns.database.read() as tx:
        issue = store_failures.issue_of(tx, delivery)
    try:
        return failures.look(returns.database, returns.journal, issue, now=returns.now()) > 0
    except StoreUnavailable as error:
        # The report is kept: what follows from it is looked for each minute.
        logger.warning("report not acted upon yet", delivery=delivery, detail=str(error))
        return False


def _keep(returns: Returns, tx: Tx, key: str, report: Report) -> Taken:
    now, whose = returns.now(), _whose(returns, tx, report)
    if isinstance(report, Bounce):
        kind = report.weight.value
        fresh = bounce_handling.keep(tx, key, bounce_handling.returned(report), whose, now=now)
    else:
        kind = type(report).__name__.lower()
        fresh = bounces.keep(tx, key, kind=kind, at=now, addressee=whose)
    ends = fresh and _act(returns, tx, report, whose, now=now)
    return Taken(
        kind=kind,
        fresh=fresh,
        delivery=whose.delivery if whose else None,
        email=whose.email if whose else None,
        suppressed=ends,
    )


def _whose(returns: Returns, tx: Tx, report: Report) -> Addressee | None:
    """Return whose mail it was, if that is proven.

    By the address it came to, which we signed; else by the reader's own way out in what it
    returns, which is known to everybody whom they forwarded a mail. A Message-ID alone is nothing:
    they are numbered, and anybody can count.
    """
    trace = getattr(report, "trace", None)
    if trace is None:
        return None
    if trace.tag is not None:
        email = trace.tag.kind is TagKind.TRANSACTIONAL
        find = bounces.addressee_of_email if email else bounces.addressee
        return find(tx, trace.tag.id, address=trace.tag.address)
    reader = returns.reader_of(trace.token) if trace.token else None
    return bounces.addressee_of(tx, reader, named=trace.named) if reader else None


def _act(
    returns: Returns, tx: Tx, report: Report, whose: Addressee | None, *, now: datetime
) -> bool:
    """Do what follows from a report that was never seen before; True if it ends an address."""
    match report:
        case Leave(token=token):
            _let_go(returns, tx, returns.reader_of(token), page=BY_MAIL, now=now)
        case Complaint(trace=trace) if whose is not None:
            _let_go(returns, tx, bounces.reader(tx, whose), page=BY_REPORT, now=now)
            why = SuppressedBecause.COMPLAINT
            return trace.signed and bounce_handling.suppress(
                tx, returns.journal, whose, why, None, now=now
            )
        case Bounce(trace=trace) if whose is not None and not trace.signed:
            if bounce_handling.bear_unsigned(tx, bounce_handling.returned(report), whose, now=now):
                _let_go(returns, tx, bounces.reader(tx, whose), page=BY_REPORT, now=now)
        case Bounce() if whose is not None:
            return bounce_handling.bear(
                tx, returns.journal, bounce_handling.returned(report), whose, now=now
            )
    return False


def _let_go(returns: Returns, tx: Tx, reader: str | None, *, page: str, now: datetime) -> None:
    if reader is not None:
        let_go(tx, returns.journal, reader, page=page, now=now)


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
    except StoreUnavailable:
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
