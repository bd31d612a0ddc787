"""What a city says about its feed, checked and in one form, and what a preview of it showed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from unicodedata import normalize
from urllib.parse import urlsplit, urlunsplit

from email_validator import EmailNotValidError, validate_email

from syndicator.model import Licence, ParsedFeed, Reason

LONGEST_ADDRESS = 1000
"""Letters in an address we take; a longer one is a mistake or an attack."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A registration as a city confirms it, after the preview.

    ``city`` is a member's slug, empty where the city is not in the list; ``city_name`` is always
    a name to show. ``url`` is the feed's own address, which what the city typed led to.
    """

    city: str
    city_name: str
    url: str
    contact: str
    licence: Licence
    title: str = ""
    home: str | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """A feed was there: its own address, and what stands in it."""

    url: str
    feed: ParsedFeed


@dataclass(frozen=True, kw_only=True, slots=True)
class Unseen:
    """No feed was there, and why. ``detail`` is for those who mend servers, in English."""

    reason: Reason
    detail: str = ""


class Kept(StrEnum):
    """What became of a claim: it waits for approval, or the same feed was known already."""

    PENDING = "pending"
    KNOWN = "known"


def feed_address(text: str) -> str | None:
    """Return what a person typed as a web address, or ``None`` if it cannot be one.

    ``blogi.kaupunki.fi`` becomes ``https://blogi.kaupunki.fi``; names with å, ä or ö become
    punycode; a fragment is dropped. User names in addresses are refused: they would be passwords.
    """
    typed = normalize("NFC", text.strip())
    if not typed or len(typed) > LONGEST_ADDRESS or any(character.isspace() for character in typed):
        return None
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        host = (parts.hostname or "").encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or "." not in host or "@" in parts.netloc:
        return None
    return urlunsplit((parts.scheme.lower(), f"{host}{port}", parts.path, parts.query, ""))


def contact_address(text: str) -> str | None:
    """Return an e-mail address in its one form, or ``None`` if it is not one.

    The domain is lower-cased and in its readable form, the name before it in NFC and otherwise
    as typed: whether Gmail ignores dots is Gmail's business. No name server is asked.
    """
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        return None
