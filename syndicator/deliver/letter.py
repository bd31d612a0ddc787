"""A letter to one person as RFC 5322 bytes: no list, no way to leave one, nothing bulk about it."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from syndicator.model import Mail

_POLICY = SMTP.clone(max_line_length=76, cte_type="7bit")


def letter_message(
    mail: Mail,
    *,
    letter: int,
    recipient: str,
    sender: str,
    sender_name: str,
    host: str,
    date: datetime,
) -> bytes:
    """Return ``mail`` addressed to one person: text first, HTML last (E1).

    It says that a program wrote it, so that no holiday reply comes back (RFC 3834 5). Every try of
    the letter carries the same Message-ID (E3).
    """
    made = EmailMessage(policy=_POLICY)
    made["Message-ID"] = message_id(letter, host=host)
    made["Date"] = format_datetime(date)
    made["From"] = Address(sender_name, addr_spec=sender)
    made["To"] = Address(addr_spec=recipient)
    made["Subject"] = mail.subject
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(mail.text, cte="quoted-printable")
    made.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    # Last: what sets the content takes such headers away.
    made["Content-Language"] = mail.language
    return made.as_bytes()


def message_id(letter: int, *, host: str) -> str:
    """Return the id every try of this letter carries, and the consent ledger names."""
    return f"<letter.{letter}@{host}>"
