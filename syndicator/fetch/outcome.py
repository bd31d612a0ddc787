"""What an answer means for the source that was asked, and what it says about the next time."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from syndicator.errors import FetchFailed
from syndicator.fetch.request import NEVER_READ, NO_FEED
from syndicator.model import (
    Answer,
    Failed,
    Fetched,
    Outcome,
    Reason,
    Response,
    Source,
    Unchanged,
    Validators,
)

CONTENT = frozenset({200, 203})
"""Statuses whose body is the feed (203: a proxy touched it)."""

PERMANENT = frozenset({301, 308})
"""Redirects that may move the stored address, when every hop is one of them (F8)."""

LONGEST_ASKED = timedelta(days=3650)
"""What a server asks for is kept as asked, but for numbers that are no time any more."""

LONGEST_VALIDATOR = 4096
"""A longer validator would break the request it is sent back in, for ever."""

_REASONS = {
    401: Reason.DENIED,
    402: Reason.DENIED,
    403: Reason.DENIED,
    404: Reason.MISSING,
    407: Reason.DENIED,
    410: Reason.GONE,
    429: Reason.THROTTLED,
    451: Reason.DENIED,
    503: Reason.BUSY,
}
_ANSWERED = frozenset(
    {
        Reason.CERTIFICATE,
        Reason.SIZE,
        Reason.HEADERS,
        Reason.TRUNCATED,
        Reason.ENCODING,
        Reason.PROTOCOL,
        Reason.REDIRECTS,
        Reason.REDIRECT_TARGET,
    }
)
_MAX_AGE = re.compile(r'(?:^|[\s,])max-age\s*=\s*"?(\d+)', re.IGNORECASE)


def outcome(response: Response, *, source: Source, now: datetime) -> Outcome:
    """Return what ``response`` brings for ``source``.

    Unchanged bytes are not parsed again (F14), but a 304 is no health for a source whose last bytes
    were no feed: it is the same failure again.

    Args:
        source: its ``body_hash`` is of the last body that could be read.
        now: used where the server's own clock is missing.

    Source: rules F1, F3, F4, F8, F14; RFC 9110 15.
    """
    answer = _answer(response, now=now)
    if response.status == 304:
        return _not_modified(answer, source, conditional=response.conditional)
    if response.status not in CONTENT:
        reason = _REASONS.get(response.status)
        if reason is None:
            reason = Reason.SERVER if response.status >= 500 else Reason.STATUS
        return _failed(answer, reason, f"answered with status {response.status}")
    if not response.body.strip():
        return _failed(answer, Reason.EMPTY, "answered with an empty body")
    body_hash = hashlib.sha256(response.body).hexdigest()
    if body_hash == source.body_hash and source.reason not in NEVER_READ | NO_FEED:
        return Unchanged(answer=answer, body_bytes=len(response.body))
    return Fetched(
        answer=answer,
        body=response.body,
        body_hash=body_hash,
        content_type=response.content_type,
    )


def failure(error: FetchFailed) -> Failed:
    """Return the outcome of a pull that brought no complete answer.

    Its ``answer`` is bare where a server did speak to us, and ``None`` where none was reached.
    """
    spoke = error.reason in _ANSWERED
    return Failed(
        reason=error.reason,
        detail=error.detail,
        answer=Answer(url=error.url) if spoke else None,
    )


def _not_modified(answer: Answer, source: Source, *, conditional: bool) -> Unchanged | Failed:
    if not conditional:
        return _failed(answer, Reason.STATUS, "304 (unchanged) to a request without conditions")
    if source.reason in NO_FEED:
        detail = source.detail or "what it sends is no feed we can read"
        return Failed(reason=source.reason, detail=detail, answer=answer)
    if source.body_hash is None:
        return _failed(answer, Reason.STATUS, "304 (unchanged), but nothing was read here before")
    return Unchanged(answer=answer)


def _failed(answer: Answer, reason: Reason, detail: str) -> Failed:
    bare = Answer(url=answer.url, wait=answer.wait)
    return Failed(reason=reason, detail=detail, answer=bare)


def _answer(response: Response, *, now: datetime) -> Answer:
    permanent = response.hops and all(hop.status in PERMANENT for hop in response.hops)
    return Answer(
        url=response.url,
        validators=Validators(
            etag=_validator(response, "etag"), last_modified=_validator(response, "last-modified")
        ),
        wait=_wait(response, now=now),
        moved_to=response.url if permanent else None,
    )


def _validator(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value if value and len(value) <= LONGEST_VALIDATOR else None


def _wait(response: Response, *, now: datetime) -> timedelta | None:
    """Return the longest wait the answer asks for; ``None`` if none lies ahead.

    Dates are taken against the server's own Date: its clock may be wrong, but it is one clock.
    """
    headers = response.headers
    clock = _date(headers.get("date")) or now
    # The longest max-age written counts; s-maxage speaks to shared caches, not to us.
    ages = [_seconds(digits) for digits in _MAX_AGE.findall(headers.get("cache-control", ""))]
    freshness = max(ages, default=_until(headers.get("expires"), clock))
    waits = [freshness, _retry_after(headers.get("retry-after"), clock)]
    longest = max((wait for wait in waits if wait is not None), default=timedelta(0))
    return min(longest, LONGEST_ASKED) if longest > timedelta(0) else None


def _retry_after(value: str | None, clock: datetime) -> timedelta | None:
    if value is not None and value.strip().isascii() and value.strip().isdigit():
        return _seconds(value.strip())
    return _until(value, clock)


def _seconds(digits: str) -> timedelta:
    return LONGEST_ASKED if len(digits) > 9 else timedelta(seconds=int(digits))


def _until(value: str | None, clock: datetime) -> timedelta | None:
    moment = _date(value)
    return None if moment is None else moment - clock


def _date(value: str | None) -> datetime | None:
    """Return an HTTP date in UTC, or ``None`` for what is none (``0``, ``-1``, ``soon``)."""
    if value is None:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
