"""EDGE: child processes that read feeds and may be killed.

    caller's thread ──job──> pipe ──> child: document.read ──> pipe ──> ParsedFeed
                     deadline passed: the child is killed and another takes its place

A hostile body costs its own time only (P12). The children are ours, long-lived, one pipe each: a
ProcessPoolExecutor breaks as a whole when one child dies.
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
import threading
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from syndicator.errors import ParseFailed
from syndicator.model import ParsedFeed, Reason

_SPAWN = multiprocessing.get_context("spawn")


class Parsers:
    """A few child processes that read feeds, started when first needed. Thread-safe."""

    def __init__(self, *, workers: int, deadline: timedelta) -> None:
        self._deadline = deadline
        self._seats: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        self._closed = threading.Event()
        for _ in range(workers):
            self._seats.put(None)

    def read(
        self, body: bytes, *, content_type: str | None, url: str, language: str | None
    ) -> ParsedFeed:
        """Return what ``document.read`` makes of ``body``, waiting for a free child if need be.

        Raises:
            ParseFailed: as ``document.read``, and PARSE_TIMEOUT when the deadline passed, and
                UNREADABLE when the child died of it.
        """
        child = self._seats.get()
        try:
            child = child or _Child()
            answer = child.ask((body, content_type, url, language), deadline=self._deadline)
        except ParseFailed:
            if child is not None:
                child.kill()
            child = None
            raise
        finally:
            self._seats.put(child)
        if isinstance(answer, ParseFailed):
            raise answer
        return answer

    def close(self) -> None:
        """End every child that is idle."""
        while True:
            try:
                child = self._seats.get_nowait()
            except queue.Empty:
                return
            if child is not None:
                child.kill()


class _Child:
    """One child process and our end of its pipe."""

    def __init__(self) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        self._process: BaseProcess = _SPAWN.Process(target=serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def ask(
        self, job: tuple[bytes, str | None, str, str | None], *, deadline: timedelta
    ) -> ParsedFeed | ParseFailed:
        try:
            self._pipe.send(job)
            if not self._pipe.poll(deadline.total_seconds()):
                raise ParseFailed(Reason.PARSE_TIMEOUT, "reading took longer than allowed")
            kind, answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise ParseFailed(Reason.UNREADABLE, "the reader died of this document") from error
        return ParseFailed(*answer) if kind == "failed" else answer

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


def serve(pipe: Connection) -> None:
    """Answer jobs until the pipe closes: the whole life of a child."""
    from syndicator.parse import document

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            body, content_type, url, language = pipe.recv()
        except EOFError:
            return
        try:
            found = document.read(body, content_type=content_type, url=url, language=language)
            pipe.send(("read", found))
        except ParseFailed as error:
            pipe.send(("failed", (error.reason, error.detail)))
