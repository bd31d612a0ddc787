"""From a filled form to a subscriber: double opt-in, and what the holder of a link may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from syndicator.model import ConsentEvent, EmailKind, SubscriberState, SuppressedBecause
from syndicator.pipeline.people import (
    change_address,
    confirm,
    erase,
    export,
    leave,
    preferences,
    sign_up,
)
from syndicator.store.db.database import Database
from syndicator.store.people import consents, suppressions, transactional_emails
from syndicator.subscribe.email_tokens import LinkState
from syndicator.subscribe.sign_up import Confirmation, Preferences
from tests.pipeline.readers import ADDRESS, KEY, MONTHLY, WEEKLY, Readers, a_request

E = ConsentEvent
CONFIRM, LINK, NEW = EmailKind.CONFIRM, EmailKind.LINK, EmailKind.NEW_ADDRESS
OTHER = "maija@kauhajoki.fi"


# --- in -------------------------------------------------------------------------------------------


def test_nobody_subscribes_before_the_mailed_link_is_confirmed(readers: Readers) -> None:
    """Consent first: double opt-in (promise 7)."""
    readers.sign_up()
    asked = readers.subscriber()
    assert asked is not None
    assert (asked.state, asked.confirmed_at) == (SubscriberState.PENDING, None)
    token = readers.link(CONFIRM)
    readers.later(days=1)
    assert confirm.check(readers.subscriptions, token).selection == WEEKLY
    assert readers.subscriber() == asked
    assert confirm.confirm(readers.subscriptions, token).selection == WEEKLY
    confirmed = readers.subscriber()
    assert confirmed is not None
    assert (confirmed.state, confirmed.confirmed_at) == (SubscriberState.ACTIVE, readers.clock())


def test_the_ledger_says_what_was_agreed_to_when_where_and_by_which_letter(
    readers: Readers,
) -> None:
    """Text version, language, page, times, Message-ID of the request; no IP (issue)."""
    readers.sign_up()
    asked_at = readers.clock()
    (email,) = readers.emails()
    readers.later(hours=1)
    confirm.confirm(readers.subscriptions, readers.subscriptions.tokens.sign(email))
    with readers.database.read() as tx:
        asked, agreed = consents.chain(tx, readers.subscriptions.hash_of(ADDRESS))
    assert (asked.event, asked.at, asked.page) == (E.REQUESTED, asked_at, "/fi/subscribe")
    assert (agreed.event, agreed.at, agreed.page) == (E.CONFIRMED, readers.clock(), "/fi/confirm")
    assert (agreed.text_version, agreed.language) == ("2026-01-fi-0", "fi")
    assert agreed.message_id == f"<letter.{email.id}@seutu.example.org>"


def test_confirming_again_is_the_same_and_told_once(readers: Readers) -> None:
    readers.sign_up()
    token = readers.link(CONFIRM)
    for _ in range(3):
        assert confirm.confirm(readers.subscriptions, token).selection == WEEKLY
    assert readers.chain() == [E.REQUESTED, E.CONFIRMED]
    assert readers.journal() == [("confirmed", readers.subscriptions.hash_of(ADDRESS))]


def test_the_newest_form_is_what_a_pending_one_confirms(readers: Readers) -> None:
    readers.sign_up()
    readers.sign_up(selection=MONTHLY)
    assert confirm.confirm(readers.subscriptions, readers.link(CONFIRM)).selection == MONTHLY


def test_a_link_to_confirm_lasts_a_week(readers: Readers) -> None:
    readers.sign_up()
    token = readers.link(CONFIRM)
    readers.later(days=7, seconds=-1)
    assert confirm.check(readers.subscriptions, token).selection == WEEKLY
    readers.later(seconds=1)
    assert confirm.check(readers.subscriptions, token).selection is None
    assert confirm.confirm(readers.subscriptions, token).selection is None


def test_whoever_left_is_not_brought_back_by_an_old_link_but_by_asking_anew(
    readers: Readers,
) -> None:
    """Unsubscribed people may come back by a new double opt-in (decisions: delivery)."""
    readers.sign_up()
    old = readers.link(CONFIRM)
    confirm.confirm(readers.subscriptions, old)
    found = readers.subscriber()
    assert found is not None
    readers.later(minutes=20)
    leave.leave(readers.subscriptions, readers.way_out(found))
    assert confirm.confirm(readers.subscriptions, old).selection is None
    readers.later(minutes=1)
    readers.sign_up(selection=MONTHLY)
    assert confirm.confirm(readers.subscriptions, old).selection is None
    assert confirm.confirm(readers.subscriptions, readers.link(CONFIRM)).selection == MONTHLY
    after = readers.subscriber()
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
    readers.sign_up(selection=MONTHLY)
    assert readers.subscriber() == before
    (email,) = readers.emails()
    assert (email.kind, email.language) == (LINK, "fi")


def test_a_suppressed_address_gets_nothing_whatever_the_door(readers: Readers) -> None:
    """Never to be mailed (promise 7)."""
    readers.subscribed()
    token = readers.preferences_link()
    readers.later(days=1, seconds=-1)
    for address in (ADDRESS, OTHER):
        leave.suppress(
            readers.subscriptions,
            readers.subscriptions.hash_of(address),
            SuppressedBecause.HARD_BOUNCE,
        )
        readers.sign_up(address)
    preferences.mail_link(readers.subscriptions, ADDRESS, "fi")
    assert change_address.request(readers.subscriptions, token, OTHER)
    with readers.database.read() as tx:
        assert transactional_emails.waiting(tx, now=readers.clock()) == 0
    assert readers.emails() == []


def test_an_address_is_written_to_once_a_quarter_and_three_times_a_day_whatever_the_door(
    readers: Readers,
) -> None:
    """S2."""
    readers.subscribed()
    token = readers.preferences_link()
    doors: list[Callable[[], object]] = [
        lambda: readers.sign_up(),
        lambda: preferences.mail_link(readers.subscriptions, ADDRESS, "fi"),
        lambda: change_address.request(readers.subscriptions, token, ADDRESS),
    ]
    readers.later(hours=22)
    written = 2
    for door in doors * 2:
        readers.later(minutes=8)
        door()
        written += len(readers.emails())
    assert written == 3


def test_all_addresses_that_fill_one_mailbox_share_its_letters(readers: Readers) -> None:
    """S2: else one network could fill anybody's mailbox through a new address for each letter."""
    for address in (ADDRESS, "MAIJA@raahe.fi", "m.a.ija@raahe.fi", "maija+1@raahe.fi"):
        readers.sign_up(address)
    readers.sign_up("maijaa@raahe.fi")
    assert [email.address for email in readers.emails()] == [ADDRESS, "maijaa@raahe.fi"]
    for number in range(9):
        readers.later(minutes=15)
        readers.sign_up(f"maija+{number}@raahe.fi")
    assert len(readers.emails()) == 2


def test_strangers_get_so_many_letters_an_hour_from_all_forms_together(readers: Readers) -> None:
    """S2: many networks that type many addresses must not make a weapon of our relay."""
    readers.confirmations_per_hour = 4
    readers.subscribed()
    token = readers.preferences_link()
    readers.later(hours=1)
    for number in range(3):
        readers.sign_up(f"outo{number}@raahe.fi")
    change_address.request(readers.subscriptions, token, OTHER)
    assert len(readers.emails()) == 4

    readers.sign_up("outo3@raahe.fi")
    preferences.mail_link(readers.subscriptions, "outo0@raahe.fi", "fi")
    change_address.request(readers.subscriptions, token, "maija@lohja.fi")
    assert readers.emails() == []

    readers.later(hours=1, seconds=1)
    readers.sign_up("outo3@raahe.fi")
    assert [email.address for email in readers.emails()] == ["outo3@raahe.fi"]


def test_who_subscribes_gets_their_link_whatever_strangers_use_up(readers: Readers) -> None:
    readers.confirmations_per_hour = 1
    readers.subscribed()
    readers.sign_up(OTHER)
    assert readers.emails() == []

    assert readers.preferences_link()


def test_a_letter_over_the_hours_ceiling_is_kept_like_any_withheld_one(readers: Readers) -> None:
    """The same rows for every address: neither page nor database tells one from another."""
    readers.confirmations_per_hour = 1
    readers.sign_up(OTHER)
    readers.sign_up()
    assert readers.chain() == readers.chain(OTHER) == [E.REQUESTED]
    with readers.database.read() as tx:
        assert transactional_emails.to_address(tx, readers.subscriptions.hash_of(ADDRESS)) == ()


def test_whoever_does_not_subscribe_gets_no_link(readers: Readers) -> None:
    preferences.mail_link(readers.subscriptions, ADDRESS, "fi")
    readers.sign_up(OTHER)
    assert [email.address for email in readers.emails()] == [OTHER]


def test_the_sender_is_called_in_every_case_once_the_request_is_on_the_disk(
    readers: Readers,
) -> None:
    """Known and unknown addresses cost the same (S2)."""
    called: list[int] = []

    def call() -> None:
        with readers.database.read() as tx:
            called.append(transactional_emails.waiting(tx, now=readers.clock()))

    kept = replace(readers.subscriptions, wake_mailer=call)
    sign_up.sign_up(kept, a_request())
    sign_up.sign_up(kept, a_request())
    preferences.mail_link(kept, OTHER, "fi")
    assert called == [1, 1, 1]


# --- what the holder of a link may do -------------------------------------------------------------


def test_the_holder_of_a_link_sees_and_changes_what_they_want(readers: Readers) -> None:
    since = readers.subscribed().confirmed_at
    token = readers.preferences_link()
    seen = preferences.read(readers.subscriptions, token)
    assert isinstance(seen, Preferences)
    assert (seen.address, seen.selection, seen.since) == (ADDRESS, WEEKLY, since)
    assert preferences.change(readers.subscriptions, token, MONTHLY)
    assert preferences.change(readers.subscriptions, token, MONTHLY)
    after = readers.subscriber()
    assert after is not None
    assert after.selection == MONTHLY
    assert readers.chain() == [E.REQUESTED, E.CONFIRMED, E.CHANGED]
    readers.later(days=1)
    assert preferences.read(readers.subscriptions, token) is LinkState.BROKEN
    assert not preferences.change(readers.subscriptions, token, WEEKLY)


def test_whoever_left_changes_nothing_by_the_link_they_still_have(readers: Readers) -> None:
    """Nor does the ledger say that they did."""
    found = readers.subscribed()
    token = readers.preferences_link()
    leave.leave(readers.subscriptions, readers.way_out(found))

    assert not preferences.change(readers.subscriptions, token, MONTHLY)
    assert not preferences.pause(readers.subscriptions, token, date(2026, 12, 24))
    assert not change_address.request(readers.subscriptions, token, OTHER)

    after = readers.subscriber()
    assert after is not None
    assert (after.selection, after.paused_until) == (WEEKLY, None)
    assert readers.emails() == []
    assert readers.chain() == [E.REQUESTED, E.CONFIRMED, E.LEFT]


def test_a_pause_ends_on_its_local_day(readers: Readers) -> None:
    readers.subscribed()
    token = readers.preferences_link()
    assert preferences.pause(readers.subscriptions, token, date(2026, 12, 24))
    paused, seen = readers.subscriber(), preferences.read(readers.subscriptions, token)
    assert paused is not None
    assert isinstance(seen, Preferences)
    assert paused.paused_until == datetime(2026, 12, 23, 22, tzinfo=UTC)
    assert seen.paused_until == date(2026, 12, 24)
    assert preferences.pause(readers.subscriptions, token, date(2026, 11, 24))
    seen = preferences.read(readers.subscriptions, token)
    assert isinstance(seen, Preferences)
    assert seen.paused_until is None
    assert preferences.pause(readers.subscriptions, token, None)
    after = readers.subscriber()
    assert after is not None
    assert after.paused_until is None


def test_an_address_is_changed_only_when_the_new_one_confirms(readers: Readers) -> None:
    """Change of address (confirmed at the new one)."""
    before = readers.subscribed()
    token = readers.preferences_link()
    assert change_address.request(readers.subscriptions, token, OTHER)
    assert readers.subscriber() == before
    (email,) = readers.emails()
    assert (email.kind, email.address) == (NEW, OTHER)
    mailed = readers.subscriptions.tokens.sign(email)
    for state in (LinkState.READY, LinkState.DONE):
        assert change_address.check(readers.subscriptions, mailed) is state
        assert change_address.confirm(readers.subscriptions, mailed) is state
    after = readers.subscriber(OTHER)
    assert after is not None
    assert (after.id, after.selection, readers.subscriber()) == (before.id, before.selection, None)
    assert preferences.read(readers.subscriptions, token) is LinkState.MOVED
    assert readers.chain() == [E.REQUESTED, E.CONFIRMED, E.MOVED]
    assert readers.chain(OTHER) == [E.MOVED, E.CONFIRMED]
    hashes = readers.subscriptions.hash_of(ADDRESS), readers.subscriptions.hash_of(OTHER)
    assert readers.journal()[1:] == [("left", hashes[0]), ("confirmed", hashes[1])]


def test_the_old_address_is_written_to_once_when_the_new_one_has_confirmed(
    readers: Readers,
) -> None:
    """Whoever got at the link of a letter cannot take a subscription away unseen."""
    readers.subscribed(selection=MONTHLY)
    change_address.request(readers.subscriptions, readers.preferences_link(), OTHER)
    token = readers.link(NEW)
    assert readers.emails() == []

    for _ in range(2):
        assert change_address.confirm(readers.subscriptions, token).works

    (email,) = readers.emails()
    assert (email.kind, email.address, email.language) == (EmailKind.MOVED, ADDRESS, "sv")
    assert (email.subscriber, email.at) == (None, readers.clock())
    assert readers.emails() == []


def test_the_old_address_is_written_to_also_when_its_mailbox_had_its_share(
    readers: Readers,
) -> None:
    """Who takes a subscription could else fill the form three times first."""
    readers.subscribed()
    change_address.request(readers.subscriptions, readers.preferences_link(), OTHER)
    token = readers.link(NEW)
    readers.later(days=1)
    for number in range(4):
        readers.later(minutes=20)
        readers.sign_up(f"maija+{number}@raahe.fi")
    assert len(readers.emails()) == 3

    assert change_address.confirm(readers.subscriptions, token).works
    assert [email.kind for email in readers.emails()] == [EmailKind.MOVED]


def test_an_old_address_that_is_suppressed_is_not_written_to(readers: Readers) -> None:
    found = readers.subscribed()
    change_address.request(readers.subscriptions, readers.preferences_link(), OTHER)
    token = readers.link(NEW)
    leave.suppress(readers.subscriptions, found.address_hash, SuppressedBecause.HARD_BOUNCE)

    assert change_address.confirm(readers.subscriptions, token).works
    assert readers.emails() == []


def test_an_old_address_suppressed_while_its_letter_waits_is_not_written_to(
    readers: Readers,
) -> None:
    found = readers.subscribed()
    change_address.request(readers.subscriptions, readers.preferences_link(), OTHER)
    assert change_address.confirm(readers.subscriptions, readers.link(NEW)).works
    leave.suppress(readers.subscriptions, found.address_hash, SuppressedBecause.BY_EDITOR)

    assert readers.emails() == []


def test_the_letter_to_an_old_address_takes_nothing_of_its_mailboxs_share(
    readers: Readers,
) -> None:
    readers.subscribed()
    change_address.request(readers.subscriptions, readers.preferences_link(), OTHER)
    readers.later(minutes=15)
    assert change_address.confirm(readers.subscriptions, readers.link(NEW)).works
    assert [email.kind for email in readers.emails()] == [EmailKind.MOVED]

    readers.sign_up()

    assert [email.kind for email in readers.emails()] == [EmailKind.CONFIRM]


def test_only_the_address_named_last_can_be_confirmed(readers: Readers) -> None:
    readers.subscribed()
    token = readers.preferences_link()
    change_address.request(readers.subscriptions, token, OTHER)
    first = readers.link(NEW)
    change_address.request(readers.subscriptions, token, "pekka@raahe.fi")
    assert not change_address.check(readers.subscriptions, first).works
    assert not change_address.confirm(readers.subscriptions, first).works
    assert change_address.confirm(readers.subscriptions, readers.link(NEW)).works


def test_moving_to_an_address_that_subscribes_makes_one_subscription_of_two(
    readers: Readers,
) -> None:
    readers.subscribed(OTHER, MONTHLY)
    before = readers.subscribed()
    token = readers.preferences_link()
    change_address.request(readers.subscriptions, token, OTHER)
    assert change_address.confirm(readers.subscriptions, readers.link(NEW)).works
    after = readers.subscriber(OTHER)
    assert after is not None
    assert (after.id, after.selection) == (before.id, WEEKLY)
    assert readers.chain(OTHER) == [E.REQUESTED, E.CONFIRMED, E.MOVED, E.CONFIRMED]


def test_no_token_does_what_another_is_for(readers: Readers) -> None:
    """The token is scoped (E6)."""
    found = readers.subscribed()
    kept, link, out = readers.subscriptions, readers.preferences_link(), readers.way_out(found)
    change_address.request(kept, link, OTHER)
    new = readers.link(NEW)
    for token in (out, new, "", "x" * 44, link[:-1], link + "A", out[::-1]):
        assert preferences.read(kept, token) is LinkState.BROKEN
        assert not preferences.change(kept, token, MONTHLY)
        assert not preferences.pause(kept, token, None)
        assert not change_address.request(kept, token, OTHER)
        assert export.export(kept, token) is None
        assert not erase.erase(kept, token)
        assert confirm.confirm(kept, token) == Confirmation(state=LinkState.BROKEN)
    for token in (out, link, "", new[1:]):
        assert change_address.check(kept, token) is LinkState.BROKEN
        assert change_address.confirm(kept, token) is LinkState.BROKEN
    assert readers.subscriber() == found


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
    leave.leave(after.subscriptions, out)
    found = after.subscriber()
    assert found is not None
    assert found.state is SubscriberState.LEFT


def test_a_suppression_lifted_lets_the_subscription_go_on(readers: Readers) -> None:
    found = readers.subscribed()
    address_hash = found.address_hash
    assert leave.suppress(readers.subscriptions, address_hash, SuppressedBecause.HARD_BOUNCE)
    assert not leave.suppress(readers.subscriptions, address_hash, SuppressedBecause.HARD_BOUNCE)
    assert leave.lift(readers.subscriptions, address_hash)
    assert not leave.lift(readers.subscriptions, address_hash)
    assert readers.subscriber() == found
    assert [kind for kind, _ in readers.journal()] == ["confirmed", "suppressed", "lifted"]
    assert timedelta(0) == readers.clock() - found.at
    with readers.database.read() as tx:
        assert not suppressions.holds(tx, address_hash)
