"""Entries: what is known before a decision, the decision written down, and what an editor does."""

from syndicator.store.applied import apply
from syndicator.store.desk import Listed, hide, hold, listing, release, show
from syndicator.store.remembered import known, lacking, missing
from syndicator.store.stories import merge
from syndicator.store.topical import retopic

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
