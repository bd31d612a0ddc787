"""The relay's answers, from a real server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from syndicator.deliver.email.smtp import Relay
from syndicator.errors import DeliveryFailed, PermanentFailure, TemporaryFailure
from tests.test_whole_way import free_port

SENDER = "kooste@koosteet.example"
READER = "lukija@esimerkki.example"
MESSAGE = b"Subject: hei\r\n\r\nMoi.\r\n"


@dataclass
class Post:
    """Answers as it is told and keeps what it took."""

    sender: str = "250 ok"
    recipient: str = "250 ok"
    end: str = "250 kept"
    sessions: set[Session] = field(default_factory=set)
    taken: list[tuple[str | None, list[str], bytes | None]] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        self.sessions.add(session)
        envelope.mail_from = address
        return self.sender

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if self.recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        if self.end.startswith("250"):
            content = envelope.original_content
            self.taken.append((envelope.mail_from, envelope.rcpt_tos, content))
        return self.end


@contextmanager
def open_post(post: Post, *, port: int | None = None, **options: Any) -> Iterator[int]:
    controller = Controller(post, hostname="127.0.0.1", port=port or free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def relay(port: int, *, user: str = "") -> Relay:
    return Relay(f"smtp://{user}127.0.0.1:{port}", name="koosteet.example")


def send(to: Relay) -> None:
    to.send(MESSAGE, sender=SENDER, recipient=READER)


def test_one_connection_carries_every_message() -> None:
    post = Post()
    with open_post(post) as port, relay(port) as to:
        send(to)
        send(to)

    assert post.taken == [(SENDER, [READER], MESSAGE)] * 2
    assert len(post.sessions) == 1


@pytest.mark.parametrize(
    ("answers", "kind", "code"),
    [
        ({"recipient": "550 5.1.1 no such person"}, PermanentFailure, 550),
        ({"recipient": "450 4.2.2 full"}, TemporaryFailure, 450),
        ({"end": "554 5.6.0 no"}, PermanentFailure, 554),
        ({"end": "451 4.3.0 later"}, TemporaryFailure, 451),
        ({"sender": "451 4.3.0 later"}, TemporaryFailure, 451),
    ],
)
def test_an_answer_is_understood_with_its_code(
    answers: dict[str, str], kind: type[Exception], code: int
) -> None:
    """Promise 6."""
    post = Post(**answers)  # type: ignore[arg-type]
    with open_post(post) as port, relay(port) as to:
        with pytest.raises(kind) as caught:
            send(to)

        post.sender = post.recipient = post.end = "250 ok"
        send(to)

    assert (type(caught.value), caught.value.code) == (kind, code)  # type: ignore[attr-defined]
    assert len(post.taken) == 1


@pytest.mark.parametrize("place", ["recipient", "end", "sender"])
def test_an_answer_is_kept_without_the_address_in_it(place: str) -> None:
    """What a relay said stays in the ledger when its reader is erased (S7)."""
    post = Post(**{place: f"550 5.1.1 <{READER}>: {READER} is unknown"})  # type: ignore[arg-type]
    with (
        open_post(post) as port,
        relay(port) as to,
        pytest.raises(DeliveryFailed, match=r"5\.1\.1 <address>: <address> is unknown") as caught,
    ):
        send(to)
    assert "@" not in str(caught.value)


def test_a_refused_sender_is_our_fault_and_blames_no_reader() -> None:
    """Promise 6: a 5.7.x suppresses nobody."""
    with (
        open_post(Post(sender="550 5.7.1 not your name")) as port,
        relay(port) as to,
        pytest.raises(TemporaryFailure, match=r"550 5\.7\.1 not your name"),
    ):
        send(to)


def test_a_wrong_password_is_our_fault_and_blames_no_reader() -> None:
    """Promise 6."""

    def nobody(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    with (
        open_post(Post(), authenticator=nobody, auth_require_tls=False) as port,
        relay(port, user="me:wrong@") as to,
        pytest.raises(TemporaryFailure, match="535"),
    ):
        send(to)


def test_a_relay_that_is_closing_is_called_again_for_the_next_message() -> None:
    post = Post(recipient="421 4.3.2 closing")
    with open_post(post) as port, relay(port) as to:
        with pytest.raises(TemporaryFailure, match="421"):
            send(to)

        post.recipient = "250 ok"
        send(to)

    assert len(post.taken) == 1


def test_a_relay_that_is_not_there_is_a_failure_of_now_until_it_is_back() -> None:
    port, post = free_port(), Post()
    with relay(port) as to:
        with pytest.raises(TemporaryFailure) as caught:
            send(to)
        with open_post(post, port=port):
            send(to)
        with pytest.raises(TemporaryFailure):
            send(to)

    assert caught.value.code == 0
    assert len(post.taken) == 1
