"""What came back, from the bytes to whom it ends the mail for; and the mailbox it lies in."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme
from sqlalchemy import select

from syndicator.errors import MailboxAway, StoreUnavailable
from syndicator.model import (
    ConsentEvent,
    DeliveryState,
    NoticeKind,
    SubscriberState,
    SuppressedBecause,
    Tag,
    TagKind,
)
from syndicator.pipeline.issues.bounces import (
    BounceReader,
    ProcessedReport,
    process_report,
    read_mailbox,
)
from syndicator.pipeline.issues.failures import check_all
from syndicator.pipeline.people.bounce_handling import MOST_SOFT_BOUNCES, SOFT_BOUNCE_EXPIRES
from syndicator.store import notices
from syndicator.store.db import migrate
from syndicator.store.db.database import Database
from syndicator.store.db.schema.newsletter import SubscriberRow
from syndicator.store.people import bounces, consents, suppressions
from syndicator.store.upkeep.journal import Journal, JournalKind
from syndicator.subscribe.tokens import unsubscribe_token, verp
from tests.builders import HOME, NOW
from tests.deliver.email.imap import PASSWORD, USER, Post, open_mailbox
from tests.pipeline.returned import BASE, HOST, dsn
from tests.store.mailed import delivered, public_id_of, state_of, subscribed

KEY = b"k" * 32
S = DeliveryState


@dataclass
class Town:
    """A store where mail has left."""

    bounces: BounceReader
    database: Database
    journal: Journal

    def mailed(self, **changes: object) -> int:
        """Return the id of a delivery to Maija that left."""
        with self.database.write() as tx:
            reader = None if changes.pop("erased", False) else subscribed(tx)
            given = {"week": 48} | changes
            return delivered(tx, reader, **given)  # type: ignore[arg-type]

    def address(self, delivery: int) -> str:
        tag = Tag(kind=TagKind.DELIVERY, id=delivery, address="maija")
        return verp(BASE, tag, KEY)

    def suppressed(self, name: str = "maija") -> SuppressedBecause | None:
        with self.database.read() as tx:
            found = suppressions.get(tx, name)
        return found.reason if found else None

    def token(self) -> str:
        """Return Maija's way out."""
        with self.database.read() as tx:
            return unsubscribe_token(public_id_of(tx, 1), KEY)

    def noted(self) -> list[JournalKind]:
        """Return what the journal says happened to Maija."""
        return [line.kind for line in self.journal.entries() if line.subject == "maija"]

    def ledger(self) -> list[ConsentEvent]:
        with self.database.read() as tx:
            return [line.event for line in consents.chain(tx, "maija")]

    def state(self, delivery: int) -> tuple[S, str | None]:
        with self.database.read() as tx:
            return state_of(tx, delivery)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    database = Database.open(None, data_dir=tmp_path, **HOME)
    migrate.upgrade(database)
    journal = Journal(tmp_path / "journal.jsonl")
    reader = BounceReader(
        database=database,
        journal=journal,
        unsubscribe_keys=(KEY,),
        host=HOST,
        now=lambda: NOW,
    )
    yield Town(bounces=reader, database=database, journal=journal)
    database.close()


def test_an_address_that_does_not_exist_is_never_mailed_again(town: Town) -> None:
    """E10, promise 6: in journal and ledger too, and the delivery says why."""
    one = town.mailed()

    taken = process_report(town.bounces, dsn(town.address(one)))

    assert taken == ProcessedReport(kind="hard", delivery=one, fresh=True, suppressed=True)
    assert town.suppressed() is SuppressedBecause.HARD_BOUNCE
    assert town.state(one) == (S.FAILED, "5.1.1 550 5.1.1 <address> no")
    (line,) = town.journal.entries()
    assert (line.kind, line.subject) == (JournalKind.SUPPRESSED, "maija")
    with town.database.read() as tx:
        assert [one.event for one in consents.chain(tx, "maija")] == [ConsentEvent.SUPPRESSED]


def test_the_same_report_twice_is_one(town: Town) -> None:
    one = town.mailed()
    report = dsn(town.address(one), status="5.2.2")

    assert process_report(town.bounces, report).fresh
    assert not process_report(town.bounces, report).fresh
    with town.database.read() as tx:
        assert len(bounces.newest(tx)) == 1


def test_a_report_at_an_address_we_never_signed_suppresses_nobody(town: Town) -> None:
    one = town.mailed()
    forged = town.address(one).replace("@", "0@")
    named = f"Message-ID: <issue.1.delivery.{one}@{HOST}>"

    taken = process_report(town.bounces, dsn(forged, returned=named))

    assert taken == ProcessedReport(kind="hard", delivery=None, fresh=True)
    assert town.suppressed() is None
    assert town.state(one) == (S.SENT, None)


def test_a_report_that_is_later_than_a_restore_is_nobody_elses(town: Town) -> None:
    """The id of a delivery that the backup did not know was given again, to somebody else."""
    one = town.mailed()
    before = Tag(kind=TagKind.DELIVERY, id=one, address="pekka")

    taken = process_report(town.bounces, dsn(verp(BASE, before, KEY)))

    assert taken == ProcessedReport(kind="hard", fresh=True)
    assert town.suppressed() is None
    assert town.state(one) == (S.SENT, None)


def test_a_report_with_nothing_but_a_way_out_does_what_that_may_and_suppresses_nobody(
    town: Town,
) -> None:
    """E6: whoever was forwarded a mail could else keep its reader from ever coming back."""
    for at in range(MOST_SOFT_BOUNCES):
        town.mailed(week=20 + at, days=60 - at)
    way_out = f"List-Unsubscribe: <https://{HOST}/fi/unsubscribe/{town.token()}>"
    complaint = dsn(BASE, returned=way_out).replace(b"delivery-status", b"feedback-report")
    complaint = complaint.replace(b"Reporting-MTA: dns; mx.example", b"Feedback-Type: abuse")
    for at in range(MOST_SOFT_BOUNCES):
        named = f"Message-ID: <issue.1.delivery.{at + 1}@{HOST}>\n{way_out}"
        taken = process_report(town.bounces, dsn(BASE, status="5.2.2", returned=named))
        assert (taken.delivery, taken.suppressed) == (at + 1, False)
    process_report(town.bounces, dsn(BASE, returned=way_out))
    process_report(town.bounces, complaint)

    assert town.suppressed() is None
    assert town.ledger() == [ConsentEvent.LEFT]


def test_a_late_report_on_somebody_erased_is_kept_by_the_hash_of_the_delivery(town: Town) -> None:
    one = town.mailed(erased=True)

    assert process_report(town.bounces, dsn(town.address(one))).suppressed
    assert town.suppressed() is SuppressedBecause.HARD_BOUNCE


def test_soft_bounces_in_a_row_end_it_and_not_one_before(town: Town) -> None:
    """E10: they count."""
    for at in range(MOST_SOFT_BOUNCES):
        assert town.suppressed() is None
        one = town.mailed(week=20 + at, days=60 - at)
        taken = process_report(town.bounces, dsn(town.address(one), status="5.2.2", note=str(at)))

    assert taken.suppressed
    assert town.suppressed() is SuppressedBecause.SOFT_BOUNCES


@pytest.mark.parametrize("forgives", ["a mail that arrived", "time"])
def test_soft_bounces_are_forgiven(town: Town, forgives: str) -> None:
    """E10: they decay."""
    late = SOFT_BOUNCE_EXPIRES.days + 1 if forgives == "time" else 60
    for at in range(MOST_SOFT_BOUNCES):
        if at == 2 and forgives == "a mail that arrived":
            town.mailed(week=40)
        one = town.mailed(week=20 + at, days=late if at < 2 else 60 - at)
        process_report(town.bounces, dsn(town.address(one), status="5.2.2", note=str(at)))

    assert town.suppressed() is None


def test_what_is_our_own_fault_blames_nobody_and_is_said(town: Town) -> None:
    """Promise 6: 5.7.x."""
    one = town.mailed()

    assert not process_report(town.bounces, dsn(town.address(one), status="5.7.1")).suppressed

    assert town.suppressed() is None
    assert town.state(one)[0] is S.FAILED
    with town.database.read() as tx:
        (notice,) = notices.list_all(tx)
    assert (notice.kind, notice.facts) == (NoticeKind.MAIL_REFUSED, {"status": "5.7.1"})


def test_a_forged_fault_of_ours_alarms_nobody(town: Town) -> None:
    process_report(town.bounces, dsn(BASE, status="5.7.1"))

    with town.database.read() as tx:
        assert notices.list_all(tx) == ()


def leaving(token: str, note: str = "") -> bytes:
    return f"From: maija@k.fi\nTo: {BASE}\nSubject: unsubscribe-{token}\n\n{note}".encode()


def test_who_asks_by_mail_to_leave_has_left_once(town: Town) -> None:
    """In journal and ledger too; a suppression it is not: whoever left may come back."""
    town.mailed()

    assert process_report(town.bounces, leaving(town.token())).kind == "leave"
    process_report(town.bounces, leaving(town.token()))
    process_report(town.bounces, leaving(town.token(), "once more"))

    assert town.noted() == [JournalKind.LEFT]
    assert town.ledger() == [ConsentEvent.LEFT]
    assert town.suppressed() is None
    with town.database.read() as tx:
        assert tx.execute(select(SubscriberRow.state)).scalar() is SubscriberState.LEFT


def test_a_forged_way_out_lets_nobody_go(town: Town) -> None:
    town.mailed()

    process_report(town.bounces, leaving("a" * 44))

    assert town.ledger() == []


def test_a_proven_complaint_ends_it_and_is_no_bounce(town: Town) -> None:
    one = town.mailed()
    for to in (BASE, town.address(one)):
        assert town.suppressed() is None
        assert process_report(town.bounces, complaint(to)).kind == "complaint"

    assert town.suppressed() is SuppressedBecause.COMPLAINT
    assert town.ledger() == [ConsentEvent.LEFT, ConsentEvent.SUPPRESSED]
    assert town.noted() == [JournalKind.LEFT, JournalKind.SUPPRESSED]
    assert town.state(one) == (S.SENT, None)


def test_nothing_is_kept_when_the_journal_cannot_be_written(town: Town, tmp_path: Path) -> None:
    one = town.mailed()
    (tmp_path / "file").write_text("")
    nowhere = replace(town.bounces, journal=Journal(tmp_path / "file" / "journal.jsonl"))

    with pytest.raises(StoreUnavailable, match="file"):
        process_report(nowhere, complaint(town.address(one)))

    assert town.suppressed() is None
    assert process_report(town.bounces, complaint(town.address(one))).fresh


def test_who_does_not_exist_is_suppressed_later_when_the_journal_cannot_be_written(
    town: Town, tmp_path: Path
) -> None:
    one = town.mailed()
    (tmp_path / "file").write_text("")
    nowhere = replace(town.bounces, journal=Journal(tmp_path / "file" / "journal.jsonl"))

    taken = process_report(nowhere, dsn(town.address(one)))
    assert (taken.fresh, taken.suppressed, town.suppressed()) == (True, False, None)

    check_all(town.database, town.journal, now=NOW)
    assert town.suppressed() is SuppressedBecause.HARD_BOUNCE


def complaint(to: str) -> bytes:
    report = dsn(to).replace(b"delivery-status", b"feedback-report")
    return report.replace(b"Reporting-MTA: dns; mx.example", b"Feedback-Type: abuse")


class Away:
    """A database that can be read, and not written."""

    def __init__(self, database: Database) -> None:
        self.read = database.read

    @contextmanager
    def write(self, **_: object) -> Iterator[None]:
        raise StoreUnavailable("disk full")
        yield


# --- the mailbox ------------------------------------------------------------------------------


@dataclass
class Box:
    """A mailbox on loopback, and what looks into it."""

    post: Post
    bounces: BounceReader


@pytest.fixture
def box(town: Town) -> Iterator[Box]:
    authority = trustme.CA()
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    post = Post(tls=tls)
    with open_mailbox(post) as port:
        url = f"imaps://{USER}:{quote(PASSWORD)}@127.0.0.1:{port}/INBOX"
        yield Box(post=post, bounces=replace(town.bounces, imap_url=url, trust=trust))


LETTER = b"From: maija@k.fi\nSubject: Kiitos\n\nHyva kooste!\n"
AWAY = b"From: maija@k.fi\nSubject: Automaattinen vastaus: Kooste\n\nLomalla.\n"


def test_what_is_kept_leaves_the_mailbox_and_a_persons_letter_stays(town: Town, box: Box) -> None:
    one = town.mailed()
    box.post.put(dsn(town.address(one)), LETTER, AWAY)

    assert read_mailbox(box.bounces) == 3
    assert read_mailbox(box.bounces) == 0

    assert box.post.lying == {102: {r"\Seen"}}
    assert town.suppressed() is SuppressedBecause.HARD_BOUNCE


def test_nothing_leaves_the_mailbox_before_it_is_stored(town: Town, box: Box) -> None:
    """E10."""
    one = town.mailed()
    box.post.put(dsn(town.address(one)))

    with pytest.raises(StoreUnavailable):
        read_mailbox(replace(box.bounces, database=Away(town.database)))  # type: ignore[arg-type]
    assert box.post.lying == {101: set()}

    assert read_mailbox(box.bounces) == 1
    assert box.post.lying == {}


class Poisoned(BounceReader):
    """Fails at an address, as our own code might."""

    def tag_of(self, recipient: str) -> Tag | None:
        if "poison" in recipient:
            raise RuntimeError("a fault of ours")
        return super().tag_of(recipient)


def test_one_poisoned_message_is_flagged_and_does_not_stop_the_others(town: Town, box: Box) -> None:
    """Promise 1."""
    one = town.mailed()
    box.post.put(b"To: poison@k.fi\n\n", dsn(town.address(one)))

    assert (
        read_mailbox(
            Poisoned(**{at.name: getattr(box.bounces, at.name) for at in fields(box.bounces)})
        )
        == 1
    )

    assert box.post.lying == {101: {r"\Seen", r"\Flagged"}}


def test_a_broken_connection_is_made_again_and_the_message_it_broke_at_is_passed_by(
    town: Town, box: Box
) -> None:
    one = town.mailed()
    box.post.put(LETTER, dsn(town.address(one)), AWAY)
    box.post.letters[1].breaks = True
    box.post.breaks = 1

    assert read_mailbox(box.bounces) == 2
    assert box.post.connections == 2
    assert list(box.post.lying) == [101, 102]

    assert read_mailbox(box.bounces) == 1
    assert town.suppressed() is SuppressedBecause.HARD_BOUNCE


def test_a_mailbox_that_breaks_again_and_again_is_said_to_be_away(box: Box) -> None:
    box.post.put(*[AWAY] * 5)
    for email in box.post.letters:
        email.breaks = True
    box.post.breaks = 5

    with pytest.raises(MailboxAway):
        read_mailbox(box.bounces)
    assert read_mailbox(box.bounces) == 3
    assert read_mailbox(box.bounces) == 2
    assert box.post.lying == {}


def test_no_mailbox_is_nothing_to_look_at(town: Town) -> None:
    assert read_mailbox(town.bounces) == 0


def test_the_moment_of_a_report_is_when_it_was_kept(town: Town) -> None:
    late = NOW + timedelta(days=3)
    one = town.mailed()
    process_report(replace(town.bounces, now=lambda: late), dsn(town.address(one)))

    assert kept_at(town) == late


def kept_at(town: Town) -> datetime:
    with town.database.read() as tx:
        return bounces.newest(tx)[0].at
