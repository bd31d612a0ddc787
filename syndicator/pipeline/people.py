"""From a filled form to a subscriber, and back out: each step one transaction, durable at its end.

    ask --a letter--> confirm --> change, pause, move --a letter--> moved --> leave or erase

What a person was told is done stands on the disk, and where it must outlive the database, in the
journal first. Known, unknown and suppressed addresses take the same way (S2).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from syndicator.deliver.message import letter_id
from syndicator.model import (
    Consent,
    ConsentEvent,
    LetterKind,
    Selection,
    Subscriber,
    SubscriberState,
)
from syndicator.store import bounces, consents, letters, subscribers, suppressions
from syndicator.store.database import Database, Tx
from syndicator.store.journal import Journal, JournalKind
from syndicator.subscribe.address import hashed, mailbox_of
from syndicator.subscribe.consent import text_version
from syndicator.subscribe.links import Links, Said
from syndicator.subscribe.rhythm import DAY, REST, may_write
from syndicator.subscribe.wish import Preferences, Stopped, Wish

LEFT = timedelta(days=30)
"""How long the row of somebody who left is kept, so that a mistake can be mended."""


def _nobody() -> None:
    """Nobody hurries: the next tick finds the letter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Readership:
    """Where subscribers are kept, chosen by ``app``.

    ``hash_key`` is what addresses are hashed with; ``host`` ends our Message-IDs. ``letter_put`` is
    called after each commit that may have put a letter: somebody waits for it.
    """

    database: Database
    journal: Journal
    links: Links
    hash_key: bytes
    host: str
    zone: ZoneInfo
    now: Callable[[], datetime]
    letter_put: Callable[[], None] = _nobody

    def hash_of(self, address: str) -> str:
        """Return what stands for an address."""
        return hashed(address, self.hash_key)

    def writing(self) -> AbstractContextManager[Tx]:
        """Return a transaction for a person who waits, and is answered once it is on the disk."""
        return self.database.write(urgent=True, durable=True)


def ask(readers: Readership, wish: Wish) -> None:
    """Keep a wish as pending and put the letter that asks to confirm it.

    Whoever subscribes already gets a link to their preferences instead; whoever is suppressed, or
    had their share of letters, gets none. Every case runs the same statements.
    """
    address_hash, now = readers.hash_of(wish.address), readers.now()
    with readers.writing() as tx:
        letters.turn(tx, address_hash)
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
        _put(
            readers,
            tx,
            LetterKind.LINK if known else LetterKind.CONFIRM,
            address=wish.address,
            address_hash=address_hash,
            language=kept.selection.language,
            subscriber=kept.public_id,
            now=now,
        )


def waiting(readers: Readership, token: str) -> Selection | None:
    """Return what a confirmation would subscribe to, or did; ``None`` if it leads nowhere."""
    said = readers.links.confirmation(token, now=readers.now())
    if said is None:
        return None
    with readers.database.read() as tx:
        found = subscribers.by_public_id(tx, said.subscriber)
    return found.selection if found and _confirmable(found, asked_at=said.at) else None


def confirm(readers: Readership, token: str) -> Selection | None:
    """Subscribe whoever holds the token; what to, or ``None`` if it leads nowhere.

    Again is the same and harmless. A token from before they left does not bring them back.
    """
    now = readers.now()
    said = readers.links.confirmation(token, now=now)
    if said is None:
        return None
    with readers.writing() as tx:
        found = subscribers.by_public_id(tx, said.subscriber, ours=True)
        if found is None or not _confirmable(found, asked_at=said.at):
            return None
        if found.state is SubscriberState.PENDING:
            _let_in(readers, tx, found, said=said, now=now)
        return found.selection


def _let_in(readers: Readership, tx: Tx, found: Subscriber, *, said: Said, now: datetime) -> None:
    agreed = _consent(
        readers, found, address_hash=found.address_hash, said=said, page="confirm", now=now
    )
    asked = consents.newest_of(tx, found.address_hash, ConsentEvent.REQUESTED)
    if asked is not None:
        # The words they read when they asked, which need not be today's.
        agreed = replace(agreed, text_version=asked.text_version)
    readers.journal.append(JournalKind.CONFIRMED, subject=found.address_hash, at=now)
    consents.append(tx, agreed)
    subscribers.confirm(tx, found.id, now=now)


def send_link(readers: Readership, address: str, language: str) -> None:
    """Put the letter with a link to what we hold of an address, if we hold it.

    Whoever did not confirm yet gets the letter that asks for it once more, and whoever left one
    that says so. ``language`` is the page's; of whom we hold anything, the one they chose counts.
    """
    address_hash, now = readers.hash_of(address), readers.now()
    with readers.writing() as tx:
        letters.turn(tx, address_hash)
        found = subscribers.by_hash(tx, address_hash)
        _put(
            readers,
            tx,
            _LINKS[found.state] if found else LetterKind.LINK,
            address=address,
            address_hash=address_hash,
            language=found.selection.language if found else language,
            subscriber=found.public_id if found else None,
            now=now,
            withheld=found is None,
        )


_LINKS = {
    SubscriberState.ACTIVE: LetterKind.LINK,
    SubscriberState.PENDING: LetterKind.CONFIRM,
    SubscriberState.LEFT: LetterKind.LEFT,
}


def preferences(readers: Readership, token: str) -> Preferences | None:
    """Return what the holder of a preferences link may see and change; also one who has left."""
    now = readers.now()
    with readers.database.read() as tx:
        found = _holder(readers, tx, token, ours=False, also=SubscriberState.LEFT)
        stopped = suppressions.get(tx, found.address_hash) if found else None
    if found is None:
        return None
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
    readers: Readership, moment: datetime | None, *, after: datetime | None = None
) -> date | None:
    """Return the local day of a moment; ``None`` of none, or of one that is not ``after`` that."""
    if moment is None or (after is not None and moment <= after):
        return None
    return moment.astimezone(readers.zone).date()


def change(readers: Readership, token: str, selection: Selection) -> bool:
    """Let the holder want something else; False if the token leads nowhere."""
    with readers.writing() as tx:
        found = _holder(readers, tx, token)
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


def pause(readers: Readership, token: str, until: date | None) -> bool:
    """Mail the holder nothing before that local day; ``None`` goes on at once."""
    moment = None if until is None else datetime.combine(until, time(), tzinfo=readers.zone)
    with readers.writing() as tx:
        found = _holder(readers, tx, token)
        return found is not None and subscribers.pause(tx, found.id, until=moment)


def move(readers: Readership, token: str, address: str) -> bool:
    """Put the letter that asks a new (normalised) address to confirm that it is the holder's.

    Until then everything goes to the old one. A suppressed address gets no letter, and nobody is
    told whether it is one.
    """
    address_hash, now = readers.hash_of(address), readers.now()
    with readers.writing() as tx:
        letters.turn(tx, address_hash)
        found = _holder(readers, tx, token)
        if found is None:
            return False
        subscribers.wants_to_move(tx, found.id, address=address, now=now)
        _put(
            readers,
            tx,
            LetterKind.NEW_ADDRESS,
            address=address,
            address_hash=address_hash,
            language=found.selection.language,
            subscriber=found.public_id,
            now=now,
        )
        return True


def moving(readers: Readership, token: str) -> bool:
    """Return whether this token would move somebody here, or did."""
    said = readers.links.new_address(token, now=readers.now())
    if said is None:
        return False
    with readers.database.read() as tx:
        found = subscribers.by_public_id(tx, said.subscriber)
        if found is None or found.state is not SubscriberState.ACTIVE:
            return False
        waits = subscribers.waiting_address(tx, found.id)
    hashes = (found.address_hash, *((readers.hash_of(waits),) if waits else ()))
    return any(map(said.was_mailed_to, hashes))


def moved(readers: Readership, token: str) -> bool:
    """Let the subscriber have the address this token was mailed to, and no other.

    Whoever holds it reads both: a subscription the new address had before becomes this one.
    """
    now = readers.now()
    said = readers.links.new_address(token, now=now)
    if said is None:
        return False
    with readers.writing() as tx:
        _take_turn(readers, tx, said.subscriber)
        found = subscribers.by_public_id(tx, said.subscriber, ours=True)
        if found is None or found.state is not SubscriberState.ACTIVE:
            return False
        if said.was_mailed_to(found.address_hash):
            return True
        address = subscribers.waiting_address(tx, found.id)
        if address is None or not said.was_mailed_to(readers.hash_of(address)):
            return False
        _let_move(readers, tx, found, address, said=said, now=now)
        return True


def _take_turn(readers: Readership, tx: Tx, subscriber: str) -> None:
    """Take the turn of the address this subscriber waits for, before their row.

    All who write to people take them in this order: whoever asks for another letter to the same
    address would else hold the turn and wait for the row, while we hold the row and wait for it.
    """
    found = subscribers.by_public_id(tx, subscriber)
    address = subscribers.waiting_address(tx, found.id) if found else None
    if address is not None:
        letters.turn(tx, readers.hash_of(address))


def _let_move(
    readers: Readership, tx: Tx, found: Subscriber, address: str, *, said: Said, now: datetime
) -> None:
    """Tell both chains, then move. The new chain begins with a consent of its own, so that the
    old one may expire by itself."""
    old, new = found.address_hash, readers.hash_of(address)
    other = subscribers.by_hash(tx, new, ours=True)
    # The old address is mailed nothing more, also after a restore from before the change.
    readers.journal.append(JournalKind.LEFT, subject=old, at=now)
    readers.journal.append(JournalKind.CONFIRMED, subject=new, at=now)
    event = ConsentEvent.MOVED
    consents.append(
        tx,
        Consent(address_hash=old, event=event, at=now, evidence=f"to {new}"),
        Consent(address_hash=new, event=event, at=now, evidence=f"from {old}"),
        _consent(readers, found, address_hash=new, said=said, page="address", now=now),
    )
    if other is not None:
        subscribers.erase(tx, other.id)
    subscribers.moved(tx, found.id, address=address, address_hash=new)
    letters.erase(tx, old)


def _consent(
    readers: Readership,
    found: Subscriber,
    *,
    address_hash: str,
    said: Said,
    page: str,
    now: datetime,
) -> Consent:
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


def _confirmable(found: Subscriber, *, asked_at: datetime) -> bool:
    if found.state is SubscriberState.LEFT:
        return False
    return found.left_at is None or found.left_at < asked_at


def _holder(
    readers: Readership,
    tx: Tx,
    token: str,
    *,
    ours: bool = True,
    also: SubscriberState = SubscriberState.ACTIVE,
) -> Subscriber | None:
    """Return the active subscriber, or ``also`` one in that state, whose preferences a token opens.

    It was mailed to the address they have now: whoever kept the old mailbox is not they.
    """
    said = readers.links.holder(token, now=readers.now())
    if said is None:
        return None
    found = subscribers.by_public_id(tx, said.subscriber, ours=ours)
    if found is None or not said.was_mailed_to(found.address_hash):
        return None
    return found if found.state in (SubscriberState.ACTIVE, also) else None


def _put(
    readers: Readership,
    tx: Tx,
    kind: LetterKind,
    *,
    address: str,
    address_hash: str,
    language: str,
    subscriber: str | None,
    now: datetime,
    withheld: bool = False,
) -> None:
    """Put a letter unless the address is suppressed or does not exist, or its mailbox had its
    share, whatever the door (S2)."""
    mailbox_hash = readers.hash_of(mailbox_of(address))
    # Always after the turn of the address: who waits here holds nothing others wait for.
    letters.turn(tx, mailbox_hash)
    written = letters.recent(tx, mailbox_hash, since=now - DAY)
    kept_out = suppressions.holds(tx, address_hash)
    gone = bounces.bounced_letter(tx, address_hash, since=now - REST)
    letters.put(
        tx,
        kind,
        address=address,
        address_hash=address_hash,
        mailbox_hash=mailbox_hash,
        language=language,
        subscriber=subscriber,
        now=now,
        withheld=withheld or kept_out or gone or not may_write(written, now=now),
    )
    # Also for a letter that was withheld: the answer takes equally long.
    tx.after_commit(readers.letter_put)
