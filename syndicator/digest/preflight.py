"""What is wrong with a message, checked on the very bytes that would be sent.

    bytes --parsed--> Message | headers | parts > Findings

    E1 form and text part  E2 headers stay whole  E3 who sends  E4 the list's headers
    E5 the way out         E6 the token           E7 size       E8 what mail programs need

Nothing is sent while one of them is an ERROR. Each finding names the rule it breaks and the
fact, so that an editor can tell somebody what to mend.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP

from syndicator.digest.checks_headers import headers
from syndicator.digest.checks_parts import parts
from syndicator.digest.sending import Sending
from syndicator.model import Finding, Severity

LONGEST_LINE = 998
"""RFC 5322 2.1.1."""


def preflight(message: bytes, *, sending: Sending) -> tuple[Finding, ...]:
    """Return every fault of a message; empty if it may go.

    Args:
        message: as it would be handed to the relay, addressed to somebody.
        sending: what it must agree with.
    """
    findings = [*_examples(sending), *_bytes(message)]
    try:
        parsed = BytesParser(policy=SMTP).parsebytes(message)
    except (MessageError, ValueError, LookupError) as error:
        return (*findings, Finding(about="E1", fact=f"it cannot be parsed: {error}"))
    assert isinstance(parsed, EmailMessage)
    head = message.partition(b"\r\n\r\n")[0]
    findings += headers(parsed, head=head, sending=sending)
    findings += parts(parsed, sending=sending)
    return tuple(dict.fromkeys(findings))


def _examples(sending: Sending) -> Iterator[Finding]:
    severity = Severity.WARNING if sending.at_home else Severity.ERROR
    for example in sending.examples:
        yield Finding(about="E3", severity=severity, fact=f"{example} still is an example")


def _bytes(message: bytes) -> Iterator[Finding]:
    if b"\x00" in message:
        yield Finding(about="E1", fact="a NUL byte")
    lines = message.split(b"\r\n")
    if any(b"\r" in line or b"\n" in line for line in lines):
        yield Finding(about="E1", fact="a line that does not end in CRLF")
    longest = max(map(len, lines))
    if longest > LONGEST_LINE:
        yield Finding(about="E1", fact=f"a line of {longest} bytes, over {LONGEST_LINE}")
    if any(byte > 126 for byte in message):
        yield Finding(about="E1", fact="bytes that only 8BITMIME would carry")
