"""A relay that turns us away is left: its socket is closed at once, not when it is collected."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest
import trustme

from syndicator.deliver.email.smtp import Relay
from syndicator.errors import TemporaryFailure

PATIENCE = 10


@dataclass
class Doorman:
    """Greets, answers each command as told, and notes when the other end has hung up."""

    greeting: str = "220 relay.example"
    answers: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    left: threading.Event = field(default_factory=threading.Event)

    def meet(self, listener: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.settimeout(PATIENCE)
        with connection, connection.makefile("rb") as lines:
            connection.sendall(f"{self.greeting}\r\n".encode())
            while line := lines.readline():
                word = line.split()[0].decode("ascii", "replace").upper()
                connection.sendall(f"{self.answers.get(word, '500 what?')}\r\n".encode())
                if word == "STARTTLS" and self.tls is not None:
                    self._refused_by(connection)
                    break
        self.left.set()

    def _refused_by(self, connection: socket.socket) -> None:
        """Wait for the end of the line itself: the handshake's failure is not yet that."""
        assert self.tls is not None
        with connection.dup() as line:
            with suppress(OSError):
                self.tls.wrap_socket(connection, server_side=True).close()
            with suppress(ConnectionError):
                while line.recv(4096):
                    pass


@contextmanager
def at_the_door(doorman: Doorman) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=doorman.meet, args=(listener,))
        thread.start()
        yield listener.getsockname()[1]
        thread.join(PATIENCE)


def own_certificate() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


SPEAKS = {"EHLO": "250-relay.example\r\n250 AUTH PLAIN LOGIN"}
OFFERS = {"EHLO": "250-relay.example\r\n250 STARTTLS", "STARTTLS": "220 go on"}


@pytest.mark.parametrize(
    "doorman",
    [
        Doorman(greeting="554 not you"),
        Doorman(answers={"EHLO": "550 who are you", "HELO": "550 who are you"}),
        Doorman(answers=OFFERS | {"STARTTLS": "454 not now"}),
        Doorman(answers=OFFERS, tls=own_certificate()),
        Doorman(answers=SPEAKS | {"AUTH": "535 wrong password"}),
        Doorman(answers=SPEAKS | {"AUTH": "421 too many of you"}),
    ],
    ids=["greeting", "hello", "no TLS", "a certificate nobody knows", "password", "closing"],
)
def test_a_relay_that_turns_us_away_is_hung_up_on_at_once(doorman: Doorman) -> None:
    with at_the_door(doorman) as port:
        to = Relay(f"smtp://me:secret@127.0.0.1:{port}", name="koosteet.example")
        with pytest.raises(TemporaryFailure) as caught:
            to.send(b"Subject: hei\r\n\r\n", sender="a@a.example", recipient="b@b.example")

        # The error, and every frame it came through, still is in hand here.
        assert doorman.left.wait(PATIENCE), caught
