"""``mail``: whether mail can leave and reports come back, and what did come back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from itertools import chain
from time import sleep

import click

from syndicator.app.bounce_pipe import opened
from syndicator.app.parts import now
from syndicator.cli.exits import Exit, settings
from syndicator.cli.people.bounce import of_what
from syndicator.config import Settings
from syndicator.deliver.email.dns import Names
from syndicator.errors import SchemaMismatch
from syndicator.model import Finding, Severity
from syndicator.pipeline.upkeep.mail_check import check_mail, forget_refusals
from syndicator.pipeline.upkeep.mail_to_ourselves import Patience, mail_ourselves
from syndicator.store.people import bounces

DNS_PORT = 53


@click.group("mail")
def group() -> None:
    """The relay, the DNS and the mailbox: check; what came back: returned."""


@group.command()
@click.option("--nameserver", metavar="ADDRESS", help="Ask this name server instead of the usual.")
@click.option("--send", is_flag=True, help="Also mail ourselves, and look at what arrives.")
def check(nameserver: str | None, *, send: bool) -> None:
    """Look at relay, DNS and mailbox, and say what is wrong and what to do (exit code 1)."""
    chosen = settings()
    counts = dict.fromkeys(Severity, 0)
    looked = check_mail(chosen, names=_names(nameserver), now=now)
    arriving = mail_ourselves(chosen, Patience(now=now, wait=_wait)) if send else ()
    for found in chain(looked, arriving):
        counts[found.severity] += 1
        for line in _lines(found):
            click.echo(line)
    click.echo(
        f"{counts[Severity.OK]} ok, {counts[Severity.NOTE]} could be better, "
        f"{counts[Severity.ERROR]} wrong, {counts[Severity.UNCHECKED]} not to be seen from here."
    )
    if counts[Severity.ERROR]:
        sys.exit(Exit.IN_PART)
    _forget_refusals(chosen)


def _wait(span: timedelta) -> None:
    sleep(span.total_seconds())


def _forget_refusals(chosen: Settings) -> None:
    try:
        with opened(chosen) as bounce_reader:
            forget_refusals(bounce_reader.database)
    except SchemaMismatch:
        # No database yet, or another program's: a check of mail neither makes nor judges it.
        return


@group.command()
@click.option("--limit", default=20, show_default=True, help="How many, the newest first.")
def returned(limit: int) -> None:
    """List what came back last: when, what it was, of which mail, what the server said."""
    with opened(settings()) as bounce_reader, bounce_reader.database.read() as tx:
        kept = bounces.newest(tx, limit=limit)
    if not kept:
        click.echo("Nothing came back yet.", err=True)
    for one in kept:
        whose = of_what(one.delivery, one.email) or "no mail named"
        said = f"{one.status or ''} {one.detail or ''}".strip()
        click.echo(f"{one.at:%Y-%m-%d %H:%M}Z  {one.kind:<9}  {whose:<14}  {said}".rstrip())


def _lines(found: Finding) -> Iterator[str]:
    yield f"{found.severity:<9}  {found.about}: {found.fact}"
    if found.advice:
        yield f"{'':<9}  -> {found.advice}"


def _names(nameserver: str | None) -> Names:
    if nameserver is None:
        return Names()
    address, _, port = nameserver.rpartition(":") if _has_port(nameserver) else (nameserver, "", "")
    try:
        return Names([str(ip_address(address.strip("[]")))], port=int(port or DNS_PORT))
    except ValueError as error:
        raise click.BadParameter(f"not an IP address, or one with a port: {nameserver}") from error


def _has_port(nameserver: str) -> bool:
    return "]:" in nameserver or nameserver.count(":") == 1
