"""The door that all mail leaves by: connections to the relay, and our own signature."""

from __future__ import annotations

from collections.abc import Callable

from syndicator.config import Settings
from syndicator.deliver.email.smtp import Relay, Relays
from syndicator.errors import ConfigError, KeyUnfit, Problem
from syndicator.model import Clock


def no_relay() -> ConfigError:
    """Return what is said where mail is to leave and no relay is configured."""
    problem = Problem(
        file="the environment",
        key="SYNDICATOR_SMTP_URL",
        fact="is not set, and mail needs a relay",
        example="SYNDICATOR_SMTP_URL=smtp://relay.example.org:25",
    )
    return ConfigError((problem,))


def connections(settings: Settings, now: Clock) -> Callable[[], Relay]:
    """Return what makes connections to the relay of these settings, or to the stand-by.

    Raises:
        ConfigError: no relay is configured.
    """
    first, standby = settings.deployment.smtp_url, settings.deployment.smtp_standby_url
    if first is None:
        raise no_relay()
    relays = Relays(*(url for url in (first, standby) if url), clock=now)
    most = settings.mail.per_connection
    return lambda: Relay(relays, name=settings.network.id_domain, per_connection=most)


def signing(settings: Settings, *, sender: str) -> Callable[[bytes], bytes]:
    """Return what signs a message from ``sender``, or leaves it to the relay.

    Raises:
        KeyUnfit: the key cannot be read, has no selector, or what reads it is not installed.
    """
    path, selector = settings.deployment.dkim_key, settings.deployment.dkim_selector
    if path is None:
        return lambda message: message
    if selector is None:
        raise KeyUnfit(f"{path}: SYNDICATOR_DKIM_SELECTOR must say where its public half stands")
    try:
        from syndicator.deliver.email.sign import Signer, read_key
    except ImportError as error:
        raise KeyUnfit(f"{path}: signing needs the extra: pip install syndicator[dkim]") from error
    domain = sender.rpartition("@")[2]
    return Signer(key=read_key(path), selector=selector, domain=domain).signed
