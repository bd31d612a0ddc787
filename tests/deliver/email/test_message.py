"""One reader's message: headers, both parts, and the reader's own way out."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.deliver.email.message import Envelope, message, template, transactional_message
from syndicator.model import Delivery, Mail
from tests.builders import NOW

MARK = "T0KEN".ljust(44, "0")
TOKEN = "Zx_9-" * 8 + "Abcd"
LEAVE = "https://koosteet.example/fi/unsubscribe/"
WAY_OUT = LEAVE + TOKEN
STRICT = policy.SMTP.clone(raise_on_defect=True)

DELIVERY = Delivery(
    id=5,
    issue=7,
    variant=1,
    reader="b6f3",
    address="lukija@esimerkki.example",
    address_hash="0f",
    language="fi",
)
ENVELOPE = Envelope(
    sender="kooste@koosteet.example",
    sender_name="Sujuvan elämän seutukaupungit",
    host="koosteet.example",
    list_name="Sujuvan elämän seutukaupungit: Viikkokooste",
    list_id="fi.weekly.digest",
    archive_url="https://koosteet.example/fi/issues/",
    leave_url=LEAVE,
    mailbox="palaute@koosteet.example",
    feedback="2026-W47:fi.weekly:digest:koosteetexample",
)

NEWLINES = ["\n", "\r", "\r\n", "\x85", "\u2028"]

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
one_line = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=200
)


def made(
    *,
    subject: str = "Viikkokooste",
    text: str = LEAVE + MARK,
    html: str = LEAVE + MARK,
    delivery: Delivery = DELIVERY,
    envelope: Envelope = ENVELOPE,
) -> bytes:
    mail = Mail(language="fi", subject=subject, text=text, html=html)
    to = template(mail, envelope=envelope, mark=MARK)
    return message(to, delivery=delivery, token=TOKEN, date=NOW)


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=STRICT)


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return as_read(str(found.get_content()))


def lines_of(raw: bytes) -> list[str]:
    return raw.split(b"\r\n\r\n")[0].decode().split("\r\n")


def test_headers_of_addresses_and_ids_stay_whole_on_one_line() -> None:
    """E2."""
    by_mail = f"<mailto:palaute@koosteet.example?subject=unsubscribe-{TOKEN}>"

    assert f"List-Unsubscribe: <{WAY_OUT}>, {by_mail}" in lines_of(made())
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines_of(made())
    assert "Message-ID: <issue.7.delivery.5@koosteet.example>" in lines_of(made())
    assert "List-Archive: <https://koosteet.example/fi/issues/>" in lines_of(made())


def test_sender_date_and_list_are_ours() -> None:
    """E3, E4."""
    mail = read(made())

    assert mail["From"] == "Sujuvan elämän seutukaupungit <kooste@koosteet.example>"
    assert mail["To"] == "lukija@esimerkki.example"
    assert mail["Date"].datetime == NOW
    assert str(mail["List-Id"]) == (
        "Sujuvan elämän seutukaupungit: Viikkokooste <fi.weekly.digest.koosteet.example>"
    )
    assert mail["Precedence"] == "bulk"
    assert mail["Feedback-ID"] == "2026-W47:fi.weekly:digest:koosteetexample"
    assert mail["Auto-Submitted"] is None


def test_without_https_nobody_is_promised_one_click() -> None:
    """RFC 8058 3.1."""
    envelope = replace(ENVELOPE, leave_url="http://koosteet.example/fi/unsubscribe/")
    text = envelope.leave_url + MARK

    assert b"List-Unsubscribe-Post" not in made(text=text, html=text, envelope=envelope)


def test_every_try_of_a_delivery_carries_one_id_and_other_deliveries_carry_others() -> None:
    """E3."""
    ids = {read(made(delivery=replace(DELIVERY, id=id_)))["Message-ID"] for id_ in (5, 5, 6)}

    assert len(ids) == 2


def test_the_text_comes_first_and_the_html_last() -> None:
    """E1."""
    mail = read(made(text=f"teksti {MARK}", html=f"<p>teksti {MARK}</p>"))

    assert mail.get_content_type() == "multipart/alternative"
    assert [one.get_content_type() for one in mail.iter_parts()] == ["text/plain", "text/html"]


def test_the_mark_gives_way_to_the_readers_own_token_everywhere() -> None:
    way = LEAVE + MARK
    mail = read(made(text=f"{way} ja {way}", html=f"<a href='{way}'>{way}</a>"))

    for kind in ("plain", "html"):
        assert part(mail, kind).count(WAY_OUT) == 2
        assert MARK not in part(mail, kind)


def test_a_mail_without_a_way_out_is_not_made() -> None:
    with pytest.raises(ValueError, match="way out"):
        made(text="teksti")
    with pytest.raises(ValueError, match="way out"):
        made(html="<p>teksti</p>")


@settings(max_examples=2_000)
@given(lines=st.lists(one_line, min_size=5, max_size=5), before=any_text, after=any_text)
def test_whatever_titles_and_texts_hold_every_message_reads_back_without_defects(
    lines: list[str], before: str, after: str
) -> None:
    """E1: ten thousand mails on each run, five an example, each with another line as its title and
    another as its name."""
    for subject, name in zip(lines, [*lines[1:], lines[0]], strict=True):
        text = f"{before}{LEAVE}{MARK}{name}{after}"

        mail = read_back(subject=subject, text=text, name=name)

        assert words(mail["Subject"]) == words(subject)
        assert part(mail, "plain") == as_read(text.replace(MARK, TOKEN))
        assert part(mail, "html") == as_read(f"<p>{text.replace(MARK, TOKEN)}</p>")


def read_back(*, subject: str, text: str, name: str) -> EmailMessage:
    """Return the message of a mail, which has every header once, right lines and no defects."""
    raw = made(
        subject=subject,
        text=text,
        html=f"<p>{text}</p>",
        envelope=replace(ENVELOPE, sender_name=name, list_name=name),
    )
    head, _, body = raw.partition(b"\r\n\r\n")
    mail = read(raw)

    assert re.findall(rb"(?m)^[\w-]+(?=:)", head) == [
        *(b"Message-ID", b"Date", b"To", b"List-Unsubscribe", b"From", b"Subject"),
        *(b"List-Unsubscribe-Post", b"List-Id", b"List-Archive", b"Feedback-ID", b"Precedence"),
        *(b"Content-Language", b"MIME-Version", b"Content-Type"),
    ]
    assert all(len(word) <= 75 for word in re.findall(rb"=\?[^\s]*?\?=", head))
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert not set(b"\r\n") & set(raw.replace(b"\r\n", b""))
    assert not any(each.defects for each in mail.walk())
    assert not any(value.defects for each in mail.walk() for value in each.values())
    return mail


def as_read(text: str) -> str:
    """Return the text with the newlines mail knows."""
    return re.sub("\r\n|\r|\n", "\n", text)


def words(text: str) -> list[str]:
    return "".join(c if c.isprintable() else " " for c in text).split()


@given(
    before=one_line, after=one_line, newline=st.sampled_from(["\n", "\r", "\r\n", "\x85", "\u2028"])
)
def test_a_newline_never_begins_another_header(before: str, after: str, newline: str) -> None:
    """E1: nothing is smuggled into a header, by a title, a name or a list."""
    evil = f"{before}{newline}Bcc: {after}"
    raw = made(subject=evil, envelope=replace(ENVELOPE, sender_name=evil, list_name=evil))

    assert read(raw)["Bcc"] is None
    assert not any(line.startswith("Bcc") for line in lines_of(raw))


@pytest.mark.parametrize("newline", [*NEWLINES, "\x00", "\u202e"])
def test_nothing_that_ends_or_turns_a_line_is_in_a_subject_even_encoded(newline: str) -> None:
    """E1: a program that decodes it and writes it on would let it loose."""
    subject = str(read(made(subject=f"Hei{newline}Bcc: x@y.fi"))["Subject"])
    assert subject == "Hei Bcc: x@y.fi"


@pytest.mark.parametrize("subject", ["=?utf-8?q?=0ABcc:_a?=", "=?x?", "a =?utf-8?b?!!!?= b"])
def test_a_title_that_looks_encoded_is_shown_as_it_is(subject: str) -> None:
    assert read(made(subject=subject))["Subject"] == subject


@pytest.mark.parametrize(
    "address",
    [
        "a\r\nBcc: b@c.example",
        "a b@c.example",
        '"a b"@c.example',
        "<a@c.example>",
        "a@c.example, b@c.example",
        "ä@c.example",
        "a@[127.0.0.1]",
        "a@c.example\n",
        ".a@c.example",
        "=?utf-8?q?b=40c?=@d.example",
        "a",
        "",
        "a" * 320 + "@c.example",
    ],
)
def test_an_address_that_could_be_more_than_one_is_not_written(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        made(delivery=replace(DELIVERY, address=address))


@given(
    local=st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}", fullmatch=True).filter(
        lambda local: "=?" not in local
    ),
    domain=st.from_regex(r"([a-z0-9]{1,40}\.){1,5}[a-z]{2,20}", fullmatch=True),
)
def test_every_odd_address_reaches_the_one_it_is(local: str, domain: str) -> None:
    mail = read(made(delivery=replace(DELIVERY, address=f"{local}@{domain}")))

    assert mail["To"].addresses[0].addr_spec == f"{local}@{domain}"
    assert len(mail["To"].addresses) == 1


@given(subject=one_line, text=any_text)
def test_a_letter_is_no_list_and_asks_for_no_answer(subject: str, text: str) -> None:
    """E4: Auto-Submitted on service mail."""
    raw = transactional_message(
        Mail(language="fi", subject=subject, text=text, html=f"<p>{text}</p>"),
        sender="kooste@koosteet.example",
        sender_name="Sujuvan elämän seutukaupungit",
        recipient="lukija@esimerkki.example",
        message_id="<letter.1@koosteet.example>",
        date=NOW,
    )
    mail = read(raw)

    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] is None
    assert part(mail, "plain") == as_read(text)
    assert not any(one.defects for one in mail.walk())
