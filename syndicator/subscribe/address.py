"""Mail addresses in one spelling, and what stands for them once they are forgotten."""

from __future__ import annotations

import hmac
from unicodedata import normalize

from email_validator import EmailNotValidError, validate_email

LONGEST = 254
"""Letters an address may have: what fits between the brackets of a path (RFC 5321 4.5.3.1.3)."""


class NotAnAddress(ValueError):
    """What was typed is no address a mail could be sent to; the message does not repeat it."""


def normalised(typed: str) -> str:
    """Return a typed address in the one spelling under which it is unique (S3).

    Space around it goes, the domain is in small letters and in ASCII (IDNA), as relays want it.
    The local part stays as it is: whether ``Maija`` is ``maija``, or a plus sign means anything,
    only its own server knows.

    Returns:
        An address all in ASCII, at most ``LONGEST``. Normalising it again changes nothing.

    Raises:
        NotAnAddress: it is none, or one that only few servers could be mailed at: a local part
            beyond ASCII or in quotes, a domain in brackets. So is one that looks like an encoded
            word (RFC 2047): some programs would read another address in it.
    """
    text = normalize("NFC", typed.strip())
    if len(text) > LONGEST:
        raise NotAnAddress(f"longer than {LONGEST} letters")
    try:
        valid = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        raise NotAnAddress("not a mail address") from error
    address = f"{valid.local_part}@{valid.ascii_domain.lower()}"
    if len(address) > LONGEST:
        raise NotAnAddress(f"longer than {LONGEST} letters in ASCII")
    if "=?" in address:
        raise NotAnAddress("not a mail address")
    return address


def mailbox_of(address: str) -> str:
    """Return what a normalised address most likely shares with others that reach the same person.

    For counting emails only: capitals, dots and what follows a plus sign make a new address of
    everybody's own, as many as they like, and all of them fill one mailbox.
    """
    local, _, domain = address.lower().rpartition("@")
    plain = local.partition("+")[0].replace(".", "")
    return f"{plain or local}@{domain}"


def hashed(address: str, key: bytes) -> str:
    """Return what stands for a normalised address where the address itself may not.

    Without ``key`` nobody can try addresses until one fits: HMAC-SHA256, 64 hexadecimal digits.
    """
    return hmac.digest(key, address.encode(), "sha256").hex()
