"""EDGE: child processes that read feeds and may be killed.

    caller's thread ──job──> socket ──> child (worker): document.read ──> ParsedFeed
                     deadline passed: the child is killed, and the next job starts another

A hostile body costs its own time only (P12). The children are ours, long-lived, one socket each: a
ProcessPoolExecutor breaks as a whole when one child is killed. Each is a new interpreter that
imports this stage and nothing else; ``multiprocessing`` would run our main module in it again.
"""

from __future__ import annotations

import atexit
import io
import os
import pickle
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from syndicator.errors import ParseFailed
from syndicator.model import ParsedFeed, Reason
from syndicator.parse.defaults import Defaults

_STARTUP = timedelta(seconds=60)
_LONGEST_ANSWER_BYTES = 256 << 20
# A child needs these of our environment; passwords it has no use for.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "PYTHONTZPATH", "LD_LIBRARY_PATH")

# Memory of a large document goes back to the system at once instead of waiting for the next one.
_THRIFT = {"MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_MMAP_THRESHOLD_": "65536"}

_Job = tuple[bytes, str | None, str, str | None, Defaults]


class Parsers:
    """Child processes that read feeds, each started when first needed. Thread-safe.

    No process is left behind: children end with ``close``, at interpreter exit, and by themselves
    when this process is killed.
    """

    def __init__(
        self,
        *,
        workers: int,
        deadline: timedelta,
        defaults: Defaults,
        recycle_bytes: int = 80 << 20,
    ) -> None:
        """Make room for ``workers`` children; none is started yet.

        Args:
            deadline: time for one document, from the moment a child has it.
            defaults: what goes without saying in every document.
            recycle_bytes: a child that holds more memory after a job is replaced.
        """
        self._deadline = deadline
        self._defaults = defaults
        self._recycle_bytes = recycle_bytes
        # The seat given back last is taken first, so that few children serve a slow trickle.
        self._seats: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        self._children: set[_Child] = set()
        self._lock = threading.Lock()
        self._closed = False
        for _ in range(workers):
            self._seats.put(None)
        atexit.register(self.close)

    def read(
        self,
        body: bytes,
        *,
        content_type: str | None,
        url: str,
        language: str | None,
        within: timedelta | None = None,
    ) -> ParsedFeed:
        """Return what ``document.read`` makes of ``body``, waiting for a free child if need be.

        Args:
            within: longest wait for a free child, and longest time for the document then, where
                that is shorter than the deadline of all; for somebody who looks on.

        Raises:
            ParseFailed: as ``document.read``; PARSE_TIMEOUT when the deadline passed; UNREADABLE
                when the child died of the document; LOCAL when no child was free in time or could
                be started, its answer could not be read, or ``close`` came first.
        """
        deadline = self._deadline if within is None else min(within, self._deadline)
        with self._seat(within) as child:
            kind, what = child.ask(
                (body, content_type, url, language, self._defaults), deadline=deadline
            )
        if kind == "failed":
            raise ParseFailed(*what)
        feed: ParsedFeed = what
        return feed

    def close(self) -> None:
        """End every child at once; a job in hand fails with LOCAL. May be called again."""
        with self._lock:
            self._closed = True
            children, self._children = self._children, set()
        for child in children:
            child.kill()
        atexit.unregister(self.close)

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of the children alive, for whoever measures or watches them."""
        with self._lock:
            return tuple(sorted(child.pid for child in self._children if child.alive))

    @contextmanager
    def _seat(self, within: timedelta | None) -> Iterator[_Child]:
        """Lend a living child; one that failed its job or grew too large is not lent again."""
        try:
            child = self._seats.get(timeout=None if within is None else within.total_seconds())
        except queue.Empty:
            raise ParseFailed(Reason.LOCAL, "no reader of feeds was free in time") from None
        keep = False
        try:
            child = self._living(child)
            yield child
            keep = child.resident_bytes <= self._recycle_bytes
        except ParseFailed:
            if self._closed:
                raise ParseFailed(Reason.LOCAL, "the readers of feeds were stopped") from None
            raise
        finally:
            if not keep:
                self._dismiss(child)
            self._seats.put(child if keep else None)

    def _living(self, child: _Child | None) -> _Child:
        """Return ``child`` if it lives, else a new one: a child that died idle blames no feed."""
        if self._closed:
            raise ParseFailed(Reason.LOCAL, "the readers of feeds were stopped")
        if child is not None and child.alive:
            return child
        self._dismiss(child)
        child = _Child()
        with self._lock:
            if not self._closed:
                self._children.add(child)
                return child
        child.kill()
        raise ParseFailed(Reason.LOCAL, "the readers of feeds were stopped")

    def _dismiss(self, child: _Child | None) -> None:
        if child is not None:
            with self._lock:
                self._children.discard(child)
            child.kill()


def _environment() -> dict[str, str]:
    """Return what a child gets of our environment, and where it finds this package."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    path = os.pathsep.join(place or str(Path.cwd()) for place in sys.path)
    return kept | _THRIFT | {"PYTHONPATH": path}


class _Child:
    """One child process and our end of its socket."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "syndicator.parse.worker", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env=_environment(),
                process_group=0,  # Ctrl-C at the terminal is for us
            )
        self._pipe = Connection(ours.detach())
        self.resident_bytes = 0
        try:
            self._answer(_STARTUP)
        except ParseFailed as error:
            self.kill()
            raise ParseFailed(Reason.LOCAL, "no reader of feeds could be started") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, job: _Job, *, deadline: timedelta) -> tuple[str, Any]:
        """Return the answer to ``job``; afterwards the child is fit for another only if no error
        was raised."""
        with _death_is_unreadable():
            self._pipe.send_bytes(pickle.dumps((*job, deadline.total_seconds())))
        return self._answer(deadline)

    def _answer(self, deadline: timedelta) -> tuple[str, Any]:
        with _death_is_unreadable():
            if not self._pipe.poll(deadline.total_seconds()):
                seconds = f"{deadline.total_seconds():g} s"
                raise ParseFailed(Reason.PARSE_TIMEOUT, f"reading took longer than {seconds}")
            message = self._pipe.recv_bytes(_LONGEST_ANSWER_BYTES)
        kind, what, self.resident_bytes = _understood(message)
        return kind, what

    def kill(self) -> None:
        """End the child now and reap it."""
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._pipe.close()


@contextmanager
def _death_is_unreadable() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError) as error:
        raise ParseFailed(Reason.UNREADABLE, "the reader died of this document") from error


class _OnlyOurNouns(pickle.Unpickler):
    """Unpickles values of the model and dates, nothing that could act: the child that sends them
    has just read the bytes of a stranger."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if module_name == "datetime" or module_name.startswith("syndicator.model."):
            noun = super().find_class(module_name, global_name)
            # Not what a module merely imports, nor what hangs on it by a dot: from a function it
            # is two steps to its globals.
            if isinstance(noun, type) and noun.__module__ == module_name:
                return noun
        raise pickle.UnpicklingError(f"{module_name}.{global_name}: not a noun of ours")


# Unpickling may raise these too (the library's own list, and what our nouns refuse).
_REFUSED = (
    *(pickle.UnpicklingError, AttributeError, EOFError, ImportError, LookupError),
    *(TypeError, ValueError),
)


def _understood(message: bytes) -> tuple[str, Any, int]:
    """Return what a child answered; it lives and has read the feed, so a refusal is our fault."""
    try:
        return _loads(message)
    except _REFUSED as error:
        fact = f"the answer of a reader of feeds could not be read: {error}"
        raise ParseFailed(Reason.LOCAL, fact) from error


def _loads(message: bytes) -> tuple[str, Any, int]:
    kind, what, resident = _OnlyOurNouns(io.BytesIO(message)).load()
    return str(kind), what, int(resident)
