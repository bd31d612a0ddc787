"""Letters that come back: what it means for a request, a reader, an editor; and for nobody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syndicator.deliver.email.bounce import Weight
from syndicator.errors import PermanentFailure
from syndicator.model import (
    ConsentEvent,
    DeliveryState,
    EmailKind,
    NoticeKind,
    Stage,
    SuppressedBecause,
    Tag,
    TagKind,
    TransactionalEmail,
)
from syndicator.pipeline.issues.bounces import BounceReader, ProcessedReport, process_report
from syndicator.pipeline.people import change_address, confirm, leave, preferences
from syndicator.pipeline.people.bounce_handling import (
    MOST_SOFT_BOUNCES,
    SOFT_BOUNCE_EXPIRES,
    refused,
)
from syndicator.store import notices
from syndicator.store.db.database import Database
from syndicator.store.people import bounces, suppressions, transactional_emails
from syndicator.store.upkeep.journal import Journal, JournalKind
from syndicator.subscribe.sign_up import Preferences
from syndicator.subscribe.throttle import REST
from syndicator.subscribe.tokens import verp
from tests.builders import NOW
from tests.pipeline.readers import ADDRESS, KEY, Readers
from tests.pipeline.returned import BASE, HOST, dsn

E = ConsentEvent
OTHER = "maija@kauhajoki.fi"


class Town(Readers):
    """Readers whose emails may come back."""

    def bounce_reader(self) -> BounceReader:
        return BounceReader(
            database=self.database,
            journal=Journal(self.folder / "journal.jsonl"),
            unsubscribe_keys=(KEY,),
            host=HOST,
            now=self.clock,
        )

    def back(
        self, email: TransactionalEmail, *, status: str = "5.1.1", **tag: Any
    ) -> ProcessedReport:
        """Let a report on this letter come."""
        own = Tag(kind=TagKind.TRANSACTIONAL, id=email.id, address=email.address_hash)
        to = verp(BASE, replace(own, **tag), KEY)
        return process_report(self.bounce_reader(), dsn(to, status=status, note=str(self.clock.at)))

    def asked_for_link(self, address: str = ADDRESS) -> TransactionalEmail:
        """Return the letter with a link that somebody asked for this address."""
        self.later(minutes=15)
        preferences.mail_link(self.subscriptions, address, "fi")
        (email,) = self.emails()
        return email

    def suppressed(self, address: str = ADDRESS) -> SuppressedBecause | None:
        with self.database.read() as tx:
            found = suppressions.get(tx, self.subscriptions.hash_of(address))
        return found.reason if found else None

    def notices(self) -> list[tuple[str, object]]:
        with self.database.read() as tx:
            return [(one.kind, dict(one.facts)) for one in notices.list_all(tx)]


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Town:
    return Town(database=database, folder=tmp_path)


def test_a_request_ends_when_its_letter_finds_nobody_and_the_address_is_not_suppressed(
    town: Town,
) -> None:
    """Somebody mistyped it, most often; tomorrow it may be somebody's."""
    town.sign_up()
    (email,) = town.emails()
    token = town.subscriptions.tokens.sign(email)

    taken = town.back(email)

    assert taken == ProcessedReport(kind="hard", fresh=True, email=email.id)
    assert (town.subscriber(), town.chain(), town.suppressed()) == (None, [], None)
    assert confirm.confirm(town.subscriptions, token).selection is None
    assert town.journal() == []


def test_an_address_that_does_not_exist_gets_no_letter_for_a_week_whoever_types_it(
    town: Town,
) -> None:
    """S2: no form is a way to have us write again and again to where nobody is."""
    town.sign_up()
    (email,) = town.emails()
    town.back(email)
    town.later(days=REST.days, minutes=-1)
    town.sign_up()
    assert town.emails() == []
    town.later(minutes=2)
    town.sign_up()
    assert len(town.emails()) == 1


def test_a_request_of_someone_who_had_left_ends_in_their_chain(town: Town) -> None:
    leave.leave(town.subscriptions, town.way_out(town.subscribed()))
    town.later(days=1)
    town.sign_up()
    (email,) = town.emails()
    town.back(email)
    assert town.chain() == [E.REQUESTED, E.CONFIRMED, E.LEFT, E.REQUESTED, E.EXPIRED]


def test_a_reader_whose_letter_finds_nobody_is_suppressed_as_by_a_digest(town: Town) -> None:
    """E10."""
    found = town.subscribed()
    taken = town.back(town.asked_for_link())
    assert taken.suppressed
    assert town.suppressed() is SuppressedBecause.HARD_BOUNCE
    assert town.chain()[-1] is E.SUPPRESSED
    assert (JournalKind.SUPPRESSED, found.address_hash) in town.journal()


def test_an_address_that_finds_nobody_twice_is_noted_once(town: Town) -> None:
    found = town.subscribed()
    first = town.asked_for_link()
    town.later(hours=8)
    second = town.asked_for_link()

    assert town.back(first).suppressed
    assert not town.back(second).suppressed

    assert town.journal().count((JournalKind.SUPPRESSED, found.address_hash)) == 1


def test_a_letter_that_finds_nobody_takes_nothing_from_who_has_left(town: Town) -> None:
    """Their row and chain say that they left, and go in their own time."""
    leave.leave(town.subscriptions, town.way_out(town.subscribed()))
    before = town.subscriber()

    town.back(town.asked_for_link())

    assert before is not None
    assert town.subscriber() == before
    assert town.chain() == [E.REQUESTED, E.CONFIRMED, E.LEFT]


def test_a_full_mailbox_is_not_given_up_faster_by_whoever_asks_for_letters_to_it(
    town: Town,
) -> None:
    """Anybody may ask for a link to any address; only the newsletter sets the pace."""
    town.subscribed()
    town.later(days=1)
    for _ in range(2 * MOST_SOFT_BOUNCES):
        town.later(hours=8)
        town.back(town.asked_for_link(), status="5.2.2")
    assert town.suppressed() is None
    with town.database.read() as tx:
        last = bounces.newest(tx, limit=1)[0].email
        assert last is not None
        whose = bounces.addressee_of_email(tx, last, address="")
        assert whose is not None
        assert (
            bounces.soft_bounces(tx, whose, since=NOW - SOFT_BOUNCE_EXPIRES, most=MOST_SOFT_BOUNCES)
            == 1
        )


def test_a_new_address_that_does_not_exist_is_forgotten_and_the_old_one_stays(town: Town) -> None:
    town.subscribed()
    change_address.request(town.subscriptions, town.preferences_link(), OTHER)
    (email,) = town.emails()
    token = town.subscriptions.tokens.sign(email)
    town.back(email)
    assert not change_address.confirm(town.subscriptions, token).works
    assert (town.suppressed(), town.suppressed(OTHER)) == (None, None)
    assert isinstance(preferences.read(town.subscriptions, town.preferences_link()), Preferences)


def test_a_letter_that_an_old_address_refuses_does_nothing_to_who_moved(town: Town) -> None:
    town.subscribed()
    change_address.request(town.subscriptions, town.preferences_link(), OTHER)
    assert change_address.confirm(town.subscriptions, town.link(EmailKind.NEW_ADDRESS)).works
    before = town.subscriber(OTHER)
    (email,) = town.emails()
    assert email.kind is EmailKind.MOVED

    town.back(email)

    assert before is not None
    assert town.subscriber(OTHER) == before
    assert (town.suppressed(), town.suppressed(OTHER), town.notices()) == (None, None, [])


@pytest.mark.parametrize("suppressed", [True, False])
def test_no_letter_says_that_it_moved_to_an_old_address_that_is_not_to_be_written_to(
    town: Town,
    suppressed: bool,
) -> None:
    """One that is suppressed, or that does not exist though an editor lifted that."""
    town.subscribed()
    link = town.asked_for_link()
    token = town.subscriptions.tokens.sign(link)
    assert change_address.request(town.subscriptions, token, OTHER)
    new = town.link(EmailKind.NEW_ADDRESS)
    old = town.subscriptions.hash_of(ADDRESS)
    if suppressed:
        leave.suppress(town.subscriptions, old, SuppressedBecause.BY_EDITOR)
    else:
        town.back(link)
        assert leave.lift(town.subscriptions, old)

    assert change_address.confirm(town.subscriptions, new).works

    with town.database.read() as tx:
        assert transactional_emails.to_address(tx, old) == ()


def test_a_late_report_does_not_end_a_newer_wish_to_move(town: Town) -> None:
    town.subscribed()
    link = town.preferences_link()
    change_address.request(town.subscriptions, link, "mistyped@raahe.fi")
    (mistyped,) = town.emails()
    town.later(minutes=1)
    change_address.request(town.subscriptions, link, OTHER)
    token = town.link(EmailKind.NEW_ADDRESS)
    town.back(mistyped)
    assert change_address.confirm(town.subscriptions, token).works


def test_what_was_our_own_fault_ends_no_request_and_is_said(town: Town) -> None:
    """Promise 6: 5.7.x."""
    town.sign_up()
    (email,) = town.emails()
    token = town.subscriptions.tokens.sign(email)
    town.back(email, status="5.7.1")
    assert town.notices() == [(NoticeKind.MAIL_REFUSED, {"status": "5.7.1"})]
    assert confirm.confirm(town.subscriptions, token).selection is not None


@pytest.mark.parametrize("status", ["5.1.1", "5.2.2", "5.7.1"])
def test_an_editors_letter_that_comes_back_is_said_and_suppresses_nobody(
    town: Town, status: str
) -> None:
    with town.database.write() as tx:
        transactional_emails.put(
            tx,
            EmailKind.REVIEW,
            address="toimitus@seutu.fi",
            address_hash="ed1704",
            language="fi",
            now=town.clock(),
        )
    (email,) = town.emails()
    assert not town.back(email, status=status).suppressed
    assert town.notices() == [(NoticeKind.EMAIL_RETURNED, {"letter": "review", "status": status})]
    with town.database.read() as tx:
        assert suppressions.list_all(tx) == ()


def test_a_complaint_about_a_letter_ends_all_mail(town: Town) -> None:
    town.sign_up()
    (email,) = town.emails()
    tag = Tag(kind=TagKind.TRANSACTIONAL, id=email.id, address=email.address_hash)
    report = dsn(verp(BASE, tag, KEY)).replace(b"delivery-status", b"feedback-report")
    report = report.replace(b"Reporting-MTA: dns; mx.example", b"Feedback-Type: abuse")
    assert process_report(town.bounce_reader(), report).suppressed
    assert town.suppressed() is SuppressedBecause.COMPLAINT
    town.later(days=30)
    town.sign_up()
    assert town.emails() == []


@pytest.mark.parametrize(
    "forged", [{"id": 2}, {"address": "0123456789"}, {"kind": TagKind.DELIVERY}]
)
def test_a_report_on_another_letter_or_to_another_address_does_nothing(
    town: Town, forged: dict[str, Any]
) -> None:
    """After a restore ids are given again: the tag also says to whose address it went."""
    town.sign_up()
    (email,) = town.emails()
    assert town.back(email, **forged) == ProcessedReport(kind="hard", fresh=True)
    assert town.subscriber() is not None


def test_a_report_at_an_address_we_never_signed_ends_no_request(town: Town) -> None:
    town.sign_up()
    (email,) = town.emails()
    tag = Tag(kind=TagKind.TRANSACTIONAL, id=email.id, address=email.address_hash)
    assert process_report(town.bounce_reader(), dsn(verp(BASE, tag, b"g" * 32))).email is None
    assert town.subscriber() is not None


def test_a_letter_that_came_back_has_failed_with_what_the_server_said(town: Town) -> None:
    town.sign_up()
    (email,) = town.emails()
    town.back(email, status="5.2.2")
    with town.database.read() as tx:
        (kept,) = transactional_emails.to_address(tx, email.address_hash)
        (report,) = bounces.newest(tx)
    assert kept["state"] is DeliveryState.FAILED
    assert (report.email, report.status) == (email.id, "5.2.2")
    assert town.subscriber() is not None


def test_the_relays_own_answer_counts_as_a_report_would() -> None:
    """A relay that is also the last server says so at once."""

    def weight(code: int, reply: str) -> Weight:
        return refused(PermanentFailure(code, reply, stage=Stage.RECIPIENT)).weight

    assert weight(550, "5.1.1 no such user") is Weight.HARD
    assert weight(550, "no") is Weight.SOFT
    assert weight(550, "5.7.1 spam") is Weight.OURS
    said = refused(PermanentFailure(550, "5.1.1 <maija@raahe.fi> unknown", stage=Stage.RECIPIENT))
    assert "maija" not in said.detail
