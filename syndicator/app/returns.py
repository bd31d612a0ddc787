"""What came back, with the keys that prove whose it was and the mailbox it lies in."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import datetime

from syndicator.config import Settings
from syndicator.deliver.email.mailbox import Mailbox
from syndicator.model import Tag
from syndicator.pipeline.data_folder import keyring
from syndicator.pipeline.issues.bounces import Returns
from syndicator.store.db.database import Database
from syndicator.store.upkeep.journal import FILE_NAME, Journal
from syndicator.subscribe.tokens import read_unsubscribe, read_verp


def returns(settings: Settings, database: Database, *, clock: Callable[[], datetime]) -> Returns:
    """Return where what came back is kept and acted upon."""
    deployment = settings.deployment
    ours, url = keyring(deployment.data_dir), deployment.imap_url
    return Returns(
        database=database,
        journal=Journal(deployment.data_dir / FILE_NAME),
        tag_of=lambda recipient: _signed(recipient, ours.unsubscribe_versions),
        reader_of=lambda token: read_unsubscribe(token, ours.unsubscribe_versions),
        host=settings.network.id_domain,
        now=clock,
        mailbox=_mailbox(url) if url else None,
    )


def _signed(recipient: str, versions: tuple[bytes, ...]) -> Tag | None:
    found = (read_verp(recipient, key) for key in versions)
    return next((tag for tag in found if tag is not None), None)


def _mailbox(url: str) -> Callable[[], Mailbox]:
    return lambda: Mailbox(url, trust=ssl.create_default_context())
