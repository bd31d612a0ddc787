"""What to ask for: the source's address and the validators that its servers gave."""

from __future__ import annotations

from collections.abc import Mapping

from syndicator.model import Reason, Request, Source, Validators

NEVER_READ = frozenset({Reason.PARSE_TIMEOUT, Reason.LOCAL})
"""Failures after which we hold bytes that nobody has read: they must be fetched and read anew."""


def request(source: Source, *, validators: Mapping[str, Validators]) -> Request:
    """Return the one GET that asks ``source`` for news.

    It is unconditional only while we hold nothing of the source: a redirect's target can be shared,
    and its validators, learned by another source, would get us a 304 for bytes we never saw. So too
    after an answer whose bytes we could not finish reading by our own fault.

    Args:
        validators: of each URL that answered this source before, redirect targets included.

    Source: rule F1; RFC 9110 13.1.
    """
    if source.body_hash is None or source.reason in NEVER_READ:
        return Request(url=source.url)
    known = {url: validator for url, validator in validators.items() if validator}
    return Request(url=source.url, validators=known)
