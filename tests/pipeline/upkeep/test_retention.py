"""What is forgotten by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from syndicator.model import ConsentEvent, EmailKind, SubscriberState, SuppressedBecause
from syndicator.pipeline.people import change_address, confirm, export, leave
from syndicator.pipeline.upkeep.retention import RetentionCounts, retain, retention_due
from syndicator.store.people import subscriber_lists, subscribers
from tests.pipeline.overtaken import overtaken
from tests.pipeline.readers import ADDRESS, WEEKLY, Readers
from tests.pipeline.world import World

E = ConsentEvent
OTHER = "maija@kauhajoki.fi"


def test_a_request_nobody_confirmed_vanishes_after_a_week_with_all_it_left(
    readers: Readers, world: World
) -> None:
    """S1."""
    readers.sign_up()
    readers.sign_up(OTHER)
    readers.later(days=6)
    assert retain(world.settings, world.database, now=world.now()).unconfirmed == 0
    readers.sign_up(OTHER)
    readers.later(days=1, seconds=1)
    assert retain(world.settings, world.database, now=world.now()).unconfirmed == 1
    assert (readers.subscriber(), readers.chain()) == (None, [])
    assert readers.subscriber(OTHER) is not None
    assert export.export_address(readers.subscriptions, ADDRESS) is None


def test_a_request_of_someone_who_had_subscribed_expires_in_their_chain(
    readers: Readers, world: World
) -> None:
    """Consent rows are kept or deleted as whole chains (decisions: delivery)."""
    leave.leave(readers.subscriptions, readers.way_out(readers.subscribed()))
    readers.later(days=1)
    readers.sign_up()
    readers.later(days=8)
    assert retain(world.settings, world.database, now=world.now()).unconfirmed == 1
    assert readers.subscriber() is None
    assert readers.chain() == [E.REQUESTED, E.CONFIRMED, E.LEFT, E.REQUESTED, E.EXPIRED]


def test_whoever_left_or_is_suppressed_is_forgotten_after_a_month(
    readers: Readers, world: World
) -> None:
    out = readers.way_out(readers.subscribed())
    leave.leave(readers.subscriptions, out)
    bounced = readers.subscribed(OTHER)
    leave.suppress(readers.subscriptions, bounced.address_hash, SuppressedBecause.HARD_BOUNCE)
    stays = readers.subscribed("pekka@raahe.fi")
    readers.later(days=29)
    assert retain(world.settings, world.database, now=world.now()).left == 0
    readers.later(days=1, seconds=1)
    assert retain(world.settings, world.database, now=world.now()) == RetentionCounts(
        unconfirmed=0, left=2, letters=3, moves=0, evidence=0
    )
    assert [readers.subscriber(), readers.subscriber(OTHER)] == [None, None]
    assert readers.subscriber("pekka@raahe.fi") == stays
    assert readers.chain()[-1] is E.LEFT
    leave.leave(readers.subscriptions, out)


def test_evidence_goes_after_its_time_but_not_while_they_subscribe(
    readers: Readers, world: World
) -> None:
    readers.subscribed()
    leave.leave(readers.subscriptions, readers.way_out(readers.subscribed(OTHER)))
    kept_for = world.settings.mail.keeps_evidence
    readers.later(days=kept_for.days)
    assert retain(world.settings, world.database, now=world.now()).evidence == 0
    readers.clock.at += timedelta(seconds=1)
    assert retain(world.settings, world.database, now=world.now()).evidence == 3
    assert (len(readers.chain()), readers.chain(OTHER)) == (2, [])


def test_an_address_nobody_confirmed_moving_to_is_forgotten(readers: Readers, world: World) -> None:
    readers.subscribed()
    change_address.request(readers.subscriptions, readers.preferences_link(), OTHER)
    token = readers.link(EmailKind.NEW_ADDRESS)
    readers.later(days=7, seconds=1)
    assert retain(world.settings, world.database, now=world.now()).moves == 1
    assert not change_address.confirm(readers.subscriptions, token).works
    assert retain(world.settings, world.database, now=world.now()).moves == 0


def test_what_is_old_is_forgotten_once_a_day(readers: Readers, world: World) -> None:
    """Retention runs by itself."""
    assert retention_due(world.database, now=world.now())
    retain(world.settings, world.database, now=world.now())
    readers.later(hours=23)
    assert not retention_due(world.database, now=world.now())
    readers.later(hours=1)
    assert retention_due(world.database, now=world.now())


def test_whoever_confirms_while_their_request_is_being_forgotten_subscribes(
    readers: Readers, world: World
) -> None:
    """Nobody is lost between two looks."""
    readers.sign_up()
    token = readers.link(EmailKind.CONFIRM)
    readers.sign_up(OTHER)
    readers.later(days=7)
    readers.later(seconds=1)
    in_time = replace(readers.subscriptions, now=lambda: readers.clock() - timedelta(minutes=1))
    confirmed = partial(confirm.confirm, in_time, token)

    gone = retain(world.settings, overtaken(world.database, confirmed), now=world.now())

    assert gone.unconfirmed == 1
    found = readers.subscriber()
    assert found is not None
    assert found.state is SubscriberState.ACTIVE
    assert readers.chain() == [E.REQUESTED, E.CONFIRMED]


def test_what_was_found_old_is_looked_at_again_before_it_is_forgotten(readers: Readers) -> None:
    """Between the two looks somebody may have come back, or named another address."""
    leave.leave(readers.subscriptions, readers.way_out(readers.subscribed()))
    change_address.request(
        readers.subscriptions, readers.preferences_link(readers.subscribed(OTHER).address), "a@k.fi"
    )
    readers.emails()
    readers.later(days=31)
    old = readers.clock() - timedelta(days=1)
    with readers.database.read() as tx:
        gone, moving = (
            subscriber_lists.gone(tx, before=old),
            subscriber_lists.unfinished_moves(tx, before=old),
        )
    assert (len(gone), len(moving)) == (1, 1)

    readers.subscribed()
    change_address.request(readers.subscriptions, readers.preferences_link(OTHER), "b@k.fi")

    with readers.database.write() as tx:
        assert subscriber_lists.purge(tx, gone, before=old) == 0
        assert subscriber_lists.forget_moves(tx, moving, before=old) == 0
    assert readers.subscriber() is not None
    assert change_address.confirm(readers.subscriptions, readers.link(EmailKind.NEW_ADDRESS)).works


def test_all_that_is_old_is_forgotten_in_one_go_however_much_it_is(
    readers: Readers, world: World
) -> None:
    """In steps, so that nobody waits long; not a step a day."""
    with readers.database.write() as tx:
        for number in range(subscriber_lists.FEW + 1):
            subscribers.ask(
                tx,
                address=f"n{number}@k.fi",
                address_hash=f"n{number}",
                selection=WEEKLY,
                now=readers.clock(),
            )
    readers.later(days=8)

    assert (
        retain(world.settings, world.database, now=world.now()).unconfirmed
        == subscriber_lists.FEW + 1
    )
