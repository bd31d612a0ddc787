"""``digest``: look at an issue, let it go, hold it, end it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from syndicator.app import App, issuing, opened
from syndicator.app.desk import plan_of
from syndicator.app.issuing import BY
from syndicator.cli.address import Address
from syndicator.cli.exits import Exit, settings
from syndicator.config import DigestPlan
from syndicator.digest.calendar import last_closed
from syndicator.model import LANGUAGES, Cadence, DeliveryState, Issue, IssueState
from syndicator.pipeline.data_folder import sending
from syndicator.pipeline.issues import failures
from syndicator.pipeline.issues import review as desk
from syndicator.pipeline.issues.digests import has_digest
from syndicator.pipeline.issues.failures import Because, Decided
from syndicator.pipeline.issues.lifecycle import compose, refusals
from syndicator.pipeline.issues.review import Outcome
from syndicator.pipeline.issues.send import deliver
from syndicator.pipeline.issues.send_window import opens, window_of
from syndicator.store.issues import issues, transitions
from syndicator.store.issues.issues import Standing
from syndicator.store.upkeep.journal import FILE_NAME, Journal

_CADENCE = click.Choice([one.value for one in Cadence])
_LANGUAGE = click.Choice(LANGUAGES)
_OPEN = (
    DeliveryState.PENDING,
    DeliveryState.CLAIMED,
    DeliveryState.SENDING,
    DeliveryState.DEFERRED,
)

_WHY = {
    Outcome.OLD: "has a newer version",
    Outcome.REFUSED: "preflight refuses it",
    Outcome.OVER: "has moved on",
}

_UNCHANGED = {
    Because.NOT_DOUBTED: "nobody is asked whether its failures are real",
    Because.NOTHING_SUPPRESSED: "suppressed nobody",
}


@click.group("digest")
def group() -> None:
    """The digest: preview, make, approve, send, stop, pause, resume, cancel, retry, settle,
    confirm, lift, test."""


@group.command()
@click.option("--cadence", type=_CADENCE, default="weekly", show_default=True)
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="The day it goes out, or before.")
@click.option("--lang", type=_LANGUAGE, default="fi", show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="A folder."
)
def preview(cadence: str, at: datetime | None, lang: str, out: Path) -> None:
    """Write an issue as .html, .txt and .eml: as frozen, else as it would be now."""
    with opened(settings()) as app:
        plan = _plan(app, cadence)
        day = at.date() if at else issuing.local_day(app.settings, app.world.now())
        issue = issuing.previewed(app, issuing.slot_from(plan, day))
        if not issue.posts:
            click.echo(f"{issue.cadence}/{issue.period}: nothing to tell")
            sys.exit(Exit.IN_PART)
        try:
            written = issuing.write_preview(app, issue, language=lang, out=out)
        except LookupError as error:
            raise click.ClickException(str(error)) from error
        for path in written:
            click.echo(str(path))


@group.command()
@click.option("--cadence", type=_CADENCE, default="weekly", show_default=True)
def make(cadence: str) -> None:
    """Freeze the issue whose cut-off passed last, if it does not exist yet."""
    with opened(settings()) as app:
        made = compose(app.world, last_closed(app.world.now(), rhythm=_plan(app, cadence).rhythm))
        click.echo(
            f"{made.id}: {made.cadence}/{made.period}: {made.state}, {len(made.posts)} posts"
        )


@group.command()
@click.argument("issue")
def approve(issue: str) -> None:
    """Let ISSUE (an id, or weekly/2026-W47) go at its time."""
    with opened(settings()) as app:
        found = _issue(app, issue)
        _require_digest(app, found)
        outcome = desk.approve(app.world, found.id, version=found.version, by=BY)
        if outcome is Outcome.REFUSED:
            for one in refusals(app.world, _whole(app, found)):
                click.echo(f"  {one}")
    _end(found, was=outcome is Outcome.DONE, done="approved", not_done=_WHY.get(outcome, outcome))


@group.command()
@click.argument("issue")
def send(issue: str) -> None:
    """Send an approved ISSUE now, without waiting for its time, until nothing is open."""
    with opened(settings()) as app:
        found = _issue(app, issue)
        _require_digest(app, found)
        with app.database.read() as tx:
            why = app.world.desk.hindrance(tx, found.cadence)
        if app.world.post is None:
            raise issuing.no_relay()
        if why is not None:
            raise click.ClickException(f"no mail may leave: {why}")
        _require_hours(app)
        _require_fit(app, found)
        if not issuing.begin(app, found) and not _sending(app, found):
            _end(found, was=False, done="", not_done="is not approved")
        with sending(app.settings.deployment.data_dir):
            tally = deliver(app.world, found.id, app.world.post(found.cadence)).tally
        standing = issuing.named(app, found.name)
    for state, number in tally.items():
        if number:
            click.echo(f"{number} {state}")
    if standing is not None and standing.doubted_at is not None:
        click.echo(
            "So many failed that the relay may be at fault. Say whether the failures are real: "
            f"`syndicator digest confirm {found.name}`, or `digest lift {found.name}` if not."
        )
    if standing is not None and standing.state is IssueState.PAUSED:
        click.echo(f"{found.name} is paused; `syndicator issues show {found.name}` says why.")
    elif any(tally[state] for state in _OPEN):
        click.echo("Not all of it has left: `syndicator run` goes on, or say this again later.")
    unsent = (*_OPEN, DeliveryState.FAILED, DeliveryState.UNCERTAIN)
    sys.exit(Exit.IN_PART if any(tally[state] for state in unsent) else Exit.DONE)


@group.command()
@click.argument("issue")
def stop(issue: str) -> None:
    """Say no to ISSUE: it is not sent, and its posts roll over."""
    with opened(settings()) as app:
        found = _issue(app, issue)
        outcome = desk.stop(app.world, found.id, version=found.version, by=BY)
    _end(found, was=outcome is Outcome.DONE, done="stopped", not_done=_WHY.get(outcome, outcome))


@group.command()
@click.argument("issue", required=False)
@click.option("--all", "every", is_flag=True, help="All newsletters of this installation.")
def pause(issue: str | None, every: bool) -> None:
    """Let nothing more of ISSUE leave until it is resumed."""
    if _every(issue, every=every):
        with opened(settings()) as app:
            issuing.hold_all(app)
        click.echo(
            "No newsletter leaves now; letters that people ask for still do. "
            "Go on with `syndicator digest resume --all`."
        )
        return
    _move(issue, transitions.pause, done="paused", not_done="is past, or paused already")


@group.command()
@click.argument("issue", required=False)
@click.option("--all", "every", is_flag=True, help="All newsletters, also after a restore.")
def resume(issue: str | None, every: bool) -> None:
    """Let a paused ISSUE go on where it was."""
    if _every(issue, every=every):
        with opened(settings()) as app:
            was = issuing.let_all_go(app)
        click.echo("Newsletters leave again." if was else "Nothing held them back.")
        return
    _move(issue, transitions.resume, done="resumed", not_done="is not paused")


@group.command()
@click.argument("issue")
@click.confirmation_option(prompt="What was not sent yet never will be. Go on?")
def cancel(issue: str) -> None:
    """End ISSUE for good, also in the middle of its send."""
    _move(issue, transitions.cancel, done="cancelled", not_done="has ended")


@group.command()
@click.argument("issue")
def retry(issue: str) -> None:
    """Offer ISSUE again to those it failed for, or of whom it is uncertain whether they have it.

    It goes with the next tick of `run`, or with `digest send`; under the Message-ID it had.
    """
    with opened(settings()) as app:
        found = _issue(app, issue)
        _require_digest(app, found)
        number = issuing.retry(app, found)
    if number is None:
        _end(found, was=False, done="", not_done="was never sent, or is cancelled")
    _end(found, was=bool(number), done=f"{number} are open again", not_done="failed for nobody")


@group.command()
@click.argument("issue")
def settle(issue: str) -> None:
    """Give up on what is held of ISSUE: it counts as failed, and nobody gets it twice."""
    with opened(settings()) as app:
        found = _issue(app, issue)
        number = issuing.give_up(app, found)
    _end(found, was=number > 0, done=f"{number} given up", not_done="holds nothing")


@group.command()
@click.argument("issue")
def confirm(issue: str) -> None:
    """Say that the failures of ISSUE are real: addresses called unknown are suppressed."""
    _decide(issue, failures.confirm, done="addresses are suppressed")


@group.command()
@click.argument("issue")
def lift(issue: str) -> None:
    """Hold no failure of ISSUE against anybody: what it suppressed may be mailed again.

    Those it failed for get it with `digest retry`.
    """
    _decide(issue, failures.lift, done="addresses bear nothing of it any more")


@group.command()
@click.argument("address", type=Address())
@click.option("--issue", help="An id or a name; the newest one if left out.")
@click.option("--lang", type=_LANGUAGE, default="fi", show_default=True)
def test(address: str, issue: str | None, lang: str) -> None:
    """Mail an issue to ADDRESS at once, outside every record."""
    with opened(settings()) as app:
        found = _issue(app, issue) if issue else _newest(app)
        _require_digest(app, found)
        try:
            issuing.send_sample(app, _whole(app, found), language=lang, address=address)
        except LookupError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"{found.name} ({lang}) was handed to the relay for {address}.")


def _require_fit(app: App, found: Standing) -> None:
    """End the command if preflight refuses what was approved, as it does at an issue's time."""
    if found.state is IssueState.APPROVED:
        refused = refusals(app.world, _whole(app, found))
        for one in refused:
            click.echo(f"  {one}")
        if refused:
            _end(found, was=False, done="", not_done=_WHY[Outcome.REFUSED])


def _plan(app: App, cadence: str) -> DigestPlan:
    try:
        return plan_of(app.settings, Cadence(cadence))
    except LookupError as error:
        raise click.BadParameter(str(error), param_hint="--cadence") from error


def _issue(app: App, name: str) -> Standing:
    found = issuing.named(app, name)
    if found is None:
        raise click.BadParameter(f"no such issue: {name}; see `syndicator issues list`")
    return found


def _whole(app: App, found: Standing) -> Issue:
    with app.database.read() as tx:
        whole = issues.get(tx, found.id)
    assert whole is not None, "an issue is never deleted"
    return whole


def _newest(app: App) -> Standing:
    with app.database.read() as tx:
        found = issues.standings(tx, limit=1)
    if not found:
        raise click.ClickException("there is no issue yet; see `syndicator digest make`")
    return found[0]


def _sending(app: App, issue: Standing) -> bool:
    with app.database.read() as tx:
        return issue.id in transitions.under_delivery(tx)


def _require_hours(app: App) -> None:
    now = app.world.now()
    goes_on = opens(window_of(app.settings), now)
    if goes_on > now:
        local = goes_on.astimezone(app.settings.network.zone)
        raise click.ClickException(
            f"newsletters leave between {app.settings.mail.send_between} only (send_between); "
            f"an approved one leaves by itself from {local:%H:%M} on"
        )


def _require_digest(app: App, issue: Standing) -> None:
    if not has_digest(app.settings, issue.cadence):
        raise click.ClickException(
            f"{issue.name}: no digest of the configuration is {issue.cadence} any more; put it "
            f"back, or end the issue with `syndicator digest cancel {issue.id}`"
        )


def _every(issue: str | None, *, every: bool) -> bool:
    if every == (issue is not None):
        raise click.UsageError("Name an issue, or all of them with --all.")
    return every


def _move(issue: str | None, move: Callable[..., bool], *, done: str, not_done: str) -> None:
    assert issue is not None
    with opened(settings()) as app:
        found = _issue(app, issue)
        with app.database.write(durable=True) as tx:
            moved = move(tx, found.id, by=BY, now=app.world.now())
    _end(found, was=moved, done=done, not_done=not_done)


def _decide(issue: str, word: Callable[..., Decided], *, done: str) -> None:
    with opened(settings()) as app:
        found = _issue(app, issue)
        journal = Journal(app.settings.deployment.data_dir / FILE_NAME)
        decided = word(app.database, journal, found.id, by=BY, now=app.world.now())
    not_done = "" if decided.because is None else _UNCHANGED[decided.because]
    _end(found, was=not not_done, done=f"{decided.addresses} {done}", not_done=not_done)


def _end(issue: Standing, *, was: bool, done: str, not_done: str) -> None:
    click.echo(f"{issue.name}: {done if was else not_done}")
    sys.exit(Exit.DONE if was else Exit.IN_PART)
