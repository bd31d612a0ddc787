"""One database, two dialects: SQLite in the data folder by default, PostgreSQL by URL."""

from __future__ import annotations

import math
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, CursorResult, Engine, Executable, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from syndicator.errors import StoreUnavailable
from syndicator.model import WakeUp
from syndicator.store.db.deadline import FOR_A_PERSON, REQUEST
from syndicator.store.db.disk import close_to_others
from syndicator.store.db.group_commit import GroupCommit
from syndicator.store.db.writer_queue import WriterQueue

FILE_NAME = "syndicator.sqlite3"
APPLICATION = "syndicator"
"""What PostgreSQL calls our connections."""

BUSY = timedelta(seconds=10)
"""How long work that nobody waits for waits for a writer of another process."""

LOG_PAGES = 4_000
"""Pages in SQLite's log from which on a commit moves them into the file: 16 MB. Pages that change
again and again, as those of deliveries do, are moved once for all."""

_STEP_MS = 250
_STEP = timedelta(milliseconds=_STEP_MS)

A = TypeVar("A")
B = TypeVar("B")

_BEGIN_WRITER = {"begin": "BEGIN IMMEDIATE"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Tx:
    """An open transaction. ``time_zone`` is where the calendar months of archives are counted,
    ``languages`` are those that have channels of their own."""

    connection: Connection
    time_zone: ZoneInfo
    languages: tuple[str, ...]
    _wake_ups: list[WakeUp] = field(default_factory=list)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.connection.dialect.name

    def after_commit(self, wake: WakeUp) -> None:
        """Call ``wake`` once this transaction has committed, never if it rolls back."""
        self._wake_ups.append(wake)

    def committed(self) -> None:
        """Make the calls that waited for the commit."""
        for wake in self._wake_ups:
            wake()

    def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        """Run one Core statement; a list of parameters runs it once for each."""
        return self.connection.execute(statement, parameters)


class Database:
    """A door to the database for all threads of this process.

    Readers never wait. Writers of one process stand in one line on SQLite; PostgreSQL orders its
    own. Where somebody else holds SQLite's file, or a row on PostgreSQL, a request waits
    FOR_A_PERSON in all, other work longer. Two pools: the durable one answers only when the disk
    has it, the other is safe against a killed process (but not against a power cut).
    """

    def __init__(self, url: URL, *, time_zone: ZoneInfo, languages: tuple[str, ...]) -> None:
        self.url = url
        self.time_zone = time_zone
        self.languages = languages
        self._line = WriterQueue()
        self._refused: tuple[int, str] = (0, "")
        self._group_commits: dict[object, GroupCommit[Any, Any]] = {}
        self._engine = _engine(url, durable=False)
        self._durable = _engine(url, durable=True)
        # PostgreSQL would show a reader what others commit meanwhile; SQLite never does.
        self._reading: dict[str, Any] = (
            {} if self._engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        )

    @classmethod
    def open(
        cls, url: str | None, *, data_dir: Path, time_zone: str, languages: tuple[str, ...]
    ) -> Database:
        """Return the database at ``url``; ``None`` or empty is a SQLite file in ``data_dir``.

        Nothing is connected or created before the first transaction.

        Args:
            time_zone: where the calendar months of archives are counted.
            languages: those that have channels of their own.
        """
        where = make_url(url) if url else URL.create("sqlite", database=str(data_dir / FILE_NAME))
        return cls(where, time_zone=ZoneInfo(time_zone), languages=languages)

    @property
    def name(self) -> str:
        """The address as it may be shown. A password may stand in its query, too."""
        return self.url.set(query={}).render_as_string(hide_password=True)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Yield a transaction that sees one unchanging state and is rolled back at the end.

        Raises:
            StoreUnavailable: the database cannot be reached, now or in the middle.
        """
        with self._reached(), self._engine.connect() as connection:
            connection.execution_options(**self._reading, wait=_wait(urgent=False))
            yield Tx(connection=connection, time_zone=self.time_zone, languages=self.languages)

    @contextmanager
    def write(self, *, urgent: bool = False, durable: bool = False) -> Iterator[Tx]:
        """Yield a transaction that is committed when the block ends, rolled back when it raises.

        Keep it short and free of network: on SQLite everybody else waits.

        Args:
            urgent: go before other waiting writers; for a person who waits for a page.
            durable: return only when a power cut could not undo it.

        Raises:
            StoreUnavailable: the database cannot be reached or written; nothing was changed.
        """
        with self._reached(), ExitStack() as held:
            wait = _wait(urgent=urgent)
            if self.dialect == "sqlite":
                held.enter_context(self._line.turn(urgent=urgent, within=wait))
            tx = held.enter_context(self._begin(durable=durable, wait=_wait(urgent=urgent)))
            self._line.begun()
            yield tx
        # Only now, when nobody waits for us any more: such a call may want to write, too.
        tx.committed()

    @property
    def refused(self) -> tuple[int, str]:
        """How many transactions failed because the database was not to be had, and why the last."""
        return self._refused

    def commit_in_group(self, write: Callable[[Tx, Sequence[A]], Sequence[B]], value: A) -> B:
        """Return what ``write`` gives for ``value``, committed with what other threads ask of it.

        For small writes that many threads make at once: those that come while one transaction is
        under way share the next. If they fail together, each is made alone.

        Args:
            write: a module's function; returns one result for each value, in their order.
        """
        commit: GroupCommit[Any, Any] | None = self._group_commits.get(write)
        if commit is None:
            commit = GroupCommit(partial(self._write_all, write))
            commit = self._group_commits.setdefault(write, commit)
        result: B = commit(value)
        return result

    def _write_all(
        self, write: Callable[[Tx, Sequence[A]], Sequence[B]], values: Callable[[], Sequence[A]]
    ) -> Sequence[B]:
        with self.write() as tx:
            return write(tx, values())

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Name what no statement of ours is to blame for: no server, no file, no space, no lock."""
        try:
            yield
        except (OperationalError, NoConnection) as error:
            cause = error.orig if isinstance(error, OperationalError) else error
            fact = f"{self.name}: {cause}"
            self._refused = (self._refused[0] + 1, fact)
            raise StoreUnavailable(fact) from error

    @contextmanager
    def _begin(self, *, durable: bool, wait: timedelta | None) -> Iterator[Tx]:
        engine = self._durable if durable else self._engine
        with engine.connect() as connection:
            connection.execution_options(**_BEGIN_WRITER, wait=wait)
            with connection.begin():
                yield Tx(connection=connection, time_zone=self.time_zone, languages=self.languages)

    def tidy(self) -> None:
        """Move what stands in SQLite's log into its file; nothing on PostgreSQL.

        For whoever writes much in many transactions: nobody waits in line meanwhile. Otherwise a
        commit does it by itself now and then, while everybody else waits.
        """
        if self.dialect != "sqlite":
            return
        with self._reached(), self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").close()

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()
        self._durable.dispose()


def _wait(*, urgent: bool) -> timedelta | None:
    """Return how long a person waits here still, ``None`` where none does."""
    deadline = REQUEST.get()
    if deadline is not None:
        return deadline.left
    return FOR_A_PERSON if urgent else None


def _engine(url: URL, *, durable: bool) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, durable=durable)
    return _postgresql(url, durable=durable)


def _sqlite(url: URL, *, durable: bool) -> Engine:
    # The connection used last is used next: its pages and statements are at hand, and a burst of
    # threads does not leave twenty of them to be filled in turn.
    engine = create_engine(
        url,
        pool_size=20,
        max_overflow=40,
        pool_use_lifo=True,
        pool_timeout=FOR_A_PERSON.total_seconds(),
    )
    synchronous = "FULL" if durable else "NORMAL"

    @event.listens_for(engine, "do_connect")
    def _close_files(*_args: object) -> None:
        _close_to_others(url.database)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        # Python's driver would begin by itself, late and deferred: a transaction that reads and
        # then writes fails at once when another wrote between, whatever the timeout.
        connection.isolation_level = None
        for pragma in (
            _busy(_wait(urgent=False)),
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "journal_size_limit=67108864",
            f"wal_autocheckpoint={LOG_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        busy = _busy(options.get("wait"))
        if connection.info.get("busy") != busy:
            connection.exec_driver_sql(f"PRAGMA {busy}").close()
            connection.info["busy"] = busy
        connection.exec_driver_sql(options.get("begin", "BEGIN"))

    return engine


def _busy(wait: timedelta | None) -> str:
    """Return what tells SQLite how long to wait for a lock: in steps, so that it is rarely told."""
    return f"busy_timeout={math.ceil((wait or BUSY) / _STEP) * _STEP_MS}"


def _close_to_others(database: str | None) -> None:
    """Let the database's files be their owner's only: SQLite would ask the umask.

    It gives its log and the log's index the mode of the database, but only when it makes them.
    """
    if not database or database.startswith((":memory:", "file:")):
        return
    with suppress(OSError):  # SQLite says by itself what keeps it from its file
        os.close(os.open(database, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    for end in ("", "-wal", "-shm"):
        close_to_others(Path(database + end))


def _postgresql(url: URL, *, durable: bool) -> Engine:
    # A session in UTC: year 1 and year 9999 of a feed with a broken clock would leave Python's
    # calendar in any other zone.
    # The name tells who else of us is connected, before a restore takes the tables away.
    options = (
        f"-c timezone=UTC -c synchronous_commit={'on' if durable else 'off'} "
        f"-c application_name={APPLICATION}"
    )
    seconds = FOR_A_PERSON.total_seconds()
    connect_args: dict[str, Any] = {"options": options}
    if "connect_timeout" not in url.query:
        connect_args["connect_timeout"] = int(seconds)
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=40,
        pool_pre_ping=True,
        pool_timeout=seconds,
        connect_args=connect_args,
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        wait: timedelta | None = connection.get_execution_options().get("wait")
        if wait is not None:
            connection.exec_driver_sql(
                f"SET LOCAL lock_timeout = {math.ceil(wait / timedelta(milliseconds=1))}"
            ).close()

    return engine
