"""``mail check``, against a relay, a name server and a mailbox on loopback."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme

from syndicator.cli.exits import Exit
from syndicator.demo.show import CONFIG
from tests.cli.world import Town
from tests.deliver.email.imap import PASSWORD, USER, open_mailbox
from tests.deliver.email.imap import Post as MailboxPost
from tests.deliver.email.names import FAILS, open_names
from tests.deliver.email.test_domain_check import quoted
from tests.deliver.email.test_smtp import Post, open_post
from tests.test_whole_way import free_port

KEY = "a" * 392


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    """An installation whose relay, mailbox and DNS are right."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    mailbox = MailboxPost(tls=tls)
    mailbox.put(b"a report")
    zone = {
        ("koosteet.fi", "MX"): ["5 mx.koosteet.fi."],
        ("mx.koosteet.fi", "A"): ["192.0.2.5"],
        ("koosteet.fi", "TXT"): ['"v=spf1 ip4:192.0.2.1 -all"'],
        ("_dmarc.koosteet.fi", "TXT"): ['"v=DMARC1; p=quarantine"'],
        ("s1._domainkey.koosteet.fi", "TXT"): [quoted(f"v=DKIM1; p={KEY}")],
    }
    with (
        open_post(Post()) as relay,
        open_mailbox(mailbox) as imap,
        open_names(zone) as names,
    ):
        yield Town(
            folder=tmp_path,
            blogs=f"127.0.0.1:{names}",
            environment={
                "SYNDICATOR_CONFIG": str(config(tmp_path, "koosteet.fi")),
                "SYNDICATOR_DATA": str(tmp_path / "data"),
                "SYNDICATOR_SMTP_URL": f"smtp://127.0.0.1:{relay}",
                "SYNDICATOR_IMAP_URL": f"imaps://{USER}:{quote(PASSWORD)}@127.0.0.1:{imap}/INBOX",
                "SYNDICATOR_DKIM_SELECTOR": "s1",
                "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
            },
        )


def config(folder: Path, domain: str) -> Path:
    """Return a file whose digests are sent from a domain, and whose other names are real."""
    path = folder / "feeds.toml"
    text = CONFIG.read_text("utf-8").replace("SEND_ON", "monday").replace("demo.example", domain)
    text = text.replace("http://127.0.0.1:8000", f"https://{domain}")
    lines = (
        f'sender = "kooste@{domain}"' if line.startswith("sender = ") else line
        for line in text.splitlines()
        if not line.startswith(("[mail]", "editors"))
    )
    mail = f'\n[mail]\nbounces = "palautus@{domain}"\n'
    path.write_text("\n".join(lines) + mail, "utf-8")
    return path


def changed(here: Town, **environment: str) -> Town:
    return replace(here, environment=here.environment | environment)


def check(here: Town) -> tuple[int, str]:
    said = here.says("mail", "check", "--nameserver", here.blogs)
    return said.code, said.out


def test_everything_that_is_right_is_said_and_what_cannot_be_seen_too(here: Town) -> None:
    code, out = check(here)

    for line in (
        "ok         relay 127.0.0.1: it answers, in clear, on this machine",
        "ok         MX of koosteet.fi: mx.koosteet.fi",
        "ok         DKIM of koosteet.fi, selector s1: a key is there (rsa)",
        "ok         DMARC of koosteet.fi: p=quarantine (at _dmarc.koosteet.fi)",
        "ok         SPF of koosteet.fi: 'v=spf1 ip4:192.0.2.1 -all'",
        "ok         mailbox 127.0.0.1: it can be read; 1 messages lie there",
        "unchecked  reports: whether palautus+anything@koosteet.fi reaches the mailbox",
    ):
        assert line in out
    assert " 0 wrong" in out
    assert code == Exit.DONE


def test_a_relay_that_does_not_answer_is_wrong_and_so_is_the_exit_code(here: Town) -> None:
    """The stand-by is looked at too, and no password is repeated."""
    away = f"smtps://user:secret@127.0.0.1:{free_port()}"

    code, out = check(changed(here, SYNDICATOR_SMTP_STANDBY_URL=away))

    assert code == Exit.IN_PART
    assert "ok         relay 127.0.0.1" in out
    assert "error      stand-by 127.0.0.1: it cannot be used" in out
    assert "secret" not in out


def test_examples_are_named_and_their_dns_is_not_asked(here: Town, tmp_path: Path) -> None:
    config(tmp_path, "koosteet.example")

    code, out = check(here)

    assert code == Exit.IN_PART
    assert "error      sender: still is the example kooste@koosteet.example" in out
    assert "unchecked  DNS of koosteet.example: is an example" in out
    assert "SPF" not in out


def test_an_http_address_beyond_this_machine_is_wrong_whatever_else_is_right(here: Town) -> None:
    code, out = check(changed(here, SYNDICATOR_BASE_URL="http://koosteet.fi"))

    assert code == Exit.IN_PART
    assert "error      network.base_url: http://koosteet.fi is not https" in out


def test_no_name_server_leaves_the_rest_checked(here: Town) -> None:
    records = [("koosteet.fi", "MX"), ("koosteet.fi", "TXT"), ("_dmarc.koosteet.fi", "TXT")]
    with open_names(dict.fromkeys(records, FAILS)) as lame:
        said = here.says("mail", "check", "--nameserver", f"127.0.0.1:{lame}")

    assert "unchecked  DNS of koosteet.fi" in said.out
    assert "ok         mailbox" in said.out


@pytest.mark.parametrize("wrong", ["names.fi", "127.0.0.1:x", "1:2:3:4:5:6:7:8:9"])
def test_a_name_server_is_an_address(here: Town, wrong: str) -> None:
    said = here.says("mail", "check", "--nameserver", wrong)

    assert said.code == Exit.WRONG
    assert "not an IP address" in said.err
