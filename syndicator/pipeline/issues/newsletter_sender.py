"""Where issues become messages and leave: chosen by ``app`` when there is a relay."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock
from typing import Generic, Protocol, Self, TypeVar

from syndicator.deliver.email.message import Template
from syndicator.deliver.hours import Window
from syndicator.deliver.retry import TRIES
from syndicator.model import Delivery, Issue, Variant
from syndicator.pipeline.issues.rate_limiter import RateLimiter
from syndicator.store.upkeep.journal import Journal

K = TypeVar("K")
V = TypeVar("V")

LEASE = timedelta(minutes=5)
"""How long a claim lasts unless it is renewed: longer than a relay may take to answer."""

IDLE = timedelta(seconds=3)
"""How long a connection may go on after the stop, unless it awaits its final answer."""

KEPT = 8
"""Templates kept at once; deliveries of one variant come together."""


class Mailer(Protocol):
    """One connection to the relay; ``deliver.email.smtp.Relay`` is the real one."""

    @property
    def open(self) -> bool:
        """True if the next message can leave without a new connection."""

    @property
    def awaiting(self) -> bool:
        """True while a whole message was given and its answer has not come."""

    def ready(self) -> None:
        """Connect if need be; raise ``TemporaryFailure`` if that fails."""

    def send(self, message: bytes, *, sender: str, recipient: str) -> None:
        """Return once it is taken; raise ``DeliveryFailed``."""

    def hang_up(self) -> None:
        """Break the connection from another thread."""

    def __enter__(self) -> Self:
        """Return itself."""

    def __exit__(self, *_: object) -> None:
        """Say goodbye."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OutgoingMessage:
    """A message and its envelope. ``sender`` is where a report on it comes back to."""

    message: bytes
    sender: str
    recipient: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsletterSender:
    """What sending needs beside the world.

    Args:
        template: makes a variant of an issue ready for its readers, once.
        parcel: makes a template one reader's message.
        connect: returns a new connection, not yet open.
        journal: notes outside the database who is never mailed again.
        started: notes there, before the first mail leaves, that a send began.
        sent: notes there that an issue (its name) was sent to the end.
        holder: begins the name of every claim of this process, and of no other that lives.
        turns: how fast messages leave; shared by all rooms of a process.
        connections: how many at once, at most.
        window: the hours in which messages may leave; ``None`` is at any hour.
        resends_uncertain: offer a message again that may have arrived.
        stop: set when the process ends: what is in flight is waited for, nothing else leaves.
        idle: what a connection gets from then on that awaits no answer to a whole message.
    """

    template: Callable[[Issue, Variant], Template]
    parcel: Callable[[Template, Delivery], OutgoingMessage]
    connect: Callable[[], Mailer]
    journal: Journal
    started: Callable[[str, datetime], None]
    sent: Callable[[str, datetime], None]
    holder: str
    turns: RateLimiter
    connections: int
    window: Window | None = None
    resends_uncertain: bool = True
    lease: timedelta = LEASE
    stop: Event = field(default_factory=Event)
    idle: timedelta = IDLE

    @property
    def resend(self) -> int:
        """Tries below which an uncertain message is offered again; from there on it is held."""
        return TRIES if self.resends_uncertain else 0


class LastMade(Generic[K, V]):
    """What was made last, shared by threads; each is made once while it is kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._made: OrderedDict[K, V] = OrderedDict()

    def of(self, key: K, make: Callable[[], V]) -> V:
        """Return what ``key`` names, made if it is not here; raises what ``make`` raises."""
        # Made under the lock: the others would only make the same one.
        with self._lock:
            made = self._made.pop(key) if key in self._made else make()
            self._made[key] = made
            while len(self._made) > self._most:
                self._made.popitem(last=False)
        return made
