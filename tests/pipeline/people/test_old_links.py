"""Links that were mailed to somebody who has moved, or left, since (E6, promise 7)."""

from __future__ import annotations

from syndicator.model import EmailKind, SubscriberState
from syndicator.pipeline.people import change_address, leave, sign_up
from syndicator.store.people import transactional_emails
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
    assert change_address.moved(readers.kept, new)

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
    assert change_address.moved(readers.kept, new)
    found = readers.found(OTHER)
    assert found is not None
    leave.leave(readers.kept, readers.way_out(found))

    assert not change_address.moved(readers.kept, new)


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
    assert sign_up.confirm(readers.kept, token) is not None
    found = readers.found()
    assert found is not None
    leave.leave(readers.kept, readers.way_out(found))

    assert sign_up.waiting(readers.kept, token) is None
    assert sign_up.confirm(readers.kept, token) is None
