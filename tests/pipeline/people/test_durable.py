"""Consent, leaving, suppression and claims outlive a power cut (promise 5).

What a person is told is done, and what must be known before a message leaves, waits for the disk.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from syndicator.errors import PermanentFailure
from syndicator.model import DeliveryState, EmailKind, Stage, SuppressedBecause
from syndicator.pipeline.issues import control
from syndicator.pipeline.issues.bounces import BounceReader, process_report
from syndicator.pipeline.people import change_address, confirm, erase, leave, preferences
from syndicator.pipeline.people.import_subscribers import import_subscribers
from syndicator.store.db.database import Database
from syndicator.store.issues.each_message import DELIVERY
from syndicator.store.upkeep.journal import Journal
from tests.builders import NOW
from tests.pipeline.disk import undone_by_a_power_cut
from tests.pipeline.office import office
from tests.pipeline.people.test_import_subscribers import an_arrival
from tests.pipeline.readers import ADDRESS, MONTHLY, Readers
from tests.pipeline.returned import BASE, HOST, dsn

OTHER = "maija@kauhajoki.fi"

Act = Callable[[Readers], object]


def confirming(readers: Readers) -> Act:
    readers.sign_up()
    token = readers.link(EmailKind.CONFIRM)
    return lambda at: confirm.confirm(at.subscriptions, token)


def leaving(readers: Readers) -> Act:
    token = readers.way_out(readers.subscribed())
    return lambda at: leave.leave(at.subscriptions, token)


def with_link(act: Callable[[Readers, str], object]) -> Callable[[Readers], Act]:
    def made(readers: Readers) -> Act:
        readers.subscribed()
        token = readers.preferences_link()
        return lambda at: act(at, token)

    return made


def moved(readers: Readers) -> Act:
    readers.subscribed()
    change_address.request(readers.subscriptions, readers.preferences_link(), OTHER)
    token = readers.link(EmailKind.NEW_ADDRESS)
    return lambda at: change_address.confirm(at.subscriptions, token)


def suppress(_: Readers) -> Act:
    why = SuppressedBecause.BY_EDITOR
    return lambda at: leave.suppress(at.subscriptions, at.subscriptions.hash_of(ADDRESS), why)


ACTS: dict[str, Callable[[Readers], Act]] = {
    "ask": lambda _: lambda at: at.sign_up(),
    "confirm": confirming,
    "leave": leaving,
    "change": with_link(lambda at, token: preferences.change(at.subscriptions, token, MONTHLY)),
    "pause": with_link(
        lambda at, token: preferences.pause(at.subscriptions, token, at.clock.at.date())
    ),
    "erase": with_link(lambda at, token: erase.erase(at.subscriptions, token)),
    "moved": moved,
    "suppress": suppress,
    "import": lambda _: (
        lambda at: list(import_subscribers(at.subscriptions, [an_arrival()], dry=False))
    ),
}


@pytest.mark.parametrize("name", ACTS)
def test_what_somebody_is_told_is_done_is_on_the_disk(readers: Readers, name: str) -> None:
    act = ACTS[name](readers)
    with undone_by_a_power_cut() as undone:
        act(readers)
    assert undone == []


def test_what_is_claimed_and_who_is_gone_is_on_the_disk_and_single_marks_need_not_be(
    tmp_path: Path,
) -> None:
    with office(tmp_path) as here:
        here.pigeon.failures["b@b.fi"] = [
            PermanentFailure(550, "5.1.1 no such person", stage=Stage.RECIPIENT)
        ]
        with undone_by_a_power_cut() as undone:
            here.deliver()
    # The value a statement puts first is the state.
    marks = {(table, words.rpartition(" (")[2].partition(",")[0]) for table, words in undone}
    assert not {table for table, _ in marks} & {"suppression", "consent"}
    assert not marks & {("delivery", "'claimed'"), ("issue", "'sent'")}
    # What was not used of the claim; the marks of each message are not seen here, for they go to
    # the driver as they were compiled (store.db.prepared).
    assert ("delivery", "'pending'") in marks


def test_what_an_editor_gave_up_is_on_the_disk(tmp_path: Path) -> None:
    """A power cut would offer it again, and somebody may get it twice."""
    with office(tmp_path) as here:
        here.deliver()
        database = here.scene.world.database
        with database.write() as tx:
            tx.execute(update(DELIVERY).values(state=DeliveryState.UNCERTAIN))
        with undone_by_a_power_cut() as undone:
            assert control.settle(database, here.issue).deliveries
    assert undone == []


def test_what_came_back_is_on_the_disk_before_it_leaves_the_mailbox(
    database: Database, tmp_path: Path
) -> None:
    """E10: removed only after it is stored."""
    reader = BounceReader(
        database=database,
        journal=Journal(tmp_path / "journal.jsonl"),
        unsubscribe_keys=(),
        host=HOST,
        now=lambda: NOW,
    )
    with undone_by_a_power_cut() as undone:
        assert process_report(reader, dsn(BASE)).fresh
    assert undone == []
