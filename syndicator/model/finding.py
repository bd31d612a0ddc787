"""What a check saw: of a message, a relay, a domain, a mailbox."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is. ``UNCHECKED`` is said, never left out: silence would read as fine."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that was looked at.

    Args:
        about: what it is: a rule of mail (``E7``), a host, a domain.
        fact: what was seen, in English.
        severity: an ``ERROR`` keeps a message from being sent, or mail from arriving.
        advice: what to do; empty where that goes without saying.
    """

    about: str
    fact: str
    severity: Severity = Severity.ERROR
    advice: str = ""

    @property
    def refuses(self) -> bool:
        """True where nothing may be sent before it is mended."""
        return self.severity is Severity.ERROR

    def __str__(self) -> str:
        return f"{self.about}: {self.fact}"
