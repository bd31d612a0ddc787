"""``pull``, ``publish`` and ``status``: one piece of the work, now."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from syndicator.app import opened
from syndicator.cli.exits import Exit, settings
from syndicator.cli.words import left_line, pulled_line, state_lines, states
from syndicator.pipeline.data_folder import is_owned
from syndicator.pipeline.feeds.publish import publish as publish_marked
from syndicator.pipeline.feeds.pull import Puller, PullResult
from syndicator.pipeline.feeds.pull_all import due, pull_all
from syndicator.pipeline.upkeep.alarms import refresh_notices
from syndicator.publish.files import manifest_of, write_tree
from syndicator.store.feeds import artefacts, sources


@click.command()
@click.option("--all", "early", is_flag=True, help="Also what only our own pace makes wait.")
@click.option("--source", "keys", multiple=True, help="Only this source; may be given again.")
def pull(early: bool, keys: tuple[str, ...]) -> None:
    """Pull what is due now, and publish what it changed.

    A server that asked us to wait is never asked before that.
    """
    with opened(settings()) as app:
        ids = _wanted(app.puller, keys, early=early)
        pulls = _pull(app.puller, ids, early=early or bool(keys))
        changed = publish_marked(app.publisher)
    failed = sum(pulled.failed is not None for pulled in pulls)
    click.echo(f"{len(pulls)} sources pulled, {failed} failed, {len(changed)} documents changed.")
    if left := len(ids) - len(pulls):
        click.echo(left_line(left))
    sys.exit(Exit.IN_PART if failed else Exit.DONE)


def _wanted(puller: Puller, keys: tuple[str, ...], *, early: bool) -> tuple[int, ...]:
    ready = due(puller, early=early or bool(keys))
    if not keys:
        return ready
    with puller.database.read() as tx:
        ids = {source.key: source.id for source in sources.list_all(tx)}
    unknown = sorted(set(keys) - set(ids))
    if unknown:
        raise click.BadParameter(f"no such source: {', '.join(unknown)}", param_hint="--source")
    wanted = tuple(ids[key] for key in dict.fromkeys(keys))
    for key in dict.fromkeys(keys):
        if ids[key] not in ready:
            click.echo(f"{key}: not asked: its server asked us to wait, or it is not pulled")
    return tuple(id_ for id_ in wanted if id_ in ready)


def _pull(puller: Puller, ids: tuple[int, ...], *, early: bool) -> list[PullResult]:
    """Pull them: a bar and then the failures on a terminal, a line each elsewhere."""
    results = pull_all(puller, ids, early=early)
    if sys.stderr.isatty():
        with click.progressbar(results, length=len(ids), label="Pulling", file=sys.stderr) as bar:
            pulls = list(bar)
        for pulled in pulls:
            if pulled.failed is not None:
                click.echo(pulled_line(pulled))
        return pulls
    pulls = []
    for pulled in results:
        click.echo(pulled_line(pulled))
        pulls.append(pulled)
    return pulls


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Also write everything published as files into this folder.",
)
def publish(out: Path | None) -> None:
    """Make anew what is older than its entries."""
    with opened(settings()) as app:
        changed = publish_marked(app.publisher)
        click.echo(f"{len(changed)} documents changed.")
        if out is not None:
            manifest = manifest_of(out, data_dir=app.settings.deployment.data_dir)
            with app.database.read() as tx:
                written = write_tree(out, artefacts.iter_all(tx), manifest=manifest)
            click.echo(
                f"{out}: {len(written.changed)} files written, {len(written.removed)} removed."
            )


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def status(as_json: bool) -> None:
    """Say how everything is: every source, and what somebody has to see to."""
    with opened(settings()) as app:
        # As of now, not of the last tick: there may be none any more.
        refresh_notices(app.settings, app.database, now=app.now())
        if as_json:
            click.echo(json.dumps(states(app), ensure_ascii=False, indent=1))
            return
        for line in state_lines(app):
            click.echo(line)
        if not is_owned(app.settings.deployment.data_dir):
            click.echo("Nothing runs on this data folder; start it with `syndicator run`.")
