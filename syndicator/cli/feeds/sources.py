"""``sources``: what is pulled, what a city's feed looks like to us, and who may join."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NoReturn

import click

from syndicator.app import opened
from syndicator.cli.exits import Exit, settings
from syndicator.cli.words import TERMINAL
from syndicator.errors import FetchFailed, HostBusy
from syndicator.fetch.discover import discover as discover_at
from syndicator.log import without_secrets
from syndicator.model import Licence, Source, SourceState
from syndicator.pipeline.feeds import register
from syndicator.pipeline.feeds.preview_feed import preview_feed
from syndicator.pipeline.feeds.register import Approval
from syndicator.publish import opml
from syndicator.register.claim import Preview, feed_address
from syndicator.register.doctor import explain, explain_faults
from syndicator.store.db.database import Database
from syndicator.store.feeds import registrations, sources
from syndicator.store.feeds.registrations import Registration

FEW = 10


@click.group("sources")
def group() -> None:
    """The cities' feeds: list, check, discover, approve, refuse, release, import, export."""


@group.command("list")
def list_() -> None:
    """List every source, then what waits for approval."""
    with opened(settings()) as app:
        listed, waiting = _listed(app.database)
        for source in listed:
            click.echo(
                f"{source.key:<24} {source.state:<8} {source.kind:<5} "
                f"{source.city or '-':<20} {without_secrets(source.url)}"
            )
        for asked in waiting:
            click.echo(
                f"waiting {asked.id}: {asked.city_name}: {without_secrets(asked.url)} "
                f"(licence {asked.licence}, from {asked.contact})"
            )
    if waiting:
        click.echo("Let one in with `syndicator sources approve ID`, or `refuse ID`.")


def _listed(database: Database) -> tuple[tuple[Source, ...], tuple[Registration, ...]]:
    with database.read() as tx:
        return sources.list_all(tx), registrations.list_all(tx, state=SourceState.PENDING)


@group.command()
@click.argument("what")
def check(what: str) -> None:
    """Look once at WHAT (a source's key, or an address) and say what readers would see."""
    with opened(settings()) as app:
        seen = preview_feed(
            _address(app.database, what),
            http=app.client,
            parser=app.parsers,
            seconds=time.monotonic,
        )
    if not isinstance(seen, Preview):
        click.echo(without_secrets(f"{what}: {explain(seen.reason, locale=TERMINAL)}"))
        click.echo(without_secrets(f"  {seen.detail}"))
        sys.exit(Exit.IN_PART)
    for line in _seen(seen):
        click.echo(line)


def _seen(seen: Preview) -> Iterator[str]:
    feed = seen.feed
    url = without_secrets(seen.url)
    yield f"{url}: {feed.title or '(no title)'}: {feed.format}, {len(feed.entries)} posts"
    for entry in feed.entries[:FEW]:
        when = f"{entry.published:%Y-%m-%d}" if entry.published else "no date   "
        yield f"  {when}  [{entry.language or '?'}]  {entry.title}"
    for fault in explain_faults(feed, locale=TERMINAL):
        parts = (f"! {fault.sentence}", fault.times, fault.example)
        yield " ".join(part for part in parts if part)


def _address(database: Database, what: str) -> str:
    with database.read() as tx:
        source = sources.by_key(tx, what)
    if source is not None:
        return source.url
    address = feed_address(what)
    if address is None:
        raise click.BadParameter(f"neither a source's key nor an address: {what}")
    return address


@group.command()
@click.argument("url")
def discover(url: str) -> None:
    """List the feeds at URL: those its page names, else one in the usual places."""
    with opened(settings()) as app:
        try:
            candidates = discover_at(app.client.get, _address(app.database, url))
        except FetchFailed as error:
            raise click.ClickException(str(error)) from error
        except HostBusy as error:
            raise click.ClickException(f"{error}; try again in a moment") from error
    for candidate in candidates:
        url = without_secrets(candidate.url)
        click.echo(" ".join(part for part in (url, candidate.title) if part))
    if not candidates:
        click.echo(without_secrets(f"{url}: no feed found"), err=True)
        sys.exit(Exit.IN_PART)


@group.command()
@click.argument("ids", type=int, nargs=-1, required=True)
def approve(ids: tuple[int, ...]) -> None:
    """Let registrations in: they become sources, due at once.

    A `run` on this database pulls them within a minute. A feed that is a source already is not
    taken a second time, whoever asked.
    """
    with opened(settings()) as app:
        approvals = register.approve(app.database, ids, now=app.now())
    _end(approvals, pulled_by="within a minute", otherwise="`syndicator pull`")


def _end(approvals: Sequence[Approval], *, pulled_by: str, otherwise: str) -> NoReturn:
    """Say what became of each, and when what became a source is pulled: no process can see all
    others of its database, so both cases are said."""
    for approval in approvals:
        click.echo(_line(approval))
    if any(approval.source for approval in approvals):
        run = f"A `syndicator run` on this database pulls {pulled_by}"
        click.echo(f"{run}; without one, {otherwise} does.")
    sys.exit(Exit.DONE if all(approval.source for approval in approvals) else Exit.IN_PART)


def _line(approval: Approval) -> str:
    id_ = approval.registration
    if approval.source is not None:
        return f"{id_}: {approval.source.key}"
    if approval.duplicate is None:
        return f"{id_}: is not waiting"
    why = without_secrets(str(approval.duplicate))
    return f"{id_}: {why}; nothing was made, `syndicator sources refuse {id_}` ends it"


@group.command()
@click.argument("ids", type=int, nargs=-1, required=True)
def refuse(ids: tuple[int, ...]) -> None:
    """Refuse registrations: they are never pulled."""
    with opened(settings()) as app:
        done = {id_: register.refuse(app.database, id_) for id_ in ids}
    for id_, refused in done.items():
        click.echo(f"{id_}: {'refused' if refused else 'is not waiting'}")
    sys.exit(Exit.DONE if all(done.values()) else Exit.IN_PART)


@group.command()
@click.argument("key")
def release(key: str) -> None:
    """Trust the held source KEY again; what it brought meanwhile waits for `entries release`."""
    with opened(settings()) as app:
        if not register.trust(app.database, key):
            raise click.BadParameter(f"not a held source: {key}")
    click.echo(f"{key}: trusted again; see `syndicator entries list --state held --source {key}`")


@group.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--approve", "approved", is_flag=True, help="Let them in: it is your own list.")
def import_(file: Path, approved: bool) -> None:
    """Take the feeds of an OPML FILE as registrations: pending, not pulled until approved."""
    outlines = opml.read(file.read_bytes())
    with opened(settings()) as app:
        listed = [_asked(app.settings.network.contact_email, outline) for outline in outlines]
        imported = register.import_list(app.database, listed, approved=approved, now=app.now())
    for id_, registration in imported.registered:
        click.echo(without_secrets(f"{id_}: {registration.title or registration.url}"))
    if imported.approvals:
        click.echo(f"{imported.duplicates} were known.")
        _end(
            imported.approvals, pulled_by="one after the other", otherwise="`syndicator pull --all`"
        )
    click.echo(f"{len(imported.registered)} wait for approval, {imported.duplicates} were known.")
    sys.exit(Exit.DONE if outlines else Exit.IN_PART)


def _asked(contact: str, outline: opml.Outline) -> Registration:
    title = outline.title or outline.xml_url
    return Registration(
        city_name=title,
        url=outline.xml_url,
        contact=contact,
        licence=Licence.EXCERPT,
        language=outline.language,
        title=title,
    )


@group.command()
@click.option("--out", type=click.File("wb"), default="-", help="A file; standard output if none.")
def export(out: BinaryIO) -> None:
    """Write the sources that are pulled as OPML 2.0."""
    with opened(settings()) as app:
        listed, _ = _listed(app.database)
        masthead = app.builder.feed_meta
        outlines = opml.outlines_of(listed, masthead=masthead)
        first_reads = [source.first_seen for source in listed if source.first_seen]
        changed = max(first_reads, default=app.now())
        out.write(opml.to_opml(outlines, masthead=masthead, changed=changed))
