"""The environment of this copy of the program: where it keeps things, listens and sends.

Secrets come only from here, so no message repeats a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from syndicator.config.words import site_root
from syndicator.errors import Problem

PREFIX = "SYNDICATOR_"
FILE = "the environment"
"""What stands for the file in problems of the environment."""

T = TypeVar("T")

_SELECTOR = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def _listed(read: Callable[[str], T]) -> Callable[[object], tuple[T, ...]]:
    """Return a reader of a list written with commas or spaces."""
    return lambda value: tuple(read(word) for word in str(value).replace(",", " ").split())


def _network(word: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(word)
    except ValueError as error:
        raise ValueError("must be networks in CIDR form, host bits zero") from error


def _port(word: str) -> int:
    if not (word.isascii() and word.isdigit() and 0 < int(word[:6]) < 65536):
        raise ValueError("must be ports between 1 and 65535")
    return int(word)


def _listen(value: object) -> tuple[str, int]:
    host, colon, port = str(value).rpartition(":")
    host = host.strip("[]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port[:6]) < 65536):
        raise ValueError("must be an address, a colon and a port (0 takes any free port)")
    return host, int(port)


def _url(*schemes: str, host: bool = True) -> Callable[[str], str]:
    """Return a check that never repeats the address: it may hold a password."""

    def check(value: str) -> str:
        try:
            parts = urlsplit(value)
            right = parts.scheme in schemes and bool(parts.hostname or not host)
            _ = parts.port
        except ValueError:
            right = False
        if not right or not value.isprintable():
            begins = " or ".join(f"{scheme}://" for scheme in schemes)
            raise ValueError(
                f"must be an address that begins with {begins}, special letters of a password in "
                "percent form (/ is %2F, @ is %40)"
            )
        return value

    return check


def _selector(value: str) -> str:
    if not _SELECTOR.fullmatch(value):
        raise ValueError("must be the name under which the key stands in the DNS, such as s2026")
    return value


def _root(value: str) -> str:
    try:
        return site_root(value)
    except ValueError as error:
        raise ValueError("must be https:// or http:// and a host, with no path after it") from error


DatabaseUrl = Annotated[
    str, AfterValidator(_url("sqlite", "postgresql", "postgresql+psycopg", host=False))
]
SmtpUrl = Annotated[str, AfterValidator(_url("smtp", "smtps"))]
ImapUrl = Annotated[str, AfterValidator(_url("imaps", "imap"))]
Selector = Annotated[str, AfterValidator(_selector)]
WebUrl = Annotated[str, AfterValidator(_url("https", "http"))]
Root = Annotated[str, AfterValidator(_root)]
# NoDecode: pydantic-settings would read lists as JSON, which nobody writes in an environment.
Listen = Annotated[tuple[str, int], NoDecode, BeforeValidator(_listen)]
Networks = Annotated[
    tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_listed(_network))
]
Ports = Annotated[frozenset[int], NoDecode, BeforeValidator(_listed(_port))]


class Environment(BaseSettings):
    """Every variable there is, in lower case and without its prefix."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", validate_default=False
    )

    config: Path | None = Field(None, examples=["/etc/syndicator/feeds.toml"])
    data: Path = Field(Path("var"), examples=["/var/lib/syndicator"])
    database_url: DatabaseUrl | None = Field(
        None, examples=["postgresql://syndicator@localhost/syndicator"]
    )
    base_url: Root | None = Field(None, examples=["https://blogs.example.org"])
    listen: Listen = Field(("127.0.0.1", 8000), examples=["127.0.0.1:8000"])
    smtp_url: SmtpUrl | None = Field(None, examples=["smtps://user:password@relay.example.org:465"])
    smtp_standby_url: SmtpUrl | None = Field(
        None, examples=["smtps://user:password@relay2.example.org:465"]
    )
    imap_url: ImapUrl | None = Field(
        None, examples=["imaps://user:password@mail.example.org/INBOX"]
    )
    dkim_key: Path | None = Field(None, examples=["/etc/syndicator/dkim.pem"])
    dkim_selector: Selector | None = Field(None, examples=["s2026"])
    allow_networks: Networks = Field((), examples=["10.20.0.0/16,fd00::/8"])
    allow_ports: Ports = Field(frozenset(), examples=["8080,8443"])
    heartbeat_url: WebUrl | None = Field(None, examples=["https://heartbeat.example.org/ping/abc"])
    templates: Path | None = Field(None, examples=["/etc/syndicator/templates"])

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what the caller hands in: the process's own environment is not read here."""
        return (init_settings,)


def read(environ: Mapping[str, str]) -> tuple[Environment, tuple[Problem, ...]]:
    """Return the environment as far as it is right, and every problem with it.

    A variable with a problem has its default in what is returned. Names with our prefix that are
    nearly one of ours are problems; quite different ones belong to somebody else (Kubernetes
    sets ``SYNDICATOR_SERVICE_HOST`` for a service of that name).
    """
    source = EnvSettingsSource(Environment, case_sensitive=False)
    named = {name.lower(): value for name, value in environ.items() if name.startswith(PREFIX)}
    source.env_vars = {name: value for name, value in named.items() if value}
    values = source()
    problems = [*_misspelt(environ)]
    try:
        return Environment(**values), tuple(problems)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            name = str(fault["loc"][0])
            values.pop(name, None)
            variable = PREFIX + name.upper()
            example = (Environment.model_fields[name].examples or ["..."])[0]
            problems.append(
                Problem(
                    file=FILE,
                    key=variable,
                    fact=str(fault.get("ctx", {}).get("error", fault["msg"])),
                    example=f"{variable}={example}",
                )
            )
    return Environment(**values), tuple(problems)


def _misspelt(environ: Mapping[str, str]) -> list[Problem]:
    names = [name.upper() for name in Environment.model_fields]
    problems = []
    for variable in sorted(environ):
        name = variable.removeprefix(PREFIX)
        near = get_close_matches(name, names, n=1, cutoff=0.75)
        if variable.startswith(PREFIX) and name not in names and near:
            fact = f"is not a known variable; did you mean {PREFIX}{near[0]}?"
            example = f"{PREFIX}{near[0]}=..."
            problems.append(Problem(file=FILE, key=variable, fact=fact, example=example))
    return problems
