"""The head of a message: who it is from, how it is left, and that nothing slipped in (E1-E5)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from syndicator.digest.sending import Sending
from syndicator.model import Finding, Severity

ONE_CLICK = "List-Unsubscribe=One-Click"
"""RFC 8058 3.1."""

LONGEST_ENCODED_WORD = 75
LONGEST_SUBJECT = 120

_NEEDED = {
    "E3": ("From", "To", "Date", "Message-ID", "Subject", "MIME-Version"),
    "E4": (
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-Archive",
        "Feedback-ID",
        "Precedence",
    ),
}
_ALLOWED = frozenset(
    name.lower()
    for name in (
        *(name for names in _NEEDED.values() for name in names),
        "Auto-Submitted",
        "Content-Language",
        "Content-Transfer-Encoding",
        "Content-Type",
        "DKIM-Signature",
        "List-Help",
        "List-Owner",
        "List-Subscribe",
        "Reply-To",
        "Sender",
    )
)
_WHOLE = ("message-id", "list-unsubscribe", "list-unsubscribe-post", "list-archive")
_ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", re.IGNORECASE)
_LIST_ID = re.compile(r"<[A-Za-z0-9._-]+\.[A-Za-z0-9._-]+>\s*$")


def headers(message: EmailMessage, *, head: bytes, sending: Sending) -> Iterator[Finding]:
    """Yield the faults of a message's head.

    Args:
        head: its bytes, without the empty line that ends it.
    """
    yield from _form(message, head)
    yield from _present(message, sending)
    yield from _from_and_ids(message, sending)
    yield from _lists(message, sending)
    yield from _signed(message, sending)


def _form(message: EmailMessage, head: bytes) -> Iterator[Finding]:
    """No newline from a feed ever reaches a header, so there is none we did not write."""
    for name, number in Counter(name.lower() for name, _ in message.items()).items():
        if name not in _ALLOWED:
            yield Finding(about="E1", fact=f"a header that is not ours: {name}")
        if number > 1 and name != "dkim-signature":
            yield Finding(about="E1", fact=f"{name} stands {number} times")
    for word in _ENCODED_WORD.findall(head):
        if len(word) > LONGEST_ENCODED_WORD:
            yield Finding(about="E1", fact=f"an encoded word of {len(word)} letters")
    for line in re.split(rb"\r\n(?![ \t])", head):
        field = line.partition(b":")[0].decode("ascii", "replace")
        if field.lower() in _WHOLE and (b"\r\n" in line or _ENCODED_WORD.search(line)):
            yield Finding(about="E2", fact=f"{field} is folded or encoded")


def _present(message: EmailMessage, sending: Sending) -> Iterator[Finding]:
    def severity_of(name: str) -> Severity:
        # It may stand beside https alone (RFC 8058 3.1), and this machine's own pages have none.
        return sending.unless_at_home if name == "List-Unsubscribe-Post" else Severity.ERROR

    for rule, names in _NEEDED.items():
        for name in names:
            if not str(message.get(name, "")).strip():
                yield Finding(about=rule, severity=severity_of(name), fact=f"{name} is missing")


def _from_and_ids(message: EmailMessage, sending: Sending) -> Iterator[Finding]:
    senders = [sender.addr_spec for sender in getattr(message["From"], "addresses", ())]
    if senders != [sending.sender]:
        yield Finding(about="E3", fact=f"From is {', '.join(senders) or 'nobody'}")
    readers = getattr(message["To"], "addresses", ())
    if len(readers) != 1:
        yield Finding(about="E3", fact=f"{len(readers)} recipients in To")
    given = str(message.get("Message-ID", "")).strip()
    if not re.fullmatch(rf"<[^<>\s@]+@{re.escape(sending.host)}>", given):
        yield Finding(about="E3", fact=f"Message-ID does not end in @{sending.host}")
    try:
        if parsedate_to_datetime(str(message["Date"])).tzinfo is None:
            yield Finding(about="E3", fact="Date has no time zone")
    except (ValueError, TypeError):
        yield Finding(about="E3", fact="Date is no date")
    subject = str(message.get("Subject", ""))
    if len(subject) > LONGEST_SUBJECT:
        yield Finding(about="E1", fact=f"a subject of {len(subject)} letters")


def _lists(message: EmailMessage, sending: Sending) -> Iterator[Finding]:
    ways = re.findall(r"<([^<>\s]+)>", str(message.get("List-Unsubscribe", "")))
    ours = [way for way in ways if way.startswith(sending.way_out)]
    if not sending.token_of(str(message.get("List-Unsubscribe", ""))):
        yield Finding(about="E5", fact=f"List-Unsubscribe has no way out under {sending.way_out}")
    if ours and not all(way.startswith("https://") for way in ours):
        fact = "the one-click way out is not https"
        yield Finding(about="E4", severity=sending.unless_at_home, fact=fact)
    if not any(way.startswith("mailto:") for way in ways):
        yield Finding(about="E4", fact="List-Unsubscribe has no mailto")
    if str(message.get("List-Unsubscribe-Post", "")).strip() not in ("", ONE_CLICK):
        yield Finding(about="E4", fact=f"List-Unsubscribe-Post is not {ONE_CLICK}")
    if message.get("List-Id") and not _LIST_ID.search(str(message["List-Id"])):
        yield Finding(about="E4", fact="List-Id does not end in an id")


def _signed(message: EmailMessage, sending: Sending) -> Iterator[Finding]:
    """A signature must cover the way out, or receivers do not offer the one-click one."""
    signatures = [*map(str, message.get_all("DKIM-Signature", []))]
    if sending.signs and not signatures:
        yield Finding(about="E4", fact="it is not signed, though we sign")
    for signature in signatures:
        tags = dict(
            tag.strip().split("=", 1)
            for tag in re.sub(r"\s+", "", signature).split(";")
            if "=" in tag
        )
        covered = {name.lower() for name in tags.get("h", "").split(":")}
        for name in ("from", "list-unsubscribe", "list-unsubscribe-post"):
            if name not in covered:
                yield Finding(about="E4", fact=f"its signature does not cover {name}")
