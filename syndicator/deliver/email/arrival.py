"""Whether a mail arrived as it was sent: the bytes given to the relay beside those in a mailbox.

Pure: two messages in, findings out. What happens on the way cannot be seen before: a relay signs,
or does not, or under its own name; it rewrites links to count who follows them; it breaks the
header that one click needs to end a subscription.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP, compat32

from syndicator.deliver.email.findings import fault, ok, unchecked
from syndicator.deliver.email.records import tags_of
from syndicator.model import Finding

ABOUT = "mail to ourselves"

_KEPT = (
    "From",
    "Subject",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Archive",
    "Feedback-ID",
)
_COVERED = ("from", "list-unsubscribe", "list-unsubscribe-post")
_RESULT = re.compile(r"\b(spf|dkim|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)
_PARTS = {"text/plain": "text", "text/html": "HTML"}


def arrived(sent: bytes, received: bytes) -> Iterator[Finding]:
    """Yield what is to be said of a message that arrived.

    Args:
        sent: as it was handed to the relay.
        received: as it lies in the mailbox, with what everybody on the way added.

    Source: RFC 8058 4 (what a signature must cover), RFC 8601 (Authentication-Results).
    """
    ours, theirs = _read(sent), _read(received)
    yield from _signed(ours, theirs, domain=str(ours["From"].addresses[0].domain).lower())
    yield from _judged(theirs)
    yield from _headers(ours, theirs)
    yield from _parts(ours, theirs)


def message_id(message: bytes) -> str:
    """Return the Message-ID of a message, or an empty string; whatever the bytes, no error.

    It is asked of every mail that lies in a mailbox, and Python's newer policies fail at some ids
    that are none (``<a@``).
    """
    return str(BytesHeaderParser(policy=compat32).parsebytes(message).get("Message-ID", "")).strip()


def _signed(ours: EmailMessage, theirs: EmailMessage, *, domain: str) -> Iterator[Finding]:
    signatures = [tags_of(str(field)) for field in theirs.get_all("DKIM-Signature", [])]
    under_us = [tags for tags in signatures if _aligned(tags.get("d", ""), domain)]
    if not under_us:
        names = ", ".join(sorted({tags.get("d", "nobody") for tags in signatures}))
        fact = f"signed by {names}, not under {domain}" if names else "nobody signed it"
        yield fault(
            ABOUT,
            f"DKIM: {fact}",
            f"have the relay sign under {domain}, or sign here with SYNDICATOR_DKIM_KEY",
        )
        return
    needed = [name for name in _COVERED if name in ours]
    covered = [tags.get("h", "").lower().split(":") for tags in under_us]
    lacking = [[name for name in needed if name not in names] for names in covered]
    if all(lacking):
        yield fault(
            ABOUT,
            f"DKIM: the signature does not cover {', '.join(lacking[0])}",
            "ask whoever signs to cover it: without, receivers offer no one-click way out",
        )
        return
    tags = under_us[lacking.index([])]
    yield ok(ABOUT, f"DKIM: signed by {tags['d']} (selector {tags.get('s', '?')}), way out too")


def _judged(theirs: EmailMessage) -> Iterator[Finding]:
    """Say what the receiver found. Of several results the topmost is its own: others can be forged
    by whoever sent the mail."""
    newest = str(theirs.get("Authentication-Results", ""))
    results = {name.lower(): word.lower() for name, word in reversed(_RESULT.findall(newest))}
    for name in ("spf", "dkim", "dmarc"):
        shown = name.upper()
        if name not in results:
            yield unchecked(
                ABOUT,
                f"{shown}: the mailbox's server does not say what it found",
                "mail an issue to an address at a large provider and look at its source",
            )
        elif results[name] == "pass":
            yield ok(ABOUT, f"{shown}: pass, says the mailbox's server")
        else:
            yield fault(
                ABOUT,
                f"{shown}: {results[name]}, says the mailbox's server",
                "see docs/mail/dns.md; other receivers find the same",
            )


def _headers(ours: EmailMessage, theirs: EmailMessage) -> Iterator[Finding]:
    changed = [
        name
        for name in _KEPT
        if _values(ours, name) and _values(ours, name) != _values(theirs, name)
    ]
    if changed:
        yield fault(
            ABOUT,
            f"changed on the way: {', '.join(changed)}",
            "ask the relay's operator to leave the headers of lists alone",
        )
    else:
        yield ok(ABOUT, "its headers are as they were sent")


def _parts(ours: EmailMessage, theirs: EmailMessage) -> Iterator[Finding]:
    sent, received = _contents(ours), _contents(theirs)
    changed = [name for kind, name in _PARTS.items() if sent.get(kind) != received.get(kind)]
    if changed:
        yield fault(
            ABOUT,
            f"changed on the way: the {' and the '.join(changed)}",
            "switch off tracking of links and readers, and footers, at the relay",
        )
    else:
        yield ok(ABOUT, "its text and HTML are as they were sent")


def _read(message: bytes) -> EmailMessage:
    return message_from_bytes(message, policy=SMTP)


def _aligned(signer: str, domain: str) -> bool:
    """Return whether one is the other, or lies below it. That both belong to one registered domain
    otherwise is DMARC's to say, and the receiver's."""
    signer = signer.lower().rstrip(".")
    return bool(signer) and (
        signer == domain or signer.endswith(f".{domain}") or domain.endswith(f".{signer}")
    )


def _values(message: EmailMessage, name: str) -> list[str]:
    return ["".join(str(value).split()) for value in message.get_all(name, [])]


def _contents(message: EmailMessage) -> dict[str, str]:
    """Return the words of each part; how they were encoded and where lines break is no change."""
    return {
        part.get_content_type(): " ".join(str(part.get_content()).split())
        for part in message.walk()
        if part.get_content_maintype() == "text"
    }
