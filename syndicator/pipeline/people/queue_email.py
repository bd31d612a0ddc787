"""An email that somebody's act asks for, put into the outbox or withheld."""

from __future__ import annotations

from datetime import datetime

from syndicator.model import EmailKind
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.store.db.database import Tx
from syndicator.store.people import bounces, suppressions, transactional_emails
from syndicator.subscribe.address import mailbox_of
from syndicator.subscribe.throttle import DAY, HOUR, REST, may_write


def queue_email(
    subscriptions: Subscriptions,
    tx: Tx,
    kind: EmailKind,
    *,
    address: str,
    address_hash: str,
    language: str,
    subscriber: str | None,
    now: datetime,
    withheld: bool = False,
) -> None:
    """Put an email unless the address is suppressed or does not exist, its mailbox had its share,
    or strangers had theirs, whatever the door (S2)."""
    # A hash no address has: its turn comes last, so that nobody who holds it waits for another.
    mailbox_hash = subscriptions.hash_of(f"mailbox {mailbox_of(address)}")
    transactional_emails.lock_address(tx, mailbox_hash)
    written = transactional_emails.recent(tx, mailbox_hash, since=now - DAY)
    suppressed = suppressions.holds(tx, address_hash)
    gone = bounces.bounced_email(tx, address_hash, since=now - REST)
    most = subscriptions.confirmations_per_hour
    full = transactional_emails.count_to_strangers(tx, since=now - HOUR, most=most) >= most
    transactional_emails.put(
        tx,
        kind,
        address=address,
        address_hash=address_hash,
        mailbox_hash=mailbox_hash,
        language=language,
        subscriber=subscriber,
        now=now,
        withheld=withheld
        or suppressed
        or gone
        or (full and kind in transactional_emails.TO_STRANGERS)
        or not may_write(written, now=now),
    )
    # Also for an email that was withheld: the answer takes equally long.
    subscriptions.wake_mailer_after(tx)
