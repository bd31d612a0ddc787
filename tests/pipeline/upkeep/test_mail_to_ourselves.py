"""``mail check --send``: to ourselves through a real relay into a real mailbox, on loopback."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme
from aiosmtpd.smtp import SMTP, Envelope, Session

from syndicator.cli.exits import Exit
from syndicator.config import load
from syndicator.model import Severity
from syndicator.pipeline.upkeep.mail_to_ourselves import PATIENCE, mail_ourselves
from syndicator.subscribe.tokens import is_sample
from tests.cli.upkeep.test_mail_check import config
from tests.cli.world import Town
from tests.deliver.email.imap import PASSWORD, USER, open_mailbox
from tests.deliver.email.imap import Post as MailboxPost
from tests.deliver.email.names import open_names
from tests.deliver.email.test_smtp import Post, open_post
from tests.pipeline.world import Clock


@dataclass
class Through(Post):
    """A relay that carries what it takes into the mailbox, by a ``way`` that may change it."""

    mailbox: MailboxPost = field(default_factory=MailboxPost)
    way: Callable[[bytes], bytes] | None = lambda raw: b"Received: from relay\r\n" + raw

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        content = envelope.original_content
        if self.way is not None and isinstance(content, bytes):
            self.mailbox.put(self.way(content))
        return answer


@dataclass
class Place:
    """An installation, its relay, and its mailbox with two reports that lie there."""

    town: Town
    relay: Through


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    post = Through(mailbox=MailboxPost(tls=tls))
    post.mailbox.put(b"a report", b"another")
    with (
        pytest.MonkeyPatch.context() as patch,
        open_post(post) as relay,
        open_mailbox(post.mailbox) as imap,
        open_names({}) as names,
    ):
        patch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        environment = {
            "SYNDICATOR_CONFIG": str(config(tmp_path, "koosteet.fi")),
            "SYNDICATOR_DATA": str(tmp_path / "data"),
            "SYNDICATOR_SMTP_URL": f"smtp://127.0.0.1:{relay}",
            "SYNDICATOR_IMAP_URL": f"imaps://{USER}:{quote(PASSWORD)}@127.0.0.1:{imap}/INBOX",
        }
        town = Town(folder=tmp_path, blogs=f"127.0.0.1:{names}", environment=environment)
        yield Place(town=town, relay=post)


def test_a_mail_to_ourselves_is_looked_at_and_taken_out_of_the_mailbox_again(here: Place) -> None:
    said = here.town.says("mail", "check", "--send", "--nameserver", here.town.blogs)

    assert "ok         mail to ourselves: it came to palautus+check@koosteet.fi" in said.out
    assert "error      mail to ourselves: DKIM: nobody signed it" in said.out
    assert "ok         mail to ourselves: its headers are as they were sent" in said.out
    assert "ok         mail to ourselves: its text and HTML are as they were sent" in said.out
    assert said.code == Exit.IN_PART
    assert len(here.relay.taken) == 1
    assert [email.body for email in here.relay.mailbox.letters] == [b"a report", b"another"]


def test_a_mail_to_ourselves_has_a_sample_of_a_way_out(here: Place) -> None:
    here.town.says("mail", "check", "--send", "--nameserver", here.town.blogs)

    ((_, _, sent),) = here.relay.taken
    assert sent is not None
    (token,) = re.findall(rb"List-Unsubscribe: <\S+/unsubscribe/([\w-]+)>", sent)
    assert is_sample(token.decode())


def test_without_being_asked_nothing_is_sent(here: Place) -> None:
    here.town.says("mail", "check", "--nameserver", here.town.blogs)

    assert here.relay.taken == []


def test_a_relay_that_follows_readers_is_found_out(here: Place) -> None:
    here.relay.way = lambda raw: raw.replace(b"<p>This", b"<img src=3D'https://k.fi/o'><p>This")

    said = here.town.says("mail", "check", "--send", "--nameserver", here.town.blogs)

    assert "error      mail to ourselves: changed on the way: the HTML" in said.out


def test_a_mail_that_never_comes_is_given_up_after_two_minutes(here: Place) -> None:
    here.relay.way = None
    clock = Clock()
    began = clock.at

    found = list(mail_ourselves(load(here.town.environment), now=clock, pause=clock.forward))

    assert [one.severity for one in found] == [Severity.ERROR]
    assert "did not have it within 120 seconds" in found[0].fact
    assert PATIENCE <= clock.at - began < PATIENCE + timedelta(seconds=10)


def test_a_relay_that_refuses_is_said_and_nothing_is_waited_for(here: Place) -> None:
    here.relay.recipient = "550 5.7.1 no relaying"
    clock = Clock()

    (found,) = mail_ourselves(load(here.town.environment), now=clock, pause=clock.forward)

    assert found.severity is Severity.ERROR
    assert "5.7.1 no relaying" in found.fact
    assert clock == Clock()


def test_without_a_mailbox_it_is_said_what_is_needed(here: Place) -> None:
    environment = {**here.town.environment, "SYNDICATOR_IMAP_URL": ""}
    clock = Clock()

    (found,) = mail_ourselves(load(environment), now=clock, pause=clock.forward)

    assert found.severity is Severity.UNCHECKED
    assert here.relay.taken == []
