"""What came back: read, kept once, and acted upon.

    bytes | read | addressee  > a report and the reader it is about
    hard            | suppressed, with all other failures of its issue: journal, ledger (failures)
    soft            | counted; too many in a row suppress, one that arrives forgives
    ours            | nobody is blamed, people hear of it                   (all: bounce_handling)
    complaint, way out by mail  | the reader has left
    whatever only the reader's own way out proves | the reader has left, at most

A report is kept in the transaction that acts upon it, and what must outlive the database stands in
the journal before: a kill at any moment does it again, which changes nothing.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from syndicator import log
from syndicator.config import Settings
from syndicator.deliver.email.bounce import LONGEST, Bounce, Complaint, Leave, Report, Unknown, read
from syndicator.deliver.email.mailbox import Mailbox
from syndicator.errors import MailboxAway, StoreUnavailable
from syndicator.model import Clock, SuppressedBecause, Tag, TagKind
from syndicator.pipeline.data_folder import keyring
from syndicator.pipeline.issues import failures
from syndicator.pipeline.issues.failures import BY_REPORT, leave_by_mail
from syndicator.pipeline.people import bounce_handling
from syndicator.store.db.database import Database, Tx
from syndicator.store.issues import failures as store_failures
from syndicator.store.people import bounces
from syndicator.store.people.bounces import Addressee
from syndicator.store.upkeep.journal import Journal
from syndicator.subscribe.tokens import read_unsubscribe, read_verp

logger = log.get("returns")

CONNECTIONS = 3
"""How often one look at the mailbox connects again after the connection broke."""

BY_MAIL = "mailto"
"""Stands in the consent ledger for the page, where somebody left by mail."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BounceReader:
    """What it takes to read what came back, and to act upon it.

    Args:
        unsubscribe_keys: every version of the key that signs our return paths and ways out.
        host: ends the Message-IDs of our issues.
        imap_url: the mailbox reports come to; ``None`` if there is none.
        trust: whom its server is believed; those the system trusts if not given.
    """

    database: Database
    journal: Journal
    unsubscribe_keys: tuple[bytes, ...]
    host: str
    now: Clock
    imap_url: str | None = None
    trust: ssl.SSLContext | None = None

    def tag_of(self, recipient: str) -> Tag | None:
        """Return the message an address of ours was signed for, ``None`` if it is not ours."""
        tags = (read_verp(recipient, key) for key in self.unsubscribe_keys)
        return next((tag for tag in tags if tag is not None), None)

    def mailbox(self, url: str) -> Mailbox:
        """Return the mailbox at ``url``, to be entered."""
        return Mailbox(url, trust=self.trust or ssl.create_default_context())


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessedReport:
    """What a message was. ``delivery`` or ``email`` is there if it is proven whose it was.

    ``fresh`` is False for one that was kept before; ``suppressed`` says that it ended an address.
    """

    kind: str
    fresh: bool
    delivery: int | None = None
    email: int | None = None
    suppressed: bool = False


def bounce_reader(settings: Settings, database: Database, *, now: Clock) -> BounceReader:
    """Return what reads the bounces of these settings, under the keys as they are now."""
    deployment = settings.deployment
    return BounceReader(
        database=database,
        journal=Journal.in_folder(deployment.data_dir),
        unsubscribe_keys=keyring(deployment.data_dir).unsubscribe_versions,
        host=settings.network.id_domain,
        now=now,
        imap_url=deployment.imap_url,
    )


def process_report(reader: BounceReader, message: bytes) -> ProcessedReport:
    """Keep a message that came back, and do what follows from it; return once both are durable.

    Raises:
        StoreUnavailable: database or journal cannot be written. Nothing was kept; give it to us
            again.
    """
    message = message[:LONGEST]
    report = read(message, tag_of=reader.tag_of, host=reader.host)
    key = sha256(message).hexdigest()
    with reader.database.write(durable=True) as tx:
        processed = _record(reader, tx, key, report)
    if processed.fresh and processed.kind == bounces.HARD and processed.delivery is not None:
        processed = replace(processed, suppressed=_ends_at_once(reader, processed.delivery))
    if processed.fresh:
        logger.info(
            "report kept",
            kind=processed.kind,
            delivery=processed.delivery,
            letter=processed.email,
        )
    return processed


def _ends_at_once(reader: BounceReader, delivery: int) -> bool:
    """Return whether the report ends an address at once: with an issue that ended long ago."""
    with reader.database.read() as tx:
        issue = store_failures.issue_of(tx, delivery)
    try:
        return failures.check(reader.database, reader.journal, issue, now=reader.now()) > 0
    except StoreUnavailable as error:
        # The report is kept: what follows from it is looked for each minute.
        logger.warning("report not acted upon yet", delivery=delivery, detail=str(error))
        return False


def _record(reader: BounceReader, tx: Tx, key: str, report: Report) -> ProcessedReport:
    now, addressee = reader.now(), _addressee(reader, tx, report)
    if isinstance(report, Bounce):
        kind = report.weight.value
        failure = bounce_handling.returned(report)
        fresh = bounce_handling.record(tx, key, failure, addressee, now=now)
    else:
        kind = type(report).__name__.lower()
        fresh = bounces.keep(tx, key, kind=kind, at=now, addressee=addressee)
    suppressed = fresh and _act(reader, tx, report, addressee, now=now)
    return ProcessedReport(
        kind=kind,
        fresh=fresh,
        delivery=addressee.delivery if addressee else None,
        email=addressee.email if addressee else None,
        suppressed=suppressed,
    )


def _addressee(reader: BounceReader, tx: Tx, report: Report) -> Addressee | None:
    """Return whose mail it was, if that is proven.

    By the address it came to, which we signed; else by the reader's own way out in what it
    returns, which is known to everybody whom they forwarded a mail. A Message-ID alone is nothing:
    they are numbered, and anybody can count.
    """
    trace = getattr(report, "trace", None)
    if trace is None:
        return None
    if trace.tag is not None:
        transactional = trace.tag.kind is TagKind.TRANSACTIONAL
        find = bounces.addressee_of_email if transactional else bounces.addressee
        return find(tx, trace.tag.id, address=trace.tag.address)
    subscriber = read_unsubscribe(trace.token, reader.unsubscribe_keys) if trace.token else None
    return bounces.addressee_of(tx, subscriber, named=trace.named) if subscriber else None


def _act(
    reader: BounceReader, tx: Tx, report: Report, addressee: Addressee | None, *, now: datetime
) -> bool:
    """Do what follows from a report that was never seen before; True if it ends an address."""
    match report:
        case Leave(token=token):
            subscriber = read_unsubscribe(token, reader.unsubscribe_keys)
            leave_by_mail(tx, reader.journal, subscriber, page=BY_MAIL, now=now)
        case Complaint(trace=trace) if addressee is not None:
            holder = bounces.reader(tx, addressee)
            leave_by_mail(tx, reader.journal, holder, page=BY_REPORT, now=now)
            why = SuppressedBecause.COMPLAINT
            return trace.signed and bounce_handling.suppress(
                tx, reader.journal, addressee, why, None, now=now
            )
        case Bounce(trace=trace) if addressee is not None and not trace.signed:
            failure = bounce_handling.returned(report)
            if bounce_handling.apply_unsigned_bounce(tx, failure, addressee, now=now):
                holder = bounces.reader(tx, addressee)
                leave_by_mail(tx, reader.journal, holder, page=BY_REPORT, now=now)
        case Bounce() if addressee is not None:
            failure = bounce_handling.returned(report)
            return bounce_handling.apply_bounce(tx, reader.journal, failure, addressee, now=now)
    return False


def read_mailbox(reader: BounceReader) -> int:
    """Take every message that came to the mailbox since the last look; return how many.

    One is deleted once it is kept; what we do not know is left there, seen, for a person. One that
    cannot be taken is left, flagged, and stops no other; nor does one the connection breaks at.

    Raises:
        MailboxAway: it cannot be read, also after connecting again. What was taken is taken.
        StoreUnavailable: nothing can be kept now; the mails wait where they are.
    """
    if reader.imap_url is None:
        return 0
    taken: dict[str, bool] = {}
    for left in reversed(range(CONNECTIONS)):
        with reader.mailbox(reader.imap_url) as mailbox:
            try:
                for name in (name for chunk in mailbox.unseen() for name in chunk):
                    if name not in taken:
                        taken[name] = False
                        taken[name] = _take_out(reader, mailbox, name)
                break
            except MailboxAway:
                if not left:
                    raise
    return sum(taken.values())


def _take_out(reader: BounceReader, mailbox: Mailbox, name: str) -> bool:
    message = mailbox.message(name, most=LONGEST)
    if message is None:
        logger.warning("report not fetched", name=name)
        return False
    try:
        processed = process_report(reader, message)
    except StoreUnavailable:
        raise
    except Exception:
        # Broad, since this is the loop over the mailbox: what a stranger's message does to us must
        # keep no other in it, and nobody would read this one again but a person.
        logger.exception("report not understood by a fault of ours; it is flagged", name=name)
        mailbox.leave(name, flagged=True)
        return False
    if processed.kind == Unknown.__name__.lower():
        mailbox.leave(name)
    else:
        mailbox.delete(name)
    return True
