"""Letters on their way to a relay that takes them, refuses them, or is away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from syndicator import tasks
from syndicator.errors import DeliveryFailed, PermanentFailure, TemporaryFailure
from syndicator.model import EmailKind, Mail, NoticeKind, Stage, TransactionalEmail
from syndicator.pipeline.people import change_address, erase, preferences
from syndicator.pipeline.people.transactional import (
    LEASE,
    TRIES,
    SentEmails,
    emails_wait,
    send_emails,
)
from syndicator.pipeline.people.transactional_sender import TransactionalSender
from syndicator.store import notices
from syndicator.store.db.database import Database
from tests.pipeline.disk import undone_by_a_power_cut
from tests.pipeline.office import Connects, Pigeon
from tests.pipeline.readers import Readers, a_sender
from tests.pipeline.test_tasks import Woken
from tests.pipeline.world import World, scene


@dataclass
class Relay(Pigeon):
    """Takes every message but those to recipients it was told to refuse."""

    refuses: dict[str, DeliveryFailed] = field(default_factory=dict)
    tried: int = 0
    connections: int = 0

    def send(self, message: bytes, *, sender: str, recipient: str) -> None:
        self.tried += 1
        if recipient in self.refuses:
            raise self.refuses[recipient]
        assert b"Vahvista" in message
        assert f"To: {recipient}".encode() in message
        assert sender.startswith("palautukset+l")
        super().send(message, sender=sender, recipient=recipient)


@dataclass
class Scene:
    """A readership, its relay and the room between them."""

    readers: Readers
    world: World
    relay: Relay
    unwritable: set[str] = field(default_factory=set)

    def post(self) -> SentEmails:
        return send_emails(self.sender())

    def sender(self) -> TransactionalSender:
        def write(email: TransactionalEmail) -> Mail:
            if email.address in self.unwritable:
                raise LookupError("no such template")
            return Mail(language=email.language, subject="", text="Vahvista", html="")

        def connect() -> Relay:
            self.relay.connections += 1
            return self.relay

        return a_sender(self.readers, write=write, relay=Connects(connect))


@pytest.fixture
def here(database: Database, tmp_path: Path) -> Iterator[Scene]:
    readers = Readers(database=database, folder=tmp_path)
    with scene(tmp_path) as made:
        world = replace(made.world, database=database, now=readers.clock)
        yield Scene(readers=readers, world=world, relay=Relay())


def test_each_letter_is_taken_once_and_oldest_first(here: Scene) -> None:
    for name in ("a", "b", "c"):
        here.readers.sign_up(f"{name}@k.fi")
    assert here.post() == SentEmails(sent=3)
    assert here.post() == SentEmails()
    assert here.relay.recipients == ["a@k.fi", "b@k.fi", "c@k.fi"]
    assert here.relay.connections == 1


def test_that_a_letter_is_claimed_is_on_the_disk_before_it_leaves(here: Scene) -> None:
    here.readers.sign_up()
    with undone_by_a_power_cut() as undone:
        here.post()
    assert [words for _, words in undone if "attempts" in words] == []


def test_what_a_refused_letter_comes_to_is_on_the_disk(here: Scene) -> None:
    """Of a letter that was given up nobody learns again what was answered (promise 5)."""
    here.readers.subscribed("a@k.fi")
    here.readers.later(minutes=15)
    preferences.mail_link(here.readers.subscriptions, "a@k.fi", "fi")
    here.relay.refuses = {
        "a@k.fi": PermanentFailure(550, "5.1.1 no such user", stage=Stage.RECIPIENT)
    }
    with undone_by_a_power_cut() as undone:
        assert here.post() == SentEmails(failed=1)
    assert undone == []


def test_without_a_letter_no_relay_is_called(here: Scene) -> None:
    assert here.post() == SentEmails()
    assert here.relay.connections == 0


def test_one_refused_address_does_not_stop_the_others(here: Scene) -> None:
    """One bad address never stops the others (promise 1)."""
    for name in ("a", "b", "c"):
        here.readers.sign_up(f"{name}@k.fi")
    here.relay.refuses = {
        "a@k.fi": PermanentFailure(550, "5.1.1 no such user"),
        "b@k.fi": TemporaryFailure(451, "4.7.1 greylisted"),
    }
    assert here.post() == SentEmails(sent=1, later=1, failed=1)
    here.relay.refuses = {}
    here.readers.later(hours=1)
    assert here.post() == SentEmails(sent=1)
    assert here.relay.recipients == ["c@k.fi", "b@k.fi"]


def test_a_request_whose_letter_the_relay_knows_nobody_for_ends_at_once(here: Scene) -> None:
    here.readers.sign_up("a@k.fi")
    here.readers.sign_up("b@k.fi")
    here.relay.refuses = {
        "a@k.fi": PermanentFailure(550, "5.1.1 no such user", stage=Stage.RECIPIENT),
        "b@k.fi": PermanentFailure(550, "no", stage=Stage.RECIPIENT),
    }
    assert here.post() == SentEmails(failed=2)
    assert here.readers.subscriber("a@k.fi") is None
    assert here.readers.subscriber("b@k.fi") is not None


def test_a_letter_that_cannot_be_written_does_not_stop_the_others(here: Scene) -> None:
    """An operator's own template may be broken; the other kinds go out."""
    for name in ("a", "b"):
        here.readers.sign_up(f"{name}@k.fi")
    here.unwritable = {"a@k.fi"}
    assert here.post() == SentEmails(sent=1, later=1)
    here.unwritable = set()
    here.readers.later(hours=1)
    assert here.post() == SentEmails(sent=1)


def test_a_relay_that_is_away_is_tried_once_and_later_again(here: Scene) -> None:
    for name in ("a", "b", "c"):
        here.readers.sign_up(f"{name}@k.fi")
    here.relay.refuses = {"a@k.fi": TemporaryFailure(0, "connection refused")}
    assert here.post() == SentEmails(later=3)
    assert here.relay.tried == 1
    here.relay.refuses = {}
    assert here.post() == SentEmails()
    here.readers.later(hours=1)
    assert here.post() == SentEmails(sent=3)


def test_a_relay_that_stays_away_is_said_until_it_takes_an_email(here: Scene) -> None:
    here.readers.sign_up("a@k.fi")
    here.relay.refuses = {"a@k.fi": TemporaryFailure(0, "connection refused")}
    here.post()
    assert said(here) == []
    here.readers.later(minutes=15)
    here.post()
    assert said(here) == [NoticeKind.RELAY_AWAY]

    here.relay.refuses = {}
    here.readers.later(hours=1)
    here.post()

    assert said(here) == []


def said(here: Scene) -> list[str]:
    with here.world.database.read() as tx:
        return [notice.kind for notice in notices.list_all(tx)]


def test_a_letter_nobody_takes_is_offered_ever_more_seldom_for_a_day(here: Scene) -> None:
    here.readers.sign_up("a@k.fi")
    here.relay.refuses = {"a@k.fi": TemporaryFailure(451, "4.3.0 later")}
    begun = here.readers.clock()
    while not here.post().failed:
        here.readers.later(minutes=1)
    assert TRIES <= here.readers.clock() - begun < 2 * TRIES
    assert 5 <= here.relay.tried <= 25


def test_a_letter_in_flight_at_a_kill_is_sent_again_and_no_other(here: Scene) -> None:
    """After a kill nobody is lost (promise 5)."""

    class Killed(BaseException):
        """Stands for SIGKILL: nothing of ours catches it."""

    class Deadly(Relay):
        def send(self, message: bytes, *, sender: str, recipient: str) -> None:
            super().send(message, sender=sender, recipient=recipient)
            if recipient == "b@k.fi":
                raise Killed

    for name in ("a", "b", "c"):
        here.readers.sign_up(f"{name}@k.fi")
    here.relay = Deadly()
    with pytest.raises(Killed):
        here.post()
    assert here.relay.recipients == ["a@k.fi", "b@k.fi"]
    here.relay = Relay()
    assert here.post() == SentEmails()
    here.readers.later(minutes=LEASE / timedelta(minutes=1))
    assert here.post() == SentEmails(sent=2)
    assert here.relay.recipients == ["b@k.fi", "c@k.fi"]


def test_a_letter_whose_link_would_be_dead_is_not_sent(here: Scene) -> None:
    """After days without a relay: a link that leads nowhere is worse than no letter."""
    here.readers.sign_up("a@k.fi")
    here.readers.later(days=6)
    here.readers.sign_up("b@k.fi")
    here.readers.later(days=1)
    assert here.post() == SentEmails(sent=1, failed=1)
    assert here.relay.recipients == ["b@k.fi"]


def test_a_letter_that_waits_for_an_address_left_behind_is_not_sent(here: Scene) -> None:
    """The old address gets the letter that says so and no other, one that was erased gets none."""
    readers = here.readers
    readers.subscribed("a@k.fi")
    change_address.request(readers.subscriptions, readers.preferences_link("a@k.fi"), "b@k.fi")
    token = readers.link(EmailKind.NEW_ADDRESS)
    readers.later(minutes=15)
    preferences.mail_link(readers.subscriptions, "a@k.fi", "fi")
    assert change_address.confirm(readers.subscriptions, token).works
    readers.sign_up("c@k.fi")
    assert erase.erase_address(readers.subscriptions, "c@k.fi")
    assert here.post() == SentEmails(sent=1)
    assert here.relay.recipients == ["a@k.fi"]
    assert here.post() == SentEmails()


def test_a_tick_wakes_the_sender_of_letters_when_one_waits_and_may_leave(here: Scene) -> None:
    editorial, waits = here.world.editorial, (tasks.TRANSACTIONAL, "")
    engine = Woken()
    tasks.tick(editorial, engine, emails=True)
    assert waits not in engine.calls
    here.readers.sign_up("a@k.fi")
    assert emails_wait(editorial.database, now=editorial.now())
    tasks.tick(editorial, engine, emails=False)
    assert waits not in engine.calls
    tasks.tick(editorial, engine, emails=True)
    assert waits in engine.calls
