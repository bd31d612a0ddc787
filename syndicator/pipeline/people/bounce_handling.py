"""What a mail that did not arrive comes to, for the address it was for.

              of a reader                       of a request      to an editor
    hard      suppressed, for good (*)          it ends           a notice
    soft      counted; too many suppress        nothing           a notice
    ours      nobody is blamed, people hear     likewise          a notice

A failure says nothing of anybody who did not agree to be mailed: an address that somebody typed
into a form is not suppressed for not being there, only left alone for a while.

(*) For a newsletter only together with all other failures of its issue: see ``failures``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from syndicator.deliver.email.bounce import Bounce, Weight
from syndicator.deliver.email.replies import plain
from syndicator.deliver.retry import Meaning, enhanced, meaning
from syndicator.errors import PermanentFailure
from syndicator.model import (
    EmailKind,
    Notice,
    NoticeKind,
    Subscriber,
    SubscriberState,
    SuppressedBecause,
    UnknownBy,
)
from syndicator.pipeline.people.unconfirmed import end_request
from syndicator.store import notices
from syndicator.store.db.database import Tx
from syndicator.store.issues import failures
from syndicator.store.people import bounces, subscribers, suppressions, transactional_emails
from syndicator.store.people.bounces import Addressee
from syndicator.store.upkeep.journal import Journal, JournalKind

MOST_SOFT_BOUNCES = 5
"""Mails in a row that came back softly until an address is not mailed any more."""

SOFT_BOUNCE_EXPIRES = timedelta(days=200)
"""A soft bounce of a mail so old counts no more; five issues of a monthly digest fit in."""


_MEANS = {Meaning.GONE: Weight.HARD, Meaning.OURS: Weight.OURS}


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Why a mail did not arrive; ``detail`` is what a server said, without addresses."""

    weight: Weight
    status: str | None
    detail: str

    @property
    def words(self) -> str:
        """Status and words in one line."""
        return f"{self.status or ''} {self.detail}".strip()


def returned(bounce: Bounce) -> Failure:
    """Return the failure that a report tells of."""
    return Failure(weight=bounce.weight, status=bounce.status, detail=bounce.detail)


def refused(error: PermanentFailure) -> Failure:
    """Return the failure that the relay's own answer is."""
    status = enhanced(error.reply)
    return Failure(
        weight=_MEANS.get(meaning(error.code, error.reply, stage=error.stage), Weight.SOFT),
        status=".".join(map(str, status)) if status else None,
        detail=plain(str(error)),
    )


def record(
    tx: Tx, key: str, failure: Failure, addressee: Addressee | None, *, now: datetime
) -> bool:
    """Keep a failure under its key; False, and nothing is to be done, if it is kept already."""
    return bounces.keep(
        tx,
        key,
        kind=failure.weight.value,
        at=now,
        addressee=addressee,
        status=failure.status,
        detail=failure.detail,
    )


def apply_bounce(
    tx: Tx, journal: Journal, failure: Failure, addressee: Addressee, *, now: datetime
) -> bool:
    """Do what follows from a failure that is kept now; True if it ends an address."""
    if addressee.email is not None:
        return _apply_to_email(tx, journal, failure, addressee, now=now)
    assert addressee.delivery is not None
    bounces.mark_delivery_failed(tx, addressee.delivery, detail=failure.words)
    if failure.weight is Weight.HARD:
        failures.call_unknown(tx, addressee.delivery, by=UnknownBy.SIGNED)
        return False
    return _count_and_suppress(tx, journal, failure, addressee, now=now)


def apply_unsigned_bounce(tx: Tx, failure: Failure, addressee: Addressee, *, now: datetime) -> bool:
    """Likewise where only the reader's way out proves whose mail it was: True if it is to be taken.

    That lets its holder leave and nothing else (E6), and whoever was forwarded a mail holds it.
    """
    assert addressee.delivery is not None
    bounces.mark_delivery_failed(tx, addressee.delivery, detail=failure.words)
    if failure.weight is Weight.HARD:
        failures.call_unknown(tx, addressee.delivery, by=UnknownBy.WAY_OUT)
        return False
    return _reason_to_suppress(tx, failure, addressee, now=now) is not None


def suppress(
    tx: Tx,
    journal: Journal,
    addressee: Addressee,
    why: SuppressedBecause,
    detail: str | None,
    *,
    now: datetime,
) -> bool:
    """Never mail an address again; False if it was so before."""
    if suppressions.holds(tx, addressee.address_hash):
        return False
    journal.append(JournalKind.SUPPRESSED, subject=addressee.address_hash, at=now)
    return suppressions.suppress(tx, addressee.address_hash, why, at=now, detail=detail)


def _count_and_suppress(
    tx: Tx, journal: Journal, failure: Failure, addressee: Addressee, *, now: datetime
) -> bool:
    why = _reason_to_suppress(tx, failure, addressee, now=now)
    return why is not None and suppress(tx, journal, addressee, why, failure.words, now=now)


def _reason_to_suppress(
    tx: Tx, failure: Failure, addressee: Addressee, *, now: datetime
) -> SuppressedBecause | None:
    """Return why the address is not to be mailed any more, if so; what is soft is counted."""
    match failure.weight:
        case Weight.HARD:
            return SuppressedBecause.HARD_BOUNCE
        case Weight.SOFT:
            since, most = now - SOFT_BOUNCE_EXPIRES, MOST_SOFT_BOUNCES
            count = bounces.soft_bounces(tx, addressee, since=since, most=most)
            bounces.set_soft_bounces(tx, addressee, count=count, at=now)
            return SuppressedBecause.SOFT_BOUNCES if count >= most else None
        case Weight.OURS:
            _notice_refusal(tx, failure, now=now)
            return None
        case _:
            assert_never(failure.weight)


def _apply_to_email(
    tx: Tx, journal: Journal, failure: Failure, addressee: Addressee, *, now: datetime
) -> bool:
    assert addressee.email is not None
    email = transactional_emails.mark_bounced(tx, addressee.email, detail=failure.words)
    if email.kind not in transactional_emails.TO_SUBSCRIBERS:
        facts = {"letter": email.kind.value, "status": failure.status or "5.0.0"}
        notices.put(tx, Notice(kind=NoticeKind.EMAIL_RETURNED, subject="", at=now, facts=facts))
        return False
    subscriber = subscribers.by_hash(tx, addressee.address_hash, ours=True)
    if subscriber is not None and subscriber.state is SubscriberState.ACTIVE:
        return _count_and_suppress(tx, journal, failure, addressee, now=now)
    match failure.weight:
        case Weight.HARD:
            _end_unconfirmed(tx, subscriber, email, now=now)
        case Weight.OURS:
            _notice_refusal(tx, failure, now=now)
        case Weight.SOFT:
            pass
        case _:
            assert_never(failure.weight)
    return False


def _end_unconfirmed(
    tx: Tx, subscriber: Subscriber | None, email: transactional_emails.QueuedEmail, *, now: datetime
) -> None:
    """End what an email asked to confirm: nobody can, at an address that does not exist."""
    if email.kind is EmailKind.NEW_ADDRESS and email.subscriber is not None:
        subscribers.forget_move(tx, email.subscriber, asked_at=email.at)
    if subscriber is not None and subscriber.state is SubscriberState.PENDING:
        end_request(tx, subscriber, now=now)


def _notice_refusal(tx: Tx, failure: Failure, *, now: datetime) -> None:
    """Say that mail was refused for our own fault; whose, and by whom, is nobody else's matter."""
    facts = {"status": failure.status or "5.0.0"}
    notices.put(tx, Notice(kind=NoticeKind.MAIL_REFUSED, subject="", at=now, facts=facts))
