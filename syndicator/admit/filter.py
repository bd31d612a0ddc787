"""What of an answer may come in at all: a source's own filters, and what was taken down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from syndicator.admit.likeness import fold, identifies
from syndicator.model import ParsedEntry, Source


def wanted(entry: ParsedEntry, source: Source) -> bool:
    """Return True if the source's category and path filters let the entry in.

    With both filters an entry must pass both; with none everything passes. A path prefix matches
    whole segments: ``/blogi`` takes ``/blogi/x`` and leaves ``/blogiarkisto/x``.
    """
    categories = {fold(category) for category in source.categories}
    if categories and not any(fold(category) in categories for category in entry.categories):
        return False
    if not source.path_prefixes:
        return True
    path = unquote(urlsplit(entry.url or "").path).rstrip("/") + "/"
    prefixes = (unquote(prefix).rstrip("/") + "/" for prefix in source.path_prefixes)
    return any(path.startswith(prefix) for prefix in prefixes)


def allowed(entries: Sequence[ParsedEntry], taken_down: frozenset[str]) -> list[ParsedEntry]:
    """Return the entries that were not taken down, by id, link or text, in their order.

    A raw id that several entries share blocks none of them by itself, and neither does the front
    page of a site: a takedown of one post must not silence a blog.
    """
    if not taken_down:
        return list(entries)
    shared = Counter(entry.raw_id for entry in entries)
    return [
        entry
        for entry in entries
        if not (
            (entry.raw_id in taken_down and shared[entry.raw_id] == 1)
            or (entry.link in taken_down and identifies(entry.link))
            or entry.content_hash in taken_down
        )
    ]
