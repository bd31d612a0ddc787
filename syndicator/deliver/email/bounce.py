"""What came back to the address we send from, read.

    a report of failure    Bounce      hard, soft or our own fault; and whose message it was
    ... of delay, arrival  Progress    nothing that counts has happened yet
    an abuse report        Complaint
    "let me go"            Leave       the way out by mail (List-Unsubscribe)
    "I am on holiday"      Vacation    a machine answered: nothing to us (E10)
    anything else          Unknown     a person should read it

Everything in such a message may be forged but two things: the address it came to, which we signed
for one message, and the reader's own way out in what it returns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from syndicator.deliver.email.replies import plain
from syndicator.deliver.email.returned import Fields, Opened, opened
from syndicator.deliver.retry import OWNER_CHANGED, SENDER_UNKNOWN, TOO_BIG
from syndicator.model import Tag

LONGEST = 1 << 18
"""Bytes of a message that are read: a report says what it has to at its beginning."""


class Weight(StrEnum):
    """What a failure says of the address. The mildest comes last."""

    HARD = "hard"
    SOFT = "soft"
    OURS = "ours"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """Whose message it was, as far as the report shows.

    ``tag`` is proven by the address the report came to. ``named`` is the delivery that the
    returned Message-ID names, which anybody can guess; ``token`` is the reader's way out beside it.
    """

    tag: Tag | None = None
    named: int | None = None
    token: str | None = None

    @property
    def signed(self) -> bool:
        """True if it came to an address that we signed: only servers on its way know that."""
        return self.tag is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounce:
    """A message that was not delivered. ``status`` is ``5.1.1`` or the like, if it says any.

    ``detail`` is what the server said, without addresses: it outlives the reader's row.
    """

    weight: Weight
    status: str | None
    detail: str
    trace: Trace


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """A report that nothing has failed for good: delayed, relayed, delivered after all."""

    trace: Trace


@dataclass(frozen=True, kw_only=True, slots=True)
class Complaint:
    """A reader called our mail spam, and their provider tells us."""

    trace: Trace


@dataclass(frozen=True, kw_only=True, slots=True)
class Leave:
    """A reader, or their mail program, asks by mail to be let go."""

    token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Vacation:
    """A machine answered for somebody."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """Nothing we know. It may be a letter from a person."""


Report = Bounce | Progress | Complaint | Leave | Vacation | Unknown

_TOKEN = r"([A-Za-z0-9_-]{44})(?![A-Za-z0-9_-])"
_LEAVE = re.compile(r"(?i:\bunsubscribe)[-+ ]" + _TOKEN, re.ASCII)
_WAY_OUT = re.compile(r"unsubscribe[-/]" + _TOKEN, re.ASCII)
_STATUS = re.compile(r"(?<![\d.])([245])\.([0-7])\.(\d{1,3})(?!\.?\d)", re.ASCII)

_OUR_NAME = re.compile(
    r"\bspam|\b(?:black|block|deny) ?list|\breputation|\b(?:policy|dmarc|spf|dkim|rbl)\b",
    re.IGNORECASE,
)

_DAEMON = re.compile(r"mailer-?daemon|postmaster@|mail delivery (?:sub)?system", re.IGNORECASE)
_FAILURE = re.compile(
    r"undeliver|delivery (?:has )?fail|fail(?:ed|ure) (?:to deliver|notice)|failure notice"
    r"|returned mail|could ?n[o']t be delivered|could not deliver|delivery status notification"
    r"|user unknown|no such user|mailbox (?:is )?full|over quota|unrouteable"
    r"|toimittaminen epäonnistui|ei voitu toimittaa|går inte att leverera|kunde inte levereras",
    re.IGNORECASE,
)
_DELAY = re.compile(
    r"will be (?:retried|re-?attempted)|(?:will|is) (?:keep|still|continu\w+) (?:try|being|to try)"
    r"|not yet (?:been )?delivered|warning message only|do not need to resend"
    r"|delayed \d+ hours|notification \(delay\)|delivery delayed|toimitus viivästyy|fördröjd",
    re.IGNORECASE,
)
_AWAY = re.compile(
    r"\s*(?:(?:re|vs|sv|aw|ad): *)*(?:auto(?:matic)?[- ]?(?:reply|response|answer)\b|auto: "
    r"|automaattinen vastaus|automaattivastaus|autom\. vastaus|automatiskt svar|autosvar"
    r"|out of (?:the )?office|(?:i am |i'm )?(?:on|away on) (?:vacation|holiday|leave)\b"
    r"|poissaoloviesti|poissa toimistolta|(?:olen )?(?:vuosi)?lomalla\b|olen poissa\b"
    r"|frånvaro(?:meddelande)?\b|frånvarande\b|(?:jag är )?på semester\b|jag är (?:ledig|borta)\b)",
    re.IGNORECASE,
)
_OF_A_RECIPIENT = frozenset({"final-recipient", "original-recipient", "action", "status"})
_MACHINE_HEADERS = ("x-autoreply", "x-autorespond", "x-autoreply-from", "x-mail-autoreply")
_BULK = frozenset({"auto_reply", "bulk", "junk", "list"})


def read(message: bytes, *, tag_of: Callable[[str], Tag | None], host: str) -> Report:
    """Return what a message is; whatever the bytes, no error.

    Args:
        tag_of: which message an address of ours was made for; ``None`` for one we never made.
        host: ends the Message-IDs of our issues.
    """
    mail = opened(message[:LONGEST])
    if mail is None:
        return Unknown()
    trace = _trace(mail, tag_of=tag_of, host=host)
    if mail.feedback is not None:
        abuse = mail.feedback.get("feedback-type", "").lower() == "abuse"
        return Complaint(trace=trace) if abuse else Unknown()
    if mail.reports:
        return _reported(mail.reports, trace)
    token = _unsubscribe_token(mail)
    if token is not None:
        return Leave(token=token)
    if _is_from_a_server(mail):
        return _read_words(mail, trace)
    return Vacation() if _is_of_a_machine(mail) else Unknown()


def _trace(mail: Opened, *, tag_of: Callable[[str], Tag | None], host: str) -> Trace:
    proven = (tag_of(address) for address in mail.arrived_at)
    ours = re.search(rf"<issue\.\d+\.delivery\.([1-9]\d{{0,17}})@{re.escape(host)}>", mail.returned)
    way_out = _WAY_OUT.search(mail.returned)
    return Trace(
        tag=next((tag for tag in proven if tag is not None), None),
        named=int(ours[1]) if ours else None,
        token=way_out[1] if way_out else None,
    )


def _unsubscribe_token(mail: Opened) -> str | None:
    for words in (mail.headers.get("subject", ""), *mail.arrived_at):
        match = _LEAVE.search(words)
        if match:
            return match[1]
    return None


# --- reports in fields (RFC 3464) -------------------------------------------------------------


def _reported(reports: Sequence[Sequence[Fields]], trace: Trace) -> Report:
    """Return what the blocks of recipients come to.

    We write to one person a message. Where there are several recipients, theirs is a list of their
    own making: it fails when all of it does, and by the mildest failure.
    """
    recipients = [
        block for report in reports for block in report if not _OF_A_RECIPIENT.isdisjoint(block)
    ]
    if not recipients:
        return Unknown()
    failures = [_failure(block) for block in recipients]
    failed = [failure for failure in failures if failure is not None]
    if len(failed) < len(failures):
        return Progress(trace=trace)
    weight, status, detail = max(failed, key=lambda failure: list(Weight).index(failure[0]))
    return Bounce(weight=weight, status=status, detail=detail, trace=trace)


def _failure(block: Fields) -> tuple[Weight, str | None, str] | None:
    """Return how grave, by which status and with which words; ``None`` if nothing failed."""
    action = block.get("action", "").split(";")[0].strip().lower()
    diagnostic = _diagnostic(block.get("diagnostic-code", ""))
    status = _status(block.get("status", ""), diagnostic)
    gave_up = status is not None and (status[0] == 5 or status[1:] == (4, 7))
    if not (action.startswith("fail") or (not action and gave_up)):
        return None
    detail = plain(diagnostic) or "the report gives no reason"
    return weight_of(status, detail), _spelt(status), detail


def _diagnostic(field: str) -> str:
    kind, semicolon, words = field.partition(";")
    return words.strip() if semicolon and " " not in kind.strip() else field.strip()


def _status(field: str, diagnostic: str) -> tuple[int, int, int] | None:
    """Return the status of a block: its own, or the server's where that one says more."""
    own, server = _status_in(field), _status_in(diagnostic)
    if own is None or server is None:
        return own or server
    more = server[0] == own[0] and (own[1] == 0 or server[1] == 7)
    return server if more else own


def _status_in(text: str) -> tuple[int, int, int] | None:
    match = _STATUS.search(text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _spelt(status: tuple[int, int, int] | None) -> str | None:
    return ".".join(map(str, status)) if status else None


def weight_of(status: tuple[int, int, int] | None, reply: str) -> Weight:
    """Return what an enhanced status (RFC 3463) says of the address.

    5.1.x is an address that does not exist. 5.5, 5.6 and 5.7 are about us and what we sent. All
    else may be over tomorrow: a full mailbox, a server that gave up, a bare 550.
    """
    if status is None:
        return Weight.OURS if _OUR_NAME.search(reply) else Weight.SOFT
    about = status[1:]
    if about in SENDER_UNKNOWN or about == TOO_BIG:
        return Weight.OURS
    if status[0] == 5 and (about in OWNER_CHANGED or about[0] == 1):
        return Weight.HARD
    if about[0] in (5, 6, 7) or _OUR_NAME.search(reply):
        return Weight.OURS
    return Weight.SOFT


# --- reports in words, and machines that answer -----------------------------------------------


def _is_from_a_server(mail: Opened) -> bool:
    headers = mail.headers
    if "x-failed-recipients" in headers or _DAEMON.search(headers.get("from", "")):
        return True
    # A person who forwards us a report gives it the same subject.
    no_person = headers.get("return-path", "").strip() == "<>" or _is_of_a_machine(mail)
    return no_person and bool(_FAILURE.search(headers.get("subject", "")))


def _read_words(mail: Opened, trace: Trace) -> Report:
    """Return what a report without fields says, as qmail and older servers write them."""
    subject = mail.headers.get("subject", "")
    if _DELAY.search(subject) or _DELAY.search(mail.text):
        return Progress(trace=trace)
    status = _status_in(mail.text)
    failed = status is not None and status[0] == 5
    if not failed and not _FAILURE.search(f"{subject}\n{mail.text}"):
        return Vacation() if _is_of_a_machine(mail) else Unknown()
    detail = plain(_line_of(mail.text, status))
    return Bounce(
        weight=weight_of(status, detail), status=_spelt(status), detail=detail, trace=trace
    )


def _line_of(text: str, status: tuple[int, int, int] | None) -> str:
    """Return the line that says why."""
    for line in text.splitlines():
        why = _status_in(line) == status if status else _FAILURE.search(line)
        if why:
            return line
    return text


def _is_of_a_machine(mail: Opened) -> bool:
    headers = mail.headers
    if headers.get("auto-submitted", "no").split(";")[0].strip().lower() != "no":
        return True
    if any(name in headers for name in _MACHINE_HEADERS):
        return True
    if headers.get("precedence", "").strip().lower() in _BULK:
        return True
    return bool(_AWAY.match(headers.get("subject", "")))
