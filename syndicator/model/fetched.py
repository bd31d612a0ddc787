"""One polite GET: what is asked, what was answered, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from syndicator.model.source import Reason, Validators


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One polite GET. ``validators`` maps each URL we hold validators for to them, so that the
    hops of a redirect carry their own and never another's. ``within`` is how long all its hops may
    take together, where that is shorter than the client's own limit."""

    url: str
    validators: Mapping[str, Validators] = field(default_factory=dict)
    within: timedelta | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Hop:
    """One redirect followed: where it stood, its status, where it led."""

    url: str
    status: int
    target: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """A complete HTTP answer. Header names are lower case; ``body`` is decoded and within limits.

    ``url`` is the address that answered, after ``hops``. ``wire_bytes`` is what travelled.
    ``conditional`` is True if validators were sent to it: only then may it answer 304.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    hops: tuple[Hop, ...] = ()
    wire_bytes: int = 0
    conditional: bool = False

    @property
    def content_type(self) -> str | None:
        """The Content-Type header as sent, or ``None``."""
        return self.headers.get("content-type")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What every answer of a server says about the next one, whatever it carried.

    ``wait`` is what the server asked for by Retry-After or its freshness lifetime. ``moved_to`` is
    the address that answered, where every redirect on the way was a permanent one.
    """

    url: str
    validators: Validators = Validators()
    wait: timedelta | None = None
    moved_to: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """New bytes came."""

    answer: Answer
    body: bytes
    body_hash: str
    content_type: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Unchanged:
    """304, or the same bytes as last time. Validators may still be new."""

    answer: Answer
    body_bytes: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """Nothing usable came. ``answer`` is ``None`` when no server answered at all."""

    reason: Reason
    detail: str
    answer: Answer | None = None


Outcome = Fetched | Unchanged | Failed
