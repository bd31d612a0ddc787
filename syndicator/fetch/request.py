"""What to ask for: the source's address and the validators that its servers gave."""

from __future__ import annotations

from collections.abc import Mapping

from syndicator.model import Reason, Request, Source, Validators

NEVER_READ = frozenset({Reason.PARSE_TIMEOUT, Reason.LOCAL})
"""Failures after which we hold bytes that nobody has read: they must be fetched and read anew."""

NO_FEED = frozenset({Reason.NOT_A_FEED, Reason.UNREADABLE, Reason.ENCODING, Reason.EMPTY})
"""Failures that the same bytes would be again."""


def request(source: Source, *, validators: Mapping[str, Validators]) -> Request:
    """Return the one GET that asks ``source`` for news.

    It is unconditional only while we know nothing of what its URL sends: a 304 must never stand
    for bytes that nobody here has read.

    Args:
        validators: of each URL that answered this source before, redirect targets included.

    Source: rule F1; RFC 9110 13.1.
    """
    seen = source.body_hash is not None or source.reason in NO_FEED
    if not seen or source.reason in NEVER_READ:
        return Request(url=source.url)
    usable = {url: validator for url, validator in validators.items() if validator}
    return Request(url=source.url, validators=usable)
