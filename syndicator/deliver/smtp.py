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
            PermanentFailure: it answered 5xx.
            TemporaryFailure: it answered 4xx, or the connection failed.
        """
        try:
            self._connected().sendmail(sender, [recipient], message)
        except smtplib.SMTPRecipientsRefused as error:
            code, reply = error.recipients[recipient]
            raise _failure(code, reply) from error
        except smtplib.SMTPResponseException as error:
            raise _failure(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            self._smtp = None
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

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            self._smtp = self._connect()
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        host, scheme = self._parts.hostname or "localhost", self._parts.scheme
        port = self._parts.port or SMTP_PORTS[scheme]
        context = ssl.create_default_context()
        if scheme == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, local_hostname=self._name, timeout=TIMEOUT_S, context=context
            )
        else:
            smtp = smtplib.SMTP(host, port, local_hostname=self._name, timeout=TIMEOUT_S)
            smtp.ehlo()
            if smtp.has_extn("starttls"):
                smtp.starttls(context=context)
        if self._parts.username:
            smtp.login(unquote(self._parts.username), unquote(self._parts.password or ""))
        return smtp


def _failure(code: int, reply: bytes | str) -> PermanentFailure | TemporaryFailure:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return PermanentFailure(code, text) if code >= 500 else TemporaryFailure(code, text)
