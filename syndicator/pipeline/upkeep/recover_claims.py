"""What a process that was killed had claimed, when another one starts."""

from __future__ import annotations

from pathlib import Path

from syndicator import log
from syndicator.pipeline.data_folder import nobody_sends
from syndicator.store.db.database import Database
from syndicator.store.issues import outbox
from syndicator.store.people import transactional_emails

logger = log.get("run")


def recover_claims(database: Database, *, data_dir: Path) -> None:
    """Open again what a killed process had claimed, or say how long it waits.

    A process owns its folder, and on SQLite the database with it: whoever had claimed mail before
    is dead, unless it is a ``digest send`` that somebody typed. On PostgreSQL it may be another
    process that lives. Where one may, the leases run out. Claims of sources run out anyway: a
    process that dies and starts over and over must not ask a city's server each time.
    """
    with nobody_sends(data_dir) as alone:
        if alone and database.dialect == "sqlite":
            with database.write(durable=True) as tx:
                deliveries = outbox.recover(tx, holders="")
                emails = transactional_emails.recover(tx)
            if deliveries or emails:
                logger.warning("claims opened again", deliveries=deliveries, letters=emails)
            return
    with database.read() as tx:
        deliveries, until = outbox.in_hand(tx)
    if until is not None and deliveries:
        logger.warning("claims wait", deliveries=deliveries, until=until.isoformat())
