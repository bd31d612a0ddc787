"""What of an answer may come in at all: a source's own filters, and what was taken down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import unquote, urlsplit

from syndicator.admit.likeness import fold, tells
from syndicator.model import ParsedEntry, Source


def wanted(entry: ParsedEntry, source: Source) -> bool:
    """Return True if the source's category and path filters let the entry in.

    With both filters an entry must pass both; with none everything passes. A path prefix matches
    whole segments: ``/blogi`` takes ``/blogi/x`` and leaves ``/blogiarkisto/x``.
    """
    return _in_categories(entry, source.categories) and _in_paths(entry, source.path_prefixes)


def _in_categories(entry: ParsedEntry, categories: Iterable[str]) -> bool:
    asked = {fold(category) for category in categories}
    return not asked or any(fold(category) in asked for category in entry.categories)


def _in_paths(entry: ParsedEntry, prefixes: Sequence[str]) -> bool:
    if not prefixes:
        return True
    path = unquote(urlsplit(entry.url or "").path).rstrip("/") + "/"
    return any(path.startswith(unquote(prefix).rstrip("/") + "/") for prefix in prefixes)


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
            or (entry.link in taken_down and tells(entry.link))
            or entry.content_hash in taken_down
        )
    ]
