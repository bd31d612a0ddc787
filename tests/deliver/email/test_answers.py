"""What a relay answers is whole in its time, and has an end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader

import pytest

from syndicator.deliver.email.answers import LARGEST, Answers
from syndicator.deliver.email.smtp import Relay
from syndicator.errors import TemporaryFailure

PATIENCE = 30.0


@dataclass
class Dripping:
    """A line on which a byte comes each so many seconds, however long it is waited for one."""

    words: bytes
    every: float
    now: float = 0.0
    waits: list[float | None] = field(default_factory=lambda: [PATIENCE])

    def gettimeout(self) -> float | None:
        return self.waits[-1]

    def settimeout(self, value: float | None, /) -> None:
        self.waits.append(value)

    def recv_into(self, buffer: memoryview, /) -> int:
        self.now += self.every
        buffer[:1], self.words = self.words[:1], self.words[1:]
        return 1

    def read_from(self) -> tuple[Answers, BufferedReader]:
        answers = Answers(self, monotonic=lambda: self.now)
        return answers, BufferedReader(answers)


def test_an_answer_that_drips_is_waited_for_no_longer_than_one_that_never_comes() -> None:
    line = Dripping(b"250 ok\r\n" * 100, every=10)
    _, lines = line.read_from()

    with pytest.raises(TimeoutError):
        lines.readline()

    assert line.now == PATIENCE
    assert line.waits == [PATIENCE, 30, PATIENCE, 20, PATIENCE, 10, PATIENCE]


def test_each_answer_has_the_whole_of_its_time() -> None:
    line = Dripping(b"250 ok\r\n" * 100, every=3)
    answers, lines = line.read_from()

    for _ in range(50):
        answers.begin()
        assert lines.readline() == b"250 ok\r\n"


def endless(listener: socket.socket) -> None:
    """Greet, and say that the answer goes on for as long as anybody listens."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as lines:
        connection.sendall(b"220 relay.example\r\n")
        lines.readline()
        try:
            # Far more than is read, so that it ends also where nobody minds.
            for _ in range(16):
                connection.sendall(b"250-relay.example\r\n" * LARGEST)
        except OSError:
            pass


@contextmanager
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=endless, args=(listener,))
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_relay_whose_answer_has_no_end_is_left() -> None:
    with (
        listening() as port,
        Relay(f"smtp://127.0.0.1:{port}", name="a.example") as to,
        pytest.raises(TemporaryFailure, match=f"more than {LARGEST} bytes"),
    ):
        to.ready()
