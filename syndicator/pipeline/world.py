"""What the arrows touch, as they see it: protocols here, where they are used."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from syndicator.admit import decide as admit
from syndicator.config import Settings
from syndicator.model import (
    Artefact,
    Cadence,
    Edition,
    EmailKind,
    Issue,
    Mail,
    Notice,
    ParsedFeed,
    Request,
    Response,
    Source,
    Variant,
)
from syndicator.pipeline.issues.newsletter_sender import NewsletterSender, TransactionalSender
from syndicator.pipeline.people.bounces import Returns
from syndicator.publish.websub import Ping
from syndicator.store.db.database import Database, Tx
from syndicator.store.issues.issues import Standing


class HTTP(Protocol):
    """One polite, guarded GET."""

    def get(self, request: Request) -> Response:
        """Return a complete answer; raise ``FetchFailed`` or ``HostBusy``."""

    def post(self, url: str, *, form: Mapping[str, str]) -> Response:
        """Return the answer to a form; raise as ``get``."""


class Parser(Protocol):
    """Reads a body where a hostile one costs its own time only."""

    def read(
        self, body: bytes, *, content_type: str | None, url: str, language: str | None
    ) -> ParsedFeed:
        """Return the feed; raise ``ParseFailed``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Something preflight has to say of an issue; what ``refuses`` forbids to send it.

    ``rule`` is a number of the rules of mail (``E7``), ``fact`` says what was seen, in English.
    """

    rule: str
    fact: str
    refuses: bool

    def __str__(self) -> str:
        return f"{self.rule}: {self.fact}"


class Desk(Protocol):
    """What the editors see of an issue, and what they may let go."""

    def sample(self, issue: Issue, variant: Variant) -> Mail:
        """Return the mail of a variant of the issue."""

    def found(self, issue: Issue, told: Collection[Variant]) -> Sequence[Found]:
        """Return what preflight finds on the real bytes of each of these variants, once each."""

    def hindrance(self, tx: Tx, cadence: Cadence) -> str | None:
        """Return in a word why no mail of this cadence may leave at all; ``None`` if it may."""

    def tell(self, tx: Tx, kind: EmailKind, issue: Standing) -> None:
        """Put a letter of this kind to every editor, in the caller's transaction."""

    def alarm(self, tx: Tx, notice: Notice, *, well: bool) -> None:
        """Put a letter to the operator: of something wrong, or that it is ``well`` again."""


def _nobody() -> None:
    """Nobody keeps a copy of what is published."""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What the arrows touch, chosen by ``app``.

    ``make`` turns the edition of one channel, and the sources as they stand, into every document
    and page of that channel. ``pings`` gives what a hub is told of changed paths. ``jitter`` gives
    numbers in [0, 1). ``announce`` is called after each commit that changed published bytes, on the
    thread that published: whoever keeps copies in this process learns at once that they are old.
    ``post`` is the post room of a cadence; there is none without a relay. ``returns`` is where what
    came back is kept; there is none without a mailbox. ``letters`` is the post room of letters to
    one person; there is none without a relay, or while settings that mail needs are examples.
    """

    settings: Settings
    database: Database
    http: HTTP
    parser: Parser
    desk: Desk
    rules: Callable[[datetime], admit.Rules]
    make: Callable[[Edition, Sequence[Source]], Sequence[Artefact]]
    pings: Callable[[Sequence[str]], Sequence[Ping]]
    now: Callable[[], datetime]
    jitter: Callable[[], float]
    announce: Callable[[], None] = _nobody
    post: Callable[[Cadence], NewsletterSender] | None = None
    returns: Callable[[], Returns] | None = None
    letters: Callable[[], TransactionalSender] | None = None
