"""Issues by hand: the same moves as the desk's, from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from syndicator.app.desk import plan_of, sample_way_out
from syndicator.app.parts import App
from syndicator.config import DigestPlan, Settings
from syndicator.deliver.email.message import message
from syndicator.digest.calendar import Slot, slots_from
from syndicator.errors import ConfigError, Problem
from syndicator.model import Cadence, Delivery, Issue, IssueState, Variant
from syndicator.pipeline.issues.issue_mails import IssueMails
from syndicator.pipeline.issues.lifecycle import assign_variants, draft, wholes
from syndicator.store.issues import issues, outbox, transitions
from syndicator.store.issues.issues import Standing
from syndicator.store.upkeep import flags

HELD = "all mail paused"
"""Why a send was paused that goes on when all mail does."""

BY = "command line"
"""Who acts, as the issue's record names it."""


def named(app: App, name: str) -> Standing | None:
    """Return the issue of a name: its id, or ``weekly/2026-W47``."""
    with app.database.read() as tx:
        if name.isascii() and name.isdigit():
            return issues.standing(tx, int(name))
        cadence, _, period = name.partition("/")
        if cadence not in tuple(Cadence):
            return None
        found = issues.find(tx, Cadence(cadence), period)
        return None if found is None or found.id is None else issues.standing(tx, found.id)


def local_day(settings: Settings, moment: datetime) -> date:
    """Return which day it is where the network is: at midnight another than in UTC."""
    return moment.astimezone(settings.network.zone).date()


def slot_from(plan: DigestPlan, day: date) -> Slot:
    """Return the first slot of a digest that goes out on the local ``day`` or later."""
    return next(slots_from(day, rhythm=plan.rhythm))


def previewed(app: App, found: Slot) -> Issue:
    """Return the issue of a slot: as frozen, or else as it would be now. Nothing is stored."""
    with app.database.read() as tx:
        frozen = issues.find(tx, found.cadence, found.period)
    return frozen or draft(app.world, found)


def write_preview(app: App, issue: Issue, *, language: str, out: Path) -> Sequence[Path]:
    """Write the issue as .html, .txt and .eml into ``out``; return what was written.

    Raises:
        LookupError: it has no posts, so there is nothing to write.
    """
    variant = _whole(app, issue, language)
    mail = app.world.desk.sample(issue, variant)
    raw = sample_message(app, issue, variant, address=app.settings.network.contact_email)
    out.mkdir(parents=True, exist_ok=True)
    stem = f"{issue.cadence}-{issue.period}-{language}"
    written = []
    for ending, content in (
        ("html", mail.html.encode()),
        ("txt", mail.text.encode()),
        ("eml", raw),
    ):
        path = out / f"{stem}.{ending}"
        path.write_bytes(content)
        written.append(path)
    return written


def sample_message(app: App, issue: Issue, variant: Variant, *, address: str) -> bytes:
    """Return a variant addressed to somebody who may be no subscriber; its way out is a sample's,
    and no delivery has its Message-ID."""
    mails = IssueMails.of(app.settings, plan_of(app.settings, issue.cadence), app.database)
    anyone = Delivery(
        id=0,
        issue=issue.id or 0,
        variant=0,
        reader=str(UUID(int=0)),
        address=address,
        address_hash="",
        language=variant.language,
    )
    now = app.world.now()
    template = mails.template(issue, variant)
    return message(template, delivery=anyone, token=sample_way_out(issue), date=now)


def send_sample(app: App, issue: Issue, *, language: str, address: str) -> None:
    """Mail the issue to one address at once, outside every record.

    Raises:
        LookupError: it has no posts.
        DeliveryFailed: the relay did not take it.
        ConfigError: no relay is configured.
    """
    plan = plan_of(app.settings, issue.cadence)
    raw = sample_message(app, issue, _whole(app, issue, language), address=address)
    if app.world.post is None:
        raise no_relay()
    with app.world.post(issue.cadence).connect() as relay:
        relay.send(raw, sender=plan.sender, recipient=address)


def begin(app: App, issue: Standing) -> bool:
    """Let an approved issue leave now, whatever its time; False if it is not approved."""
    with app.database.write(durable=True) as tx:
        if not transitions.start(tx, issue.id, version=issue.version, now=app.world.now()):
            return False
        assign_variants(tx, issue, settings=app.settings)
    return True


def retry(app: App, issue: Standing) -> int | None:
    """Offer again what failed or is uncertain of an issue that was or is being sent; how many.

    ``None``, and nothing changes, where none of it ever left or the rest was cancelled. Killed in
    between, it may be said again.
    """
    if IssueState.SENDING not in (issue.state, issue.resumes) and issue.state != IssueState.SENT:
        return None
    opened, some = 0, 1
    while some:
        with app.database.write() as tx:
            some = outbox.retry_failed(tx, issue.id)
        opened += some
    if opened:
        with app.database.write(durable=True) as tx:
            transitions.reopen(tx, issue.id, by=BY, now=app.world.now())
    return opened


def give_up(app: App, issue: Standing) -> int:
    """Call what is uncertain failed, so that nothing of the issue is held; return how many."""
    settled = 0
    while True:
        with app.database.write() as tx:
            some = outbox.give_up(tx, issue.id)
        if not some:
            return settled
        settled += some


def hold_all(app: App) -> None:
    """Let no newsletter leave: nothing starts, and what is being sent pauses."""
    with app.database.write(durable=True) as tx:
        flags.withhold(tx, HELD)
        for issue in issues.standings(tx, states=(IssueState.SENDING,)):
            transitions.pause(tx, issue.id, by=BY, now=app.world.now(), why=HELD)


def let_all_go(app: App) -> bool:
    """Let newsletters leave again, and what was paused with all others go on; False if nothing
    held them."""
    with app.database.write(durable=True) as tx:
        was = flags.let_go(tx)
        for issue in issues.standings(tx, states=(IssueState.PAUSED,)):
            last = transitions.acts(tx, issue.id)[-1]
            if (last.event, last.detail) == ("paused", HELD):
                transitions.resume(tx, issue.id, by=BY, now=app.world.now())
    return was


def no_relay() -> ConfigError:
    """Return what is said where mail is to leave and no relay is configured."""
    problem = Problem(
        file="the environment",
        key="SYNDICATOR_SMTP_URL",
        fact="is not set, and mail needs a relay",
        example="SYNDICATOR_SMTP_URL=smtp://relay.example.org:25",
    )
    return ConfigError((problem,))


def _whole(app: App, issue: Issue, language: str) -> Variant:
    found = wholes(app.settings, issue).get(language)
    if found is None:
        raise LookupError(f"{issue.cadence}/{issue.period}: nothing to tell in {language}")
    return found
