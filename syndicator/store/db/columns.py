"""Column types that keep their promises on both databases."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import JSON, DateTime, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

E = TypeVar("E", bound=StrEnum)


class BindProcessor(Protocol):
    """Turns a value into what the driver takes: SQLAlchemy's word for it."""

    def __call__(self, value: Any, /) -> Any:
        """Return the value as the driver takes it."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, in UTC on the way in and on the way out.

    SQLite forgets time zones, so it is given naive UTC; PostgreSQL keeps them.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the database's own type: with a time zone where there is one."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return ``value`` as the database keeps it; a naive moment is a mistake of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError(f"{value!r}: a stored moment must be aware")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored moment, aware and in UTC."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


class AnyText(TypeDecorator[str]):
    """Text from outside. What no database can hold (NUL, lone surrogates) becomes U+FFFD.

    A stranger's feed must not be able to make a whole transaction fail.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return ``value`` without what cannot be stored."""
        return None if value is None else storable(value)


class AnyJson(TypeDecorator[Any]):
    """JSON of text from outside, with the same care."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """Return ``value`` without what cannot be stored."""
        return _storable_json(value)


class Word(TypeDecorator[E], Generic[E]):
    """A member of a ``StrEnum``, kept as its word, so that a table can be read by a person."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[E]) -> None:
        super().__init__(length=32)
        self.words = words

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the word of ``value``."""
        return None if value is None else str(self.words(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:  # noqa: ARG002
        """Return the member whose word was stored."""
        return None if value is None else self.words(value)


def storable(text: str) -> str:
    """Return ``text`` with NUL and lone surrogates replaced by U+FFFD."""
    if "\x00" not in text:
        # Nearly every text, and ten times as fast as the pattern: only surrogates cannot be UTF-8.
        with suppress(UnicodeEncodeError):
            text.encode()
            return text
    return _UNSTORABLE.sub("\ufffd", text)


def _storable_json(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(key): _storable_json(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_storable_json(member) for member in value]
    return value
