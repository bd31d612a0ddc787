"""Entries: what is known before a decision, the decision written down, and what an editor does."""

from syndicator.store.feeds.apply_changes import apply
from syndicator.store.feeds.entry_topics import retopic
from syndicator.store.feeds.known_entries import known, lacking, missing
from syndicator.store.feeds.moderation import Listed, hide, hold, listing, release, show
from syndicator.store.feeds.stories import merge

__all__ = [
    "Listed",
    "apply",
    "hide",
    "hold",
    "known",
    "lacking",
    "listing",
    "merge",
    "missing",
    "release",
    "retopic",
    "show",
]
