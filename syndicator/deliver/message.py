"""One reader's message as RFC 5322 bytes.

Python's email policies fold a long header into an encoded word, which breaks List-Unsubscribe
(CPython #85725): headers made of addresses and ids stay whole on one line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any

from syndicator.model import Delivery, Mail

WHOLE = frozenset({"message-id", "list-unsubscribe", "list-archive"})
"""Headers made of addresses and ids alone, in small letters."""

_TEXT = SMTP.clone(max_line_length=76, cte_type="7bit")
_UNFOLDED = _TEXT.clone(max_line_length=998)


class _Folding(EmailPolicy):
    """Folds headers of text, so that no encoded word is over 75 letters (E1), and no others (E2).

    A policy has one length for all headers, hence the subclass.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        policy = _UNFOLDED if name.lower() in WHOLE else _TEXT
        return policy.fold_binary(name, value)


POLICY = _Folding(linesep="\r\n", max_line_length=76, cte_type="7bit")


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """Who sends, and what the list is called. ``host`` ends our Message-IDs and the List-Id."""

    sender: str
    sender_name: str
    host: str
    list_name: str
    archive_url: str


def message(
    mail: Mail,
    *,
    delivery: Delivery,
    envelope: Envelope,
    unsubscribe_url: str,
    unsubscribe_mark: str,
    date: datetime,
) -> bytes:
    """Return ``mail`` addressed to one reader, with their own way out in it (E1, E3, E4).

    The Message-ID is of the delivery: every try of it carries the same.
    """
    made = EmailMessage(policy=POLICY)
    made["Message-ID"] = message_id(delivery, host=envelope.host)
    made["Date"] = format_datetime(date)
    made["From"] = Address(envelope.sender_name, addr_spec=envelope.sender)
    made["To"] = Address(addr_spec=delivery.address)
    made["Subject"] = mail.subject
    made["List-Id"] = f"{envelope.list_name} <{delivery.language}.digest.{envelope.host}>"
    made["List-Unsubscribe"] = f"<{unsubscribe_url}>"
    made["List-Archive"] = f"<{envelope.archive_url}>"
    made["Precedence"] = "bulk"
    made.set_content(mail.text.replace(unsubscribe_mark, unsubscribe_url), cte="quoted-printable")
    made.add_alternative(
        mail.html.replace(unsubscribe_mark, unsubscribe_url),
        subtype="html",
        cte="quoted-printable",
    )
    return made.as_bytes()


def message_id(delivery: Delivery, *, host: str) -> str:
    """Return the id every try of this delivery carries."""
    return f"<issue.{delivery.issue}.delivery.{delivery.id}@{host}>"
