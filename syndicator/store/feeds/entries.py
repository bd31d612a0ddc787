"""Entries: what is known before a decision, the decision written down, and what an editor does."""

from syndicator.store.feeds.apply_changes import apply
from syndicator.store.feeds.entry_topics import retopic
from syndicator.store.feeds.known_entries import load_known, load_missing, sources_with_missing
from syndicator.store.feeds.moderation import EntrySummary, hide, hold, list_entries, release, show
from syndicator.store.feeds.stories import merge

__all__ = [
    "EntrySummary",
    "apply",
    "hide",
    "hold",
    "list_entries",
    "load_known",
    "load_missing",
    "merge",
    "release",
    "retopic",
    "show",
    "sources_with_missing",
]
