"""Links that were mailed to somebody who has moved, or left, since (E6, promise 7)."""

from __future__ import annotations

from syndicator.model import EmailKind, SubscriberState
from syndicator.pipeline.people import change_address, confirm, erase, export, leave, preferences
from syndicator.store.people import transactional_emails
from syndicator.subscribe.email_tokens import LinkState
from syndicator.subscribe.sign_up import Confirmation
from tests.pipeline.readers import ADDRESS, MONTHLY, Readers

OTHER = "maija@kauhajoki.fi"


def confirmed_and_left(readers: Readers) -> str:
    """Return the token by which somebody confirmed who has left since."""
    readers.sign_up()
    token = readers.link(EmailKind.CONFIRM)
    confirm.confirm(readers.subscriptions, token)
    subscriber = readers.subscriber()
    assert subscriber is not None
    leave.leave(readers.subscriptions, readers.way_out(subscriber))
    return token


def asked_to_move(readers: Readers) -> tuple[str, str]:
    """Return the link to the preferences mailed to the old address, and the one to the new."""
    readers.subscribed()
    old = readers.preferences_link()
    assert change_address.request(readers.subscriptions, old, OTHER)
    return old, readers.link(EmailKind.NEW_ADDRESS)


def test_who_kept_the_old_mailbox_reads_and_erases_nothing_of_who_moved(
    readers: Readers,
) -> None:
    old, new = asked_to_move(readers)
    assert change_address.confirm(readers.subscriptions, new).works

    assert export.export(readers.subscriptions, old) is None
    assert not erase.erase(readers.subscriptions, old)
    assert readers.subscriber(OTHER) is not None


def test_who_kept_the_old_mailbox_changes_nothing_of_who_moved(readers: Readers) -> None:
    """Nor can they take the newsletter to an address of their own (E6)."""
    old, new = asked_to_move(readers)
    assert change_address.confirm(readers.subscriptions, new).works
    before = readers.rows()

    assert not preferences.change(readers.subscriptions, old, MONTHLY)
    assert not preferences.pause(readers.subscriptions, old, readers.clock.at.date())
    assert not change_address.request(readers.subscriptions, old, "varas@raahe.fi")
    assert readers.rows() == before


def test_of_the_letters_to_the_old_address_only_the_one_that_says_so_is_kept(
    readers: Readers,
) -> None:
    _, new = asked_to_move(readers)
    change_address.confirm(readers.subscriptions, new)

    with readers.database.read() as tx:
        kept = transactional_emails.to_address(tx, readers.subscriptions.hash_of(ADDRESS))
    assert [email["kind"] for email in kept] == [EmailKind.MOVED]


def test_who_moved_and_left_is_not_told_that_mail_comes_to_them(readers: Readers) -> None:
    _, new = asked_to_move(readers)
    assert change_address.confirm(readers.subscriptions, new).works
    found = readers.subscriber(OTHER)
    assert found is not None
    leave.leave(readers.subscriptions, readers.way_out(found))

    assert not change_address.confirm(readers.subscriptions, new).works


def test_who_left_changes_nothing_by_a_link_from_before(readers: Readers) -> None:
    found = readers.subscribed()
    link = readers.preferences_link()
    leave.leave(readers.subscriptions, readers.way_out(found))
    before = readers.chain()

    assert not preferences.change(readers.subscriptions, link, MONTHLY)
    assert readers.chain() == before
    after = readers.subscriber()
    assert after is not None
    assert after.state is SubscriberState.LEFT


def test_a_link_from_before_somebody_left_shows_nothing_of_a_request_that_waits(
    readers: Readers,
) -> None:
    """Anybody may have typed it, and nobody has confirmed it."""
    found = readers.subscribed()
    link = readers.preferences_link()
    leave.leave(readers.subscriptions, readers.way_out(found))
    readers.sign_up(selection=MONTHLY)

    assert preferences.read(readers.subscriptions, link) is LinkState.BROKEN
    assert not preferences.change(readers.subscriptions, link, MONTHLY)


def test_a_confirmation_from_before_somebody_left_shows_no_button(readers: Readers) -> None:
    readers.sign_up()
    token = readers.link(EmailKind.CONFIRM)
    assert confirm.confirm(readers.subscriptions, token).selection is not None
    found = readers.subscriber()
    assert found is not None
    leave.leave(readers.subscriptions, readers.way_out(found))

    assert confirm.check(readers.subscriptions, token).selection is None
    assert confirm.confirm(readers.subscriptions, token).selection is None


def test_a_confirmation_of_the_moment_in_which_somebody_left_does_not_bring_them_back(
    readers: Readers,
) -> None:
    """Also where a request waits again, which anybody may have typed."""
    token = confirmed_and_left(readers)
    readers.sign_up()

    assert confirm.confirm(readers.subscriptions, token) == Confirmation(state=LinkState.LEFT)
    asked = readers.subscriber()
    assert asked is not None
    assert asked.state is SubscriberState.PENDING


def test_a_used_confirmation_says_that_it_is_confirmed_already_and_changes_nothing(
    readers: Readers,
) -> None:
    readers.sign_up(selection=MONTHLY)
    token = readers.link(EmailKind.CONFIRM)
    ready = Confirmation(state=LinkState.READY, selection=MONTHLY)
    done = Confirmation(state=LinkState.DONE, selection=MONTHLY)
    assert confirm.check(readers.subscriptions, token) == ready
    assert confirm.confirm(readers.subscriptions, token) == ready
    chain = readers.chain()

    assert confirm.check(readers.subscriptions, token) == done
    assert confirm.confirm(readers.subscriptions, token) == done
    assert readers.chain() == chain


def test_a_used_confirmation_says_that_its_reader_has_unsubscribed(readers: Readers) -> None:
    token = confirmed_and_left(readers)

    assert confirm.check(readers.subscriptions, token) == Confirmation(state=LinkState.LEFT)
    assert confirm.confirm(readers.subscriptions, token) == Confirmation(state=LinkState.LEFT)


def test_links_mailed_to_an_address_that_was_left_say_so_and_nothing_of_who_moved(
    readers: Readers,
) -> None:
    """Whoever kept the old mailbox learns neither what is wanted now nor who left since."""
    readers.sign_up()
    confirms = readers.link(EmailKind.CONFIRM)
    confirm.confirm(readers.subscriptions, confirms)
    old = readers.preferences_link()
    change_address.request(readers.subscriptions, old, OTHER)
    change_address.confirm(readers.subscriptions, readers.link(EmailKind.NEW_ADDRESS))

    def says() -> None:
        assert preferences.read(readers.subscriptions, old) is LinkState.MOVED
        assert confirm.check(readers.subscriptions, confirms) == Confirmation(state=LinkState.MOVED)
        assert confirm.confirm(readers.subscriptions, confirms) == Confirmation(
            state=LinkState.MOVED
        )

    says()
    found = readers.subscriber(OTHER)
    assert found is not None
    leave.leave(readers.subscriptions, readers.way_out(found))
    says()


def test_a_link_to_a_new_address_says_that_its_reader_has_unsubscribed(readers: Readers) -> None:
    found = readers.subscribed()
    change_address.request(readers.subscriptions, readers.preferences_link(), OTHER)
    new = readers.link(EmailKind.NEW_ADDRESS)
    leave.leave(readers.subscriptions, readers.way_out(found))

    assert change_address.check(readers.subscriptions, new) is LinkState.LEFT
    assert change_address.confirm(readers.subscriptions, new) is LinkState.LEFT


def test_a_used_link_of_whoever_was_erased_is_as_if_forged(readers: Readers) -> None:
    """Promise 7: what is forgotten is not remembered by a page either."""
    readers.sign_up()
    confirms = readers.link(EmailKind.CONFIRM)
    confirm.confirm(readers.subscriptions, confirms)
    old = readers.preferences_link()
    assert erase.erase(readers.subscriptions, old)

    assert confirm.check(readers.subscriptions, confirms) == confirm.check(
        readers.subscriptions, "forged"
    )
    assert preferences.read(readers.subscriptions, old) is preferences.read(
        readers.subscriptions, "forged"
    )


def test_a_link_to_a_new_address_from_before_somebody_left_moves_nobody_who_came_back(
    readers: Readers,
) -> None:
    found = readers.subscribed()
    change_address.request(readers.subscriptions, readers.preferences_link(), OTHER)
    new = readers.link(EmailKind.NEW_ADDRESS)
    leave.leave(readers.subscriptions, readers.way_out(found))
    readers.later(days=1)
    readers.subscribed()

    assert not change_address.check(readers.subscriptions, new).works
    assert not change_address.confirm(readers.subscriptions, new).works
    assert readers.subscriber(OTHER) is None
