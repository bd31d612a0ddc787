"""Under which names an entry will be found again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from syndicator.admit.match import By, Matching, Told, own_alias
from syndicator.model import Alias, IdMode, KnownEntry

ALIASES_KEPT = 50
"""An entry that came back under so many ids is told by its text; more of them tell nothing."""


def for_fresh(
    fresh: Sequence[Told], *, matching: Matching, known: Sequence[KnownEntry]
) -> tuple[tuple[str, ...], ...]:
    """Return for each new post its aliases: its raw ids, each made its own where it is shared."""
    sharers = Counter(
        raw_id
        for post in (*matching.fresh, *(pair.told for pair in matching.pairs))
        for raw_id in post.raw_ids
    )
    owned = {name.partition("\n")[0] for entry in known for name in entry.raw_ids}
    return tuple(
        tuple(
            own_alias(raw_id, post.parsed) if sharers[raw_id] > 1 or raw_id in owned else raw_id
            for raw_id in post.raw_ids
        )
        for post in fresh
    )


def for_pairs(
    matching: Matching, *, known: Sequence[KnownEntry], mode: IdMode
) -> tuple[Alias, ...]:
    """Return the aliases that stored entries gain: ids under which they came for the first time.

    Where links are believed, the ids that came with them are not kept: a feed that makes them anew
    at each answer would fill the store.
    """
    owners = {name: entry.id for entry in known for name in entry.raw_ids}
    sharers = Counter(raw_id for pair in matching.pairs for raw_id in pair.told.raw_ids)
    sharers.update(raw_id for post in matching.fresh for raw_id in post.raw_ids)
    gained = []
    for pair in matching.pairs:
        if (mode is IdMode.LINK and pair.by is By.LINK) or len(pair.known.raw_ids) >= ALIASES_KEPT:
            continue
        for raw_id in pair.told.raw_ids:
            mine = own_alias(raw_id, pair.told.parsed)
            if owners.get(raw_id) == pair.known.id or mine in owners:
                continue
            name = mine if raw_id in owners or sharers[raw_id] > 1 else raw_id
            gained.append(Alias(entry=pair.known.id, raw_id=name))
    return tuple(gained)
