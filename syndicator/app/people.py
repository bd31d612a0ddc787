"""Subscribers, with the keys, the journal and the database they are kept by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from syndicator.app.links import links
from syndicator.app.parts import App
from syndicator.pipeline.data_folder import keyring
from syndicator.pipeline.people import change_address, leave
from syndicator.pipeline.people import sign_up as arriving
from syndicator.pipeline.people.sign_up import Subscriptions
from syndicator.store.upkeep.journal import FILE_NAME, Journal
from syndicator.web.people.people import People

P = ParamSpec("P")
R = TypeVar("R")


def readership(app: App) -> Subscriptions:
    """Return where the subscribers of this app are kept."""
    settings = app.settings
    keys = keyring(settings.deployment.data_dir)
    return Subscriptions(
        database=app.database,
        journal=Journal(settings.deployment.data_dir / FILE_NAME),
        links=links(keys),
        hash_key=keys.suppression,
        host=settings.network.id_domain,
        zone=settings.network.zone,
        now=app.world.now,
        confirmations_per_hour=settings.mail.confirmations_per_hour,
        letter_put=app.summons,
    )


def people(app: App) -> People:
    """Return the callables behind the pages for subscribers.

    The keys are asked for at each call: a new one is known to the pages as soon as to the letters.
    """
    return People(
        ask=_with(app, arriving.ask),
        waiting=_with(app, arriving.waiting),
        confirm=_with(app, arriving.confirm),
        send_link=_with(app, arriving.send_link),
        preferences=_with(app, arriving.preferences),
        change=_with(app, arriving.change),
        pause=_with(app, arriving.pause),
        move=_with(app, change_address.move),
        moving=_with(app, change_address.moving),
        moved=_with(app, change_address.moved),
        export=_with(app, leave.export),
        erase=_with(app, leave.erase),
        way_out=_with(app, leave.way_out),
        leave=_with(app, leave.leave),
    )


def _with(app: App, act: Callable[Concatenate[Subscriptions, P], R]) -> Callable[P, R]:
    def acts(*args: P.args, **kwargs: P.kwargs) -> R:
        return act(readership(app), *args, **kwargs)

    return acts
