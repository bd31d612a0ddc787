"""Words that only we can have written: links in mails, and the addresses reports come back to.

unsubscribe token   one key for ever, no end: whoever was mailed can leave, whenever they like
token of an email   one purpose, one end, signed with the session key, which may rotate
bounce address      which message a report is about, and to whose address it went (VERP)

All are in letters that no mail program breaks: A-Z a-z 0-9 _ and -.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b
from uuid import UUID

from syndicator.model import Tag, TagKind

TOKEN_LENGTH = 44
"""Letters of every unsubscribe token: 16 bytes of id and 17 of signature, and no padding."""

LONGEST_TOKEN = 600
"""Letters of a token we read at all; ours are shorter."""

_ID = 16
_SIGNATURE = 17
_LETTERS = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_MARK = 8
_VERP = re.compile(r"\+([dl])([1-9][0-9]{0,17})-([0-9a-z]{1,8})-([0-9a-f]{12})@", re.ASCII)
_LEAVE = b"unsubscribe"
_SAMPLE = "sample--"


class Purpose(StrEnum):
    """What a token lets its holder do. One made for one purpose is nothing in another."""

    CONFIRM = "confirm"
    PREFERENCES = "preferences"
    NEW_ADDRESS = "new_address"
    REVIEW = "review"


def unsubscribe_token(public_id: str, key: bytes) -> str:
    """Return the token by which a subscriber leaves, ``TOKEN_LENGTH`` letters long.

    It lets its holder leave and nothing else: whoever is forwarded a mail can do no more (E6).

    Args:
        public_id: the subscriber's, as ``str`` of a UUID.
        key: the newest unsubscribe key.
    """
    name = bytes.fromhex(public_id.replace("-", ""))
    return urlsafe_b64encode(name + _leave_signature(name, key)).decode()


def read_unsubscribe(token: str, keys: Sequence[bytes]) -> str | None:
    """Return the public id in a token that one of ``keys`` signed; ``None`` if none did.

    Args:
        keys: every version there ever was, since a mail may be opened years later.
    """
    if len(token) != TOKEN_LENGTH or not _LETTERS.fullmatch(token):
        return None
    # 44 letters are 33 bytes to the bit: no two tokens read alike.
    read = urlsafe_b64decode(token)
    name, signature = read[:_ID], read[_ID:]
    for key in keys:
        if hmac.compare_digest(_leave_signature(name, key), signature):
            return str(UUID(bytes=name))
    return None


def sample_token(words: str) -> str:
    """Return what stands for a reader's token in a mail made only to be looked at.

    It is as long as one and the same for the same words, says of itself that it is a sample, and
    nobody leaves by it.
    """
    digest = blake2b(words.encode(), person=b"sample", digest_size=27)
    return _SAMPLE + urlsafe_b64encode(digest.digest()).decode()


def is_sample(token: str) -> bool:
    """Return whether a token that nobody signed is one of ``sample_token``."""
    return len(token) == TOKEN_LENGTH and token.startswith(_SAMPLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class OlderKey:
    """A key that signs nothing any more, and is read until then."""

    key: bytes
    until: datetime


class Tokens:
    """Signs the tokens of emails with one key, and reads those of the ones before it in time."""

    def __init__(self, key: bytes, *, older: Sequence[OlderKey] = ()) -> None:
        self._key = key
        self._older = tuple(older)

    def sign(self, purpose: Purpose, words: str, *, until: datetime) -> str:
        """Return a token that says ``words`` to a reader of the same purpose before ``until``."""
        signed = f"{int(until.timestamp())} {words}".encode()
        return urlsafe_b64encode(_signed(self._key, purpose, signed) + signed).rstrip(b"=").decode()

    def read(self, purpose: Purpose, token: str, *, now: datetime) -> str | None:
        """Return the words of a token; ``None`` if it is forged, cut, late or another purpose's."""
        read = _bytes_of(token)
        signature, payload = read[:_SIGNATURE], read[_SIGNATURE:]
        keys = (self._key, *(older.key for older in self._older if now < older.until))
        if not any(hmac.compare_digest(_signed(key, purpose, payload), signature) for key in keys):
            return None
        until, _, words = payload.decode().partition(" ")
        return words if now < datetime.fromtimestamp(int(until), tz=UTC) else None


def verp(base: str, tag: Tag, key: bytes) -> str:
    """Return the address reports on one message come back to:
    ``bounces+d12-0f1e2d3c-ab34cd56ef78@host``, and ``l12`` for an email to one person.

    All in small letters, since some servers write addresses so.
    """
    local, _, host = base.rpartition("@")
    named = f"{tag.kind}{tag.id}-{tag.address[:_MARK]}"
    return f"{local}+{named}-{_verp_signature(named, key)}@{host}"


def read_verp(recipient: str, key: bytes) -> Tag | None:
    """Return the message a report's recipient names, ``None`` if we never wrote that address.

    Of the hash of the address only the beginning is there.
    """
    match = _VERP.search(recipient.lower())
    if match is None:
        return None
    kind, number, address, signature = match.groups()
    if not hmac.compare_digest(_verp_signature(f"{kind}{number}-{address}", key), signature):
        return None
    return Tag(kind=TagKind(kind), id=int(number), address=address)


def _leave_signature(name: bytes, key: bytes) -> bytes:
    # A million are made for an issue: keyed BLAKE2 takes a fifth of the time of an HMAC.
    return blake2b(name, key=key, person=_LEAVE, digest_size=_SIGNATURE).digest()


def _verp_signature(named: str, key: bytes) -> str:
    return hmac.digest(key, f"syndicator bounce {named}".encode(), "sha256")[:6].hex()


def _signed(key: bytes, purpose: Purpose, payload: bytes) -> bytes:
    # A NUL ends the purpose: no purpose and words together can spell another purpose's.
    return hmac.digest(key, f"syndicator {purpose}\0".encode() + payload, "sha256")[:_SIGNATURE]


def _bytes_of(token: str) -> bytes:
    """Return the bytes of a token, none if it is not the one spelling we would give them."""
    if len(token) > LONGEST_TOKEN or len(token) % 4 == 1 or not _LETTERS.fullmatch(token):
        return b""
    read = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    return read if urlsafe_b64encode(read).rstrip(b"=").decode() == token else b""
