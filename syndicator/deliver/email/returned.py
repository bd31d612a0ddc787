"""What came into the bounce mailbox, opened: headers, report fields, text, and what it returns.

Anybody may write to that address, and half the reports of this world break a rule of MIME. So this
opens whatever it is given, and holds no opinion on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import Compat32

Fields = Mapping[str, str]
"""Headers or report fields by name in small letters; of equal names the first."""

STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
"""RFC 3464 and, for addresses beyond ASCII, RFC 6533."""

_RETURNED_TYPES = frozenset(
    {"message/rfc822", "message/global", "message/rfc822-headers", "message/global-headers"}
    | {"text/rfc822-headers", "text/rfc822", "message/partial"}
)
LONGEST_FIELD = 2_000
"""Letters of a header that are read. Python takes the square of its length for some."""

MOST_LEVELS = 20
"""Multiparts that may be in one another. Python holds every line against every one of them."""

_BOUNDARY = re.compile(rb"boundary[^=\n]{0,9}=", re.IGNORECASE)
_COPY = re.compile(
    r"^[ \t>*-]*(?:below this line is a copy|this is a copy of (?:the|your) message"
    r"|original message (?:follows|headers)|(?:a )?copy of your message|unsent message below"
    r"|the original message follows|return-path:|received: (?:from|by)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_TAG = re.compile(r"<[^>]{0,500}>")


class _Brief(Compat32):
    """Keeps the beginning of each header only, and no parameter in pieces (RFC 2231).

    No honest boundary or charset needs those; Python fails at a parameter that is whole and in
    pieces at once, and takes a charset that names its language for no charset.
    """

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        short = str(value)[:LONGEST_FIELD]
        return name, short.replace("*", "_") if name.lower() == "content-type" else short


_BRIEF = _Brief()


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A message that came back.

    Args:
        headers: its own.
        arrived_at: every address it says it was sent or handed to.
        reports: the fields of each delivery report in it, block by block: first what holds for
            the whole message, then one block a recipient.
        feedback: the fields of an abuse report (RFC 5965); ``None`` if it is none.
        text: what it says in words, without the copy of what it returns.
        returned: that copy, or its headers: where our own words are found again.
    """

    headers: Fields
    arrived_at: tuple[str, ...]
    reports: tuple[tuple[Fields, ...], ...]
    feedback: Fields | None
    text: str
    returned: str


def opened(message: bytes) -> Opened | None:
    """Return what is in a message; ``None`` if it is nested deeper than anything honest is."""
    if len(_BOUNDARY.findall(message)) > MOST_LEVELS:
        return None
    try:
        whole = message_from_bytes(message, policy=_BRIEF)
    except RecursionError:
        return None
    parts = tuple(_parts(whole))
    words = "\n".join(_text(part) for part in parts if _type(part).startswith("text/"))
    copy = _COPY.search(words)
    returned = [_returned(part) for part in parts if _type(part) in _RETURNED_TYPES]
    feedback = [_status_text(part) for part in parts if _type(part) == "message/feedback-report"]
    return Opened(
        headers=_headers(whole),
        arrived_at=tuple(_arrived_at(whole)),
        reports=tuple(_blocks(_status_text(part)) for part in parts if _type(part) in STATUS_TYPES),
        feedback=next(iter(_blocks(feedback[0])), {}) if feedback else None,
        text=words[: copy.start()] if copy else words,
        returned="\n".join([*returned, words[copy.start() :] if copy else ""]),
    )


def _type(part: Message) -> str:
    return part.get_content_type()


def _parts(whole: Message) -> Iterator[Message]:
    """Yield the leaves; what is returned is one, whatever it holds: a copy of a report reports
    nothing."""
    waiting = [whole]
    while waiting:
        part = waiting.pop(0)
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            waiting[:0] = _inner(part)
        else:
            yield part


def _inner(part: Message) -> list[Message]:
    """Return the messages a part holds. Of a part that is text Python would decode the text here,
    and fail at a charset that is none."""
    held = part.get_payload() if part.is_multipart() else []
    return [inner for inner in held if isinstance(inner, Message)]


def _headers(whole: Message) -> Fields:
    headers: dict[str, str] = {}
    for name, value in whole.items():
        headers.setdefault(name.lower(), _words(value))
    return headers


def _arrived_at(whole: Message) -> Iterator[str]:
    """Yield where it came to, the most trusted first: the servers' own words, then its writer's."""
    names = (
        *("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to"),
        *("x-rcpt-to", "apparently-to", "resent-to", "to", "cc"),
    )
    for name in names:
        yield from (_words(value) for value in whole.get_all(name, ()))
    for value in whole.get_all("received", ()):
        yield from re.findall(r"\bfor\s+<?([^\s<>;]{3,320})", _words(value))


def _words(value: object) -> str:
    """Return a header in words; one that cannot be decoded as it stands."""
    text = str(value)[:LONGEST_FIELD]
    try:
        return str(make_header(decode_header(text)))
    except (MessageError, LookupError, ValueError):
        return text


def _text(part: Message) -> str:
    """Return the words of a text part, in whatever charset it claims, tags of HTML left out."""
    held = part.get_payload(decode=True)
    if not isinstance(held, bytes):
        return ""
    charset = part.get_content_charset() or "utf-8"
    try:
        text = held.decode(charset, "replace")
    except (LookupError, ValueError):
        text = held.decode("utf-8", "replace")
    return _TAG.sub(" ", text) if _type(part) == "text/html" else text


def _returned(part: Message) -> str:
    """Return the headers of what a part gives back, one a line."""
    held = _inner(part)
    inner = held[0] if held else message_from_string(_text(part), policy=_BRIEF)
    return "\n".join(f"{name}: {_unfolded(str(value))}" for name, value in inner.items())


def _status_text(part: Message) -> str:
    """Return the text of a report, which Python has parsed into blocks that may be no such thing:
    some servers write it in base64."""
    held = _inner(part)
    if not held:
        return _text(part)
    raw = "\n\n".join(map(_raw, held))
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if encoding in ("base64", "quoted-printable"):
        head = f"Content-Transfer-Encoding: {encoding}\n\n"
        return _text(message_from_string(f"{head}{raw.strip()}", policy=_BRIEF))
    return raw


def _raw(block: Message) -> str:
    lines = [f"{name}: {value}" for name, value in block.items()]
    rest = block.get_payload(decode=True)
    text = rest.decode("utf-8", "replace") if isinstance(rest, bytes) else ""
    return "\n".join([*lines, "", text])


def _blocks(text: str) -> tuple[Fields, ...]:
    """Return the groups of fields in a report, those without any left out."""
    blocks = []
    for group in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        fields: dict[str, str] = {}
        for line in _unfolded(group).split("\n"):
            name, colon, value = line.partition(":")
            if colon and re.fullmatch(r"[A-Za-z0-9-]{1,60}", name.strip()):
                fields.setdefault(name.strip().lower(), _words(value.strip()))
        if fields:
            blocks.append(fields)
    return tuple(blocks)


def _unfolded(text: str) -> str:
    return re.sub(r"\r?\n[ \t]+", " ", text)
