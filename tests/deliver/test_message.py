"""One reader's message: headers, both parts, and the reader's own way out."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from syndicator.deliver.message import Envelope, message
from syndicator.model import Delivery, Mail
from tests.builders import NOW

MARK = "https://unsubscribe.invalid/"
WAY_OUT = "https://koosteet.example/leave/" + "0123456789abcdef" * 12
STRICT = policy.SMTP.clone(raise_on_defect=True)

one_line = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=300
)


def made(*, subject: str = "Viikkokooste", text: str = MARK, html: str = MARK) -> bytes:
    return message(
        Mail(language="fi", subject=subject, text=text, html=html),
        delivery=Delivery(
            id=5,
            issue=7,
            variant=1,
            reader="b6f3",
            address="lukija@esimerkki.example",
            language="fi",
        ),
        envelope=Envelope(
            sender="kooste@koosteet.example",
            sender_name="Sujuvan elämän seutukaupungit",
            host="koosteet.example",
            list_name="Sujuvan elämän seutukaupungit",
            archive_url="https://koosteet.example/",
        ),
        unsubscribe_url=WAY_OUT,
        unsubscribe_mark=MARK,
        date=NOW,
    )


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=STRICT)


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_headers_of_addresses_and_ids_stay_whole_on_one_line() -> None:
    """E2."""
    lines = made().split(b"\r\n\r\n")[0].decode().split("\r\n")

    assert f"List-Unsubscribe: <{WAY_OUT}>" in lines
    assert "Message-ID: <issue.7.delivery.5@koosteet.example>" in lines
    assert "List-Archive: <https://koosteet.example/>" in lines


def test_sender_date_and_list_are_ours() -> None:
    """E3, E4."""
    mail = read(made())

    assert mail["From"] == "Sujuvan elämän seutukaupungit <kooste@koosteet.example>"
    assert mail["To"] == "lukija@esimerkki.example"
    assert mail["Date"].datetime == NOW
    assert str(mail["List-Id"]).endswith("<fi.digest.koosteet.example>")
    assert mail["Precedence"] == "bulk"


def test_the_text_comes_first_and_the_html_last() -> None:
    """E1."""
    mail = read(made(text="teksti", html="<p>teksti</p>"))

    assert mail.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in mail.iter_parts()] == ["text/plain", "text/html"]


def test_the_mark_gives_way_to_the_readers_own_address_everywhere() -> None:
    mail = read(made(text=f"{MARK} ja {MARK}", html=f"<a href='{MARK}'>{MARK}</a>"))

    for kind in ("plain", "html"):
        assert part(mail, kind).count(WAY_OUT) == 2
        assert MARK not in part(mail, kind)


@given(subject=one_line, text=one_line)
def test_whatever_a_title_holds_the_message_reads_back_without_defects(
    subject: str, text: str
) -> None:
    """E1: lines, encoded words and headers within their bounds."""
    raw = made(subject=subject, text=text, html=f"<p>{text}</p>")
    head, _, body = raw.partition(b"\r\n\r\n")
    mail = read(raw)

    assert set(re.findall(rb"(?m)^[\w-]+(?=:)", head)) == {
        *(b"Message-ID", b"Date", b"From", b"To", b"Subject", b"List-Id", b"List-Unsubscribe"),
        *(b"List-Archive", b"Precedence", b"MIME-Version", b"Content-Type"),
    }
    assert all(len(word) <= 75 for word in re.findall(rb"=\?[^\s]*?\?=", head))
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    assert all(len(line) <= 78 for line in body.split(b"\r\n"))
    assert not any(one.defects for one in mail.walk())
    assert part(mail, "plain").rstrip("\r\n") == text


@given(before=one_line, after=one_line, newline=st.sampled_from(["\n", "\r", "\r\n"]))
def test_a_newline_never_begins_another_header(before: str, after: str, newline: str) -> None:
    """E1: what is refused is not sent; nothing is smuggled."""
    try:
        raw = made(subject=f"{before}{newline}Bcc: {after}")
    except ValueError:
        return
    assert read(raw)["Bcc"] is None
