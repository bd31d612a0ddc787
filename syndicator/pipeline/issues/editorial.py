"""What the acts on issues touch, as plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from syndicator.config import Settings
from syndicator.digest.preflight import Sending, preflight
from syndicator.model import Clock, Finding
from syndicator.pipeline.data_folder import Keyring, keyring
from syndicator.store.db.database import Database

Preflight = Callable[[bytes, Sending], tuple[Finding, ...]]
"""Returns every fault of a message that is to agree with this; empty if it may go."""


def checked(message: bytes, sending: Sending) -> tuple[Finding, ...]:
    """Return every fault of a message; empty if it may go."""
    return preflight(message, sending=sending)


@dataclass(frozen=True, kw_only=True, slots=True)
class Editorial:
    """What issues are made, reviewed and let go with."""

    settings: Settings
    database: Database
    now: Clock
    preflight: Preflight = checked

    @property
    def keys(self) -> Keyring:
        """The keys as they are now; made on first use."""
        return keyring(self.settings.deployment.data_dir)
