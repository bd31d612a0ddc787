"""Letters: who writes each kind, under which name it leaves, and by which door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial

from syndicator.app.folder import keyring
from syndicator.app.making import folders
from syndicator.app.people import links
from syndicator.config import Settings
from syndicator.deliver.letter import letter_message
from syndicator.model import Letter, LetterKind, Mail
from syndicator.pipeline.letters import LetterRoom, Taker
from syndicator.subscribe.letters import PAGES, Stationery, mail
from syndicator.templates import environment

Writers = Mapping[LetterKind, Callable[[Letter], Mail]]


def letter_room(
    settings: Settings,
    *,
    connect: Callable[[], AbstractContextManager[Taker]],
    now: Callable[[], datetime],
    others: Writers | None = None,
) -> LetterRoom:
    """Return where letters become messages and leave by ``connect``.

    Args:
        others: who writes the kinds that do not go to subscribers.
    """
    writers = {**writers_to_subscribers(settings), **(others or {})}
    sender = sender_of(settings)

    def message(written: Mail, letter: Letter) -> bytes:
        return letter_message(
            written,
            letter=letter.id,
            recipient=letter.address,
            sender=sender,
            sender_name=settings.combined.title,
            host=settings.network.id_domain,
            date=now(),
        )

    return LetterRoom(
        write=lambda letter: writers[letter.kind](letter),
        message=message,
        connect=connect,
        sender=settings.mail.bounces or sender,
    )


def writers_to_subscribers(settings: Settings) -> Writers:
    """Return who writes what is asked for on our pages."""
    network = settings.network
    write = partial(
        mail,
        stationery=Stationery(
            title=settings.combined.title,
            names={language: network.name(language) for language in network.languages},
            organisation=network.organisation,
            contact=network.contact_email,
            base_url=settings.deployment.base_url,
        ),
        links=links(keyring(settings.deployment.data_dir)),
        templates=environment(*folders(settings)),
    )
    return dict.fromkeys(PAGES, write)


def sender_of(settings: Settings) -> str:
    """Return whom letters are from: as the newsletter, so that whoever knows one trusts both."""
    return settings.digests[0].sender if settings.digests else settings.network.contact_email
