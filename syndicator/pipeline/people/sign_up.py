"""From a filled form to a subscriber, and back out: each step one transaction, durable at its end.

    ask --a letter--> confirm --> change, pause, move (moves) --> leave or erase (leaving)

What a person was told is done stands on the disk, and where it must outlive the database, in the
journal first. Known, unknown and suppressed addresses take the same way (S2).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from syndicator.deliver.email.message import letter_id
from syndicator.model import (
    Consent,
    ConsentEvent,
    EmailKind,
    Selection,
    Subscriber,
    SubscriberState,
)
from syndicator.store.db.database import Database, Tx
from syndicator.store.people import (
    bounces,
    consents,
    subscribers,
    suppressions,
    transactional_emails,
)
from syndicator.store.upkeep.journal import Journal, JournalKind
from syndicator.subscribe.address import hashed, mailbox_of
from syndicator.subscribe.consent import text_version
from syndicator.subscribe.links import Links, LinkState, TokenClaims
from syndicator.subscribe.sign_up import Confirmation, Preferences, Stopped, Wish
from syndicator.subscribe.throttle import DAY, HOUR, REST, may_write

LEFT = timedelta(days=30)
"""How long the row of somebody who left is kept, so that a mistake can be mended."""


def _nobody() -> None:
    """Nobody hurries: the next tick finds the letter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriptions:
    """Where subscribers are kept, chosen by ``app``.

    ``hash_key`` is what addresses are hashed with; ``host`` ends our Message-IDs. ``letter_put`` is
    called after each commit that may have put a letter: somebody waits for it.
    ``confirmations_per_hour`` is how many letters go to strangers, from all forms together.
    """

    database: Database
    journal: Journal
    links: Links
    hash_key: bytes
    host: str
    zone: ZoneInfo
    now: Callable[[], datetime]
    confirmations_per_hour: int
    letter_put: Callable[[], None] = _nobody

    def hash_of(self, address: str) -> str:
        """Return what stands for an address."""
        return hashed(address, self.hash_key)

    def writing(self) -> AbstractContextManager[Tx]:
        """Return a transaction for a person who waits, and is answered once it is on the disk."""
        return self.database.write(urgent=True, durable=True)


def ask(readers: Subscriptions, wish: Wish) -> None:
    """Keep a wish as pending and put the letter that asks to confirm it.

    Whoever subscribes already gets a link to their preferences instead; whoever is suppressed, or
    had their share of letters, gets none. Every case runs the same statements.
    """
    address_hash, now = readers.hash_of(wish.address), readers.now()
    with readers.writing() as tx:
        transactional_emails.turn(tx, address_hash)
        kept = subscribers.ask(
            tx,
            address=wish.address,
            address_hash=address_hash,
            selection=wish.selection,
            now=now,
        )
        line = Consent(
            address_hash=address_hash,
            event=ConsentEvent.REQUESTED,
            at=now,
            language=wish.selection.language,
            text_version=wish.text_version,
            page=wish.page,
        )
        consents.append(tx, line)
        known = kept.state is SubscriberState.ACTIVE
        put_letter(
            readers,
            tx,
            EmailKind.LINK if known else EmailKind.CONFIRM,
            address=wish.address,
            address_hash=address_hash,
            language=kept.selection.language,
            subscriber=kept.public_id,
            now=now,
        )


def waiting(readers: Subscriptions, token: str) -> Confirmation:
    """Return what a confirmation would subscribe to, or did, or why it does neither."""
    said = readers.links.confirmation(token, now=readers.now())
    if said is None:
        return Confirmation(state=LinkState.BROKEN)
    with readers.database.read() as tx:
        return _confirmation(subscribers.by_public_id(tx, said.subscriber), said)


def confirm(readers: Subscriptions, token: str) -> Confirmation:
    """Subscribe whoever holds the token; return what was so of it: READY if that was done now.

    Again is the same and harmless. A token from before they left does not bring them back.
    """
    now = readers.now()
    said = readers.links.confirmation(token, now=now)
    if said is None:
        return Confirmation(state=LinkState.BROKEN)
    with readers.writing() as tx:
        found = subscribers.by_public_id(tx, said.subscriber, ours=True)
        confirmation = _confirmation(found, said)
        if found is not None and confirmation.state is LinkState.READY:
            _let_in(readers, tx, found, said=said, now=now)
        return confirmation


def _confirmation(found: Subscriber | None, said: TokenClaims) -> Confirmation:
    if found is None:
        return Confirmation(state=LinkState.BROKEN)
    if not said.was_mailed_to(found.address_hash):
        return Confirmation(state=LinkState.MOVED)
    left_since = found.left_at is not None and found.left_at >= said.at
    if left_since or found.state is SubscriberState.LEFT:
        return Confirmation(state=LinkState.LEFT)
    pending = found.state is SubscriberState.PENDING
    state = LinkState.READY if pending else LinkState.DONE
    return Confirmation(state=state, selection=found.selection)


def _let_in(
    readers: Subscriptions, tx: Tx, found: Subscriber, *, said: TokenClaims, now: datetime
) -> None:
    agreed = consent_of(
        readers, found, address_hash=found.address_hash, said=said, page="confirm", now=now
    )
    asked = consents.newest_of(tx, found.address_hash, ConsentEvent.REQUESTED)
    if asked is not None:
        # The words they read when they asked, which need not be today's.
        agreed = replace(agreed, text_version=asked.text_version)
    readers.journal.append(JournalKind.CONFIRMED, subject=found.address_hash, at=now)
    consents.append(tx, agreed)
    subscribers.confirm(tx, found.id, now=now)


def send_link(readers: Subscriptions, address: str, language: str) -> None:
    """Put the letter with a link to what we hold of an address, if we hold it.

    Whoever did not confirm yet gets the letter that asks for it once more, and whoever left one
    that says so. ``language`` is the page's; of whom we hold anything, the one they chose counts.
    """
    address_hash, now = readers.hash_of(address), readers.now()
    with readers.writing() as tx:
        transactional_emails.turn(tx, address_hash)
        found = subscribers.by_hash(tx, address_hash)
        put_letter(
            readers,
            tx,
            _LINKS[found.state] if found else EmailKind.LINK,
            address=address,
            address_hash=address_hash,
            language=found.selection.language if found else language,
            subscriber=found.public_id if found else None,
            now=now,
            withheld=found is None,
        )


_LINKS = {
    SubscriberState.ACTIVE: EmailKind.LINK,
    SubscriberState.PENDING: EmailKind.CONFIRM,
    SubscriberState.LEFT: EmailKind.LEFT,
}


def preferences(readers: Subscriptions, token: str) -> Preferences | LinkState:
    """Return what the holder of a preferences link may see and change, also one who has left; or
    why the link opens nothing: BROKEN or MOVED."""
    now = readers.now()
    said = readers.links.holder(token, now=now)
    if said is None:
        return LinkState.BROKEN
    with readers.database.read() as tx:
        found = subscribers.by_public_id(tx, said.subscriber)
        stopped = suppressions.get(tx, found.address_hash) if found else None
    if found is None:
        return LinkState.BROKEN
    if not said.was_mailed_to(found.address_hash):
        return LinkState.MOVED
    if found.state is SubscriberState.PENDING:
        return LinkState.BROKEN
    left = found.left_at if found.state is SubscriberState.LEFT else None
    return Preferences(
        address=found.address,
        selection=found.selection,
        paused_until=_day(readers, found.paused_until, after=now),
        since=found.confirmed_at or found.at,
        left=_day(readers, left),
        kept_until=_day(readers, left + LEFT if left else None),
        stopped=Stopped(why=stopped.reason, day=stopped.at.astimezone(readers.zone).date())
        if stopped
        else None,
    )


def _day(
    readers: Subscriptions, moment: datetime | None, *, after: datetime | None = None
) -> date | None:
    """Return the local day of a moment; ``None`` of none, or of one that is not ``after`` that."""
    if moment is None or (after is not None and moment <= after):
        return None
    return moment.astimezone(readers.zone).date()


def change(readers: Subscriptions, token: str, selection: Selection) -> bool:
    """Let the holder want something else; False if the token leads nowhere."""
    with readers.writing() as tx:
        found = holder(readers, tx, token)
        if found is None:
            return False
        if found.selection != selection:
            subscribers.change(tx, found.id, selection)
            line = Consent(
                address_hash=found.address_hash,
                event=ConsentEvent.CHANGED,
                at=readers.now(),
                language=selection.language,
                evidence=selection.words,
            )
            consents.append(tx, line)
        return True


def pause(readers: Subscriptions, token: str, until: date | None) -> bool:
    """Mail the holder nothing before that local day; ``None`` goes on at once."""
    moment = None if until is None else datetime.combine(until, time(), tzinfo=readers.zone)
    with readers.writing() as tx:
        found = holder(readers, tx, token)
        return found is not None and subscribers.pause(tx, found.id, until=moment)


def consent_of(
    readers: Subscriptions,
    found: Subscriber,
    *,
    address_hash: str,
    said: TokenClaims,
    page: str,
    now: datetime,
) -> Consent:
    """Return the line that says a subscriber agreed, on a page, by the link of a letter."""
    language = found.selection.language
    return Consent(
        address_hash=address_hash,
        event=ConsentEvent.CONFIRMED,
        at=now,
        language=language,
        text_version=text_version(language),
        page=f"/{language}/{page}",
        message_id=letter_id(said.letter, host=readers.host),
        evidence=found.selection.words,
    )


def holder(readers: Subscriptions, tx: Tx, token: str) -> Subscriber | None:
    """Return the active subscriber whose preferences a token opens, ours until ``tx`` ends.

    It was mailed to the address they have now: whoever kept the old mailbox is not they.
    """
    said = readers.links.holder(token, now=readers.now())
    if said is None:
        return None
    found = subscribers.by_public_id(tx, said.subscriber, ours=True)
    if found is None or not said.was_mailed_to(found.address_hash):
        return None
    return found if found.state is SubscriberState.ACTIVE else None


def put_letter(
    readers: Subscriptions,
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
    """Put a letter unless the address is suppressed or does not exist, its mailbox had its share,
    or strangers had theirs, whatever the door (S2)."""
    # A hash no address has: its turn comes last, so that nobody who holds it waits for another.
    mailbox_hash = readers.hash_of(f"mailbox {mailbox_of(address)}")
    transactional_emails.turn(tx, mailbox_hash)
    written = transactional_emails.recent(tx, mailbox_hash, since=now - DAY)
    kept_out = suppressions.holds(tx, address_hash)
    gone = bounces.bounced_letter(tx, address_hash, since=now - REST)
    most = readers.confirmations_per_hour
    full = transactional_emails.strangers(tx, since=now - HOUR, most=most) >= most
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
        or kept_out
        or gone
        or (full and kind in transactional_emails.TO_STRANGERS)
        or not may_write(written, now=now),
    )
    # Also for a letter that was withheld: the answer takes equally long.
    tx.after_commit(readers.letter_put)
