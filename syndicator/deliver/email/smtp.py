"""The relay. The only door to smtplib.

smtplib opens the connection, greets, secures it and logs in. The transaction is ours: with
PIPELINING its three commands travel together, and we know whether the last byte was given when an
answer fails to come.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BufferedReader
from threading import Lock
from typing import Self
from urllib.parse import unquote, urlsplit

from syndicator.config import is_loopback
from syndicator.deliver.email.answers import Answers
from syndicator.deliver.email.replies import plain
from syndicator.errors import DeliveryFailed, PermanentFailure, TemporaryFailure, Uncertain
from syndicator.model import Stage

TIMEOUT_S = 30
"""How long a relay may take to connect and to answer a command, from its first byte to its last."""

FINAL_S = 120
"""How long it may take to say that it has the message: scanners work before that answer."""

SMTP_PORTS = {"smtp": 25, "smtps": 465}
CLOSING = 421
GO_ON = 354

AVOIDED = timedelta(minutes=5)
"""How long a relay that could not be reached is left alone while the stand-by does its work."""

Answer = tuple[int, str]


class Relays:
    """Which relay is called first: the first one, or the stand-by for a while after it failed.

    Shared by all connections. Without a stand-by it is always the first.
    """

    def __init__(self, *urls: str, clock: Callable[[], datetime]) -> None:
        self._urls = urls
        self._clock = clock
        self._lock = Lock()
        self._failed: dict[str, datetime] = {}

    def in_order(self) -> tuple[str, ...]:
        """Return the addresses to try, those that failed lately last."""
        now = self._clock()
        with self._lock:
            late = {url for url, until in self._failed.items() if until > now}
        return tuple(sorted(self._urls, key=lambda url: url in late))

    def failed(self, url: str) -> None:
        """Leave this one alone for a while."""
        with self._lock:
            self._failed[url] = self._clock() + AVOIDED


class Relay:
    """One kept connection: ``smtp://host:25``, ``smtps://user:pass@host``.

    ``smtp`` speaks STARTTLS whenever the relay offers it. Use as a context manager, from one
    thread; ``hang_up`` and ``awaiting`` are for others.

    Args:
        relays: an address, or several with a stand-by.
        per_connection: messages before a new connection is opened; ``None`` is no limit.
    """

    def __init__(
        self, relays: str | Relays, *, name: str, per_connection: int | None = None
    ) -> None:
        self._relays = relays
        self._name = name
        self._most = per_connection
        self._carried = 0
        self._smtp: smtplib.SMTP | None = None
        self._awaiting = False
        # Reading the machine's certificates takes as long as sending some messages: once is enough.
        self._context = cache(ssl.create_default_context)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def open(self) -> bool:
        """True if the next message can leave without a new connection."""
        return self._smtp is not None and not (self._most and self._carried >= self._most)

    @property
    def awaiting(self) -> bool:
        """True while a whole message was given and its answer has not come."""
        return self._awaiting

    def ready(self) -> None:
        """Connect if need be, so that the next message can leave at once.

        Raises:
            TemporaryFailure: no relay could be reached, or it refused us; its stage is CONNECT.
        """
        if not self.open:
            self.close()
            self._smtp = self._connect()
            self._carried = 0

    def send(self, message: bytes, *, sender: str, recipient: str) -> None:
        """Return once the relay has taken the message.

        Raises:
            PermanentFailure: it answered 5xx to this recipient or message.
            TemporaryFailure: it answered 4xx, the connection failed, or it refused us ourselves:
                a wrong password or sender says nothing about the reader.
            Uncertain: the message was given whole, and no answer came.
        """
        self.ready()
        self._carried += 1
        try:
            self._transact(message, sender=sender, recipient=recipient)
        except DeliveryFailed as error:
            # A relay that answers 421 hangs up: the next message needs a new connection.
            if error.code in (0, CLOSING) and self._smtp is not None:
                self._smtp.close()
                self._smtp = None
            raise
        finally:
            self._awaiting = False

    def close(self) -> None:
        """Say goodbye; a relay that does not answer is left."""
        if self._smtp is None:
            return
        try:
            self._smtp.quit()
        except (smtplib.SMTPException, OSError):
            self._smtp.close()
        self._smtp = None

    def hang_up(self) -> None:
        """Break the connection from another thread; whoever waits for an answer gets none."""
        smtp = self._smtp
        line = smtp.sock if smtp is not None else None
        if line is not None:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    # --- the transaction ----------------------------------------------------------------------

    def _transact(self, message: bytes, *, sender: str, recipient: str) -> None:
        smtp = self._connected()
        size = f" SIZE={len(message)}" if smtp.has_extn("size") else ""
        commands = (f"MAIL FROM:<{sender}>{size}", f"RCPT TO:<{recipient}>", "DATA")
        if smtp.has_extn("pipelining"):
            self._write("".join(f"{command}\r\n" for command in commands).encode("ascii"))
            answers = [self._answer() for _ in commands]
            self._agreed(answers, close=b".\r\n" if answers[-1][0] == GO_ON else b"")
        else:
            for at, command in enumerate(commands):
                self._write(f"{command}\r\n".encode("ascii"))
                self._agreed([self._answer()], at=at)
        self._give(message)

    def _agreed(self, answers: list[Answer], *, at: int = 0, close: bytes = b"") -> None:
        """Return if every answer was yes.

        Args:
            at: which of the three commands the first answer is to.
            close: ends a body the relay waits for although it refused what came before.
        """
        stages = (Stage.SENDER, Stage.RECIPIENT, Stage.CONTENT)
        for stage, (code, reply) in zip(stages[at:], answers, strict=False):
            if code // 100 not in (2, 3):
                if close:
                    self._write(close)
                    self._answer()
                if code != CLOSING:
                    self._write(b"RSET\r\n")
                    self._answer()
                raise _failure(code, reply, stage)

    def _give(self, message: bytes) -> None:
        """Write the message with its end and wait for the answer."""
        body = message.replace(b"\r\n.", b"\r\n..")
        end = b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n"
        self._awaiting = True
        try:
            self._write(body + end)
        except TemporaryFailure as error:
            # Its last bytes, which end the message, were never given: nobody has it.
            raise TemporaryFailure(0, error.reply, stage=Stage.CONTENT) from error
        self._patience(FINAL_S)
        try:
            code, reply = self._answer()
        except TemporaryFailure as error:
            raise Uncertain(
                0, f"no answer to the message: {error.reply}", stage=Stage.CONTENT
            ) from error
        self._patience(TIMEOUT_S)
        if code // 100 not in (2, 4, 5):
            # Neither yes nor no: it is out of step with us, and may have the message.
            raise Uncertain(0, f"no answer to the message: {code}", stage=Stage.CONTENT)
        if code // 100 != 2:
            raise _failure(code, reply, Stage.CONTENT)

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            raise TemporaryFailure(0, "the connection is gone")
        return self._smtp

    def _patience(self, seconds: float) -> None:
        line = self._connected().sock
        if line is not None:
            line.settimeout(seconds)

    def _write(self, words: bytes) -> None:
        try:
            self._connected().send(words)
        except (smtplib.SMTPException, OSError) as error:
            raise TemporaryFailure(0, f"the connection broke: {error}") from error

    def _answer(self) -> Answer:
        try:
            code, reply = self._connected().getreply()
        except smtplib.SMTPResponseException as error:
            raise TemporaryFailure(0, _text(error.smtp_error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TemporaryFailure(0, str(error)) from error
        # What a yes says in words nobody reads, and there are four of them a message.
        return code, "" if code // 100 in (2, 3) else _text(reply)

    # --- connecting ---------------------------------------------------------------------------

    def _connect(self) -> smtplib.SMTP:
        urls = (self._relays,) if isinstance(self._relays, str) else self._relays.in_order()
        failed: TemporaryFailure | None = None
        for url in urls:
            try:
                return _opened(url, name=self._name, context=self._context)
            except TemporaryFailure as error:
                failed = error
                if isinstance(self._relays, Relays):
                    self._relays.failed(url)
        assert failed is not None, "there is a relay"
        raise failed


@dataclass(frozen=True, kw_only=True, slots=True)
class Welcome:
    """How a relay receives us.

    Args:
        tls: the version spoken, such as ``TLSv1.3``; ``None`` in clear.
        until: when its certificate ends.
        extensions: what it offers, in small letters, each with its words.
        refused: senders it will not take mail from, each with its answer.
    """

    tls: str | None
    until: datetime | None
    extensions: Mapping[str, str]
    refused: Mapping[str, str]


def welcome(url: str, *, name: str, senders: Collection[str]) -> Welcome:
    """Return how the relay receives us; nothing is sent, each sender is only named.

    Raises:
        TemporaryFailure: it cannot be reached, trusted or logged in to.
    """
    smtp = _opened(url, name=name, context=ssl.create_default_context)
    try:
        line = smtp.sock
        secure = line if isinstance(line, ssl.SSLSocket) else None
        ends = str((secure.getpeercert() or {}).get("notAfter", "")) if secure else ""
        return Welcome(
            tls=secure.version() if secure else None,
            until=datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if ends else None,
            extensions=dict(smtp.esmtp_features),
            refused={sender: answer for sender in senders if (answer := _refusal(smtp, sender))},
        )
    except (smtplib.SMTPException, OSError) as error:
        raise TemporaryFailure(0, str(error)) from error
    finally:
        smtp.close()


def _refusal(smtp: smtplib.SMTP, sender: str) -> str:
    code, reply = smtp.mail(sender)
    smtp.rset()
    return "" if code // 100 == 2 else f"{code} {_text(reply)}"


def _opened(url: str, *, name: str, context: Callable[[], ssl.SSLContext]) -> smtplib.SMTP:
    """Return a connection that is greeted, secured and logged in."""
    try:
        return _secured(url, name=name, context=context)
    except smtplib.SMTPResponseException as error:
        raise TemporaryFailure(error.smtp_code, _text(error.smtp_error)) from error
    except (smtplib.SMTPException, OSError) as error:
        raise TemporaryFailure(0, str(error)) from error


def _secured(url: str, *, name: str, context: Callable[[], ssl.SSLContext]) -> smtplib.SMTP:
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    smtp = _greeted(parts.scheme, host, parts.port, name, context)
    try:
        smtp.ehlo_or_helo_if_needed()
        if parts.scheme == "smtp" and smtp.has_extn("starttls"):
            smtp.starttls(context=context())
            smtp.ehlo_or_helo_if_needed()
        if parts.username:
            if not isinstance(smtp.sock, ssl.SSLSocket) and not is_loopback(host):
                # Whoever strips STARTTLS would have the password.
                raise smtplib.SMTPException("it offers no TLS, and a password is not sent in clear")
            smtp.login(unquote(parts.username), unquote(parts.password or ""))
        if smtp.sock is not None and smtp.sock.family in (socket.AF_INET, socket.AF_INET6):
            # Short commands leave at once instead of waiting for more to fill a packet.
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (smtplib.SMTPException, OSError):
        smtp.close()
        raise
    return smtp


class _Bounded(smtplib.SMTP):
    """Reads no answer for longer than the timeout, and none without an end."""

    def getreply(self) -> tuple[int, bytes]:
        """Return code and words of the next answer."""
        # smtplib forgets its file where it connects, and where STARTTLS makes another line of it.
        if self.file is None and self.sock is not None:
            self._answers = Answers(self.sock)
            self.file = BufferedReader(self._answers)
        self._answers.begin()
        return super().getreply()


class _BoundedSecure(_Bounded, smtplib.SMTP_SSL):
    """Likewise, over TLS from the first byte."""


def _greeted(
    scheme: str, host: str, port: int | None, name: str, context: Callable[[], ssl.SSLContext]
) -> smtplib.SMTP:
    port = port or SMTP_PORTS[scheme]
    if scheme == "smtps":
        secure = context()
        return _BoundedSecure(host, port, local_hostname=name, timeout=TIMEOUT_S, context=secure)
    return _Bounded(host, port, local_hostname=name, timeout=TIMEOUT_S)


def _failure(code: int, reply: str, stage: Stage) -> DeliveryFailed:
    """Name an answer: a refused sender is a failure of ours, whatever its code (promise 6)."""
    kind = PermanentFailure if code >= 500 and stage is not Stage.SENDER else TemporaryFailure
    return kind(code, reply, stage=stage)


def _text(reply: bytes | str) -> str:
    return plain(reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply)
