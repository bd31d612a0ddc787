"""What a mail says of its way when it has arrived."""

from __future__ import annotations

import pytest

from syndicator.deliver.email.arrival import arrived, message_id
from syndicator.model import Severity

SENT = (
    b"Message-ID: <issue.0.delivery.7@koosteet.fi>\r\n"
    b"From: Kooste <kooste@koosteet.fi>\r\n"
    b"Subject: Tarkistus\r\n"
    b"List-Unsubscribe: <https://koosteet.fi/fi/unsubscribe/AAA>, <mailto:p@koosteet.fi>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHei https://koosteet.fi/\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b'<a href="https://koosteet.fi/">Hei</a>\r\n--b--\r\n'
)
COVERED = "from:subject:list-unsubscribe:list-unsubscribe-post"


def stamped(*, domain: str = "koosteet.fi", covers: str = COVERED, results: str = "pass") -> bytes:
    """Return the message as a relay that signs, and a server that judges, leave it."""
    judged = f"spf={results} smtp.mailfrom=x; dkim={results}; dmarc={results}"
    head = (
        f"Authentication-Results: mx.kaupunki.fi;\r\n {judged}\r\n"
        "Received: from relay\r\n"
        f"DKIM-Signature: v=1; a=rsa-sha256; d={domain}; s=s1;\r\n h={covers}; bh=x; b=y\r\n"
    )
    return head.encode() + SENT


def wrong(found: bytes) -> list[str]:
    return [one.fact for one in arrived(SENT, found) if one.severity is Severity.ERROR]


def test_a_mail_that_arrives_as_it_was_sent_and_signed_is_fine_in_everything() -> None:
    verdicts = [one.severity for one in arrived(SENT, stamped())]
    assert verdicts == [Severity.OK] * 6


def test_parts_may_come_in_another_encoding_and_with_lines_cut_elsewhere() -> None:
    folded = stamped().replace(b">, <mailto", b">,\r\n <mailto")
    encoded = folded.replace(
        b"text/plain; charset=utf-8\r\n\r\nHei https://koosteet.fi/",
        b"text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"Hei=20\r\nhttps://koos=\r\nteet.fi/",
    )
    assert wrong(encoded) == []


@pytest.mark.parametrize(
    ("found", "fact"),
    [
        (SENT, "DKIM: nobody signed it"),
        (stamped(domain="relay.fi"), "DKIM: signed by relay.fi, not under koosteet.fi"),
        (stamped(domain="xkoosteet.fi"), "DKIM: signed by xkoosteet.fi, not under koosteet.fi"),
        (
            stamped(covers="from:subject:list-unsubscribe"),
            "DKIM: the signature does not cover list-unsubscribe-post",
        ),
        (stamped(results="softfail"), "SPF: softfail, says the mailbox's server"),
        (
            stamped().replace(b"unsubscribe/AAA", b"unsubscribe/click?u=AAA"),
            "changed on the way: List-Unsubscribe",
        ),
        (
            stamped().replace(b'href="https://koosteet.fi/"', b'href="https://klik.fi/1"'),
            "changed on the way: the HTML",
        ),
        (
            stamped().replace(b"\r\n--b--", b'<img src="https://klik.fi/o.gif">\r\n--b--'),
            "changed on the way: the HTML",
        ),
        (
            stamped().replace(b"Hei https", b"MAINOS https"),
            "changed on the way: the text",
        ),
    ],
)
def test_what_a_relay_left_out_or_put_in_is_said(found: bytes, fact: str) -> None:
    """E4, and no tracking (promise 7)."""
    assert fact in wrong(found)


@pytest.mark.parametrize("domain", ["koosteet.fi", "m.koosteet.fi", "KOOSTEET.FI"])
def test_a_signature_of_our_domain_or_one_below_it_is_ours(domain: str) -> None:
    assert wrong(stamped(domain=domain)) == []


def test_what_the_sender_claims_of_itself_below_the_servers_word_counts_for_nothing() -> None:
    forged = b"Authentication-Results: mx.kaupunki.fi; spf=pass; dkim=pass; dmarc=pass\r\n"
    found = stamped(results="fail").replace(b"Received:", forged + b"Received:")
    assert "DMARC: fail, says the mailbox's server" in wrong(found)


def test_a_server_that_says_nothing_is_said_to() -> None:
    found = stamped().partition(b"Received:")[2]
    unchecked = [
        one.fact
        for one in arrived(SENT, b"Received:" + found)
        if one.severity is Severity.UNCHECKED
    ]
    assert [fact.partition(":")[0] for fact in unchecked] == ["SPF", "DKIM", "DMARC"]


def test_a_message_is_known_by_its_id_and_nothing_has_none() -> None:
    assert message_id(SENT) == "<issue.0.delivery.7@koosteet.fi>"
    assert message_id(b"") == ""


@pytest.mark.parametrize(
    "odd", [b"<", b"<>", b"<a@", b"<@>", b"<a@[", b"(" * 100_000, b"\xff", b"=?x?q?a?=", b""]
)
def test_no_mail_of_a_stranger_in_the_mailbox_stops_the_search(odd: bytes) -> None:
    """Anybody may write there; Python's newer policies fail at half of these."""
    found = b"Message-ID: " + odd + b"\r\nSubject: x\r\n\r\nx"

    assert message_id(found) != message_id(SENT)
