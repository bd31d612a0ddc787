"""A relay on loopback that tells, at each stage of each message, that it came so far."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from typing import BinaryIO, Self


class Reached(IntEnum):
    """How far a message has come. From GIVEN on it has arrived, whoever hears of it."""

    GREETED = 0
    SENDER = 1
    BODY = 2
    GIVEN = 3
    ANSWERED = 4


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A message that was given whole."""

    recipient: str
    message_id: str
    size_bytes: int


@dataclass
class LoopbackRelay:
    """Takes every message. ``watch`` is called on the connection's thread, before it goes on.

    ``answers`` are given to a command of that name instead of yes; ``END`` is the end of a message,
    and an empty answer hangs up. A body is waited for whenever DATA gets a 354.
    """

    watch: Callable[[Reached], None] = lambda _: None
    answers: dict[str, str] = field(default_factory=dict)
    pipelining: bool = True
    connections: int = 0
    arrived: list[Arrived] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        # ``close`` alone would not wake who waits in ``accept``.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(10)
        self._listener.close()
        self.settle()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def settle(self) -> None:
        """Return once every connection has ended."""
        while (thread := self._one()) is not None:
            thread.join(30)

    def _one(self) -> threading.Thread | None:
        with self._lock:
            return self._threads.pop() if self._threads else None

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(line,), daemon=True)
                # Together: one that has not begun cannot be waited for.
                with self._lock:
                    thread.start()
                    self._threads.append(thread)

    def _serve(self, line: socket.socket) -> None:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with line, line.makefile("rb") as words, suppress(ConnectionError, EOFError):
            self.connections += 1
            self.watch(Reached.GREETED)
            line.sendall(b"220 relay.example\r\n")
            self._converse(line, words)

    def _converse(self, line: socket.socket, words: BinaryIO) -> None:
        recipient = ""
        while command := words.readline():
            match command[:4].upper():
                case b"EHLO":
                    more = "250-PIPELINING\r\n" if self.pipelining else ""
                    line.sendall(f"250-relay.example\r\n{more}250 SIZE 10000000\r\n".encode())
                case b"MAIL":
                    self.watch(Reached.SENDER)
                    self._answer(line, "MAIL", "250 2.1.0 ok")
                case b"RCPT":
                    recipient = command.decode().partition("<")[2].partition(">")[0]
                    self._answer(line, "RCPT", "250 2.1.5 ok")
                case b"DATA":
                    if self._answer(line, "DATA", "354 go on").startswith("354"):
                        self._take(line, words, recipient)
                case b"QUIT":
                    line.sendall(b"221 2.0.0 bye\r\n")
                    return
                case _:
                    line.sendall(b"250 2.0.0 ok\r\n")

    def _take(self, line: socket.socket, words: BinaryIO, recipient: str) -> None:
        message_id, size = "", 0
        self.watch(Reached.BODY)
        while (row := words.readline()) != b".\r\n":
            if not row:
                raise EOFError
            size += len(row)
            if row.lower().startswith(b"message-id:"):
                message_id = row.decode().partition(":")[2].strip()
        with self._lock:
            arrived = Arrived(recipient=recipient, message_id=message_id, size_bytes=size)
            self.arrived.append(arrived)
        self.watch(Reached.GIVEN)
        self._answer(line, "END", "250 2.0.0 kept")
        self.watch(Reached.ANSWERED)

    def _answer(self, line: socket.socket, command: str, usual: str) -> str:
        answer = self.answers.get(command, usual)
        if not answer:
            raise EOFError
        line.sendall(f"{answer}\r\n".encode())
        return answer
