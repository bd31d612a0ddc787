"""``run`` and ``demo``: what goes on until it is stopped."""

from __future__ import annotations

from pathlib import Path

import click

from syndicator.app import opened
from syndicator.app.serving import bound, leave, serve, working
from syndicator.app.website import website
from syndicator.cli.exits import settings
from syndicator.cli.words import opening
from syndicator.pipeline.data_folder import owned


@click.command()
def run() -> None:
    """Pull, publish, mail and serve, until stopped. One process, one data folder."""
    chosen = settings()
    deployment = chosen.deployment
    with (
        owned(deployment.data_dir),
        bound(deployment.listen_host, deployment.listen_port) as listener,
        opened(chosen) as app,
    ):
        for line in opening(app.settings, app.database):
            click.echo(line)
        site = website(app)
        with working(app, announce=site.invalidate) as engine:
            serve(site, listener)
    leave(engine)


@click.command()
@click.option("--once", is_flag=True, help="Fill the data folder and exit.")
@click.option("--port", default=8000, show_default=True, help="Where the site is served.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    show_default=True,
    help="The folder it fills; it is emptied first.",
)
def demo(once: bool, port: int, data: Path) -> None:
    """Show everything on sample blogs, without internet."""
    try:
        from syndicator.demo.show import show
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("aiosmtpd"):
            raise
        needs = "demo needs the extra: pip install syndicator[demo]"
        raise click.ClickException(needs) from error
    show(data_dir=data, port=port, once=once, echo=click.echo)
