"""EDGE: the mailbox that reports come back to, over IMAP. The only door to imaplib.

What is read stays where it is, unseen, until the caller says what is to become of it: a kill at any
moment loses nothing, since the next reading comes to it again.
"""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from syndicator.config import is_loopback
from syndicator.errors import MailboxAway

TIMEOUT_S = 30
PORTS = {"imap": 143, "imaps": 993}
FOLDER = "INBOX"
LARGEST = 4 << 20
"""Most bytes of all that answers one command: the numbers of a hundred thousand messages."""

CHUNK = 500
"""Messages looked for at once; a server's answer is one line."""


class Mailbox:
    """One connection to ``imaps://user:password@host/folder``. Use as a context manager.

    ``imap`` speaks STARTTLS, and without it gives no password to another machine.

    Args:
        trust: which certificates are believed.
    """

    def __init__(self, url: str, *, trust: ssl.SSLContext) -> None:
        self._parts = urlsplit(url)
        self._trust = trust
        self._imap: imaplib.IMAP4 | None = None
        self._count = 0

    def __enter__(self) -> Self:
        """Connect, log in and open the folder.

        Raises:
            MailboxAway: any of it failed; so do the other calls when the connection breaks.
        """
        try:
            with self._reached():
                self._imap = self._connected()
                self._log_in()
                folder = unquote(self._parts.path.strip("/")) or FOLDER
                (number,) = self._done("SELECT", *self._open.select(_quoted(folder)))
                if number is None or not number.isdigit():
                    raise MailboxAway(f"{self._host}: SELECT: no number of messages")
                self._count = int(number)
        except MailboxAway:
            self._leave()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    @property
    def count(self) -> int:
        """How many messages lay in the folder when it was opened."""
        return self._count

    def unseen(self) -> Iterator[tuple[str, ...]]:
        """Yield the names of messages nobody has seen, in chunks.

        The newest chunk comes first: what is deleted then leaves the numbers of older ones alone.
        """
        for last in range(self._count, 0, -CHUNK):
            span = f"{max(1, last - CHUNK + 1)}:{last}"
            yield self._search(span, "UNSEEN", "UNDELETED")

    def newest(self, most: int) -> tuple[str, ...]:
        """Return the names of the ``most`` messages that came last, seen or not, newest first."""
        if not self._count:
            return ()
        span = f"{max(1, self._count - most + 1)}:{self._count}"
        return self._search(span, "UNDELETED")[::-1]

    def message(self, name: str, *, most: int) -> bytes | None:
        """Return the first ``most`` bytes of a message; ``None`` if it is not to be had."""
        with self._reached():
            answer, parts = self._open.uid("FETCH", name, f"(BODY.PEEK[]<0.{most}>)")
        bodies = (part[1] for part in parts or () if isinstance(part, tuple) and len(part) > 1)
        body = next(bodies, None)
        return body if answer == "OK" and isinstance(body, bytes) else None

    def delete(self, name: str) -> None:
        """Take a message out of the folder for good."""
        self._mark(name, r"(\Deleted \Seen)")
        with self._reached():
            if "UIDPLUS" in self._open.capabilities:
                self._done("EXPUNGE", *self._open.uid("EXPUNGE", name))
            else:
                self._done("EXPUNGE", *self._open.expunge())

    def leave(self, name: str, *, flagged: bool = False) -> None:
        """Let a message lie there for a person, seen by us; a flag says that it is in trouble."""
        self._mark(name, r"(\Seen \Flagged)" if flagged else r"(\Seen)")

    def _search(self, *criteria: str) -> tuple[str, ...]:
        with self._reached():
            lines = self._done("SEARCH", *self._open.uid("SEARCH", *criteria))
        names = b" ".join(line for line in lines if isinstance(line, bytes))
        return tuple(names.decode("ascii", "replace").split())

    def _mark(self, name: str, flags: str) -> None:
        with self._reached():
            self._done("STORE", *self._open.uid("STORE", name, "+FLAGS.SILENT", flags))

    @property
    def _open(self) -> imaplib.IMAP4:
        if self._imap is None:
            raise MailboxAway(f"{self._host}: not connected")
        return self._imap

    @property
    def _host(self) -> str:
        return self._parts.hostname or "localhost"

    def _connected(self) -> imaplib.IMAP4:
        port = self._parts.port or PORTS[self._parts.scheme]
        if self._parts.scheme == "imaps":
            return _BoundedSecure(self._host, port, ssl_context=self._trust, timeout=TIMEOUT_S)
        imap = _Bounded(self._host, port, timeout=TIMEOUT_S)
        if "STARTTLS" in imap.capabilities:
            imap.starttls(self._trust)
        elif not is_loopback(self._host):
            imap.shutdown()
            raise MailboxAway(f"{self._host}: offers no TLS, and a password is not sent in clear")
        return imap

    def _log_in(self) -> None:
        user = unquote(self._parts.username or "")
        password = unquote(self._parts.password or "")
        if (user + password).isascii():
            self._open.login(user, password)
        else:
            # LOGIN takes ASCII only.
            words = f"\0{user}\0{password}".encode()
            self._open.authenticate("PLAIN", lambda _: words)

    def _done(self, command: str, answer: str, lines: list[Any]) -> list[Any]:
        if answer != "OK":
            words = b" ".join(part for part in lines if isinstance(part, bytes))
            raise MailboxAway(f"{self._host}: {command}: {words.decode('utf-8', 'replace')[:200]}")
        return lines

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (imaplib.IMAP4.error, OSError, UnicodeError) as error:
            raise MailboxAway(f"{self._host}: {_without(error, self._parts.password)}") from None

    def _leave(self) -> None:
        imap, self._imap = self._imap, None
        if imap is None:
            return
        try:
            imap.logout()
        except (imaplib.IMAP4.error, OSError):
            imap.shutdown()


class _Bounded(imaplib.IMAP4):
    """Takes so much of an answer: imaplib keeps every line that nobody asked for."""

    _taken = 0

    def send(self, data: Any) -> None:
        """Send, and let the next answer have the whole of its size."""
        self._taken = 0
        super().send(data)

    def readline(self) -> bytes:
        """Return a line of the answer."""
        return self._counted(super().readline())

    def read(self, size: int) -> bytes:
        """Return so many bytes of the answer."""
        return self._counted(super().read(size))

    def _counted(self, data: bytes) -> bytes:
        self._taken += len(data)
        if self._taken > LARGEST:
            raise self.abort(f"an answer of more than {LARGEST} bytes")
        return data


class _BoundedSecure(_Bounded, imaplib.IMAP4_SSL):
    """Likewise, over TLS from the first byte."""


def _quoted(folder: str) -> str:
    """Return a folder's name as an IMAP string."""
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _without(error: Exception, password: str | None) -> str:
    """Return what went wrong; some servers repeat the command that logged in."""
    # imaplib puts a server's answer into its error as the bytes that came.
    reply = error.args[0] if error.args else None
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else f"{error}"
    for secret in (password, unquote(password) if password else None):
        words = words.replace(secret, "...") if secret else words
    return words[:300]
