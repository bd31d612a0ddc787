"""``subscribers``: who gets the digest, brought in from a file, shown, erased, kept out.

What it prints holds addresses, since that is what was asked for; logs never do.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import TextIO

import click

from syndicator.app import opened
from syndicator.cli.address import Address
from syndicator.cli.exits import Exit, settings
from syndicator.config import Settings
from syndicator.model import SubscriberState, SuppressedBecause
from syndicator.pipeline.people import leave
from syndicator.pipeline.people.erase import erase_address
from syndicator.pipeline.people.export import export_address
from syndicator.pipeline.people.import_subscribers import (
    ImportCounts,
    export_rows,
    import_subscribers,
)
from syndicator.pipeline.people.subscriptions import Subscriptions
from syndicator.pipeline.upkeep.retention import retain
from syndicator.store.db.database import Tx
from syndicator.store.people import subscriber_lists
from syndicator.subscribe import import_csv
from syndicator.subscribe.import_csv import Fault, ImportRow, Offered


@click.group("subscribers")
def group() -> None:
    """Who gets the digest: list, show, import, export, erase, suppress, lift, forget."""


@group.command("list")
@click.option("--state", type=click.Choice([state.value for state in SubscriberState]))
@click.option("--count", is_flag=True, help="Only how many, without addresses.")
def list_(state: str | None, count: bool) -> None:
    """List subscribers with what they want, oldest first; whom no mail may reach is marked."""
    states = (SubscriberState(state),) if state else tuple(SubscriberState)
    with opened(settings()) as app, app.database.read() as tx:
        if not count:
            _print(tx, states)
        counts = subscriber_lists.count_by_selection(tx)
    shown = sorted((key, number) for key, number in counts.items() if key[0] in states)
    for (status, cadence, language), number in shown:
        click.echo(f"{number} {status} {cadence} {language}")
    if not shown:
        click.echo(f"No {state} subscribers." if state else "No subscribers yet.", err=True)


def _print(tx: Tx, states: Collection[SubscriberState]) -> None:
    for page in subscriber_lists.pages(tx, states=states):
        never = subscriber_lists.suppressed(tx, {subscriber.address_hash for subscriber in page})
        for subscriber in page:
            mark = "  suppressed" if subscriber.address_hash in never else ""
            words = f"{subscriber.selection.words:<24} {subscriber.address}"
            click.echo(f"{subscriber.state:<8} {words}{mark}")


@group.command()
@click.argument("address", type=Address())
def show(address: str) -> None:
    """Print everything held about ADDRESS as JSON: row, consent ledger, letters, deliveries."""
    with opened(settings()) as app:
        held = export_address(app.subscriptions, address)
    if held is None:
        _nothing("Nothing is held about this address.")
    click.echo(json.dumps(held, ensure_ascii=False, indent=1))


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", "dry", is_flag=True, help="Check and count; change nothing.")
def import_(file: Path, dry: bool) -> None:
    """Take subscribers from a CSV FILE with evidence of consent in each row.

    If any row is wrong, every fault is listed with its line and nobody is taken.
    """
    with opened(settings()) as app:
        offered = _offered(app.settings)
        number = _checked(file, offered, now=app.now())
        counts = _import(app.subscriptions, file, offered, number=number, dry=dry)
    would = "would be " if dry else ""
    click.echo(
        f"{counts.taken} {would}taken. Not taken: {counts.existing} are here already, "
        f"{counts.gone} left or were erased, {counts.suppressed} are suppressed."
    )


def _checked(file: Path, offered: Offered, *, now: datetime) -> int:
    """Return how many rows the file holds; end the command if anything in it is wrong."""
    number, faults = 0, 0
    with _opened(file) as lines:
        for row in _read(lines, offered, now=now):
            if isinstance(row, Fault):
                faults += 1
                click.echo(f"{file}: {row}", err=True)
            else:
                number += 1
    if faults:
        click.echo(f"{faults} faults. Nobody was taken.", err=True)
        sys.exit(Exit.WRONG)
    return number


def _import(
    subscriptions: Subscriptions, file: Path, offered: Offered, *, number: int, dry: bool
) -> ImportCounts:
    whole = ImportCounts()
    with (
        _opened(file) as lines,
        click.progressbar(
            length=number,
            label="Checking" if dry else "Taking",
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
        ) as bar,
    ):
        now = subscriptions.now()
        rows = (row for row in _read(lines, offered, now=now) if isinstance(row, ImportRow))
        for counts in import_subscribers(subscriptions, rows, dry=dry):
            whole += counts
            bar.update(counts.whole)
    return whole


def _opened(file: Path) -> TextIO:
    return file.open(encoding="utf-8-sig", newline="", errors="strict")


def _offered(settings: Settings) -> Offered:
    return Offered(
        languages=frozenset(settings.network.languages),
        cadences=frozenset(plan.cadence.value for plan in settings.digests),
        cities=frozenset(city.slug for city in settings.cities),
        topics=frozenset(topic.slug for topic in settings.topics),
    )


def _read(lines: TextIO, offered: Offered, *, now: datetime) -> Iterator[ImportRow | Fault]:
    try:
        yield from import_csv.read(lines, offered=offered, now=now)
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"{lines.name}: is not in UTF-8; save it again as CSV UTF-8"
        ) from error


@group.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Into this file.")
def export(out: Path | None) -> None:
    """Write every active subscriber as CSV, in the form that import reads."""
    with opened(settings()) as app:
        if out is None:
            _write(app.subscriptions, sys.stdout)
            return
        # Nobody but its owner needs to read who our readers are.
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            number = _write(app.subscriptions, file)
    click.echo(f"{out}: {number} subscribers.")


def _write(subscriptions: Subscriptions, file: TextIO) -> int:
    table = csv.DictWriter(file, fieldnames=import_csv.COLUMNS, lineterminator="\n")
    table.writeheader()
    number = 0
    for row in export_rows(subscriptions):
        table.writerow({name: import_csv.cell(text) for name, text in row.items()})
        number += 1
    return number


@group.command()
@click.argument("address", type=Address())
@click.confirmation_option(prompt="Everything about this address is deleted for good. Go on?")
def erase(address: str) -> None:
    """Delete all about ADDRESS but its hash: the ledger is kept as long as evidence must be."""
    with opened(settings()) as app:
        done = erase_address(app.subscriptions, address)
    if not done:
        _nothing("Nothing is held about this address.")
    click.echo("Erased.")


@group.command()
@click.argument("address", type=Address())
@click.option("--why", help="A note for whoever asks later; no address in it, please.")
def suppress(address: str, why: str | None) -> None:
    """Never mail ADDRESS again, whoever asks for it."""
    with opened(settings()) as app:
        subscriptions, reason = app.subscriptions, SuppressedBecause.BY_EDITOR
        address_hash = subscriptions.hash_of(address)
        done = leave.suppress(subscriptions, address_hash, reason, detail=why)
    if not done:
        _nothing("This address is suppressed already.")
    click.echo("Suppressed.")


@group.command()
@click.argument("address", type=Address())
def lift(address: str) -> None:
    """Let ADDRESS be mailed again: its subscription goes on if it is still here."""
    with opened(settings()) as app:
        subscriptions = app.subscriptions
        done = leave.lift(subscriptions, subscriptions.hash_of(address))
    if not done:
        _nothing("This address is not suppressed.")
    click.echo("Lifted.")


@group.command()
def forget() -> None:
    """Forget now what is not to be kept any longer; ``run`` does it once a day."""
    with opened(settings()) as app:
        gone = retain(app.settings, app.database, now=app.now())
    click.echo(
        f"Forgotten: {gone.unconfirmed} unconfirmed requests, {gone.left} who left, "
        f"{gone.letters} letters, {gone.moves} unconfirmed addresses, "
        f"{gone.evidence} lines of the ledger, {gone.deliveries} deliveries, "
        f"{gone.reports} reports, "
        f"{gone.people} names of editors and contacts, {gone.journal} lines of the journal."
    )


def _nothing(fact: str) -> None:
    click.echo(fact)
    sys.exit(Exit.IN_PART)
