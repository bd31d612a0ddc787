"""From a filled form to a subscriber: double opt-in, and what the holder of a link may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from syndicator.model import ConsentEvent, EmailKind, SubscriberState, SuppressedBecause
from syndicator.pipeline.people import change_address, leave, sign_up
from syndicator.store.db.database import Database
from syndicator.store.people import consents, suppressions, transactional_emails
from syndicator.subscribe.links import LinkState
from syndicator.subscribe.sign_up import Confirmation, Preferences
from tests.pipeline.readers import ADDRESS, KEY, MONTHLY, WEEKLY, Readers, a_wish

E = ConsentEvent
CONFIRM, LINK, NEW = EmailKind.CONFIRM, EmailKind.LINK, EmailKind.NEW_ADDRESS
OTHER = "maija@kauhajoki.fi"


# --- in -------------------------------------------------------------------------------------------


def test_nobody_subscribes_before_the_mailed_link_is_confirmed(readers: Readers) -> None:
    """Consent first: double opt-in (promise 7)."""
    readers.ask()
    asked = readers.found()
    assert asked is not None
    assert (asked.state, asked.confirmed_at) == (SubscriberState.PENDING, None)
    token = readers.link(CONFIRM)
    readers.later(days=1)
    assert sign_up.waiting(readers.kept, token).selection == WEEKLY
    assert readers.found() == asked
    assert sign_up.confirm(readers.kept, token).selection == WEEKLY
    confirmed = readers.found()
    assert confirmed is not None
    assert (confirmed.state, confirmed.confirmed_at) == (SubscriberState.ACTIVE, readers.clock())


def test_the_ledger_says_what_was_agreed_to_when_where_and_by_which_letter(
    readers: Readers,
) -> None:
    """Text version, language, page, times, Message-ID of the request; no IP (issue)."""
    readers.ask()
    asked_at = readers.clock()
    (letter,) = readers.arrived()
    readers.later(hours=1)
    sign_up.confirm(readers.kept, readers.kept.links.token(letter))
    with readers.database.read() as tx:
        asked, agreed = consents.chain(tx, readers.kept.hash_of(ADDRESS))
    assert (asked.event, asked.at, asked.page) == (E.REQUESTED, asked_at, "/fi/subscribe")
    assert (agreed.event, agreed.at, agreed.page) == (E.CONFIRMED, readers.clock(), "/fi/confirm")
    assert (agreed.text_version, agreed.language) == ("2026-01-fi-0", "fi")
    assert agreed.message_id == f"<letter.{letter.id}@seutu.example.org>"


def test_confirming_again_is_the_same_and_told_once(readers: Readers) -> None:
    readers.ask()
    token = readers.link(CONFIRM)
    for _ in range(3):
        assert sign_up.confirm(readers.kept, token).selection == WEEKLY
    assert readers.chain() == [E.REQUESTED, E.CONFIRMED]
    assert readers.journal() == [("confirmed", readers.kept.hash_of(ADDRESS))]


def test_the_newest_form_is_what_a_pending_one_confirms(readers: Readers) -> None:
    readers.ask()
    readers.ask(selection=MONTHLY)
    assert sign_up.confirm(readers.kept, readers.link(CONFIRM)).selection == MONTHLY


def test_a_link_to_confirm_lasts_a_week(readers: Readers) -> None:
    readers.ask()
    token = readers.link(CONFIRM)
    readers.later(days=7, seconds=-1)
    assert sign_up.waiting(readers.kept, token).selection == WEEKLY
    readers.later(seconds=1)
    assert sign_up.waiting(readers.kept, token).selection is None
    assert sign_up.confirm(readers.kept, token).selection is None


def test_whoever_left_is_not_brought_back_by_an_old_link_but_by_asking_anew(
    readers: Readers,
) -> None:
    """Unsubscribed people may come back by a new double opt-in (decisions: delivery)."""
    readers.ask()
    old = readers.link(CONFIRM)
    sign_up.confirm(readers.kept, old)
    found = readers.found()
    assert found is not None
    readers.later(minutes=20)
    leave.leave(readers.kept, readers.way_out(found))
    assert sign_up.confirm(readers.kept, old).selection is None
    readers.later(minutes=1)
    readers.ask(selection=MONTHLY)
    assert sign_up.confirm(readers.kept, old).selection is None
    assert sign_up.confirm(readers.kept, readers.link(CONFIRM)).selection == MONTHLY
    after = readers.found()
    assert after is not None
    assert (after.public_id, after.state, after.left_at) == (
        found.public_id,
        SubscriberState.ACTIVE,
        None,
    )


def test_a_known_address_gets_a_link_and_keeps_what_it_had_whoever_asks(readers: Readers) -> None:
    """The same answer for known and unknown addresses (promise 7)."""
    before = readers.subscribed()
    readers.later(minutes=15)
    readers.ask(selection=MONTHLY)
    assert readers.found() == before
    (letter,) = readers.arrived()
    assert (letter.kind, letter.language) == (LINK, "fi")


def test_a_suppressed_address_gets_nothing_whatever_the_door(readers: Readers) -> None:
    """Never to be mailed (promise 7)."""
    readers.subscribed()
    token = readers.preferences_link()
    readers.later(days=1, seconds=-1)
    for address in (ADDRESS, OTHER):
        leave.suppress(readers.kept, readers.kept.hash_of(address), SuppressedBecause.HARD_BOUNCE)
        readers.ask(address)
    sign_up.send_link(readers.kept, ADDRESS, "fi")
    assert change_address.move(readers.kept, token, OTHER)
    with readers.database.read() as tx:
        assert transactional_emails.waiting(tx, now=readers.clock()) == 0
    assert readers.arrived() == []


def test_an_address_is_written_to_once_a_quarter_and_three_times_a_day_whatever_the_door(
    readers: Readers,
) -> None:
    """S2."""
    readers.subscribed()
    token = readers.preferences_link()
    doors: list[Callable[[], object]] = [
        lambda: readers.ask(),
        lambda: sign_up.send_link(readers.kept, ADDRESS, "fi"),
        lambda: change_address.move(readers.kept, token, ADDRESS),
    ]
    readers.later(hours=22)
    written = 2
    for door in doors * 2:
        readers.later(minutes=8)
        door()
        written += len(readers.arrived())
    assert written == 3


def test_all_addresses_that_fill_one_mailbox_share_its_letters(readers: Readers) -> None:
    """S2: else one network could fill anybody's mailbox through a new address for each letter."""
    for address in (ADDRESS, "MAIJA@raahe.fi", "m.a.ija@raahe.fi", "maija+1@raahe.fi"):
        readers.ask(address)
    readers.ask("maijaa@raahe.fi")
    assert [letter.address for letter in readers.arrived()] == [ADDRESS, "maijaa@raahe.fi"]
    for number in range(9):
        readers.later(minutes=15)
        readers.ask(f"maija+{number}@raahe.fi")
    assert len(readers.arrived()) == 2


def test_strangers_get_so_many_letters_an_hour_from_all_forms_together(readers: Readers) -> None:
    """S2: many networks that type many addresses must not make a weapon of our relay."""
    readers.confirmations_per_hour = 4
    readers.subscribed()
    token = readers.preferences_link()
    readers.later(hours=1)
    for number in range(3):
        readers.ask(f"outo{number}@raahe.fi")
    change_address.move(readers.kept, token, OTHER)
    assert len(readers.arrived()) == 4

    readers.ask("outo3@raahe.fi")
    sign_up.send_link(readers.kept, "outo0@raahe.fi", "fi")
    change_address.move(readers.kept, token, "maija@lohja.fi")
    assert readers.arrived() == []

    readers.later(hours=1, seconds=1)
    readers.ask("outo3@raahe.fi")
    assert [letter.address for letter in readers.arrived()] == ["outo3@raahe.fi"]


def test_who_subscribes_gets_their_link_whatever_strangers_use_up(readers: Readers) -> None:
    readers.confirmations_per_hour = 1
    readers.subscribed()
    readers.ask(OTHER)
    assert readers.arrived() == []

    assert readers.preferences_link()


def test_a_letter_over_the_hours_ceiling_is_kept_like_any_withheld_one(readers: Readers) -> None:
    """The same rows for every address: neither page nor database tells one from another."""
    readers.confirmations_per_hour = 1
    readers.ask(OTHER)
    readers.ask()
    assert readers.chain() == readers.chain(OTHER) == [E.REQUESTED]
    with readers.database.read() as tx:
        assert transactional_emails.to_address(tx, readers.kept.hash_of(ADDRESS)) == ()


def test_whoever_does_not_subscribe_gets_no_link(readers: Readers) -> None:
    sign_up.send_link(readers.kept, ADDRESS, "fi")
    readers.ask(OTHER)
    assert [letter.address for letter in readers.arrived()] == [OTHER]


def test_the_sender_is_called_in_every_case_once_the_request_is_on_the_disk(
    readers: Readers,
) -> None:
    """Known and unknown addresses cost the same (S2)."""
    called: list[int] = []

    def call() -> None:
        with readers.database.read() as tx:
            called.append(transactional_emails.waiting(tx, now=readers.clock()))

    kept = replace(readers.kept, letter_put=call)
    sign_up.ask(kept, a_wish())
    sign_up.ask(kept, a_wish())
    sign_up.send_link(kept, OTHER, "fi")
    assert called == [1, 1, 1]


# --- what the holder of a link may do -------------------------------------------------------------


def test_the_holder_of_a_link_sees_and_changes_what_they_want(readers: Readers) -> None:
    since = readers.subscribed().confirmed_at
    token = readers.preferences_link()
    seen = sign_up.preferences(readers.kept, token)
    assert isinstance(seen, Preferences)
    assert (seen.address, seen.selection, seen.since) == (ADDRESS, WEEKLY, since)
    assert sign_up.change(readers.kept, token, MONTHLY)
    assert sign_up.change(readers.kept, token, MONTHLY)
    after = readers.found()
    assert after is not None
    assert after.selection == MONTHLY
    assert readers.chain() == [E.REQUESTED, E.CONFIRMED, E.CHANGED]
    readers.later(days=1)
    assert sign_up.preferences(readers.kept, token) is LinkState.BROKEN
    assert not sign_up.change(readers.kept, token, WEEKLY)


def test_whoever_left_changes_nothing_by_the_link_they_still_have(readers: Readers) -> None:
    """Nor does the ledger say that they did."""
    found = readers.subscribed()
    token = readers.preferences_link()
    leave.leave(readers.kept, readers.way_out(found))

    assert not sign_up.change(readers.kept, token, MONTHLY)
    assert not sign_up.pause(readers.kept, token, date(2026, 12, 24))
    assert not change_address.move(readers.kept, token, OTHER)

    after = readers.found()
    assert after is not None
    assert (after.selection, after.paused_until) == (WEEKLY, None)
    assert readers.arrived() == []
    assert readers.chain() == [E.REQUESTED, E.CONFIRMED, E.LEFT]


def test_a_pause_ends_on_its_local_day(readers: Readers) -> None:
    readers.subscribed()
    token = readers.preferences_link()
    assert sign_up.pause(readers.kept, token, date(2026, 12, 24))
    paused, seen = readers.found(), sign_up.preferences(readers.kept, token)
    assert paused is not None
    assert isinstance(seen, Preferences)
    assert paused.paused_until == datetime(2026, 12, 23, 22, tzinfo=UTC)
    assert seen.paused_until == date(2026, 12, 24)
    assert sign_up.pause(readers.kept, token, date(2026, 11, 24))
    seen = sign_up.preferences(readers.kept, token)
    assert isinstance(seen, Preferences)
    assert seen.paused_until is None
    assert sign_up.pause(readers.kept, token, None)
    after = readers.found()
    assert after is not None
    assert after.paused_until is None


def test_an_address_is_changed_only_when_the_new_one_confirms(readers: Readers) -> None:
    """Change of address (confirmed at the new one)."""
    before = readers.subscribed()
    token = readers.preferences_link()
    assert change_address.move(readers.kept, token, OTHER)
    assert readers.found() == before
    (letter,) = readers.arrived()
    assert (letter.kind, letter.address) == (NEW, OTHER)
    mailed = readers.kept.links.token(letter)
    for state in (LinkState.READY, LinkState.DONE):
        assert change_address.moving(readers.kept, mailed) is state
        assert change_address.moved(readers.kept, mailed) is state
    after = readers.found(OTHER)
    assert after is not None
    assert (after.id, after.selection, readers.found()) == (before.id, before.selection, None)
    assert sign_up.preferences(readers.kept, token) is LinkState.MOVED
    assert readers.chain() == [E.REQUESTED, E.CONFIRMED, E.MOVED]
    assert readers.chain(OTHER) == [E.MOVED, E.CONFIRMED]
    hashes = readers.kept.hash_of(ADDRESS), readers.kept.hash_of(OTHER)
    assert readers.journal()[1:] == [("left", hashes[0]), ("confirmed", hashes[1])]


def test_the_old_address_is_written_to_once_when_the_new_one_has_confirmed(
    readers: Readers,
) -> None:
    """Whoever got at the link of a letter cannot take a subscription away unseen."""
    readers.subscribed(selection=MONTHLY)
    change_address.move(readers.kept, readers.preferences_link(), OTHER)
    token = readers.link(NEW)
    assert readers.arrived() == []

    for _ in range(2):
        assert change_address.moved(readers.kept, token).works

    (letter,) = readers.arrived()
    assert (letter.kind, letter.address, letter.language) == (EmailKind.MOVED, ADDRESS, "sv")
    assert (letter.subscriber, letter.at) == (None, readers.clock())
    assert readers.arrived() == []


def test_the_old_address_is_written_to_also_when_its_mailbox_had_its_share(
    readers: Readers,
) -> None:
    """Who takes a subscription could else fill the form three times first."""
    readers.subscribed()
    change_address.move(readers.kept, readers.preferences_link(), OTHER)
    token = readers.link(NEW)
    readers.later(days=1)
    for number in range(4):
        readers.later(minutes=20)
        readers.ask(f"maija+{number}@raahe.fi")
    assert len(readers.arrived()) == 3

    assert change_address.moved(readers.kept, token).works
    assert [letter.kind for letter in readers.arrived()] == [EmailKind.MOVED]


def test_an_old_address_that_is_suppressed_is_not_written_to(readers: Readers) -> None:
    found = readers.subscribed()
    change_address.move(readers.kept, readers.preferences_link(), OTHER)
    token = readers.link(NEW)
    leave.suppress(readers.kept, found.address_hash, SuppressedBecause.HARD_BOUNCE)

    assert change_address.moved(readers.kept, token).works
    assert readers.arrived() == []


def test_an_old_address_suppressed_while_its_letter_waits_is_not_written_to(
    readers: Readers,
) -> None:
    found = readers.subscribed()
    change_address.move(readers.kept, readers.preferences_link(), OTHER)
    assert change_address.moved(readers.kept, readers.link(NEW)).works
    leave.suppress(readers.kept, found.address_hash, SuppressedBecause.BY_EDITOR)

    assert readers.arrived() == []


def test_the_letter_to_an_old_address_takes_nothing_of_its_mailboxs_share(
    readers: Readers,
) -> None:
    readers.subscribed()
    change_address.move(readers.kept, readers.preferences_link(), OTHER)
    readers.later(minutes=15)
    assert change_address.moved(readers.kept, readers.link(NEW)).works
    assert [letter.kind for letter in readers.arrived()] == [EmailKind.MOVED]

    readers.ask()

    assert [letter.kind for letter in readers.arrived()] == [EmailKind.CONFIRM]


def test_only_the_address_named_last_can_be_confirmed(readers: Readers) -> None:
    readers.subscribed()
    token = readers.preferences_link()
    change_address.move(readers.kept, token, OTHER)
    first = readers.link(NEW)
    change_address.move(readers.kept, token, "pekka@raahe.fi")
    assert not change_address.moving(readers.kept, first).works
    assert not change_address.moved(readers.kept, first).works
    assert change_address.moved(readers.kept, readers.link(NEW)).works


def test_moving_to_an_address_that_subscribes_makes_one_subscription_of_two(
    readers: Readers,
) -> None:
    readers.subscribed(OTHER, MONTHLY)
    before = readers.subscribed()
    token = readers.preferences_link()
    change_address.move(readers.kept, token, OTHER)
    assert change_address.moved(readers.kept, readers.link(NEW)).works
    after = readers.found(OTHER)
    assert after is not None
    assert (after.id, after.selection) == (before.id, WEEKLY)
    assert readers.chain(OTHER) == [E.REQUESTED, E.CONFIRMED, E.MOVED, E.CONFIRMED]


def test_no_token_does_what_another_is_for(readers: Readers) -> None:
    """The token is scoped (E6)."""
    found = readers.subscribed()
    kept, link, out = readers.kept, readers.preferences_link(), readers.way_out(found)
    change_address.move(kept, link, OTHER)
    new = readers.link(NEW)
    for token in (out, new, "", "x" * 44, link[:-1], link + "A", out[::-1]):
        assert sign_up.preferences(kept, token) is LinkState.BROKEN
        assert not sign_up.change(kept, token, MONTHLY)
        assert not sign_up.pause(kept, token, None)
        assert not change_address.move(kept, token, OTHER)
        assert leave.export(kept, token) is None
        assert not leave.erase(kept, token)
        assert sign_up.confirm(kept, token) == Confirmation(state=LinkState.BROKEN)
    for token in (out, link, "", new[1:]):
        assert change_address.moving(kept, token) is LinkState.BROKEN
        assert change_address.moved(kept, token) is LinkState.BROKEN
    assert readers.found() == found


def test_an_old_version_of_the_unsubscribe_key_still_lets_people_out(
    database: Database, tmp_path: Path
) -> None:
    """Unsubscribe keys verify for ever (promise 10)."""
    before = Readers(database=database, folder=tmp_path)
    out = before.way_out(before.subscribed())
    after = Readers(
        database=database,
        folder=tmp_path,
        clock=before.clock,
        unsubscribe_keys=(b"new" * 10, KEY),
    )
    after.later(days=4000)
    leave.leave(after.kept, out)
    found = after.found()
    assert found is not None
    assert found.state is SubscriberState.LEFT


def test_a_suppression_lifted_lets_the_subscription_go_on(readers: Readers) -> None:
    found = readers.subscribed()
    address_hash = found.address_hash
    assert leave.suppress(readers.kept, address_hash, SuppressedBecause.HARD_BOUNCE)
    assert not leave.suppress(readers.kept, address_hash, SuppressedBecause.HARD_BOUNCE)
    assert leave.lift(readers.kept, address_hash)
    assert not leave.lift(readers.kept, address_hash)
    assert readers.found() == found
    assert [kind for kind, _ in readers.journal()] == ["confirmed", "suppressed", "lifted"]
    assert timedelta(0) == readers.clock() - found.at
    with readers.database.read() as tx:
        assert not suppressions.holds(tx, address_hash)
