"""``entries``: what came in, what is kept back and why, and what must go."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import click

from syndicator.app import opened
from syndicator.cli.exits import Exit, settings
from syndicator.cli.words import TERMINAL
from syndicator.model import EntryState
from syndicator.pipeline.feeds import moderate
from syndicator.pipeline.feeds.publish import publish
from syndicator.register.doctor import explain_held
from syndicator.store.feeds import moderation, sources

EVERY = 100_000

Move = Callable[..., bool]


@click.group("entries")
def group() -> None:
    """The posts: list, hold, release, hide, show."""


@group.command("list")
@click.option("--state", type=click.Choice([state.value for state in EntryState]))
@click.option("--source", help="Only of this source.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1))
@click.option("--skip", default=0, type=click.IntRange(min=0), help="Pass over so many.")
def list_(state: str | None, source: str | None, limit: int, skip: int) -> None:
    """List posts, newest first, with why they are held."""
    wanted = EntryState(state) if state else None
    with opened(settings()) as app, app.database.read() as tx:
        if source and sources.by_key(tx, source) is None:
            raise click.BadParameter(
                f"no such source: {source}; see `syndicator sources list`", param_hint="--source"
            )
        listed = moderation.list_entries(tx, state=wanted, source=source, limit=limit, skip=skip)
    for entry in listed:
        why = f"  ({explain_held(entry.held, locale=TERMINAL)})" if entry.held else ""
        click.echo(
            f"{entry.id:>7} {entry.state:<7} {entry.recency:%Y-%m-%d} {entry.source:<24} "
            f"{entry.title}{why}"
        )
    if not listed:
        click.echo("No such posts." if wanted or source or skip else "No posts yet.", err=True)
    if len(listed) == limit:
        click.echo(f"More with --skip {skip + limit}")


@group.command()
@click.argument("ids", type=int, nargs=-1, required=True)
def hold(ids: tuple[int, ...]) -> None:
    """Keep shown posts back until they are released."""
    _move(ids, moderate.hold, done="held", not_done="is not shown")


@group.command()
@click.argument("ids", type=int, nargs=-1)
@click.option("--source", help="Everything held of this source.")
def release(ids: tuple[int, ...], source: str | None) -> None:
    """Show held posts; they may be mailed from now on."""
    if bool(ids) == bool(source):
        raise click.UsageError("Name posts by their id, or a source with --source.")
    if source:
        with opened(settings()) as app, app.database.read() as tx:
            held = moderation.list_entries(tx, state=EntryState.HELD, source=source, limit=EVERY)
        ids = tuple(entry.id for entry in held)
    _move(ids, moderate.release, done="released", not_done="is not held")


@group.command()
@click.argument("ids", type=int, nargs=-1, required=True)
@click.confirmation_option(prompt="Their texts are deleted for good. Go on?")
def hide(ids: tuple[int, ...]) -> None:
    """Take posts down for good, everywhere; they may not come back."""
    _move(
        ids,
        moderate.take_down,
        done="taken down",
        not_done="is not there, or was taken down before",
    )


@group.command()
@click.argument("ids", type=int, nargs=-1, required=True)
def show(ids: tuple[int, ...]) -> None:
    """Let posts that were taken down come back with the next answer of their source."""
    _move(ids, moderate.let_come_back, done="may come back", not_done="was not taken down")


def _move(ids: Sequence[int], move: Move, *, done: str, not_done: str) -> None:
    """Move each post in a transaction of its own, then publish what that changed."""
    with opened(settings()) as app:
        moved = {id_: move(app.database, id_, now=app.now()) for id_ in ids}
        changed = publish(app.publisher)
    for id_, was in moved.items():
        click.echo(f"{id_}: {done if was else not_done}")
    click.echo(f"{len(changed)} documents changed.")
    sys.exit(Exit.DONE if all(moved.values()) else Exit.IN_PART)
