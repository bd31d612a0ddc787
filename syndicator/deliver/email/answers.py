"""A relay's answers as they come in: each whole within its time, and none without an end.

A socket's timeout is for one piece of an answer, and smtplib reads as many lines as it is sent.
"""

from __future__ import annotations

import time
from io import RawIOBase
from typing import Protocol, cast

from syndicator.model import Monotonic

LARGEST = 64 * 1024
"""Most bytes of one answer. A line has 512 (RFC 5321 4.5.3.1.5), and honest answers a few lines."""


class Line(Protocol):
    """What of a socket is used here."""

    def gettimeout(self) -> float | None:
        """Return how many seconds a wait may take; ``None`` is for ever."""

    def settimeout(self, value: float | None, /) -> None:
        """Let the next waits take that long."""

    def recv_into(self, buffer: memoryview, /) -> int:
        """Wait for bytes; return how many were put into ``buffer``."""


class Answers(RawIOBase):
    """What a relay sends. ``begin`` each answer: its time is the timeout ``line`` has then."""

    def __init__(self, line: Line, *, monotonic: Monotonic = time.monotonic) -> None:
        self._line = line
        self._monotonic = monotonic
        self.begin()

    def begin(self) -> None:
        """Let the next answer have the whole of its time and size."""
        self._patience = self._line.gettimeout()
        self._until = None if self._patience is None else self._monotonic() + self._patience
        self._room = LARGEST

    def readable(self) -> bool:
        """True: it can be read."""
        return True

    def readinto(self, buffer: object, /) -> int:
        """Read what is there by now, or wait for it.

        Raises:
            OSError: the answer is too large, or not whole in its time (``TimeoutError``).
        """
        if self._room <= 0:
            raise OSError(f"an answer of more than {LARGEST} bytes")
        left = None if self._until is None else self._until - self._monotonic()
        if left is not None and left <= 0:
            raise TimeoutError("no whole answer in its time")
        self._line.settimeout(left)
        try:
            read = self._line.recv_into(cast(memoryview, buffer))
        finally:
            self._line.settimeout(self._patience)
        self._room -= read
        return read
