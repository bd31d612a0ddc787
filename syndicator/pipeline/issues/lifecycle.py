"""The life of an issue, from its cut-off to the moment its mails may leave.

    slot | eligible | issue | freeze             at the cut-off, once whatever happens at once
    issue | preflight | review letters           once a version
    approved > sending                           at the slot; or by itself, if a person said so
    waiting  > a letter, once > skipped          48 h after the slot; its posts roll over

Every step looks in the tables what is left to do: killed anywhere it goes on, run by two at once
one of them does it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from syndicator import log
from syndicator.config import DigestPlan, Settings
from syndicator.digest.calendar import Slot, closed_between
from syndicator.digest.compose import issue as composed
from syndicator.digest.variants import variants as variants_of
from syndicator.errors import StoreUnavailable
from syndicator.model import EmailKind, Finding, Issue, IssueState, Selection, Variant
from syndicator.pipeline.issues.digests import has_digest, names
from syndicator.pipeline.issues.send_window import open_since, opens, window_of
from syndicator.pipeline.world import World
from syndicator.store.db.database import Tx
from syndicator.store.feeds import dirty_channels
from syndicator.store.issues import issues, transitions, variants
from syndicator.store.issues.issues import Standing
from syndicator.store.upkeep import flags

logger = log.get("issues")

MOST_MISSED = 8
"""Slots made up for after the program stood still; older ones are nobody's business any more."""

ROLLS_OVER = 4
"""How many windows back a post still is news that no issue told."""

FIRST_HOUR = timedelta(hours=1)
"""An issue whose time runs out while no mail may leave has so much of the next opening."""

COMMITTED_LATE = timedelta(hours=1)
"""A post stored while its window closed may be seen only after the issue was made: the next issue
looks back so far for what none has carried."""

OPEN = (IssueState.WAITING, IssueState.APPROVED, IssueState.PAUSED)

BY_ITSELF = "sends_by_itself"
"""Who approved an issue that nobody looked at."""

NOTHING_NEW = "nothing_new"
NOT_APPROVED, NOT_SENT, MISSED = "not_approved", "not_sent", "missed"
"""Why an issue was skipped: nobody said yes, something kept it from leaving, or nobody was here."""

MADE, REVIEW, WAITS, REFUSED = "made", "review", "waiting", "refused"
"""What happens to an issue once."""

UNFIT = "unfit"
"""When this version was shown, preflight refused one of its variants."""


def advance(world: World) -> tuple[int, ...]:
    """Take every issue as far as the clock and its editors let it; return the ids being sent.

    What is under way goes first, and what was missed is made oldest first: what an issue gives up
    must be free when the next one is made.
    """
    with world.database.read() as tx:
        found = issues.standings(tx, states=OPEN)
    for standing in reversed(found):
        _alone(standing.name, partial(_step, world, standing))
    for slot in due_slots(world):
        _alone(f"{slot.cadence}/{slot.period}", partial(_begin, world, slot))
    with world.database.read() as tx:
        sending = issues.standings(tx, states=(IssueState.SENDING,))
    return tuple(standing.id for standing in sending)


def _alone(name: str, work: Callable[[], None]) -> None:
    """Let what is wrong with one issue keep no other from its editors or its time.

    The next tick tries it again; one that nobody could see within an hour alarms the operator.
    """
    try:
        work()
    except StoreUnavailable:
        raise
    except Exception:
        logger.exception("issue not advanced", issue=name)


def _begin(world: World, slot: Slot) -> None:
    made = compose(world, slot)
    assert made.id is not None
    with world.database.read() as tx:
        fresh = issues.standing(tx, made.id)
    if fresh is not None and fresh.state in OPEN:
        _step(world, fresh)


def anything_due(world: World) -> bool:
    """Return True if ``advance`` may find something to do."""
    with world.database.read() as tx:
        if issues.standings(tx, states=OPEN, limit=1):
            return True
    return bool(due_slots(world))


def due_slots(world: World) -> tuple[Slot, ...]:
    """Return the slots that have no issue though their cut-off passed since we first ran, oldest
    first within each digest.

    What closed before is none of ours: a new installation does not mail the backlog.
    """
    since = _first_start(world)
    return tuple(
        slot for plan in world.settings.digests for slot in _without_issue(world, plan, since=since)
    )


def _first_start(world: World) -> datetime:
    """Return when we first ran; only the first time that takes a writer's turn."""
    with world.database.read() as tx:
        known = flags.first_started(tx)
    if known is not None:
        return known
    with world.database.write() as tx:
        return flags.first_start(tx, now=world.now())


def _without_issue(world: World, plan: DigestPlan, *, since: datetime) -> Sequence[Slot]:
    slots = closed_between(
        since,
        world.now(),
        rhythm=plan.rhythm,
        most=MOST_MISSED,
    )
    if not slots:
        return ()
    with world.database.read() as tx:
        known = issues.periods(tx, plan.cadence, since=slots[0].opens)
    return [slot for slot in slots if slot.period not in known]


def compose(world: World, slot: Slot) -> Issue:
    """Freeze the issue of a slot; the same slot again is the same issue.

    An issue with nothing to tell is EMPTY, and that is the end of it (E9). Read and frozen in one
    transaction: a post that is taken down meanwhile is either not read, or found in the issue.
    """
    with world.database.write(durable=True) as tx:
        dirty_channels.alone(tx)
        frozen = issues.create(tx, _drafted(tx, slot, settings=world.settings))
        assert frozen.id is not None
        detail = None if frozen.posts else NOTHING_NEW
        if transitions.once(tx, frozen.id, MADE, version=1, now=world.now(), detail=detail):
            name = f"{slot.cadence}/{slot.period}"
            logger.info("issue made", issue=name, posts=len(frozen.posts))
    return frozen


def draft(world: World, slot: Slot) -> Issue:
    """Return the issue of a slot as it would be frozen now."""
    with world.database.read() as tx:
        return _drafted(tx, slot, settings=world.settings)


def _drafted(tx: Tx, slot: Slot, *, settings: Settings) -> Issue:
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
    return composed(posts, slot=slot)


def _step(world: World, issue: Standing) -> None:
    now = world.now()
    if now > _last_moment(world, issue):
        _skip(world, issue)
    elif not has_digest(world.settings, issue.cadence):
        # Taken out of the configuration: nobody knows any more under which name it would go.
        return
    elif issue.state is IssueState.WAITING:
        _let_see(world, issue)
        if now >= issue.send_at:
            _unapproved(world, issue)
    elif issue.state is IssueState.APPROVED and now >= issue.send_at:
        _start(world, issue)


def _last_moment(world: World, issue: Standing) -> datetime:
    """Return until when an issue may begin to be sent (E12).

    The hours in which nothing leaves must not be what makes an issue too late.
    """
    ends = issue.send_at + world.settings.mail.late
    goes_on = opens(window_of(world.settings), ends)
    return ends if goes_on == ends else goes_on + FIRST_HOUR


def _skip(world: World, issue: Standing) -> None:
    with world.database.write(durable=True) as tx:
        why = _why_skipped(tx, issue)
        if transitions.skip(tx, issue.id, why=why, now=world.now()):
            world.desk.tell(tx, EmailKind.SKIPPED, issue)
            logger.warning("issue skipped", issue=issue.name, reason=why)


def _why_skipped(tx: Tx, issue: Standing) -> str:
    if issue.state is not IssueState.WAITING:
        return NOT_SENT
    seen = transitions.happened(tx, issue.id, REVIEW, version=issue.version)
    return NOT_APPROVED if seen else MISSED


def _let_see(world: World, issue: Standing) -> None:
    """Freeze what this version says, check it, and mail it to the editors, once."""
    with world.database.read() as tx:
        if transitions.happened(tx, issue.id, REVIEW, version=issue.version):
            return
        frozen = issues.get(tx, issue.id)
    assert frozen is not None
    found = world.desk.found(frozen, _every_variant(world, frozen))
    report = "; ".join(map(str, found)) or None
    unfit = any(one.refuses for one in found)
    with world.database.write(durable=True) as tx:
        if transitions.once(
            tx, issue.id, REVIEW, version=issue.version, now=world.now(), detail=report
        ):
            world.desk.tell(tx, EmailKind.REVIEW, issue)
            if unfit:
                transitions.note(tx, issue.id, UNFIT, version=issue.version, now=world.now())


def _unapproved(world: World, issue: Standing) -> None:
    """Its time has come and nobody said yes: say so once, or let it go if a person wanted that."""
    if world.settings.mail.sends_by_itself and _goes_by_itself(world, issue):
        _start(world, issue)
        return
    with world.database.write(durable=True) as tx:
        if transitions.once(tx, issue.id, WAITS, version=issue.version, now=world.now(), ever=True):
            world.desk.tell(tx, EmailKind.WAITING, issue)


def _goes_by_itself(world: World, issue: Standing) -> bool:
    """Approve the version unless preflight refuses it; what was refused once waits for a person."""
    with world.database.read() as tx:
        if transitions.happened(tx, issue.id, REFUSED, version=issue.version):
            return False
    refused = _refused(world, issue)
    now = world.now()
    with world.database.write(durable=True) as tx:
        if refused:
            why = "; ".join(refused)
            transitions.once(tx, issue.id, REFUSED, version=issue.version, now=now, detail=why)
            return False
        return transitions.approve(tx, issue.id, version=issue.version, by=BY_ITSELF, now=now)


def _refused(world: World, issue: Standing) -> Sequence[str]:
    with world.database.read() as tx:
        frozen = issues.get(tx, issue.id)
    assert frozen is not None
    return [str(found) for found in refusals(world, frozen)]


def refusals(world: World, issue: Issue) -> tuple[Finding, ...]:
    """Return what forbids to send the issue, found on the real bytes of every variant of it."""
    return _refusing(world.desk.found(issue, _every_variant(world, issue)))


def refusals_at_once(world: World, issue: Issue) -> tuple[Finding, ...]:
    """Return what forbids to send the issue, for somebody who waits at a page.

    A thousand variants take half a minute: they were looked at when the version was shown, and are
    once more before it leaves. Only where one of them was unfit then is each looked at again here;
    else those that tell all of the issue.
    """
    assert issue.id is not None
    with world.database.read() as tx:
        unfit = transitions.happened(tx, issue.id, UNFIT, version=issue.version)
    if unfit:
        return refusals(world, issue)
    return _refusing(world.desk.found(issue, wholes(world.settings, issue).values()))


def _refusing(found: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(one for one in found if one.refuses)


def _every_variant(world: World, issue: Issue) -> Collection[Variant]:
    """Return what every reader of today gets, and what tells all of the issue in each language."""
    with world.database.read() as tx:
        wanted = variants.in_use(tx, issue.cadence)
    given = variants_of(issue, wanted, name_of=names(world.settings)).values()
    return {*wholes(world.settings, issue).values(), *(one for one in given if one is not None)}


def wholes(settings: Settings, issue: Issue) -> Mapping[str, Variant]:
    """Return the variant that tells all of an issue, by the network's languages; empty where it
    has no posts."""
    every = {
        number: Selection(language=language, cadence=issue.cadence)
        for number, language in enumerate(settings.network.languages)
    }
    given = variants_of(issue, every, name_of=names(settings)).values()
    return {one.language: one for one in given if one is not None}


def _start(world: World, issue: Standing) -> None:
    """Let the approved version go, unless its own bytes forbid it or no mail may leave now."""
    if open_since(window_of(world.settings), world.now()) is None:
        return
    with world.database.read() as tx:
        if world.desk.hindrance(tx, issue.cadence) is not None:
            return
    refused = _refused(world, issue)
    with world.database.write(durable=True) as tx:
        if refused:
            why = "; ".join(refused)
            if transitions.unapprove(tx, issue.id, version=issue.version, why=why, now=world.now()):
                world.desk.tell(tx, EmailKind.WAITING, issue)
                logger.error("issue refused by preflight", issue=issue.name, reason=why)
            return
        if not transitions.start(tx, issue.id, version=issue.version, now=world.now()):
            return
        assign_variants(tx, issue, settings=world.settings)
    logger.info("issue is being sent", issue=issue.name)


def assign_variants(tx: Tx, issue: Standing, *, settings: Settings) -> None:
    """Store what the issue has for each selection; who gets it is planned by ``deliver``."""
    frozen = issues.get(tx, issue.id)
    assert frozen is not None
    wanted = variants.selections(tx, issue.cadence)
    given = variants_of(frozen, wanted, name_of=names(settings))
    variants.assign(tx, issue.id, given)
