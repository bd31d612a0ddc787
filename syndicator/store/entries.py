"""Entries: what is known before a decision, the decision written down, and what an editor does."""

from syndicator.store.applied import apply
from syndicator.store.desk import Listed, hide, hold, listing, release, show
from syndicator.store.remembered import known

__all__ = ["Listed", "apply", "hide", "hold", "known", "listing", "release", "show"]
