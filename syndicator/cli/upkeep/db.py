"""``db``: the schema, brought up to date by hand and never behind the operator's back."""

from __future__ import annotations

from contextlib import closing

import click

from syndicator.app.parts import open_database
from syndicator.cli.exits import settings
from syndicator.pipeline.upkeep import keyring_binding
from syndicator.store.db import migrate


@click.group("db")
def group() -> None:
    """The database: upgrade, check, rekey."""


@group.command()
def upgrade() -> None:
    """Run the migrations that are missing; make database and keys if there is no schema yet."""
    chosen = settings()
    with closing(open_database(chosen)) as database:
        keyring_binding.upgrade(database, data_dir=chosen.deployment.data_dir)
    click.echo("The schema is the one this program knows.")


@group.command()
def check() -> None:
    """Say whether the schema is the one this program knows (exit code 4 if not)."""
    with closing(open_database(settings())) as database:
        migrate.check(database)
    click.echo("The schema is the one this program knows.")


@group.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def rekey(yes: bool) -> None:
    """Go on with the keys of this data folder, made if there are none: the old ones are lost.

    Unsubscribe links in mails already sent stop working, and addresses that must never be mailed
    are no longer recognised.
    """
    chosen = settings()
    if not yes:
        click.confirm("Are the old keys lost for good? Links in sent mails die", abort=True)
    with closing(open_database(chosen)) as database:
        migrate.check(database)
        keyring_binding.rekey(database, data_dir=chosen.deployment.data_dir)
    click.echo("The database belongs to the keys in this data folder.")
