"""Everything that tells of a person has an end by itself: each table, and the journal."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from syndicator.model import EmailKind, IssueState, SourceState
from syndicator.pipeline.people import change_address, erase, export, leave
from syndicator.pipeline.upkeep import retention
from syndicator.pipeline.upkeep.retention import retain
from syndicator.store.db.base import Base, table_of
from syndicator.store.db.database import Database
from syndicator.store.db.schema.incoming import SourceRow
from syndicator.store.db.schema.newsletter import BounceRow, DeliveryRow, IssueEvent, IssueRow
from syndicator.store.db.schema.outgoing import RegistrationRow
from syndicator.store.feeds import registrations
from syndicator.store.issues import transitions
from syndicator.store.people import bounces, transactional_emails
from syndicator.store.upkeep.journal import Journal, JournalKind
from tests.builders import NOW
from tests.pipeline.readers import ADDRESS, Readers
from tests.pipeline.world import World
from tests.store.mailed import delivered, subscribed
from tests.store.test_going_out import ASKED

DAY = timedelta(days=1)

ENDS = {
    "subscriber": "30 days after leaving, or being suppressed",
    "consent": "when the evidence is not needed any more",
    "suppression": "never, but it is a keyed hash",
    "delivery": "400 days after the issue ended",
    "bounce": "400 days",
    "letter": "30 days",
    "issue_event": "the editor's address after two years",
    "registration": "whose it was when it is decided, all of it after a year",
    "source": "the contact 30 days after it was followed",
}
"""Tables that tell of a person, and when that ends."""

NOBODYS = frozenset(
    {
        "archive_month",
        "artefact",
        "counter",
        "dirty",
        "entry",
        "entry_alias",
        "entry_topic",
        "issue",
        "issue_item",
        "meta",
        "notice",
        "placement",
        "rendering",
        "revision",
        "selection",
        "story",
        "takedown",
        "tombstone",
        "url_state",
        "variant",
        "variant_selection",
    }
)
"""Tables that tell of posts and feeds; of an author's name, until the post says otherwise."""


def test_of_every_table_it_is_said_whether_it_tells_of_a_person() -> None:
    """Whoever adds a table says here when what it holds ends."""
    assert Base.metadata.tables.keys() - NOBODYS == ENDS.keys()


def test_deliveries_end_and_how_many_stood_where_stays_in_the_issues_log(
    readers: Readers, world: World
) -> None:
    with readers.database.write() as tx:
        for number in range(5):
            delivered(tx, subscribed(tx, f"m{number}"), week=48, name=f"m{number}")
        issue = tx.execute(select(IssueRow.id)).scalar_one()
        tx.execute(update(table_of(IssueRow)).values(ended_at=readers.clock()))
    readers.later(days=399)
    assert retain(world.settings, world.database, now=world.now()).deliveries == 0
    readers.later(days=2)
    assert retain(world.settings, world.database, now=world.now()).deliveries == 5
    with readers.database.read() as tx:
        (act,) = transitions.acts(tx, issue)
        assert (act.event, act.detail) == ("forgotten", "5 sent")
        assert tx.execute(select(DeliveryRow.id)).first() is None
        assert tx.execute(select(IssueRow.state)).scalar() is IssueState.SENT


def test_deliveries_of_an_issue_that_is_not_over_stay(readers: Readers, world: World) -> None:
    with readers.database.write() as tx:
        delivered(tx, subscribed(tx), week=48)
        tx.execute(update(table_of(IssueRow)).values(state=IssueState.PAUSED, ended_at=None))
    readers.later(days=999)
    assert retain(world.settings, world.database, now=world.now()).deliveries == 0


def test_reports_end(readers: Readers, world: World) -> None:
    with readers.database.write() as tx:
        bounces.keep(tx, "k", kind="hard", at=readers.clock())
    readers.later(days=399)
    assert retain(world.settings, world.database, now=world.now()).reports == 0
    readers.later(days=2)
    assert retain(world.settings, world.database, now=world.now()).reports == 1
    with readers.database.read() as tx:
        assert tx.execute(select(BounceRow.id)).first() is None


def test_a_letter_that_nobody_ever_sent_ends_with_the_address_on_it(
    readers: Readers, world: World
) -> None:
    """No relay was ever set: it would wait for ever."""
    with readers.database.write() as tx:
        transactional_emails.put(
            tx,
            EmailKind.REVIEW,
            address="toimitus@seutu.fi",
            address_hash="ed",
            language="fi",
            now=readers.clock(),
        )
    readers.later(days=31)
    assert retain(world.settings, world.database, now=world.now()).letters == 1


def test_an_act_stays_and_whose_it_was_ends(readers: Readers, world: World) -> None:
    with readers.database.write() as tx:
        delivered(tx, subscribed(tx), week=48)
        issue = tx.execute(select(IssueRow.id)).scalar_one()
        for by in ("toimitus@seutu.fi", "command line", None):
            transitions.note(tx, issue, "approved", version=1, now=readers.clock(), by=by)
    readers.later(days=729)
    assert retain(world.settings, world.database, now=world.now()).people == 0
    readers.later(days=2)
    assert retain(world.settings, world.database, now=world.now()).people == 1
    with readers.database.read() as tx:
        who = tx.execute(select(IssueEvent.by).order_by(IssueEvent.id)).scalars().all()
    assert who[:3] == ["an editor", "command line", None]


def test_the_contact_of_a_refused_registration_is_gone_at_once(readers: Readers) -> None:
    """The privacy notice says so."""
    with readers.database.write() as tx:
        asked = registrations.register(tx, ASKED, now=readers.clock())
        assert registrations.refuse(tx, asked)
        assert tx.execute(select(RegistrationRow.contact)).scalar() == ""


def test_the_contact_of_a_city_ends_with_its_feed(readers: Readers, world: World) -> None:
    with readers.database.write() as tx:
        asked = registrations.register(tx, ASKED, now=readers.clock())
        registrations.approve(tx, asked, next_fetch_at=readers.clock())
        assert tx.execute(select(RegistrationRow.contact)).scalar() == ""
        assert tx.execute(select(SourceRow.contact)).scalar()
        tx.execute(
            update(table_of(SourceRow)).values(
                state=SourceState.GONE, last_attempt_at=readers.clock()
            )
        )
    readers.later(days=29)
    assert retain(world.settings, world.database, now=world.now()).people == 0
    readers.later(days=2)
    assert retain(world.settings, world.database, now=world.now()).people == 1
    with readers.database.read() as tx:
        assert tx.execute(select(SourceRow.contact)).scalar() is None


def test_a_registration_nobody_decided_on_ends(readers: Readers, world: World) -> None:
    with readers.database.write() as tx:
        registrations.register(tx, ASKED, now=readers.clock())
    readers.later(days=364)
    assert retain(world.settings, world.database, now=world.now()).people == 0
    readers.later(days=2)
    assert retain(world.settings, world.database, now=world.now()).people == 1
    with readers.database.read() as tx:
        assert registrations.list_all(tx) == ()


def test_the_journal_forgets_all_but_who_is_never_to_be_mailed(
    readers: Readers, world: World
) -> None:
    journal = Journal.in_folder(world.settings.deployment.data_dir)
    for kind in JournalKind:
        journal.append(kind, subject=kind.value, at=readers.clock())
    readers.later(days=729)
    journal.append(JournalKind.LEFT, subject="new", at=readers.clock())
    assert retain(world.settings, world.database, now=world.now()).journal == 0
    readers.later(days=2)
    assert retain(world.settings, world.database, now=world.now()).journal == len(JournalKind) - 2
    assert [one.subject for one in journal.entries()] == ["suppressed", "lifted", "new"]


def test_of_somebody_erased_only_the_hash_is_left(readers: Readers) -> None:
    """Promise 7. A domain may be one person's, too."""
    found = readers.subscribed()
    with readers.database.write() as tx:
        delivered(tx, found.id, week=48, name=found.address_hash)
    assert erase.erase_address(readers.subscriptions, ADDRESS)
    words = everything_in(readers.database)
    assert found.address_hash in words
    for gone in (ADDRESS, "maija", "k.fi", found.public_id):
        assert gone not in words


def test_of_somebody_who_left_only_the_hash_is_left_in_time(readers: Readers, world: World) -> None:
    found = readers.subscribed()
    with readers.database.write() as tx:
        delivered(tx, found.id, week=48, name=found.address_hash)
    leave.leave(readers.subscriptions, readers.way_out(found))
    readers.later(days=31)
    assert retain(world.settings, world.database, now=world.now()).left == 1
    assert "k.fi" not in everything_in(readers.database)


def everything_in(database: Database) -> str:
    """Return every value of every table."""
    with database.read() as tx:
        return " ".join(
            str(value)
            for table in Base.metadata.tables.values()
            for row in tx.execute(select(table))
            for value in row
        )


def test_an_export_has_the_reports_and_the_address_that_waits(readers: Readers) -> None:
    found = readers.subscribed()
    token = readers.preferences_link()
    change_address.request(readers.subscriptions, token, "uusi@raahe.fi")
    with readers.database.write() as tx:
        one = delivered(tx, found.id, week=48, name=found.address_hash)
        whose = bounces.addressee(tx, one, address=found.address_hash)
        bounces.keep(tx, "k", kind="soft", at=NOW, addressee=whose, status="5.2.2", detail="full")
    told = export.export(readers.subscriptions, token)
    assert told is not None
    assert told["reports"] == [
        {"kind": "soft", "at": NOW.isoformat(), "status": "5.2.2", "detail": "full"}
    ]
    assert told["subscriber"]["new_address"] == "uusi@raahe.fi"  # type: ignore[index]


def test_the_notice_says_the_numbers_that_are_kept_to() -> None:
    assert (retention.DELIVERIES, retention.LETTERS) == (400 * DAY, 30 * DAY)
    assert (retention.ACTS, retention.JOURNAL_LINES) == (730 * DAY, 730 * DAY)
    assert (retention.UNDECIDED, retention.CONTACTS) == (365 * DAY, 30 * DAY)
