"""What readers see: posts gathered into channels, made into bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from syndicator.model.post import Post


@dataclass(frozen=True, kw_only=True, slots=True)
class Tombstone:
    """A story that was published and is gone (RFC 6721)."""

    public_id: str
    at: datetime


class Scope(StrEnum):
    """Which posts a channel gathers."""

    WHOLE = "whole"
    LANGUAGE = "language"
    CITY = "city"
    TOPIC = "topic"
    ISSUES = "issues"


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """One selection of posts that is published under its own addresses.

    ``value`` is the language, city or topic; empty for the whole. That of ISSUES is a language, for
    the list of past issues, or ``fi/weekly/2026-W47``, for one of them. ``month`` (``2026-11``)
    makes it the archive of that calendar month (in the network's time); ``None`` is the current
    document. A month of many posts is archived in parts; ``part`` is which of them, 1 the one
    filled first.
    """

    scope: Scope = Scope.WHOLE
    value: str = ""
    month: str | None = None
    part: int = 1

    @property
    def archive(self) -> str | None:
        """The archive's name, as in its address: ``2026-11``, ``2026-11-2``; ``None`` for none."""
        return self.month if self.month is None or self.part == 1 else f"{self.month}-{self.part}"

    @property
    def prefix(self) -> str:
        """The folder of its addresses: empty, ``fi/``, ``city/raahe/`` or ``fi/issues/``."""
        match self.scope:
            case Scope.WHOLE:
                return ""
            case Scope.LANGUAGE:
                return f"{self.value}/"
            case Scope.CITY | Scope.TOPIC:
                return f"{self.scope}/{self.value}/"
            case Scope.ISSUES:
                language, slash, issue = self.value.partition("/")
                return f"{language}/issues/{issue}{slash}"


def month_and_part(archive: str) -> tuple[str, int]:
    """Return the month and the part that an archive's name says; pairs sort as archives do."""
    return archive[:7], int(archive[8:] or 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class PastIssue:
    """An issue as the archive of one language shows it, from the moment it began to be sent.

    ``greeting`` is plain text, empty where nobody wrote one. ``changed_at`` is the last takedown in
    it, or ``sent_at``. ``posts`` are in the order of the language.
    """

    cadence: str
    period: str
    sent_at: datetime
    changed_at: datetime
    greeting: str
    posts: tuple[Post, ...]

    @property
    def path(self) -> str:
        """Its folder under those of its language: ``issues/weekly/2026-W47/``."""
        return f"issues/{self.cadence}/{self.period}/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """All that a channel's documents are made from, and nothing else: same edition, same bytes.

    ``posts`` are newest first by (recency, public_id). ``months`` are the names of the archives
    that exist, newest first: a month once, or once for each of its parts. ``updated`` is the moment
    of the last change among its posts, of an empty one that of the network's first declaration.
    Only the channel of past issues has ``issues``, newest first, and it has no posts of its own.
    """

    channel: Channel
    posts: tuple[Post, ...]
    tombstones: tuple[Tombstone, ...]
    months: tuple[str, ...]
    updated: datetime
    issues: tuple[PastIssue, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Artefact:
    """Published bytes. ``path`` has no leading slash; ``etag`` is the strong, quoted validator of
    the plain form; ``gz`` and ``br`` are prepared forms, ``None`` where none is kept."""

    path: str
    content_type: str
    body: bytes
    etag: str
    modified: datetime
    gz: bytes | None = None
    br: bytes | None = None
    language: str | None = None
