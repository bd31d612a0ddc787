"""A restored database is told what happened since its backup."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from syndicator.model import (
    Cadence,
    Consent,
    ConsentEvent,
    DeliveryState,
    EmailKind,
    IssueState,
    Selection,
    SubscriberState,
    SuppressedBecause,
)
from syndicator.store.db.base import table_of
from syndicator.store.db.database import Database
from syndicator.store.db.schema.incoming import SourceRow
from syndicator.store.db.schema.newsletter import DeliveryRow, EmailRow, IssueRow, SubscriberRow
from syndicator.store.issues import issues
from syndicator.store.people import consents, subscribers, suppressions, transactional_emails
from syndicator.store.upkeep import flags
from syndicator.store.upkeep import restore as restores
from syndicator.store.upkeep.journal import Journal, JournalEntry, JournalKind
from syndicator.store.upkeep.replay import ReplayResult, Window, replay
from tests.builders import NOW, ago, an_entry
from tests.publish.samples import a_draft
from tests.store.stored import a_stored_source, apply, new

BACKUP = ago(hours=10)
WEEKLY = Selection(language="fi", cadence=Cadence.WEEKLY)
WINDOW = Window(opens=ago(days=9), closes=ago(days=2), send_at=ago(days=1))


def told(kind: JournalKind, subject: str = "aino", *, at: datetime = NOW) -> JournalEntry:
    """Return a line of a journal."""
    return JournalEntry(kind=kind, subject=subject, at=at)


def replayed(
    database: Database, *entries: JournalEntry, window: Window | None = WINDOW
) -> ReplayResult:
    """Return what a replay of these lines did."""
    with database.write() as tx:
        return replay(tx, entries, since=BACKUP, window_of=lambda *_: window, now=NOW)


def subscribed(
    database: Database, name: str = "aino", state: SubscriberState = SubscriberState.ACTIVE
) -> int:
    """Put a subscriber whose hash is their name, as a backup had them."""
    with database.write() as tx:
        made = subscribers.add(
            tx,
            address=f"{name}@raahe.example",
            address_hash=name,
            selection=WEEKLY,
            now=ago(days=30),
        )
        row = table_of(SubscriberRow)
        tx.execute(row.update().where(row.c.id == made).values(state=state))
    return made


def state_of(database: Database, name: str = "aino") -> SubscriberState | None:
    """Return where a subscriber stands; ``None`` if there is none."""
    query = select(SubscriberRow.state).where(SubscriberRow.address_hash == name)
    with database.read() as tx:
        return tx.execute(query).scalar()


L, C, E = JournalKind.LEFT, JournalKind.CONFIRMED, JournalKind.ERASED
ACTIVE, LEFT, PENDING = SubscriberState.ACTIVE, SubscriberState.LEFT, SubscriberState.PENDING


@pytest.mark.parametrize(
    ("was", "kinds", "then"),
    [
        (ACTIVE, [L], LEFT),
        (ACTIVE, [E], None),
        (PENDING, [C], ACTIVE),
        (PENDING, [C, L], LEFT),
        (ACTIVE, [L, C], ACTIVE),
        (LEFT, [C], ACTIVE),
        # Whoever came back after an erasure did so as somebody new, whom the backup does not know.
        (ACTIVE, [E, C], None),
    ],
)
def test_the_last_word_of_a_person_counts(
    database: Database,
    was: SubscriberState,
    kinds: Sequence[JournalKind],
    then: SubscriberState | None,
) -> None:
    subscribed(database, state=was)
    subscribed(database, "other")
    lines = [told(kind, at=ago(hours=9 - at)) for at, kind in enumerate(kinds)]

    done = replayed(database, *reversed(lines))

    assert state_of(database) == then
    assert state_of(database, "other") == ACTIVE
    assert done.acts == dict.fromkeys(kinds, 1)
    with database.read() as tx:
        events = [line.event for line in consents.chain(tx, "aino")]
    assert events == [ConsentEvent(kind.value) for kind in kinds]


def test_of_whoever_left_no_new_address_waits_and_of_whoever_is_erased_no_letter(
    database: Database,
) -> None:
    """What the database did then, and the journal does not spell out."""
    leaver = subscribed(database)
    subscribed(database, "erased")
    with database.write() as tx:
        subscribers.request_move(tx, leaver, address="uusi@raahe.example", now=BACKUP)
        for name in ("erased", "other"):
            transactional_emails.put(
                tx,
                EmailKind.LINK,
                address=f"{name}@raahe.example",
                address_hash=name,
                language="fi",
                now=BACKUP,
            )

    replayed(database, told(L), told(E, "erased"))

    with database.read() as tx:
        assert subscribers.waiting_address(tx, leaver) is None
        assert transactional_emails.to_address(tx, "erased") == ()
        assert len(transactional_emails.to_address(tx, "other")) == 1


def test_whoever_came_back_is_not_called_gone_since(database: Database) -> None:
    row = table_of(SubscriberRow)
    back = subscribed(database, state=LEFT)
    with database.write() as tx:
        tx.execute(row.update().where(row.c.id == back).values(left_at=BACKUP))

    replayed(database, told(C))

    with database.read() as tx:
        assert tx.execute(select(row.c.left_at, row.c.confirmed_at)).one() == (None, NOW)


def test_what_the_backup_knows_is_not_done_again(database: Database) -> None:
    """Left an hour before the backup, and came back with words that the journal does not have."""
    subscribed(database)
    left = ago(hours=11)
    with database.write() as tx:
        consents.append(tx, Consent(address_hash="aino", event=ConsentEvent.LEFT, at=left))

    done = replayed(database, told(L, at=left), told(L, at=ago(days=20)))

    assert state_of(database) == ACTIVE
    assert not done.acts


def test_a_move_that_the_backup_knows_is_no_leaving_of_whoever_came_after(
    database: Database,
) -> None:
    """The old address asked again by itself; the journal has only that it was left."""
    subscribed(database)
    moved = ago(hours=11)
    with database.write() as tx:
        line = Consent(address_hash="aino", event=ConsentEvent.MOVED, at=moved, evidence="to x")
        consents.append(tx, line)

    assert not replayed(database, told(L, at=moved)).acts

    assert state_of(database) == ACTIVE


def test_a_line_older_than_its_commit_is_not_lost(database: Database) -> None:
    """The journal is written first: the backup may have been taken between it and the commit."""
    subscribed(database)

    replayed(database, told(L, at=BACKUP - timedelta(seconds=2)))

    assert state_of(database) == LEFT


def test_a_replay_done_twice_changes_nothing_the_second_time(database: Database) -> None:
    subscribed(database)
    line = told(L)
    assert replayed(database, line).acts == {L: 1}

    assert not replayed(database, line).acts


def test_the_suppressed_stay_out_and_the_lifted_come_in(database: Database) -> None:
    with database.write() as tx:
        suppressions.suppress(tx, "eino", SuppressedBecause.HARD_BOUNCE, at=ago(days=3))

    replayed(database, told(JournalKind.SUPPRESSED, "aino"), told(JournalKind.LIFTED, "eino"))

    with database.read() as tx:
        assert suppressions.holds(tx, "aino")
        assert not suppressions.holds(tx, "eino")


# --- issues ---------------------------------------------------------------------------------------


def an_issue(database: Database, state: IssueState, **deliveries: DeliveryState) -> int:
    """Put the issue ``weekly/2026-W47`` as a backup had it, with a delivery to each name."""
    draft = a_draft(period="2026-W47", opens=WINDOW.opens, closes=WINDOW.closes)
    with database.write() as tx:
        issue_id = issues.create(tx, draft).id
        tx.execute(update(table_of(IssueRow)).values(state=state))
        for name, stands in deliveries.items():
            row = {"issue_id": issue_id, "address_hash": name, "domain": "raahe.example"}
            held = {"holder": "x", "lease_until": NOW, "state": stands, "attempts": 0}
            tx.execute(insert(table_of(DeliveryRow)), {**row, **held})
    return issue_id


def issue_state(database: Database) -> tuple[IssueState, IssueState | None]:
    """Return where the issue stands, and where it goes on if it is paused."""
    with database.read() as tx:
        row = tx.execute(select(IssueRow.state, IssueRow.resumes)).one()
    return row.state, row.resumes


def deliveries(database: Database) -> dict[str, DeliveryState]:
    """Return where each delivery stands."""
    with database.read() as tx:
        rows = tx.execute(select(DeliveryRow.address_hash, DeliveryRow.state))
        return {row.address_hash: DeliveryState(row.state) for row in rows}


def test_of_whoever_is_erased_no_delivery_tells_the_domain(database: Database) -> None:
    """A domain may be one person's."""
    delivery = table_of(DeliveryRow)
    theirs = {"aino": subscribed(database), "other": subscribed(database, "other")}
    an_issue(database, IssueState.SENT, aino=DeliveryState.SENT, other=DeliveryState.SENT)
    with database.write() as tx:
        for name, number in theirs.items():
            tx.execute(
                update(delivery).where(delivery.c.address_hash == name).values(subscriber_id=number)
            )

    replayed(database, told(E))

    with database.read() as tx:
        rows = tx.execute(select(DeliveryRow.address_hash, DeliveryRow.domain))
        assert {row.address_hash: row.domain for row in rows} == {
            "aino": "",
            "other": "raahe.example",
        }


SENT = told(JournalKind.ISSUE_SENT, "weekly/2026-W47")
STARTED = told(JournalKind.ISSUE_STARTED, "weekly/2026-W47", at=ago(hours=1))


@pytest.mark.parametrize(
    "was", [IssueState.WAITING, IssueState.APPROVED, IssueState.SENDING, IssueState.PAUSED]
)
def test_an_issue_sent_after_the_backup_is_sent_to_nobody_again(
    database: Database, was: IssueState
) -> None:
    an_issue(
        database,
        was,
        open=DeliveryState.PENDING,
        held=DeliveryState.CLAIMED,
        going=DeliveryState.SENDING,
        later=DeliveryState.DEFERRED,
        maybe=DeliveryState.UNCERTAIN,
        had=DeliveryState.SENT,
        failed=DeliveryState.FAILED,
    )

    done = replayed(database, STARTED, SENT)

    assert done.closed == ("weekly/2026-W47",)
    assert done.doubtful == ()
    assert issue_state(database) == (IssueState.SENT, None)
    assert deliveries(database) == {
        **dict.fromkeys(("open", "held", "going", "later", "maybe"), DeliveryState.CANCELLED),
        "had": DeliveryState.SENT,
        "failed": DeliveryState.FAILED,
    }


@pytest.mark.parametrize(
    ("was", "lines"),
    [(IssueState.SENDING, []), (IssueState.SENDING, [STARTED]), (IssueState.APPROVED, [STARTED])],
)
def test_an_issue_whose_send_had_begun_waits_for_a_person(
    database: Database, was: IssueState, lines: list[JournalEntry]
) -> None:
    an_issue(database, was, open=DeliveryState.PENDING)

    done = replayed(database, *lines)

    assert (done.closed, done.doubtful) == ((), ("weekly/2026-W47",))
    assert issue_state(database) == (IssueState.PAUSED, was)


def test_an_issue_that_waits_goes_its_way_after_a_restore(database: Database) -> None:
    an_issue(database, IssueState.WAITING)

    assert replayed(database) == ReplayResult(acts={})
    assert issue_state(database) == (IssueState.WAITING, None)


@pytest.mark.parametrize("line", [SENT, STARTED])
def test_an_issue_the_backup_does_not_know_is_not_made_again(
    database: Database, line: JournalEntry
) -> None:
    assert replayed(database, line).closed == ("weekly/2026-W47",)

    with database.read() as tx:
        assert issues.periods(tx, Cadence.WEEKLY, since=ago(days=60)) == {"2026-W47"}
        assert issues.statuses(tx, states=(IssueState.SENDING, IssueState.APPROVED)) == ()


def test_an_issue_of_a_digest_that_is_no_more_is_left_alone(database: Database) -> None:
    assert replayed(database, SENT, window=None).closed == ()


def test_a_post_that_an_unknown_issue_told_is_not_told_again(database: Database) -> None:
    """It is pulled again after the restore, and would be new to the next issue."""
    source = a_stored_source(database)
    replayed(database, SENT)
    apply(
        database,
        source,
        new=(
            new(an_entry("https://blogi.kauhajoki.fi/?p=1", published=ago(days=3)), recency=NOW),
            new(an_entry("https://blogi.kauhajoki.fi/?p=2", published=ago(days=1)), recency=NOW),
        ),
    )

    def told_of(cadence: Cadence) -> list[str]:
        with database.read() as tx:
            found = issues.eligible(tx, opens=WINDOW.closes, closes=NOW, cadence=cadence)
        return sorted(post.title for post in found)

    assert told_of(Cadence.WEEKLY) == ["Kirjoitus 2"]
    assert told_of(Cadence.MONTHLY) == ["Kirjoitus 1", "Kirjoitus 2"]


# --- a quiet beginning ----------------------------------------------------------------------------


def test_a_restored_database_holds_all_mail_and_gives_back_every_claim(database: Database) -> None:
    an_issue(database, IssueState.SENDING, a=DeliveryState.CLAIMED, b=DeliveryState.SENDING)
    source = a_stored_source(database)
    with database.write() as tx:
        claimed = table_of(SourceRow)
        tx.execute(claimed.update().where(claimed.c.id == source.id).values(lease_until=NOW))
        restores.quiesce(tx)

    assert deliveries(database) == {"a": DeliveryState.PENDING, "b": DeliveryState.UNCERTAIN}
    with database.read() as tx:
        assert flags.withheld(tx) == "restored"
        assert tx.execute(select(claimed.c.lease_until)).scalar() is None
        assert tx.execute(select(DeliveryRow.holder).distinct()).scalars().all() == [None]


def test_letters_asked_for_before_the_backup_are_not_sent_now(database: Database) -> None:
    """Those to editors are: an issue that waits is of no use to anyone who does not know."""
    with database.write() as tx:
        for kind in (EmailKind.CONFIRM, EmailKind.LINK, EmailKind.REVIEW):
            transactional_emails.put(
                tx, kind, address="a@raahe.example", address_hash="a", language="fi", now=NOW
            )
        restores.quiesce(tx)

    with database.write() as tx:
        claimed = transactional_emails.claim(tx, now=NOW, lease=timedelta(minutes=5))
        kept = tx.execute(select(EmailRow.address).where(EmailRow.kind == EmailKind.LINK))
        assert [letter.kind for letter in claimed] == [EmailKind.REVIEW]
        assert kept.scalar() is None


# --- the journal ----------------------------------------------------------------------------------


def test_a_journal_takes_in_what_others_tell_once(tmp_path: Path) -> None:
    mine, theirs = Journal(tmp_path / "a"), Journal(tmp_path / "b")
    for journal, names in ((mine, ("x", "y")), (theirs, ("y", "z"))):
        for name in names:
            journal.append(L, subject=name, at=NOW)

    assert mine.append_missing(theirs.entries()) == 1
    assert mine.append_missing(theirs.entries()) == 0

    assert [entry.subject for entry in mine.entries()] == ["x", "y", "z"]
