"""Every error the program raises on purpose, named for what happened.

    SyndicatorError
    ├── ConfigError             the configuration cannot be used; carries every problem at once
    ├── AlreadyRunning          another process owns this data folder
    ├── AddressTaken            the address to listen on is not ours to have
    ├── StoreUnavailable        database or journal cannot be reached or written (disk full)
    ├── SchemaMismatch          the database has a schema this program does not know
    ├── SourceKnown             the feed is a source already; ``key`` says which
    ├── ArchiveDamaged          a backup is none, or not as it was written
    ├── RestoreRefused          a restore would harm what is there; the message says what to do
    ├── KeyringMissing          the keys here are not the database's, or there are none
    ├── MailboxAway             the mailbox reports come back to cannot be read just now
    ├── NamesAway               no name server answered what stands in the DNS
    ├── FetchFailed             no usable answer came; ``reason`` says why, in one word
    │   ├── Unreachable         the network did not carry us there (DNS, connect, time, reset)
    │   │   └── Stopped         we end and hung up ourselves: says nothing of the server
    │   ├── Refused             we did not let ourselves go there (address, port, scheme, hops)
    │   ├── Untrusted           TLS could not be verified
    │   └── Oversized           the answer broke a limit of size or time
    ├── HostBusy                the host's slot is taken: not a failure, ask again soon
    ├── TemplateUnfit           a template of ours or the operator's cannot make what it is for
    ├── OutsideTree             a path would have led out of the folder that files are written to
    ├── ParseFailed             no entry could be read from the body; ``reason`` says why
    ├── KeyUnfit                the key to sign mail with cannot be used
    └── DeliveryFailed          a mail was not taken
        ├── TemporaryFailure    try this recipient again later
        │   └── Uncertain       it may have been taken: no answer came to the whole message
        └── PermanentFailure    never try this recipient again with this message

They split where a caller acts differently, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from syndicator.model import Reason, Stage


class SyndicatorError(Exception):
    """Root of the tree: one ``except`` at the command line catches what we foresaw."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong in the configuration, with where it stands and how it should look."""

    file: str
    key: str
    fact: str
    example: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.fact} (for example: {self.example})"


class ConfigError(SyndicatorError):
    """The configuration cannot be used; ``problems`` holds all of them, never empty."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class AlreadyRunning(SyndicatorError):
    """Another process owns the data folder; the message names it."""


class AddressTaken(SyndicatorError):
    """The address to listen on cannot be had; the message names it and what to set."""


class StoreUnavailable(SyndicatorError):
    """Database or journal cannot be reached or written just now; what was under way is undone."""


class SchemaMismatch(SyndicatorError):
    """The database schema is not the one this program knows; the message names the command."""


class ArchiveDamaged(SyndicatorError):
    """A file is no backup, or not all of one, or not as it was written. Nothing was touched."""


class RestoreRefused(SyndicatorError):
    """What is there stands against a restore; the message says what to do. Nothing was touched."""


class KeyringMissing(SyndicatorError):
    """The data folder has no keys, or another database's; the message says what to copy."""


class MailboxAway(SyndicatorError):
    """The mailbox of reports cannot be read now; the message names its host and why."""


class NamesAway(SyndicatorError):
    """The DNS could not be asked, or did not find out; says nothing of what stands in it."""


class SourceKnown(SyndicatorError):
    """The feed at ``url`` is pulled already, as the source ``key``."""

    def __init__(self, url: str, *, key: str) -> None:
        super().__init__(f"{url}: is the source {key} already")
        self.url = url
        self.key = key


class FetchFailed(SyndicatorError):
    """No usable answer came from ``url``."""

    def __init__(self, url: str, reason: Reason, detail: str) -> None:
        super().__init__(f"{url}: {detail}")
        self.url = url
        self.reason = reason
        self.detail = detail


class Unreachable(FetchFailed):
    """The network did not carry the request there and back."""


class Stopped(Unreachable):
    """We are ending and did not wait for the answer: nobody's failure, ask again after ``wait``."""

    wait = timedelta(minutes=1)


class Refused(FetchFailed):
    """Our own guard forbids the address, port, scheme or number of hops."""


class Untrusted(FetchFailed):
    """The certificate or the handshake could not be verified."""


class Oversized(FetchFailed):
    """The answer broke a limit: body, headers or wall clock."""


class HostBusy(SyndicatorError):
    """Another request to the same host or address is under way; ask again after ``wait``."""

    def __init__(self, host: str, wait: timedelta) -> None:
        super().__init__(f"{host}: busy with another request")
        self.host = host
        self.wait = wait


class ParseFailed(SyndicatorError):
    """No feed could be read from the body."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class OutsideTree(SyndicatorError):
    """A path would have led out of the folder that files are written to; nothing was written."""


class TemplateUnfit(SyndicatorError):
    """A template cannot make what it is for; the message names it and what is amiss."""


class KeyUnfit(SyndicatorError):
    """The key that should sign our mail cannot be read, or is too weak; the message names it."""


class DeliveryFailed(SyndicatorError):
    """The relay did not take a message.

    ``code`` is its SMTP reply code, 0 when none came; ``stage`` says what was answered.
    """

    def __init__(self, code: int, reply: str, *, stage: Stage = Stage.CONNECT) -> None:
        super().__init__(f"{code} {reply}" if code else reply)
        self.code = code
        self.reply = reply
        self.stage = stage


class TemporaryFailure(DeliveryFailed):
    """The same message may be offered again later."""


class Uncertain(TemporaryFailure):
    """The whole message was given and no answer came: it may have been taken."""


class PermanentFailure(DeliveryFailed):
    """Offering the same message again is pointless."""
