"""Letters to one person: put, claimed, sent and forgotten; and whom they may not go to."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from syndicator.model import EmailKind, SuppressedBecause, TransactionalEmail
from syndicator.store.db.database import Database, Tx
from syndicator.store.db.schema.newsletter import EmailRow
from syndicator.store.people import suppressions, transactional_emails
from tests.at_once import at_once
from tests.builders import NOW, ago
from tests.store.stored import LEASE

DAY = timedelta(days=1)
PATIENCE = 20


def put(tx: Tx, name: str = "a", kind: EmailKind = EmailKind.CONFIRM, **changes: Any) -> int:
    changes.setdefault("now", NOW)
    changes.setdefault("mailbox_hash", f"box of {name}")
    return transactional_emails.put(
        tx, kind, address=f"{name}@k.fi", address_hash=name, language="fi", **changes
    )


def claim(tx: Tx, **changes: Any) -> list[str]:
    changes.setdefault("now", NOW)
    return [email.address for email in transactional_emails.claim(tx, lease=LEASE, **changes)]


def test_a_letter_is_claimed_as_it_was_put_and_by_one_only(database: Database) -> None:
    with database.write() as tx:
        first = put(tx, subscriber="s", facts={"period": "2026-W48"})
        put(tx, "b")
        (email,) = transactional_emails.claim(tx, now=NOW, lease=LEASE, limit=1)
        assert claim(tx) == ["b@k.fi"]
        assert claim(tx) == []
    assert email == TransactionalEmail(
        id=first,
        kind=EmailKind.CONFIRM,
        address="a@k.fi",
        address_hash="a",
        language="fi",
        at=NOW,
        subscriber="s",
        facts={"period": "2026-W48"},
    )


def test_a_letter_whose_claim_ran_out_is_open_again(database: Database) -> None:
    with database.write() as tx:
        put(tx)
        claim(tx)
        assert transactional_emails.waiting(tx, now=NOW) == 0
        assert transactional_emails.waiting(tx, now=NOW + LEASE) == 1
        assert claim(tx, now=NOW + LEASE) == ["a@k.fi"]


def test_a_letter_that_another_one_sent_meanwhile_is_not_put_off(database: Database) -> None:
    """Whoever lost its claim by being slow has no say any more: it would come a second time."""
    with database.write() as tx:
        first = put(tx)
        claim(tx)
        claim(tx, now=NOW + LEASE)
        transactional_emails.mark_sent(tx, first, now=NOW + LEASE)

        transactional_emails.put_off(tx, first, not_before=NOW, detail="slow")

        assert transactional_emails.waiting(tx, now=NOW + DAY) == 0
        assert claim(tx, now=NOW + DAY) == []


def test_of_a_letter_that_suppression_ended_the_address_is_forgotten(database: Database) -> None:
    with database.write() as tx:
        put(tx)
        suppressions.suppress(tx, "a", SuppressedBecause.COMPLAINT, at=NOW)

        assert claim(tx) == []

        assert tx.execute(select(EmailRow.address)).scalars().all() == [None]


def test_a_letter_put_off_comes_again_and_one_that_ended_never(database: Database) -> None:
    with database.write() as tx:
        ids = [put(tx, name) for name in "abc"]
        claim(tx)
        transactional_emails.mark_sent(tx, ids[0], now=NOW)
        transactional_emails.mark_failed(tx, ids[1], detail="550 no such user")
        transactional_emails.put_off(tx, ids[2], not_before=NOW + LEASE, detail="451 later")
        assert claim(tx, now=NOW + LEASE / 2) == []
        assert claim(tx, now=NOW + DAY) == ["c@k.fi"]


def test_whoever_was_written_to_is_forgotten_once_nobody_needs_the_address(
    database: Database,
) -> None:
    """Retention: letters' addresses after sending."""
    with database.write() as tx:
        ids = [put(tx, name) for name in "abc"]
        put(tx, "d", withheld=True)
        claim(tx)
        transactional_emails.mark_sent(tx, ids[0], now=NOW)
        transactional_emails.mark_failed(tx, ids[1], detail="550")
    with database.read() as tx:
        kept = tx.connection.exec_driver_sql("SELECT address FROM letter ORDER BY id").scalars()
        assert list(kept) == [None, None, "c@k.fi", None]


def test_what_was_not_to_be_sent_is_neither_claimed_nor_counted(database: Database) -> None:
    """Known and unknown addresses cost the same (S2)."""
    with database.write() as tx:
        put(tx, withheld=True)
        assert claim(tx) == []
        assert transactional_emails.recent(tx, "box of a", since=ago(days=1)) == ()
        assert transactional_emails.to_address(tx, "a") == ()


def test_letters_to_an_address_count_together_whatever_the_door(database: Database) -> None:
    """CONFIRM, LINK and NEW_ADDRESS share one rhythm (S2); editors' letters have none."""
    with database.write() as tx:
        for hours, kind in enumerate(transactional_emails.TO_SUBSCRIBERS):
            put(tx, kind=kind, now=ago(hours=hours))
        put(tx, kind=EmailKind.REVIEW)
        put(tx, "b")
        put(tx, now=ago(days=2))
        recent = transactional_emails.recent(tx, "box of a", since=ago(days=1))
        doors = len(transactional_emails.TO_SUBSCRIBERS)
        assert recent == tuple(ago(hours=hours) for hours in reversed(range(doors)))


def test_a_suppressed_address_gets_no_letter_even_if_it_was_put_before(database: Database) -> None:
    """Re-checked at send (promise 7); what an editor must hear is not asked for on a form."""
    with database.write() as tx:
        put(tx)
        put(tx, kind=EmailKind.ALARM)
        suppressions.suppress(tx, "a", SuppressedBecause.COMPLAINT, at=NOW)
        (email,) = transactional_emails.claim(tx, now=NOW, lease=LEASE)
        assert email.kind is EmailKind.ALARM


def test_letters_of_an_erased_person_are_gone(database: Database) -> None:
    with database.write() as tx:
        put(tx)
        put(tx, "b")
        transactional_emails.erase(tx, "a")
        assert claim(tx) == ["b@k.fi"]
        assert transactional_emails.to_address(tx, "a") == ()


def test_old_letters_go_whatever_became_of_them(database: Database) -> None:
    with database.write() as tx:
        put(tx, "c")
        claim(tx)
        put(tx, now=ago(days=40))
        put(tx, "b", now=ago(days=40), withheld=True)
        assert transactional_emails.purge(tx, before=ago(days=30)) == 2
        assert transactional_emails.purge(tx, before=ago(days=30)) == 0
        assert transactional_emails.waiting(tx, now=NOW) == 0


def test_two_who_write_to_one_address_at_once_take_turns(database: Database) -> None:
    """Or both would find that nothing was sent yet (S2)."""

    def ask() -> None:
        with database.write() as tx:
            transactional_emails.lock_address(tx, "box of a")
            if not transactional_emails.recent(tx, "box of a", since=ago(days=1)):
                put(tx)

    at_once(ask, ask)
    with database.read() as tx:
        assert len(transactional_emails.recent(tx, "box of a", since=ago(days=1))) == 1


def test_two_who_claim_letters_at_the_same_moment_share_them_and_wait_for_nobody(
    database: Database,
) -> None:
    theirs: list[str] = []

    def others() -> None:
        with database.write() as tx:
            theirs.extend(claim(tx))

    with database.write() as tx:
        put(tx)
        put(tx, "b")
    other = threading.Thread(target=others)
    with database.write() as tx:
        ours = claim(tx, limit=1)
        other.start()
        if database.dialect == "postgresql":
            other.join(PATIENCE)
            assert not other.is_alive()
    other.join(PATIENCE)

    assert (ours, theirs) == (["a@k.fi"], ["b@k.fi"])
