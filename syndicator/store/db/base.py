"""What every table shares: names of constraints, and the column type of each Python type."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, MetaData, Table
from sqlalchemy.orm import DeclarativeBase

from syndicator.store.db.columns import AnyJson, AnyText, UtcDateTime

Json = dict[str, Any]

# SQLite numbers rows by itself only where the type is spelt INTEGER.
BigId = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """Root of the models. Constraints have names, or SQLite could never change them later."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012
        datetime: UtcDateTime(),
        str: AnyText(),
        dict[str, Any]: AnyJson(),
        list[str]: AnyJson(),
        bytes: LargeBinary(),
        bool: Boolean(),
    }


def table_of(model: type[Base]) -> Table:
    """Return the table under a model, for Core statements on hot paths."""
    table = model.__table__
    assert isinstance(table, Table)
    return table
