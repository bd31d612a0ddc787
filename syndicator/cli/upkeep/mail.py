"""``mail``: whether mail can leave and reports come back, and what did come back."""

from __future__ import annotations

import sys
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
from syndicator.model import Severity
from syndicator.pipeline.upkeep.mail_check import check_mail, forget_refusals
from syndicator.pipeline.upkeep.mail_to_ourselves import mail_ourselves
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
    checked = check_mail(chosen, names=_names(nameserver), now=now)
    arriving = (
        mail_ourselves(chosen, now=now, pause=lambda span: sleep(span.total_seconds()))
        if send
        else ()
    )
    for finding in chain(checked, arriving):
        counts[finding.severity] += 1
        click.echo(f"{finding.severity:<9}  {finding.about}: {finding.fact}")
        if finding.advice:
            click.echo(f"{'':<9}  -> {finding.advice}")
    click.echo(
        f"{counts[Severity.OK]} ok, {counts[Severity.NOTE]} could be better, "
        f"{counts[Severity.ERROR]} wrong, {counts[Severity.UNCHECKED]} not to be seen from here."
    )
    if counts[Severity.ERROR]:
        sys.exit(Exit.IN_PART)
    _forget_refusals(chosen)


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
        reports = bounces.newest(tx, limit=limit)
    if not reports:
        click.echo("Nothing came back yet.", err=True)
    for report in reports:
        mail = of_what(report.delivery, report.email) or "no mail named"
        answer = f"{report.status or ''} {report.detail or ''}".strip()
        click.echo(f"{report.at:%Y-%m-%d %H:%M}Z  {report.kind:<9}  {mail:<14}  {answer}".rstrip())


def _names(nameserver: str | None) -> Names:
    if nameserver is None:
        return Names()
    # An IPv6 address is full of colons: its port stands behind a bracket.
    has_port = "]:" in nameserver or nameserver.count(":") == 1
    address, _, port = nameserver.rpartition(":") if has_port else (nameserver, "", "")
    try:
        return Names([str(ip_address(address.strip("[]")))], port=int(port or DNS_PORT))
    except ValueError as error:
        raise click.BadParameter(f"not an IP address, or one with a port: {nameserver}") from error
