"""The issues that are due, made and frozen.

slot | eligible | issue | freeze             at the cut-off, once whatever happens at once
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from syndicator import log
from syndicator.config import DigestPlan, Settings
from syndicator.digest.calendar import Slot, closed_between
from syndicator.digest.compose import draft as drafted
from syndicator.digest.order import names_of
from syndicator.digest.variants import variants as variants_of
from syndicator.model import Draft, Issue
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.store.db.database import Tx
from syndicator.store.feeds import dirty_channels
from syndicator.store.issues import issues, transitions, variants
from syndicator.store.issues.issues import IssueStatus
from syndicator.store.upkeep import flags

logger = log.get("issues")

MOST_MISSED = 8
"""Slots made up for after the program stood still; older ones are nobody's business any more."""

ROLLS_OVER = 4
"""How many windows back a post still is news that no issue told."""

COMMITTED_LATE = timedelta(hours=1)
"""A post stored while its window closed may be seen only after the issue was made: the next issue
looks back so far for what none has carried."""

MADE = "made"
"""What happens to an issue once: it is frozen."""

NOTHING_NEW = "nothing_new"


def due_slots(editorial: Editorial) -> tuple[Slot, ...]:
    """Return the slots that have no issue though their cut-off passed since we first ran, oldest
    first within each digest.

    What closed before is none of ours: a new installation does not mail the backlog.
    """
    since = _first_start(editorial)
    return tuple(
        slot
        for plan in editorial.settings.digests
        for slot in _slots_without_issue(editorial, plan, since=since)
    )


def _first_start(editorial: Editorial) -> datetime:
    """Return when we first ran; only the first time that takes a writer's turn."""
    with editorial.database.read() as tx:
        started = flags.first_started(tx)
    if started is not None:
        return started
    with editorial.database.write() as tx:
        return flags.first_start(tx, now=editorial.now())


def _slots_without_issue(
    editorial: Editorial, plan: DigestPlan, *, since: datetime
) -> Sequence[Slot]:
    slots = closed_between(since, editorial.now(), rhythm=plan.rhythm, most=MOST_MISSED)
    if not slots:
        return ()
    with editorial.database.read() as tx:
        periods = issues.periods(tx, plan.cadence, since=slots[0].opens)
    return [slot for slot in slots if slot.period not in periods]


def compose(editorial: Editorial, slot: Slot) -> Issue:
    """Freeze the issue of a slot; the same slot again is the same issue.

    An issue with nothing to tell is EMPTY, and that is the end of it (E9). Read and frozen in one
    transaction: a post that is taken down meanwhile is either not read, or found in the issue.
    """
    with editorial.database.write(durable=True) as tx:
        dirty_channels.lock_entries(tx)
        frozen = issues.create(tx, _drafted(tx, slot, settings=editorial.settings))
        detail = None if frozen.posts else NOTHING_NEW
        if transitions.once(tx, frozen.id, MADE, version=1, now=editorial.now(), detail=detail):
            name = f"{slot.cadence}/{slot.period}"
            posts = len(frozen.posts)
            tx.after_commit(partial(logger.info, "issue made", issue=name, posts=posts))
    return frozen


def draft(editorial: Editorial, slot: Slot) -> Draft:
    """Return the issue of a slot as it would be frozen now: for who only looks."""
    with editorial.database.read() as tx:
        return _drafted(tx, slot, settings=editorial.settings)


def _drafted(tx: Tx, slot: Slot, *, settings: Settings) -> Draft:
    rolls_from = slot.opens - ROLLS_OVER * (slot.closes - slot.opens)
    # When the digest's day moved, the window before may have closed long before ours opens.
    closed = issues.last_window(tx, slot.cadence, before=slot.closes) or slot.opens
    posts = issues.eligible(
        tx,
        opens=min(slot.opens, max(closed, rolls_from)) - COMMITTED_LATE,
        closes=slot.closes,
        cadence=slot.cadence,
        kinds=settings.combined.kinds,
        rolls_from=rolls_from,
    )
    return drafted(posts, slot=slot)


def assign_variants(tx: Tx, issue: IssueStatus, *, settings: Settings) -> None:
    """Store what the issue has for each selection; who gets it is planned by ``deliver``."""
    frozen = issues.get(tx, issue.id)
    assert frozen is not None
    selections = variants.selections(tx, issue.cadence)
    variants.assign(tx, issue.id, variants_of(frozen, selections, names=names_of(settings)))
