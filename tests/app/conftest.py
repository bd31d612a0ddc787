"""A PostgreSQL for what only matters there."""

from tests.store.conftest import postgresql_url

__all__ = ["postgresql_url"]
