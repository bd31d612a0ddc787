"""The door that all mail leaves by: connections to the relay, and our own signature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

from syndicator.config import Settings
from syndicator.deliver.email.smtp import Relay, Relays
from syndicator.errors import ConfigError, KeyUnfit, Problem
from syndicator.model import Clock


class Mailer(Protocol):
    """One connection to the relay; ``deliver.email.smtp.Relay`` is the real one."""

    @property
    def open(self) -> bool:
        """True if the next message can leave without a new connection."""

    @property
    def awaiting(self) -> bool:
        """True while a whole message was given and its answer has not come."""

    def ready(self) -> None:
        """Connect if need be; raise ``TemporaryFailure`` if that fails."""

    def send(self, message: bytes, *, sender: str, recipient: str) -> None:
        """Return once it is taken; raise ``DeliveryFailed``."""

    def hang_up(self) -> None:
        """Break the connection from another thread."""

    def __enter__(self) -> Self:
        """Return itself."""

    def __exit__(self, *_: object) -> None:
        """Say goodbye."""


class Connections(Protocol):
    """Connects to the relay as often as it is asked; ``RelayConnections`` is the real one."""

    def connect(self) -> Mailer:
        """Return a new connection, opened at the first message."""


class Signer(Protocol):
    """Signs messages of ours; ``deliver.email.sign.Signer`` is the one with a key."""

    def signed(self, message: bytes) -> bytes:
        """Return the message under our signature."""


class Unsigned:
    """Leaves it to the relay to sign."""

    def signed(self, message: bytes) -> bytes:
        """Return the message as it is."""
        return message


@dataclass(frozen=True, kw_only=True, slots=True)
class RelayConnections:
    """Connects to a relay, or its stand-by, under our ``name``."""

    relays: Relays
    name: str
    per_connection: int | None

    def connect(self) -> Relay:
        """Return a new connection, opened at the first message."""
        return Relay(self.relays, name=self.name, per_connection=self.per_connection)


def no_relay() -> ConfigError:
    """Return what is said where mail is to leave and no relay is configured."""
    problem = Problem(
        file="the environment",
        key="SYNDICATOR_SMTP_URL",
        fact="is not set, and mail needs a relay",
        example="SYNDICATOR_SMTP_URL=smtp://relay.example.org:25",
    )
    return ConfigError((problem,))


def connections(settings: Settings, now: Clock) -> RelayConnections:
    """Return what connects to the relay of these settings, or to the stand-by.

    Raises:
        ConfigError: no relay is configured.
    """
    first, standby = settings.deployment.smtp_url, settings.deployment.smtp_standby_url
    if first is None:
        raise no_relay()
    return RelayConnections(
        relays=Relays(*(url for url in (first, standby) if url), clock=now),
        name=settings.network.id_domain,
        per_connection=settings.mail.per_connection,
    )


def signer_of(settings: Settings, *, sender: str) -> Signer:
    """Return what signs messages from ``sender``, or leaves it to the relay.

    Raises:
        KeyUnfit: the key cannot be read, has no selector, or what reads it is not installed.
    """
    path, selector = settings.deployment.dkim_key, settings.deployment.dkim_selector
    if path is None:
        return Unsigned()
    if selector is None:
        raise KeyUnfit(f"{path}: SYNDICATOR_DKIM_SELECTOR must say where its public half stands")
    try:
        from syndicator.deliver.email.sign import Signer, read_key
    except ImportError as error:
        raise KeyUnfit(f"{path}: signing needs the extra: pip install syndicator[dkim]") from error
    domain = sender.rpartition("@")[2]
    return Signer(key=read_key(path), selector=selector, domain=domain)
