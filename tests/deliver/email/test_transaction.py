"""One message and its answers, with and without pipelining; a stand-by; what nobody answered."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from syndicator.deliver.email.smtp import AVOIDED, Relay, Relays
from syndicator.errors import DeliveryFailed, PermanentFailure, TemporaryFailure, Uncertain
from syndicator.model import Stage
from tests.builders import NOW
from tests.crash.relay import LoopbackRelay, Reached
from tests.test_whole_way import free_port

MESSAGE = b"Message-ID: <1@a.example>\r\n\r\n.dot\r\n..dots\r\nend\r\n"

UNREADY = {"RCPT": "503 5.5.1 first say who", "DATA": "503 5.5.1 to whom"}

both = pytest.mark.parametrize("pipelining", [True, False])


def calling(port: int, **options: int) -> Relay:
    return Relay(f"smtp://127.0.0.1:{port}", name="a.example", **options)


def send(to: Relay, message: bytes = MESSAGE) -> None:
    to.send(message, sender="kooste@a.example", recipient="lukija@b.example")


@both
def test_a_message_arrives_whole_whatever_its_lines_begin_with(pipelining: bool) -> None:
    with LoopbackRelay(pipelining=pipelining) as relay:
        with calling(relay.port) as to:
            send(to)
            send(to, MESSAGE.removesuffix(b"\r\n"))

        dots = 2
        assert [one.size_bytes for one in relay.arrived] == [len(MESSAGE) + dots] * 2
        assert relay.arrived[0].message_id == "<1@a.example>"
        assert relay.connections == 1


@both
@pytest.mark.parametrize(
    ("answers", "kind", "stage"),
    [
        ({"MAIL": "550 5.7.1 not you"} | UNREADY, TemporaryFailure, Stage.SENDER),
        ({"MAIL": "452 4.3.1 full"} | UNREADY, TemporaryFailure, Stage.SENDER),
        ({"RCPT": "550 5.1.1 nobody", "DATA": "503 5.5.1"}, PermanentFailure, Stage.RECIPIENT),
        ({"RCPT": "450 4.2.2 full"}, TemporaryFailure, Stage.RECIPIENT),
        ({"DATA": "554 5.7.1 no"}, PermanentFailure, Stage.CONTENT),
        ({"END": "554 5.6.0 no"}, PermanentFailure, Stage.CONTENT),
    ],
)
def test_a_no_says_to_what_it_was_and_the_connection_goes_on(
    answers: dict[str, str], kind: type[DeliveryFailed], stage: Stage, pipelining: bool
) -> None:
    """Promise 6. A relay may want a body though it refused the recipient: it gets an empty one."""
    with LoopbackRelay(answers=answers, pipelining=pipelining) as relay:
        with calling(relay.port) as to:
            with pytest.raises(kind) as caught:
                send(to)
            relay.answers = {}
            before = len(relay.arrived)
            send(to)

        assert (type(caught.value), caught.value.stage) == (kind, stage)
        assert len(relay.arrived) == before + 1
        assert relay.connections == 1


@pytest.mark.parametrize("answer", ["", "354 go on", "xyz", "650 what"])
def test_a_message_given_whole_without_a_yes_or_no_is_uncertain(answer: str) -> None:
    """decisions: delivery. Nobody can say whether it arrived."""
    with LoopbackRelay(answers={"END": answer}) as relay, calling(relay.port) as to:
        with pytest.raises(Uncertain):
            send(to)

        assert not to.awaiting
        assert not to.open


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_connection_that_breaks_before_the_message_was_given_is_no_doubt(command: str) -> None:
    with LoopbackRelay(answers={command: ""}) as relay, calling(relay.port) as to:
        with pytest.raises(TemporaryFailure) as caught:
            send(to)

        assert not isinstance(caught.value, Uncertain)
        relay.answers = {}
        send(to)
        assert len(relay.arrived) == 1


def test_a_connection_carries_no_more_than_it_may() -> None:
    """E11: messages per connection."""
    with LoopbackRelay() as relay, calling(relay.port, per_connection=2) as to:
        opens = []
        for _ in range(5):
            send(to)
            opens.append(to.open)

        assert opens == [True, False, True, False, True]
        assert relay.connections == 3


def test_the_stand_by_is_called_while_the_first_is_away_and_the_first_after_a_while() -> None:
    moments = [NOW]
    port = free_port()
    with LoopbackRelay() as standby:
        relays = Relays(
            f"smtp://127.0.0.1:{port}",
            f"smtp://127.0.0.1:{standby.port}",
            clock=lambda: moments[-1],
        )
        with Relay(relays, name="a.example") as to:
            send(to)
        assert relays.in_order()[0].endswith(str(standby.port))
        moments.append(NOW + AVOIDED + timedelta(seconds=1))
        assert relays.in_order()[0].endswith(str(port))

        assert len(standby.arrived) == 1


def test_no_password_is_given_where_others_can_read_it() -> None:
    with LoopbackRelay() as relay:
        # It leads here, and is not plainly this machine's own.
        to = Relay(f"smtp://me:secret@0.0.0.0:{relay.port}", name="a.example")
        with pytest.raises(TemporaryFailure, match="in clear"):
            to.ready()


def test_who_waits_for_an_answer_can_be_told_to_stop_waiting() -> None:
    """decisions: SIGTERM. A message awaiting its final reply is uncertain in the end."""
    given, goes_on = threading.Event(), threading.Event()

    def watch(reached: Reached) -> None:
        if reached is Reached.GIVEN:
            given.set()
            goes_on.wait(10)

    found: list[DeliveryFailed] = []
    with LoopbackRelay(watch=watch) as relay, calling(relay.port) as to:

        def work() -> None:
            try:
                send(to)
            except DeliveryFailed as error:
                found.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        assert given.wait(10)
        assert to.awaiting
        to.hang_up()
        thread.join(10)
        goes_on.set()

    assert isinstance(found[0], Uncertain)
