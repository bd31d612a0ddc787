"""``keys``: what the keyring holds, and new versions of what may change."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import cast

import click

from syndicator.app.parts import now, open_database
from syndicator.cli.exits import settings
from syndicator.config import Settings
from syndicator.pipeline.upkeep import key_rotation, keyring_binding
from syndicator.pipeline.upkeep.key_rotation import READ_ON, Rotating, Version
from syndicator.store.db import migrate

ROTATING = ("session", "unsubscribe")


@click.group("keys")
def group() -> None:
    """The keys that links and hashes are made with: list, rotate."""


@group.command("list")
def list_() -> None:
    """List the versions of each key, never a key: since when, what it does, until when."""
    for version in key_rotation.versions(_own(settings())):
        since = f"{version.created:%Y-%m-%d %H:%M}Z" if version.created else "with the folder"
        click.echo(f"{version.purpose:<11}  {version.number:>3}  {since:<17}  {_use(version)}")


@group.command()
@click.argument("purpose", type=click.Choice(ROTATING))
@click.option(
    "--leaked", is_flag=True, help="Do not read the session keys before it: links mailed are dead."
)
def rotate(purpose: str, leaked: bool) -> None:
    """Add a version of the session or unsubscribe key, which signs from now on.

    A process that runs takes it up by itself. The key of suppressions never changes.
    """
    if leaked and purpose != "session":
        raise click.UsageError("--leaked is for session: a way out in a mail is read for ever.")
    data_dir = _own(settings())
    number = key_rotation.rotate(data_dir, cast(Rotating, purpose), now=now(), leaked=leaked)
    click.echo(
        f"Version {number} of the {purpose} key signs from now on. {_older_keys(purpose, leaked)}"
    )
    click.echo("Copy keyring.json to every other machine, and take a backup.")


def _older_keys(purpose: str, leaked: bool) -> str:
    if leaked:
        return "The ones before it are gone: links that were mailed lead nowhere."
    if purpose == "session":
        return f"The one before it is read for {READ_ON.days} days more."
    return "All before it are read for ever."


def _use(version: Version) -> str:
    if version.purpose == "suppression":
        return "hashes addresses, never changes"
    if version.signs:
        return "signs"
    if version.until:
        return f"read until {version.until:%Y-%m-%d %H:%M}Z"
    return "read for ever" if version.purpose == "unsubscribe" else "not read"


def _own(chosen: Settings) -> Path:
    """Return the data folder, whose keys are those of its database."""
    with closing(open_database(chosen)) as database:
        migrate.check(database)
        keyring_binding.require(database, data_dir=chosen.deployment.data_dir)
    return chosen.deployment.data_dir
