"""``db``: the schema, brought up to date by hand and never behind the operator's back."""

from __future__ import annotations

import click

from syndicator.app.parts import open_database
from syndicator.cli.exits import settings
from syndicator.store import migrate


@click.group("db")
def group() -> None:
    """The database: upgrade, check."""


@group.command()
def upgrade() -> None:
    """Run the migrations that are missing; make the database if there is none."""
    database = open_database(settings())
    try:
        migrate.upgrade(database)
    finally:
        database.close()
    click.echo("The schema is the one this program knows.")


@group.command()
def check() -> None:
    """Say whether the schema is the one this program knows (exit code 4 if not)."""
    database = open_database(settings())
    try:
        migrate.check(database)
    finally:
        database.close()
    click.echo("The schema is the one this program knows.")
