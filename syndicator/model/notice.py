"""What people should hear: kinds of notice, and who hears of which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice says. Each has its sentence in every catalogue, under ``notice.``."""

    SOURCE_HELD = "source_held"
    SOURCE_FAILING = "source_failing"
    SOURCE_GONE = "source_gone"
    SERVER_ASKS_LONGER = "server_asks_longer"
    ENTRIES_HELD = "entries_held"
    ENTRIES_DELETED = "entries_deleted"
    IDS_DEGRADED = "ids_degraded"
    TITLE_CHANGED = "title_changed"

    REGISTRATIONS_WAIT = "registrations_wait"

    OWN_OUTAGE = "own_outage"
    PULLS_LATE = "pulls_late"

    ISSUE_WAITING = "issue_waiting"
    ISSUE_SKIPPED = "issue_skipped"
    ISSUE_LATE = "issue_late"
    ISSUE_HELD = "issue_held"
    ISSUE_RESTS = "issue_rests"
    ISSUE_WITHOUT_DIGEST = "issue_without_digest"
    ISSUE_FAILURES = "issue_failures"
    DELIVERIES_HELD = "deliveries_held"

    NO_RELAY = "no_relay"
    RELAY_AWAY = "relay_away"
    RELAY_REFUSES_US = "relay_refuses_us"
    MAIL_WITHHELD = "mail_withheld"
    MAIL_REFUSED = "mail_refused"
    MAILBOX_AWAY = "mailbox_away"
    # Stored so before emails to one person were called that.
    EMAIL_RETURNED = "letter_returned"
    CONFIRMATIONS_FULL = "confirmations_full"

    PLACEHOLDER = "placeholder"
    INSECURE_ADDRESS = "insecure_address"
    STATEMENTS_MISSING = "statements_missing"
    TEMPLATES_NOT_READ = "templates_not_read"


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """Something people should hear. One row per (kind, subject); ``at``: last true then.

    ``kind`` is a ``NoticeKind``, or the word of another version of this program.
    """

    kind: str
    subject: str
    at: datetime
    facts: Mapping[str, str] = field(default_factory=dict)


ALARMING = frozenset(
    {
        NoticeKind.ISSUE_LATE,
        NoticeKind.ISSUE_HELD,
        NoticeKind.ISSUE_WITHOUT_DIGEST,
        NoticeKind.ISSUE_FAILURES,
        NoticeKind.DELIVERIES_HELD,
        NoticeKind.PULLS_LATE,
        NoticeKind.RELAY_AWAY,
        NoticeKind.RELAY_REFUSES_US,
        NoticeKind.MAIL_REFUSED,
        NoticeKind.EMAIL_RETURNED,
        NoticeKind.CONFIRMATIONS_FULL,
        NoticeKind.REGISTRATIONS_WAIT,
    }
)
"""Kinds that the operator is mailed about. A person who withheld mail knows it."""

ENDED_BY_A_PERSON = frozenset({NoticeKind.REGISTRATIONS_WAIT})
"""Alarming kinds whose end is no news: whoever is mailed brought it about."""

ALARMING_IF_LASTING = frozenset({NoticeKind.MAILBOX_AWAY})
"""Kinds that alarm once they have stood for a while: a mailbox is away for minutes at times."""

OUR_FAULTS = frozenset({NoticeKind.OWN_OUTAGE, NoticeKind.PULLS_LATE})
"""Kinds for everybody that say that it is we who are late."""

PUBLIC_OF_FEEDS = frozenset(
    {
        NoticeKind.SOURCE_HELD,
        NoticeKind.SOURCE_FAILING,
        NoticeKind.SOURCE_GONE,
        NoticeKind.SERVER_ASKS_LONGER,
        NoticeKind.ENTRIES_HELD,
        NoticeKind.ENTRIES_DELETED,
        NoticeKind.IDS_DEGRADED,
    }
)
"""Kinds for everybody about one feed. A changed title is for the editor: whoever took a feed over
would have it printed here."""

ABOUT_SETTINGS = frozenset(
    {
        NoticeKind.PLACEHOLDER,
        NoticeKind.INSECURE_ADDRESS,
        NoticeKind.STATEMENTS_MISSING,
        NoticeKind.TEMPLATES_NOT_READ,
    }
)
"""Kinds about settings, and files they name, that the operator still has to set right."""
