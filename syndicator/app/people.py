"""Subscribers, with the keys, the journal and the database they are kept by."""

from __future__ import annotations

from functools import partial
from zoneinfo import ZoneInfo

from syndicator.app.folder import keyring
from syndicator.app.links import links
from syndicator.app.parts import App
from syndicator.pipeline import leaving
from syndicator.pipeline import people as arriving
from syndicator.pipeline.people import Readership
from syndicator.store.journal import FILE_NAME, Journal
from syndicator.web.people import People


def readership(app: App) -> Readership:
    """Return where the subscribers of this app are kept."""
    settings = app.settings
    keys = keyring(settings.deployment.data_dir)
    return Readership(
        database=app.database,
        journal=Journal(settings.deployment.data_dir / FILE_NAME),
        links=links(keys),
        hash_key=keys.suppression,
        host=settings.network.id_domain,
        zone=ZoneInfo(settings.network.time_zone),
        now=app.world.now,
        letter_put=app.summons,
    )


def people(app: App) -> People:
    """Return the callables behind the pages for subscribers."""
    kept = readership(app)
    return People(
        ask=partial(arriving.ask, kept),
        waiting=partial(arriving.waiting, kept),
        confirm=partial(arriving.confirm, kept),
        send_link=partial(arriving.send_link, kept),
        preferences=partial(arriving.preferences, kept),
        change=partial(arriving.change, kept),
        pause=partial(arriving.pause, kept),
        move=partial(arriving.move, kept),
        moved=partial(arriving.moved, kept),
        export=partial(leaving.export, kept),
        erase=partial(leaving.erase, kept),
        leave=partial(leaving.leave, kept),
        language_of=partial(leaving.language_of, kept),
    )
