"""Links that were mailed to somebody who has moved, or left, since (E6, promise 7)."""

from __future__ import annotations

from syndicator.model import EmailKind, SubscriberState
from syndicator.pipeline.people import change_address, leave, sign_up
from syndicator.store.people import transactional_emails
from syndicator.subscribe.links import LinkState
from syndicator.subscribe.sign_up import Confirmation
from tests.pipeline.readers import ADDRESS, MONTHLY, Readers

OTHER = "maija@kauhajoki.fi"


def asked_to_move(readers: Readers) -> tuple[str, str]:
    """Return the link to the preferences mailed to the old address, and the one to the new."""
    readers.subscribed()
    old = readers.preferences_link()
    assert change_address.move(readers.kept, old, OTHER)
    return old, readers.link(EmailKind.NEW_ADDRESS)


def test_who_kept_the_old_mailbox_reads_and_erases_nothing_of_who_moved(
    readers: Readers,
) -> None:
    old, new = asked_to_move(readers)
    assert change_address.moved(readers.kept, new).works

    assert leave.export(readers.kept, old) is None
    assert not leave.erase(readers.kept, old)
    assert readers.found(OTHER) is not None


def test_of_the_letters_to_the_old_address_only_the_one_that_says_so_is_kept(
    readers: Readers,
) -> None:
    _, new = asked_to_move(readers)
    change_address.moved(readers.kept, new)

    with readers.database.read() as tx:
        kept = transactional_emails.to_address(tx, readers.kept.hash_of(ADDRESS))
    assert [letter["kind"] for letter in kept] == [EmailKind.MOVED]


def test_who_moved_and_left_is_not_told_that_mail_comes_to_them(readers: Readers) -> None:
    _, new = asked_to_move(readers)
    assert change_address.moved(readers.kept, new).works
    found = readers.found(OTHER)
    assert found is not None
    leave.leave(readers.kept, readers.way_out(found))

    assert not change_address.moved(readers.kept, new).works


def test_who_left_changes_nothing_by_a_link_from_before(readers: Readers) -> None:
    found = readers.subscribed()
    link = readers.preferences_link()
    leave.leave(readers.kept, readers.way_out(found))
    before = readers.chain()

    assert not sign_up.change(readers.kept, link, MONTHLY)
    assert readers.chain() == before
    after = readers.found()
    assert after is not None
    assert after.state is SubscriberState.LEFT


def test_a_confirmation_from_before_somebody_left_shows_no_button(readers: Readers) -> None:
    readers.ask()
    token = readers.link(EmailKind.CONFIRM)
    assert sign_up.confirm(readers.kept, token).selection is not None
    found = readers.found()
    assert found is not None
    leave.leave(readers.kept, readers.way_out(found))

    assert sign_up.waiting(readers.kept, token).selection is None
    assert sign_up.confirm(readers.kept, token).selection is None


def test_a_used_confirmation_says_that_it_is_confirmed_already_and_changes_nothing(
    readers: Readers,
) -> None:
    readers.ask(selection=MONTHLY)
    token = readers.link(EmailKind.CONFIRM)
    ready = Confirmation(state=LinkState.READY, selection=MONTHLY)
    done = Confirmation(state=LinkState.DONE, selection=MONTHLY)
    assert sign_up.waiting(readers.kept, token) == ready
    assert sign_up.confirm(readers.kept, token) == ready
    chain = readers.chain()

    assert sign_up.waiting(readers.kept, token) == done
    assert sign_up.confirm(readers.kept, token) == done
    assert readers.chain() == chain


def test_a_used_confirmation_says_that_its_reader_has_unsubscribed(readers: Readers) -> None:
    readers.ask()
    token = readers.link(EmailKind.CONFIRM)
    sign_up.confirm(readers.kept, token)
    found = readers.found()
    assert found is not None
    leave.leave(readers.kept, readers.way_out(found))

    assert sign_up.waiting(readers.kept, token) == Confirmation(state=LinkState.LEFT)
    assert sign_up.confirm(readers.kept, token) == Confirmation(state=LinkState.LEFT)


def test_links_mailed_to_an_address_that_was_left_say_so_and_nothing_of_who_moved(
    readers: Readers,
) -> None:
    """Whoever kept the old mailbox learns neither what is wanted now nor who left since."""
    readers.ask()
    confirms = readers.link(EmailKind.CONFIRM)
    sign_up.confirm(readers.kept, confirms)
    old = readers.preferences_link()
    change_address.move(readers.kept, old, OTHER)
    change_address.moved(readers.kept, readers.link(EmailKind.NEW_ADDRESS))

    def says() -> None:
        assert sign_up.preferences(readers.kept, old) is LinkState.MOVED
        assert sign_up.waiting(readers.kept, confirms) == Confirmation(state=LinkState.MOVED)
        assert sign_up.confirm(readers.kept, confirms) == Confirmation(state=LinkState.MOVED)

    says()
    found = readers.found(OTHER)
    assert found is not None
    leave.leave(readers.kept, readers.way_out(found))
    says()


def test_a_link_to_a_new_address_says_that_its_reader_has_unsubscribed(readers: Readers) -> None:
    found = readers.subscribed()
    change_address.move(readers.kept, readers.preferences_link(), OTHER)
    new = readers.link(EmailKind.NEW_ADDRESS)
    leave.leave(readers.kept, readers.way_out(found))

    assert change_address.moving(readers.kept, new) is LinkState.LEFT
    assert change_address.moved(readers.kept, new) is LinkState.LEFT


def test_a_used_link_of_whoever_was_erased_is_as_if_forged(readers: Readers) -> None:
    """Promise 7: what is forgotten is not remembered by a page either."""
    readers.ask()
    confirms = readers.link(EmailKind.CONFIRM)
    sign_up.confirm(readers.kept, confirms)
    old = readers.preferences_link()
    assert leave.erase(readers.kept, old)

    assert sign_up.waiting(readers.kept, confirms) == sign_up.waiting(readers.kept, "forged")
    assert sign_up.preferences(readers.kept, old) is sign_up.preferences(readers.kept, "forged")
