"""From an issue to the inbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from syndicator.config import Settings
from syndicator.digest.order import NameOf
from syndicator.digest.rendered import Rendered, mail
from syndicator.errors import PermanentFailure, TemporaryFailure
from syndicator.model import Delivery, DeliveryState, Issue, Mail, Origin
from syndicator.pipeline.world import World
from syndicator.store import outbox, variants

LEASE = timedelta(minutes=3)
"""How long a delivery stays claimed if the process that claimed it dies."""

RETRY = timedelta(minutes=10)
"""How long a message that the relay put off waits before it is offered again."""


class Mailer(Protocol):
    """Takes one message for one recipient."""

    def send(self, message: bytes, *, sender: str, recipient: str) -> None:
        """Return once it is taken; raise ``DeliveryFailed``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PostRoom:
    """Where issues become messages: chosen by ``app`` when there is a relay.

    ``render`` makes the pieces of one language once; ``address`` makes a mail one reader's.
    """

    render: Callable[[Issue, str], Rendered]
    address: Callable[[Mail, Delivery], bytes]
    mailer: Mailer
    sender: str


def names(settings: Settings) -> NameOf:
    """Return what names the origin of a post: a city of ours in that language, or its source."""
    cities = {city.slug: city for city in settings.cities}

    def name_of(origin: Origin, language: str) -> str:
        city = cities.get(origin.city or "")
        return origin.title if city is None else city.name(language)

    return name_of


def deliver(world: World, frozen: Issue, room: PostRoom) -> Mapping[DeliveryState, int]:
    """Send what is open of an issue; return how many of its deliveries stand in each state.

    A message is marked ``sending`` in the database before its first byte leaves: whoever was in
    flight at a kill is known, and nobody else is touched.
    """
    assert frozen.id is not None
    with world.database.read() as tx:
        told = {variant.id: variant for variant in variants.every(tx, frozen.id)}
    pieces: dict[str, Rendered] = {}
    mails: dict[int, Mail] = {}
    while True:
        with world.database.write(durable=True) as tx:
            chunk = outbox.claim(tx, frozen.id, now=world.now(), lease=LEASE)
        if not chunk:
            break
        for delivery in chunk:
            if delivery.language not in pieces:
                pieces[delivery.language] = room.render(frozen, delivery.language)
            if delivery.variant not in mails:
                posts = told[delivery.variant].posts
                mails[delivery.variant] = mail(pieces[delivery.language], posts)
            _send(world, delivery, mails[delivery.variant], room)
    with world.database.read() as tx:
        return outbox.tally(tx, frozen.id)


def _send(world: World, delivery: Delivery, mail: Mail, room: PostRoom) -> None:
    with world.database.write() as tx:
        ours = outbox.mark(tx, delivery.id, was=DeliveryState.CLAIMED, state=DeliveryState.SENDING)
    if not ours:
        return
    try:
        room.mailer.send(
            room.address(mail, delivery), sender=room.sender, recipient=delivery.address
        )
        state, detail, later = DeliveryState.SENT, None, None
    except TemporaryFailure as error:
        state, detail = DeliveryState.DEFERRED, str(error)
        later = world.now() + RETRY * (1 + world.jitter())
    except PermanentFailure as error:
        state, detail, later = DeliveryState.FAILED, str(error), None
    with world.database.write() as tx:
        outbox.mark(
            tx,
            delivery.id,
            was=DeliveryState.SENDING,
            state=state,
            detail=detail,
            not_before=later,
        )
