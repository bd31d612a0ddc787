"""Tokens in the links of emails: what each says, and for how long.

No token is stored: one is made when its email is sent, from what the email's row says, and read
when somebody comes with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from syndicator.model import EmailKind, TransactionalEmail
from syndicator.subscribe.tokens import Purpose, Tokens, read_unsubscribe

LASTS = {
    EmailKind.CONFIRM: timedelta(days=7),
    EmailKind.LINK: timedelta(days=1),
    EmailKind.NEW_ADDRESS: timedelta(days=7),
    EmailKind.LEFT: timedelta(days=1),
}
"""How long the key in an email's link works, from when it was asked for; others have none."""

PURPOSES = {
    EmailKind.CONFIRM: Purpose.CONFIRM,
    EmailKind.LINK: Purpose.PREFERENCES,
    EmailKind.NEW_ADDRESS: Purpose.NEW_ADDRESS,
    EmailKind.LEFT: Purpose.PREFERENCES,
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_SHORT = 16


class LinkState(StrEnum):
    """What is so of a link that somebody came with.

    READY does what it is for, DONE did so before, LEFT is of somebody who has unsubscribed, MOVED
    was mailed to an address that its reader has left for another, SAMPLE is from a mail that was
    only to be looked at, BROKEN leads nowhere: cut, forged, late or of nobody any more. Whoever
    does not hold a link that we signed is told nothing but SAMPLE or BROKEN.
    """

    READY = "ready"
    DONE = "done"
    LEFT = "left"
    MOVED = "moved"
    SAMPLE = "sample"
    BROKEN = "broken"

    @property
    def works(self) -> bool:
        """True where what the link is for is done, or can be."""
        return self in (LinkState.READY, LinkState.DONE)


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenClaims:
    """What the token of an email says: who asked, in which email, when, and to which address.

    ``address`` is the beginning of the address's hash.
    """

    subscriber: str
    email: int
    at: datetime
    address: str

    def was_mailed_to(self, address_hash: str) -> bool:
        """Return whether the email went to the address of this hash."""
        return address_hash[:_SHORT] == self.address


class EmailTokens:
    """Makes and reads the tokens of emails, and reads those of newsletters.

    Args:
        tokens: signs with the session key.
        unsubscribe_keys: every version of the key, the newest first.
    """

    def __init__(self, tokens: Tokens, *, unsubscribe_keys: Sequence[bytes]) -> None:
        self._tokens = tokens
        self._unsubscribe_keys = tuple(unsubscribe_keys)

    def sign(self, email: TransactionalEmail) -> str:
        """Return the token of an email that is about a subscriber."""
        assert email.subscriber is not None
        words = " ".join(
            (
                UUID(email.subscriber).hex,
                str(email.id),
                f"{(email.at - _EPOCH) // _TICK:x}",
                email.address_hash[:_SHORT],
            )
        )
        until = email.at + LASTS[email.kind]
        return self._tokens.sign(PURPOSES[email.kind], words, until=until)

    def confirmation(self, token: str, *, now: datetime) -> TokenClaims | None:
        """Return what a token says that confirms a subscription."""
        return self._read(Purpose.CONFIRM, token, now=now)

    def holder(self, token: str, *, now: datetime) -> TokenClaims | None:
        """Return what a token says that opens somebody's preferences."""
        return self._read(Purpose.PREFERENCES, token, now=now)

    def new_address(self, token: str, *, now: datetime) -> TokenClaims | None:
        """Return what a token says that confirms a change of address."""
        return self._read(Purpose.NEW_ADDRESS, token, now=now)

    def leaver(self, token: str, *, now: datetime) -> str | None:
        """Return the public id of whoever may leave by this token: a newsletter's, for ever, or
        that of their preferences while it lasts."""
        public_id = read_unsubscribe(token, self._unsubscribe_keys)
        if public_id is not None:
            return public_id
        claims = self.holder(token, now=now)
        return claims.subscriber if claims else None

    def _read(self, purpose: Purpose, token: str, *, now: datetime) -> TokenClaims | None:
        words = self._tokens.read(purpose, token, now=now)
        if words is None:
            return None
        subscriber, email, at, address = words.split(" ")
        return TokenClaims(
            subscriber=str(UUID(subscriber)),
            email=int(email),
            at=_EPOCH + int(at, 16) * _TICK,
            address=address,
        )
