"""Transactional emails, sent before newsletters: from their outbox to the relay, oldest first.

an email | write | message | relay      > an inbox, and the address forgotten
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from syndicator import log
from syndicator.errors import PermanentFailure, TemporaryFailure
from syndicator.model import NoticeKind, TransactionalEmail
from syndicator.pipeline.mail_relay import Mailer
from syndicator.pipeline.people import bounce_handling
from syndicator.pipeline.people.transactional_sender import TransactionalSender
from syndicator.pipeline.standing_notices import set_notice
from syndicator.store.db.database import Database
from syndicator.store.people import bounces, transactional_emails
from syndicator.subscribe.email_tokens import LASTS

logger = log.get("letters")

LEASE = timedelta(minutes=5)
"""How long an email stays claimed if the process that claimed it dies."""

SOON = timedelta(minutes=2)
"""The shortest wait before an email that was not taken is offered again."""

TRIES = timedelta(days=1)
"""For how long an email is offered: its link would soon be late."""

PATIENCE = timedelta(minutes=10)
"""How long an email waits for a relay that is away until people hear of it: some only restart."""

LATE = timedelta(days=7)
"""An email so old tells nobody anything; one with a link is too late when the link is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SentEmails:
    """What became of the emails that were open: ``later`` are offered again."""

    sent: int = 0
    later: int = 0
    failed: int = 0


class _Outcome(Enum):
    SENT = auto()
    LATER = auto()
    FAILED = auto()


class _RelayAway(Exception):
    """No relay answered."""


def send_emails(sender: TransactionalSender) -> SentEmails:
    """Send every email that is open; return what became of them.

    One that nobody takes, or that cannot be written, does not stop the others.
    """
    outcomes: list[_Outcome] = []
    while chunk := _claim(sender):
        with sender.relay.connect() as relay:
            outcomes += _send_chunk(sender, relay, chunk)
    return SentEmails(
        sent=outcomes.count(_Outcome.SENT),
        later=outcomes.count(_Outcome.LATER),
        failed=outcomes.count(_Outcome.FAILED),
    )


def emails_wait(database: Database, *, now: datetime) -> bool:
    """Return whether an email could be sent now."""
    with database.read() as tx:
        return transactional_emails.waiting(tx, now=now) > 0


def _claim(sender: TransactionalSender) -> Sequence[TransactionalEmail]:
    now = sender.now()
    if not emails_wait(sender.database, now=now):
        return ()
    with sender.database.write(durable=True) as tx:
        return transactional_emails.claim(tx, now=now, lease=LEASE)


def _send_chunk(
    sender: TransactionalSender, relay: Mailer, chunk: Sequence[TransactionalEmail]
) -> list[_Outcome]:
    outcomes = []
    for at, email in enumerate(chunk):
        try:
            outcomes.append(_send(sender, relay, email))
        except _RelayAway as away:
            # Nobody answers: the rest would only wait as long for as little.
            rest = chunk[at:]
            for unsent in rest:
                _put_off(sender, unsent, detail=str(away))
            now = sender.now()
            if now - email.at >= PATIENCE:
                set_notice(sender.database, NoticeKind.RELAY_AWAY, holds=True, now=now)
            return outcomes + [_Outcome.LATER] * len(rest)
    if _Outcome.SENT in outcomes:
        set_notice(sender.database, NoticeKind.RELAY_AWAY, holds=False, now=sender.now())
    return outcomes


def _send(sender: TransactionalSender, relay: Mailer, email: TransactionalEmail) -> _Outcome:
    if sender.now() - email.at >= LASTS.get(email.kind, LATE):
        return _give_up(sender, email, detail="too late to be sent")
    try:
        message = sender.message(email)
    except Exception as error:
        # Broad, since this is the loop over emails and an operator's own template may raise
        # anything. The next email may be of another kind.
        logger.exception("letter not written", letter=email.id, kind=email.kind.value)
        return _put_off(sender, email, detail=type(error).__name__)
    try:
        relay.send(message, sender=sender.return_path(email), recipient=email.address)
    except TemporaryFailure as error:
        if not error.code:
            raise _RelayAway(error.reply) from error
        return _put_off(sender, email, detail=str(error))
    except PermanentFailure as error:
        return _refused(sender, email, error)
    with sender.database.write() as tx:
        transactional_emails.mark_sent(tx, email.id, now=sender.now())
    logger.info("letter sent", letter=email.id, kind=email.kind.value)
    return _Outcome.SENT


def _put_off(sender: TransactionalSender, email: TransactionalEmail, *, detail: str) -> _Outcome:
    """Offer an email again later: ever later, and not all at the same moment."""
    now = sender.now()
    waited = now - email.at
    if waited >= TRIES:
        return _give_up(sender, email, detail=detail)
    not_before = now + max(SOON, waited / 2) * (1 + sender.jitter() / 4)
    with sender.database.write() as tx:
        transactional_emails.put_off(tx, email.id, not_before=not_before, detail=detail)
    logger.warning("letter put off", letter=email.id, kind=email.kind.value, detail=detail)
    return _Outcome.LATER


def _refused(
    sender: TransactionalSender, email: TransactionalEmail, error: PermanentFailure
) -> _Outcome:
    """Give an email up and do to its address what a report of the same would have come to.

    At once: of an email that is given up nobody would ever learn again what was answered.
    """
    failure, detail, now = bounce_handling.refused(error), str(error), sender.now()
    with sender.database.write(durable=True) as tx:
        transactional_emails.mark_failed(tx, email.id, detail=detail)
        addressee = bounces.addressee_of_email(tx, email.id, address=email.address_hash)
        if addressee is not None:
            key = f"letter {email.id} {email.address_hash[:40]}"
            bounce_handling.record(tx, key, failure, addressee, now=now)
            bounce_handling.apply_bounce(tx, sender.journal, failure, addressee, now=now)
    return _given_up(email, detail=detail)


def _give_up(sender: TransactionalSender, email: TransactionalEmail, *, detail: str) -> _Outcome:
    with sender.database.write() as tx:
        transactional_emails.mark_failed(tx, email.id, detail=detail)
    return _given_up(email, detail=detail)


def _given_up(email: TransactionalEmail, *, detail: str) -> _Outcome:
    logger.error("letter not taken", letter=email.id, kind=email.kind.value, detail=detail)
    return _Outcome.FAILED
