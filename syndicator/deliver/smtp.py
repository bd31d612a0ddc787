"""The relay. The only door to smtplib."""

from __future__ import annotations

import smtplib
import ssl
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from syndicator.errors import PermanentFailure, TemporaryFailure

TIMEOUT_S = 30
SMTP_PORTS = {"smtp": 25, "smtps": 465}
CLOSING = 421


class Relay:
    """One kept connection to the relay of ``url``: ``smtp://host:25``, ``smtps://user:pass@host``.

    ``smtp`` speaks STARTTLS whenever the relay offers it. Use as a context manager.
    """

    def __init__(self, url: str, *, name: str) -> None:
        self._parts = urlsplit(url)
        self._name = name
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, message: bytes, *, sender: str, recipient: str) -> None:
        """Return once the relay has taken the message.

        Raises:
            PermanentFailure: it answered 5xx to this recipient or message.
            TemporaryFailure: it answered 4xx, the connection failed, or it refused us ourselves:
                a wrong password or sender says nothing about the reader.
        """
        try:
            self._connected().sendmail(sender, [recipient], message)
        except smtplib.SMTPRecipientsRefused as error:
            self._leave_if_closing(error.recipients[recipient][0])
            raise _failure(*error.recipients[recipient]) from error
        except smtplib.SMTPDataError as error:
            self._leave_if_closing(error.smtp_code)
            raise _failure(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPResponseException as error:
            self._leave()
            raise TemporaryFailure(error.smtp_code, _text(error.smtp_error)) from error
        except (smtplib.SMTPException, OSError) as error:
            self._leave()
            raise TemporaryFailure(0, str(error)) from error

    def close(self) -> None:
        """Say goodbye; a relay that does not answer is left."""
        if self._smtp is None:
            return
        try:
            self._smtp.quit()
        except (smtplib.SMTPException, OSError):
            self._smtp.close()
        self._smtp = None

    def _leave_if_closing(self, code: int) -> None:
        """A relay that answers 421 hangs up: the next message needs a new connection."""
        if code == CLOSING:
            self._leave()

    def _leave(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            self._smtp = self._connect()
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        smtp = self._greeted(context)
        try:
            if self._parts.scheme == "smtp":
                smtp.ehlo()
                if smtp.has_extn("starttls"):
                    smtp.starttls(context=context)
            if self._parts.username:
                smtp.login(unquote(self._parts.username), unquote(self._parts.password or ""))
        except (smtplib.SMTPException, OSError):
            smtp.close()
            raise
        return smtp

    def _greeted(self, context: ssl.SSLContext) -> smtplib.SMTP:
        host, scheme = self._parts.hostname or "localhost", self._parts.scheme
        port = self._parts.port or SMTP_PORTS[scheme]
        if scheme == "smtps":
            return smtplib.SMTP_SSL(
                host, port, local_hostname=self._name, timeout=TIMEOUT_S, context=context
            )
        return smtplib.SMTP(host, port, local_hostname=self._name, timeout=TIMEOUT_S)


def _failure(code: int, reply: bytes | str) -> PermanentFailure | TemporaryFailure:
    kind = PermanentFailure if code >= 500 else TemporaryFailure
    return kind(code, _text(reply))


def _text(reply: bytes | str) -> str:
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
