"""People from another list: who is taken, who is not, and that they come out as they went in."""

from __future__ import annotations

import io
from collections.abc import Mapping
from csv import DictWriter
from dataclasses import replace
from datetime import timedelta

from syndicator.model import (
    Cadence,
    ConsentEvent,
    EmailKind,
    Selection,
    SubscriberState,
    SuppressedBecause,
)
from syndicator.pipeline.people import change_address, erase, export, leave
from syndicator.pipeline.people.import_subscribers import (
    CHUNK,
    ImportCounts,
    export_rows,
    import_subscribers,
)
from syndicator.store.people import subscriber_lists
from syndicator.subscribe.import_csv import COLUMNS, ImportRow, Offered, read
from tests.builders import NOW
from tests.pipeline.readers import ADDRESS, MONTHLY, WEEKLY, Readers

E = ConsentEvent
OFFERED = Offered(
    languages=frozenset({"fi", "sv"}),
    cadences=frozenset({"weekly", "monthly"}),
    cities=frozenset({"raahe"}),
    topics=frozenset(),
)


def an_arrival(address: str = ADDRESS, selection: Selection = WEEKLY) -> ImportRow:
    return ImportRow(
        line=2,
        address=address,
        selection=selection,
        consent_at=NOW - timedelta(days=400),
        consent_source="https://old.example/form",
        consent_text="Kyllä, haluan.",
    )


def brought(readers: Readers, *arrivals: ImportRow, dry: bool = False) -> ImportCounts:
    return sum(import_subscribers(readers.subscriptions, arrivals, dry=dry), ImportCounts())


def test_whoever_said_yes_elsewhere_subscribes_and_the_ledger_holds_the_evidence(
    readers: Readers,
) -> None:
    assert brought(readers, an_arrival(selection=MONTHLY)) == ImportCounts(taken=1)
    found = readers.subscriber()
    assert found is not None
    assert (found.state, found.selection) == (SubscriberState.ACTIVE, MONTHLY)
    assert found.confirmed_at == NOW - timedelta(days=400)
    told = export.export_address(readers.subscriptions, ADDRESS)
    assert told is not None
    assert "Kyllä, haluan." in str(told["consents"])
    assert readers.chain() == [E.IMPORTED]


def test_a_dry_run_tells_the_same_and_changes_nothing(readers: Readers) -> None:
    readers.subscribed("known@k.fi")
    arrivals = [an_arrival(), an_arrival("known@k.fi")]
    told = brought(readers, *arrivals, dry=True)
    assert readers.subscriber() is None
    assert told == brought(readers, *arrivals) == ImportCounts(taken=1, existing=1)


def test_nobody_who_left_was_erased_moved_away_or_is_suppressed_is_brought_back(
    readers: Readers,
) -> None:
    """Suppressed and left addresses are not brought back."""
    names = ("left@k.fi", "erased@k.fi", "moved@k.fi", "bounced@k.fi", "purged@k.fi")
    left, erased, moved, bounced, purged = names
    for address in (left, purged):
        leave.leave(readers.subscriptions, readers.way_out(readers.subscribed(address)))
    readers.subscribed(erased)
    erase.erase_address(readers.subscriptions, erased)
    readers.subscribed(moved)
    change_address.request(readers.subscriptions, readers.preferences_link(moved), "new@k.fi")
    change_address.confirm(readers.subscriptions, readers.link(EmailKind.NEW_ADDRESS))
    address_hash = readers.subscriptions.hash_of(bounced)
    leave.suppress(readers.subscriptions, address_hash, SuppressedBecause.HARD_BOUNCE)
    with readers.database.write() as tx:
        later = readers.clock() + timedelta(days=1)
        subscriber_lists.purge(tx, subscriber_lists.gone(tx, before=later), before=later)
    told = brought(readers, *(an_arrival(name) for name in names), an_arrival("new@k.fi"))
    assert told == ImportCounts(existing=1, gone=4, suppressed=1)
    assert [readers.subscriber(name) for name in names] == [None] * 5


def test_whoever_is_pending_still_confirms_by_themselves(readers: Readers) -> None:
    readers.sign_up()
    assert brought(readers, an_arrival()) == ImportCounts(existing=1)
    found = readers.subscriber()
    assert found is not None
    assert found.state is SubscriberState.PENDING


def test_an_import_that_broke_off_is_simply_run_again(readers: Readers) -> None:
    arrivals = [an_arrival(f"reader{number}@k.fi") for number in range(CHUNK + 20)]
    steps = import_subscribers(readers.subscriptions, arrivals, dry=False)
    assert next(steps) == ImportCounts(taken=CHUNK)
    del steps
    assert brought(readers, *arrivals) == ImportCounts(taken=20, existing=CHUNK)
    assert readers.chain("reader0@k.fi") == [E.IMPORTED]


def as_file(told: Mapping[str, str]) -> io.StringIO:
    file = io.StringIO(newline="")
    table = DictWriter(file, fieldnames=COLUMNS)
    table.writeheader()
    table.writerow(told)
    file.seek(0)
    return file


def test_what_is_exported_can_be_imported_as_it_was(readers: Readers) -> None:
    cities = Selection(language="sv", cadence=Cadence.MONTHLY, cities=frozenset({"raahe"}))
    arrival = an_arrival(selection=cities)
    brought(readers, arrival)
    (told,) = export_rows(readers.subscriptions)
    assert list(read(as_file(told), offered=OFFERED, now=NOW)) == [replace(arrival, line=2)]


def test_consent_given_here_is_exported_with_page_letter_and_text(readers: Readers) -> None:
    readers.subscribed()
    readers.sign_up("pending@k.fi")
    (told,) = export_rows(readers.subscriptions)
    assert told["consent_source"] == "/fi/confirm <letter.1@seutu.example.org>"
    assert told["consent_text"] == "2026-01-fi-0"
    (again,) = read(as_file(told), offered=OFFERED, now=NOW)
    assert isinstance(again, ImportRow)
    assert again.consent_at == NOW
