"""What people do at the same moment ends as if it were one after the other."""

from __future__ import annotations

import threading
from itertools import pairwise

from syndicator.model import ConsentEvent, EmailKind, SubscriberState
from syndicator.pipeline.people import change_address, confirm, leave, preferences
from syndicator.pipeline.people.import_subscribers import ImportCounts, import_subscribers
from syndicator.pipeline.people.unconfirmed import end_request
from syndicator.store.people import subscriber_lists, subscribers
from tests.at_once import at_once
from tests.pipeline.people.test_import_subscribers import an_arrival
from tests.pipeline.readers import ADDRESS, WEEKLY, Readers

E = ConsentEvent
CONFIRM, LINK = EmailKind.CONFIRM, EmailKind.LINK
OTHER = "maija@kauhajoki.fi"
PATIENCE = 20


def test_two_forms_at_the_same_moment_are_one_request_and_one_letter(readers: Readers) -> None:
    at_once(*[readers.sign_up] * 4)
    assert len(readers.emails()) == 1
    assert readers.chain() == [E.REQUESTED] * 4


def test_whatever_is_asked_of_one_address_at_the_same_moment_is_one_letter(
    readers: Readers,
) -> None:
    """At most one in a quarter of an hour, whatever the door (S2)."""
    readers.subscribed()
    readers.later(minutes=15)
    at_once(
        *[readers.sign_up, lambda: preferences.mail_link(readers.subscriptions, ADDRESS, "fi")] * 3
    )
    assert len(readers.emails()) == 1


def test_two_confirmations_at_the_same_moment_are_one_consent(readers: Readers) -> None:
    readers.sign_up()
    token = readers.link(CONFIRM)
    at_once(*[lambda: confirm.confirm(readers.subscriptions, token)] * 4)
    assert readers.chain() == [E.REQUESTED, E.CONFIRMED]
    assert len(readers.journal()) == 1


def test_leaving_and_asking_at_the_same_moment_end_as_one_after_the_other(
    readers: Readers,
) -> None:
    out = readers.way_out(readers.subscribed())
    readers.later(minutes=15)
    at_once(readers.sign_up, lambda: leave.leave(readers.subscriptions, out))
    after = readers.subscriber()
    assert after is not None
    (email,) = readers.emails()
    kind = LINK if after.state is SubscriberState.LEFT else CONFIRM
    assert after.state is not SubscriberState.ACTIVE
    assert email.kind is kind


def test_leaving_and_confirming_at_the_same_moment_never_lose_the_leaving(
    readers: Readers,
) -> None:
    readers.sign_up()
    token = readers.link(CONFIRM)
    pending = readers.subscriber()
    assert pending is not None
    out = readers.way_out(pending)
    at_once(
        lambda: confirm.confirm(readers.subscriptions, token),
        lambda: leave.leave(readers.subscriptions, out),
    )
    after = readers.subscriber()
    assert after is not None
    assert after.state is SubscriberState.LEFT
    assert readers.chain()[-1] is E.LEFT


def test_two_who_move_to_one_address_at_the_same_moment_leave_one_there(
    readers: Readers,
) -> None:
    tokens = []
    for address in (ADDRESS, "pekka@raahe.fi"):
        readers.subscribed(address)
        change_address.request(readers.subscriptions, readers.preferences_link(address), OTHER)
        readers.later(minutes=15)
        tokens += [readers.subscriptions.tokens.sign(email) for email in readers.emails()]
    at_once(
        *[
            lambda token=token: change_address.confirm(readers.subscriptions, token)
            for token in tokens
        ]
    )
    assert readers.subscriber(OTHER) is not None
    assert len(tokens) == 2


def test_asking_for_another_letter_while_the_first_is_confirmed_makes_nobody_wait_for_ever(
    readers: Readers,
) -> None:
    """One holds the address and wants the row, the other the row and wants the address."""
    homes = [ADDRESS, *(f"maija@koti{number}.fi" for number in range(8))]
    readers.subscribed(homes[0])
    for here, there in pairwise(homes):
        token = readers.preferences_link(here)
        change_address.request(readers.subscriptions, token, there)
        readers.later(minutes=15)
        confirmed = readers.link(EmailKind.NEW_ADDRESS)

        at_once(
            lambda token=token, there=there: change_address.request(
                readers.subscriptions, token, there
            ),  # type: ignore[misc]
            lambda confirmed=confirmed: change_address.confirm(readers.subscriptions, confirmed),  # type: ignore[misc]
        )

        readers.later(days=1)
        readers.emails()
        assert readers.subscriber(there) is not None


def test_what_is_being_confirmed_is_passed_by_when_requests_are_forgotten(
    readers: Readers,
) -> None:
    """Nobody waits for retention, it waits for nobody, and nobody is lost."""
    readers.sign_up()
    pending = readers.subscriber()
    assert pending is not None
    readers.later(days=8)

    def tidy() -> None:
        with readers.database.write() as tx:
            for one in subscriber_lists.still_unconfirmed(tx, [pending.id], before=readers.clock()):
                end_request(tx, one, now=readers.clock())

    tidier = threading.Thread(target=tidy)
    with readers.database.write() as tx:
        subscribers.confirm(tx, pending.id, now=readers.clock())
        tidier.start()
        if readers.database.dialect == "postgresql":
            tidier.join(PATIENCE)
            assert not tidier.is_alive()
    tidier.join(PATIENCE)

    found = readers.subscriber()
    assert found is not None
    assert found.state is SubscriberState.ACTIVE


def test_whoever_asks_while_they_are_imported_has_still_to_confirm(readers: Readers) -> None:
    """And the ledger does not say that the import brought them."""
    told: list[ImportCounts] = []

    def importing() -> None:
        told.extend(import_subscribers(readers.subscriptions, [an_arrival()], dry=False))

    other = threading.Thread(target=importing)
    with readers.database.write() as tx:
        address_hash = readers.subscriptions.hash_of(ADDRESS)
        subscribers.ask(
            tx, address=ADDRESS, address_hash=address_hash, selection=WEEKLY, now=readers.clock()
        )
        other.start()
        other.join(0.5)
        assert other.is_alive()
    other.join(PATIENCE)

    assert told == [ImportCounts(existing=1)]
    found = readers.subscriber()
    assert found is not None
    assert found.state is SubscriberState.PENDING
    assert readers.chain() == []
