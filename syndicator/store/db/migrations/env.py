"""Run migrations on the connection that ``syndicator.store.db.migrate`` hands over."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from syndicator.store.db.base import Base
from syndicator.store.db.schema import incoming, newsletter, outgoing

OURS = frozenset(Base.metadata.tables)
assert incoming.SourceRow.__tablename__ in OURS
assert {outgoing.ArtefactRow.__tablename__, newsletter.IssueRow.__tablename__} <= set(OURS)


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Leave tables of others (an engine's queue in the same database) alone."""
    return kind != "table" or name in OURS


def run(connection: Connection) -> None:
    """Apply what is asked for, inside the caller's transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        include_name=include_name,
        compare_type=True,
    )
    context.run_migrations()


run(context.config.attributes["connection"])
