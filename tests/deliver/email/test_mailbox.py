"""The mailbox of reports, over real TLS on loopback."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from urllib.parse import quote

import pytest
import trustme

from syndicator.deliver.email import mailbox
from syndicator.deliver.email.mailbox import Mailbox
from syndicator.errors import MailboxAway
from tests.deliver.email.imap import PASSWORD, USER, Post, open_mailbox
from tests.test_whole_way import free_port


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def trust(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def post(tls: ssl.SSLContext) -> Post:
    return Post(tls=tls)


def address(port: int, *, scheme: str = "imaps", password: str = PASSWORD, path: str = "") -> str:
    return f"{scheme}://{USER}:{quote(password)}@127.0.0.1:{port}{path}"


def unseen(box: Mailbox) -> list[str]:
    return [name for chunk in box.unseen() for name in chunk]


def test_what_was_read_stays_unseen_until_it_is_said_what_becomes_of_it(
    post: Post, trust: ssl.SSLContext
) -> None:
    """E10."""
    post.put(b"one", b"two", b"three")
    with open_mailbox(post) as port:
        with Mailbox(address(port), trust=trust) as box:
            assert [box.message(name, most=100) for name in unseen(box)] == [
                b"one",
                b"two",
                b"three",
            ]
        with Mailbox(address(port), trust=trust) as box:
            assert box.count == 3
            assert unseen(box) == ["101", "102", "103"]
            box.delete("101")
            box.leave("102")
            box.leave("103", flagged=True)
            assert unseen(box) == []

    assert post.lying == {102: {r"\Seen"}, 103: {r"\Seen", r"\Flagged"}}


def test_no_more_of_a_message_is_fetched_than_asked_for(post: Post, trust: ssl.SSLContext) -> None:
    post.put(b"x" * 5000)
    with open_mailbox(post) as port, Mailbox(address(port), trust=trust) as box:
        assert box.message("101", most=1000) == b"x" * 1000


def test_a_message_the_server_cannot_read_is_none_and_the_next_is_read(
    post: Post, trust: ssl.SSLContext
) -> None:
    post.put(b"one", b"two")
    post.letters[0].unreadable = True
    with open_mailbox(post) as port, Mailbox(address(port), trust=trust) as box:
        assert box.message("101", most=10) is None
        assert box.message("102", most=10) == b"two"


def test_a_folder_of_more_than_a_chunk_is_seen_whole_while_it_is_emptied(
    post: Post, trust: ssl.SSLContext
) -> None:
    post.put(*(b"%d" % at for at in range(2 * mailbox.CHUNK + 3)))
    with open_mailbox(post) as port, Mailbox(address(port), trust=trust) as box:
        sizes = []
        for chunk in box.unseen():
            sizes.append(len(chunk))
            box.delete(chunk[0])
            box.delete(chunk[-1])

    assert sizes == [mailbox.CHUNK, mailbox.CHUNK, 3]
    assert len(post.letters) == 2 * mailbox.CHUNK - 3


def test_a_server_without_uidplus_deletes_too(post: Post, trust: ssl.SSLContext) -> None:
    post.plus = False
    post.put(b"one", b"two")
    with open_mailbox(post) as port, Mailbox(address(port), trust=trust) as box:
        box.delete("101")

    assert list(post.lying) == [102]


def test_a_certificate_of_somebody_else_is_not_trusted_and_gets_no_password(post: Post) -> None:
    with (
        open_mailbox(post) as port,
        pytest.raises(MailboxAway, match="certificate verify failed"),
        Mailbox(address(port), trust=ssl.create_default_context()),
    ):
        pass

    assert post.said == []


def test_imap_becomes_secure_before_it_logs_in(post: Post, trust: ssl.SSLContext) -> None:
    post.implicit = False
    url_password = "secret"
    with (
        open_mailbox(post) as port,
        Mailbox(address(port, scheme="imap", password=url_password), trust=trust) as box,
    ):
        assert box.count == 0

    names = [words.split(" ")[0] for words in post.said]
    assert names.index("STARTTLS") < names.index("LOGIN")


def test_a_wrong_password_is_told_without_it(post: Post, trust: ssl.SSLContext) -> None:
    with (
        open_mailbox(post) as port,
        pytest.raises(MailboxAway, match="wrong: LOGIN") as caught,
        Mailbox(address(port, password="vain minun"), trust=trust),
    ):
        pass

    assert "vain minun" not in str(caught.value)
    assert "b'" not in str(caught.value)


@pytest.mark.parametrize("path", ["/Muu", "/%C3%84"])
def test_a_folder_that_is_not_there_is_told(post: Post, trust: ssl.SSLContext, path: str) -> None:
    with (
        open_mailbox(post) as port,
        pytest.raises(MailboxAway, match=r"127\.0\.0\.1"),
        Mailbox(address(port, path=path), trust=trust),
    ):
        pass


def test_nobody_there_and_a_broken_line_are_the_mailbox_being_away(
    post: Post, trust: ssl.SSLContext
) -> None:
    with (
        pytest.raises(MailboxAway, match="refused"),
        Mailbox(address(free_port()), trust=trust),
    ):
        pass

    post.put(b"one")
    post.letters[0].breaks = True
    post.breaks = 1
    with (
        open_mailbox(post) as port,
        Mailbox(address(port), trust=trust) as box,
        pytest.raises(MailboxAway),
    ):
        box.message("101", most=10)


@contextmanager
def answering(answer: Callable[[bytes], bytes], *, endless: bool = False) -> Iterator[int]:
    """A server that gives this answer to each command, by its tag; the first one without end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            with suppress(OSError), listener.accept()[0] as line:
                line.sendall(b"* OK IMAP4rev1 here\r\n")
                while command := line.recv(1000):
                    line.sendall(answer(command.split()[0]))
                    while endless:
                        line.sendall(answer(command.split()[0]))

        speaker = Thread(target=talk, daemon=True)
        speaker.start()
        yield listener.getsockname()[1]
        speaker.join(timeout=10)


def test_a_server_that_ends_no_answer_is_away_before_it_fills_the_memory(
    trust: ssl.SSLContext,
) -> None:
    with (
        answering(lambda _: b"* 1 EXISTS\r\n" * 1000, endless=True) as port,
        pytest.raises(MailboxAway, match=f"an answer of more than {mailbox.LARGEST} bytes"),
        Mailbox(address(port, scheme="imap"), trust=trust),
    ):
        pass


def test_a_server_that_does_not_say_how_many_messages_lie_there_is_away(
    trust: ssl.SSLContext,
) -> None:
    with (
        answering(lambda tag: b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n") as port,
        pytest.raises(MailboxAway, match="SELECT: no number of messages"),
        Mailbox(address(port, scheme="imap"), trust=trust),
    ):
        pass
