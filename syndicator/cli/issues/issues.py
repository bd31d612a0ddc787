"""``issues``: what there was and will be, who got it, who did not, and why."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator

import click

from syndicator.app import opened
from syndicator.cli.exits import settings
from syndicator.deliver.mass import is_high
from syndicator.model import DeliveryState
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.review import review
from syndicator.store.db.database import Database, Tx
from syndicator.store.issues import failures, issues, outbox, transitions
from syndicator.store.issues.issues import IssueStatus
from syndicator.store.issues.outbox import Account
from syndicator.subscribe.import_csv import cell

COLUMNS = ("address", "domain", "language", "state", "attempts", "code", "detail", "at")


@click.group("issues")
def group() -> None:
    """The issues: list, show."""


@group.command("list")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(min=1))
def list_(limit: int) -> None:
    """List issues, newest first."""
    with opened(settings()) as app, app.database.read() as tx:
        newest = issues.statuses(tx, limit=limit)
        zone = app.settings.network.zone
        if not newest:
            click.echo("No issues yet.", err=True)
        for issue in newest:
            local = issue.send_at.astimezone(zone)
            why = f"  ({issue.detail})" if issue.detail else _failing(tx, issue)
            click.echo(
                f"{issue.id:>5} {issue.name:<17} {issue.state:<9} v{issue.version} "
                f"{local:%Y-%m-%d %H:%M}{why}"
            )


@group.command()
@click.argument("issue")
@click.option("--csv", "as_csv", is_flag=True, help="One line a reader, with addresses.")
def show(issue: str, as_csv: bool) -> None:
    """Say who got ISSUE (an id, or weekly/2026-W47), who did not, and why."""
    with opened(settings()) as app:
        with app.database.read() as tx:
            status = issues.status_named(tx, issue)
        if status is None:
            raise click.BadParameter(f"no such issue: {issue}; see `syndicator issues list`")
        if as_csv:
            _write(app.database, status)
            return
        for line in _lines(app.editorial, status):
            click.echo(line)


def _failing(tx: Tx, issue: IssueStatus) -> str:
    """Return what is to be said beside the state of an issue of which many failed."""
    counted = failures.count(tx, issue.id)
    if not is_high(counted.failed, of=counted.of):
        return ""
    return f"  ({counted.failed} of {counted.of} failed)"


def _write(database: Database, issue: IssueStatus) -> None:
    table = csv.writer(sys.stdout)
    table.writerow(COLUMNS)
    for account in _accounts(database, issue):
        values = (getattr(account, name) for name in COLUMNS)
        table.writerow(["" if value is None else cell(str(value)) for value in values])


def _accounts(database: Database, issue: IssueStatus) -> Iterator[Account]:
    """Yield every delivery, a page in a transaction: a long one would hold a writer up."""
    after = ""
    while True:
        with database.read() as tx:
            page = outbox.accounts(tx, issue.id, after=after)
        if not page:
            return
        yield from page
        after = page[-1].key


def _lines(editorial: Editorial, issue: IssueStatus) -> Iterator[str]:
    reviewed = review(editorial, issue.id)
    assert reviewed is not None
    with editorial.database.read() as tx:
        why = f"  ({issue.detail})" if issue.detail else _failing(tx, issue)
    yield f"{issue.name}: {issue.state}{why.replace('  ', ' ')}, version {issue.version}"
    if reviewed.rests_until is not None:
        local = reviewed.rests_until.astimezone(editorial.settings.network.zone)
        yield f"rests outside the hours of mail, goes on {local:%Y-%m-%d} at {local:%H:%M}"
    number = len(reviewed.issue.posts)
    would = f"; would go to {reviewed.readers} readers at this moment"
    yield f"{number} posts{would if reviewed.open else ''}"
    for finding in reviewed.findings:
        yield f"! {finding}"
    with editorial.database.read() as tx:
        tally = outbox.tally(tx, issue.id)
        for state in DeliveryState:
            if tally[state]:
                yield f"{tally[state]:>7} {state}"
                for reason, number in outbox.reasons(tx, issue.id, state).items():
                    if reason:
                        yield f"        {number} {reason}"
        for act in transitions.acts(tx, issue.id):
            detail = f": {act.detail}" if act.detail else ""
            by = f" by {act.by}" if act.by else ""
            yield f"{act.at:%Y-%m-%d %H:%M} UTC v{act.version} {act.event}{by}{detail}"
