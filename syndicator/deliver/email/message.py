"""One reader's message as RFC 5322 bytes, spliced into a template.

    template   once a variant: headers, MIME and quoted-printable are settled
    message    once a reader: To, Message-ID, Date and their own way out are put in

The way out stands as a mark in the mail. Quoted-printable could break it in two, so in the template
it has a line of its own between soft breaks, and so has the token that takes its place.

Python's email policies fold a long List-Unsubscribe into an encoded word, which breaks it (CPython
#85725), and read `=?` in a title as the beginning of one: headers are written here.
"""

from __future__ import annotations

import re
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from hashlib import sha256

from syndicator.model import Delivery, Mail

BY_MAIL = "unsubscribe-"
"""Begins the subject of a mail by which somebody leaves; their token follows."""

LONGEST_LINE = 76
_PLAIN = re.compile(r"(?!.*=\?)[\x20-\x7e]{0,60}", re.ASCII)
_WORDS = re.compile(r"[A-Za-z0-9 !#$%&'*+/?^_`{|}~-]{1,60}", re.ASCII)
_ADDRESS = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", re.ASCII
)
_NEWLINE = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """Who sends, what the list is called and where its readers get out.

    Args:
        host: ends our Message-IDs and the List-Id.
        list_name: what people know the list as; ``list_id`` tells it from our others in letters
            and dots (``fi.weekly.digest``).
        leave_url: the address of the way out without its token, which comes last.
        mailbox: where a mail that asks to leave goes.
        feedback: what mail providers count complaints by: ``campaign:list:kind`` (Feedback-ID).
    """

    sender: str
    sender_name: str
    host: str
    list_name: str
    list_id: str
    archive_url: str
    leave_url: str
    mailbox: str
    feedback: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A variant as every reader of it gets it. A reader's token stands between the ``parts``."""

    envelope: Envelope
    head: bytes
    parts: tuple[bytes, ...]

    @property
    def size_bytes(self) -> int:
        """How big its messages are, but for the tokens."""
        return len(self.head) + sum(map(len, self.parts))


def template(mail: Mail, *, envelope: Envelope, mark: str) -> Template:
    """Return the template of a variant; ``mark`` stands in ``mail`` where a reader's token goes.

    Raises:
        ValueError: the mark is missing in one of the parts, or the sender is no address.
    """
    text, html = _encoded(mail.text, mark), _encoded(mail.html, mark)
    if len(text) < 2 or len(html) < 2:
        raise ValueError(f"{mail.language}: a mail must hold the way out in its text and HTML")
    # "=_" cannot stand in quoted-printable, so the boundary is in neither part.
    boundary = b"=_" + sha256(b"".join((*text, *html))).hexdigest()[:24].encode()
    between = b"\r\n--%b\r\n" % boundary
    parts = list(text)
    parts[0] = between + _part_head("plain") + parts[0]
    parts[-1] += between + _part_head("html") + html[0]
    parts += html[1:]
    parts[-1] += b"\r\n--%b--\r\n" % boundary
    return Template(
        envelope=envelope,
        head=_list_head(mail, envelope, boundary=boundary.decode()),
        parts=tuple(parts),
    )


def message(to: Template, *, delivery: Delivery, token: str, date: datetime) -> bytes:
    """Return a variant addressed to one reader, with their own way out in it (E1-E4).

    The Message-ID is of the delivery: every try of it carries the same. The envelope sender, which
    is the delivery's too, is no part of the message.

    Raises:
        ValueError: the address is not one that stands in a header as it is.
    """
    envelope = to.envelope
    own = (
        f"Message-ID: {message_id(delivery, host=envelope.host)}\r\n"
        f"Date: {format_datetime(date)}\r\n"
        f"To: {plain_address(delivery.address)}\r\n"
        f"List-Unsubscribe: <{envelope.leave_url}{token}>,"
        f" <mailto:{envelope.mailbox}?subject={BY_MAIL}{token}>\r\n"
    )
    return own.encode("ascii") + to.head + token.encode("ascii").join(to.parts)


def transactional_message(
    mail: Mail, *, sender: str, sender_name: str, recipient: str, message_id: str, date: datetime
) -> bytes:
    """Return an email to one person: no list, and nobody's machine should answer it (E4).

    Raises:
        ValueError: one of the addresses does not stand in a header as it is.
    """
    text, html = _qp(mail.text), _qp(mail.html)
    boundary = "=_" + sha256(text + html).hexdigest()[:24]
    head = [
        f"Message-ID: {message_id}",
        f"Date: {format_datetime(date)}",
        f"To: {plain_address(recipient)}",
        _from(sender_name, sender),
        _text_header("Subject", mail.subject),
        "Auto-Submitted: auto-generated",
        *_mime(mail.language, boundary),
    ]
    between = f"\r\n--{boundary}\r\n".encode()
    return b"".join(
        (
            "\r\n".join(head).encode("ascii"),
            b"\r\n",
            *(between, _part_head("plain"), text, between, _part_head("html"), html),
            f"\r\n--{boundary}--\r\n".encode(),
        )
    )


def message_id(delivery: Delivery, *, host: str) -> str:
    """Return the id every try of this delivery carries."""
    return f"<issue.{delivery.issue}.delivery.{delivery.id}@{host}>"


def transactional_message_id(email: int, *, host: str) -> str:
    """Return the id every try of such an email carries, and the consent ledger names."""
    return f"<letter.{email}@{host}>"


def plain_address(address: str) -> str:
    """Return ``address`` if it can stand in a header or an SMTP command as it is.

    Raises:
        ValueError: it is quoted, not ASCII, or no address. The message does not repeat it.
    """
    # Within one that looks like an encoded word some programs would read another address.
    if len(address) > 320 or "=?" in address or not _ADDRESS.fullmatch(address):
        raise ValueError("the address cannot be written in a mail")
    return address


def _list_head(mail: Mail, envelope: Envelope, *, boundary: str) -> bytes:
    lines = [
        _from(envelope.sender_name, envelope.sender),
        _text_header("Subject", mail.subject),
        _named("List-Id", envelope.list_name, f"{envelope.list_id}.{envelope.host}"),
        f"List-Archive: <{envelope.archive_url}>",
        f"Feedback-ID: {envelope.feedback}",
        "Precedence: bulk",
        *_mime(mail.language, boundary),
    ]
    # One click works over https alone (RFC 8058 3.1).
    if envelope.leave_url.startswith("https:"):
        lines.insert(2, "List-Unsubscribe-Post: List-Unsubscribe=One-Click")
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


def _mime(language: str, boundary: str) -> tuple[str, ...]:
    return (
        f"Content-Language: {language}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"',
    )


def _part_head(subtype: str) -> bytes:
    return (
        b'Content-Type: text/%b; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" % subtype.encode()
    )


def _encoded(text: str, mark: str) -> tuple[bytes, ...]:
    """Return quoted-printable text cut at the marks, each of them between two soft breaks."""
    pieces = [_qp(piece) for piece in text.split(mark)]
    last = len(pieces) - 1
    return tuple(
        (b"=\r\n" if at else b"") + piece + (b"=\r\n" if at < last else b"")
        for at, piece in enumerate(pieces)
    )


def _qp(text: str) -> bytes:
    """Return quoted-printable lines of at most LONGEST_LINE, with room for a soft break."""
    lines = _NEWLINE.sub("\n", text).encode("utf-8", "replace")
    encoded = b2a_qp(lines)
    # It fills the last line to the brim, and the "=" of a soft break would not fit there.
    brim = encoded.rfind(b"\n") + LONGEST_LINE
    if len(encoded) > brim:
        cut = encoded.rfind(b"=", brim - 2)
        cut = cut if cut >= 0 else brim
        encoded = encoded[:cut] + b"=\n" + encoded[cut:]
    return encoded.replace(b"\n", b"\r\n")


def _from(name: str, address: str) -> str:
    return _named("From", name, plain_address(address))


def _named(header: str, name: str, address: str) -> str:
    """Return a header of a name and an address in angle brackets, folded between them."""
    clean = _one_line(name)
    phrase = clean if _WORDS.fullmatch(clean) else _words(header, clean)
    gap = " " if len(header) + len(phrase) + len(address) < 70 else "\r\n "
    return f"{header}: {phrase}{gap}<{address}>" if phrase else f"{header}: <{address}>"


def _text_header(header: str, text: str) -> str:
    clean = _one_line(text)
    return f"{header}: {clean if _PLAIN.fullmatch(clean) else _words(header, clean)}"


def _words(header: str, text: str) -> str:
    """Return text as encoded words of at most 75 letters, one a line (RFC 2047)."""
    return Header(text, "utf-8", maxlinelen=75, header_name=header).encode(linesep="\r\n")


def _one_line(text: str) -> str:
    """Return text without what could begin another line: nothing from a feed makes a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
