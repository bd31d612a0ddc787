"""What a person does is tried on both databases."""

from tests.store.conftest import database, empty_sqlite, migrated_postgresql, postgresql_url

__all__ = ["database", "empty_sqlite", "migrated_postgresql", "postgresql_url"]
