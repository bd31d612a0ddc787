"""What in the settings still is an example, though people and their programs will rely on it, and
an address that would show the tokens of our links to whoever carries them.

An example is a name of RFC 2606: nobody can own it, so nothing sent to it arrives. Nothing is
refused for it, since the shipped file must run as it is; but it is said, and no real mail leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from syndicator.config.settings import DigestPlan, Network, Settings

RESERVED = ("test", "example", "invalid", "localhost", "example.com", "example.net", "example.org")
"""RFC 2606, sections 2 and 3."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placeholder:
    """One value that must be changed before it is relied on; ``key`` as the file's path has it.

    ``insecure`` is an address that is no example, but http where https belongs.
    """

    key: str
    value: str
    insecure: bool = False


def placeholders(settings: Settings) -> tuple[Placeholder, ...]:
    """Return what still is an example, in the order of the file; each key once.

    An address of this machine is one where there is a relay: mail would lead every reader to their
    own. Without one it is none, nor is http: many look at the program there first.
    """
    mails = settings.deployment.smtp_url is not None
    examples = (
        Placeholder(key=key, value=value)
        for key, value in _relied_on(settings)
        if (_leads_nowhere if mails else _is_example)(_host(value))
    )
    return (*examples, *(_insecure(settings.network) if mails else ()))


def placeholders_in_mail(settings: Settings, plan: DigestPlan) -> tuple[Placeholder, ...]:
    """Return what keeps the mail of this digest from leaving: its sender, ids, answers or links
    would lead nowhere, or its tokens be read on the way. Empty when it may go.

    An address of this machine is one here: its links would lead every reader to their own.
    """
    relied = (*_of_network(settings.network), ("sender", plan.sender))
    examples = (
        Placeholder(key=key, value=value) for key, value in relied if _leads_nowhere(_host(value))
    )
    return (*examples, *_insecure(settings.network))


def is_reserved(host: str) -> bool:
    """Return True if ``host`` is, or lies below, a name that RFC 2606 keeps for examples."""
    name = host.casefold().rstrip(".")
    return any(name == reserved or name.endswith(f".{reserved}") for reserved in RESERVED)


def is_loopback(host: str) -> bool:
    """Return True if ``host`` is this machine, whichever that is: an address of it, or its name."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _relied_on(settings: Settings) -> Iterator[tuple[str, str]]:
    yield from _of_network(settings.network)
    for number, plan in enumerate(settings.digests, start=1):
        yield f"digest[{number}].sender", plan.sender
    if settings.mail.bounces is not None:
        yield "mail.bounces", settings.mail.bounces
    for number, editor in enumerate(settings.mail.editors, start=1):
        yield f"mail.editors[{number}]", editor
    if settings.statements.data_protection is not None:
        yield "statements.data_protection", settings.statements.data_protection


def _insecure(network: Network) -> Iterator[Placeholder]:
    url = urlsplit(network.base_url)
    if url.scheme == "http" and not _leads_nowhere(url.hostname or ""):
        yield Placeholder(key="network.base_url", value=network.base_url, insecure=True)


def _of_network(network: Network) -> Iterator[tuple[str, str]]:
    yield "network.base_url", network.base_url
    yield "network.id_domain", network.id_domain
    yield "network.contact_email", network.contact_email
    yield "network.contact_url", network.contact_url


def _is_example(host: str) -> bool:
    return is_reserved(host) and host != "localhost"


def _leads_nowhere(host: str) -> bool:
    return is_loopback(host) or is_reserved(host)


def _host(value: str) -> str:
    """Return the host of a web address, of a mail address, or of a bare domain."""
    if "://" in value:
        return urlsplit(value).hostname or ""
    return value.rpartition("@")[2]
