"""A letter as bytes: text first, nothing bulk about it."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from syndicator.deliver.email.message import transactional_message, transactional_message_id
from syndicator.model import Mail
from tests.builders import NOW

MAIL = Mail(
    language="sv",
    subject="Bekräfta prenumerationen på nyhetsbrevet: " + "Sujuvan elämän seutukaupungit" * 3,
    text="Öppna länken:\nhttps://blogit.example.org/sv/confirm/" + "A" * 130 + "\n",
    html="<!DOCTYPE html><html lang='sv'><p>Öppna länken</p></html>",
)


def made(**changes: Any) -> EmailMessage:
    changes.setdefault("sender_name", 'Seutukaupungit, "Kuntaliitto"')
    raw = transactional_message(
        MAIL,
        recipient=changes.pop("recipient", "maija@raahe.fi"),
        sender="kirje@example.org",
        message_id=transactional_message_id(12, host="example.org"),
        date=NOW,
        **changes,
    )
    assert max(map(len, raw.split(b"\r\n"))) <= 100
    assert all(len(word) <= 75 for word in raw.split() if word.startswith(b"=?"))
    assert raw.isascii()
    return message_from_bytes(raw, policy=policy.default.clone(raise_on_defect=True))


def test_a_letter_is_text_first_and_reads_as_it_was_written() -> None:
    """E1."""
    mail = made()
    text, html = mail.iter_parts()
    assert mail.get_content_type() == "multipart/alternative"
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().splitlines() == MAIL.text.splitlines()
    assert html.get_content().strip() == MAIL.html
    assert mail["Subject"] == MAIL.subject
    assert mail["Content-Language"] == "sv"


def test_a_letter_says_that_a_program_wrote_it_and_is_no_list() -> None:
    """Auto-Submitted on service mail (E4)."""
    mail = made()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [name for name in mail if name.lower().startswith(("list-", "precedence"))] == []
    assert mail["Message-ID"] == "<letter.12@example.org>"


@pytest.mark.parametrize("recipient", ["o'neill+x@xn--land-poa.fi", "a" * 64 + "@example.org"])
def test_a_letter_goes_to_whom_it_says(recipient: str) -> None:
    assert made(recipient=recipient)["To"] == recipient


def test_a_name_of_the_operator_begins_no_other_header() -> None:
    mail = made(sender_name="Kirje: <x@y.fi>, Bcc")
    assert mail["From"].addresses[0].addr_spec == "kirje@example.org"
    assert mail["Bcc"] is None
