"""A file and an environment in, ``Settings`` out, or every problem of both at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from syndicator.config import environment, references
from syndicator.config.problems import Place, did_you_mean, from_validation
from syndicator.config.resources import resource
from syndicator.config.settings import Deployment, Settings
from syndicator.config.tables import (
    LISTS,
    OPTIONAL,
    SINGLE,
    CityTable,
    CombinedTable,
    DigestTable,
    MailTable,
    NetworkTable,
    SourceTable,
    StatementsTable,
    TopicTable,
)
from syndicator.errors import ConfigError, Problem
from syndicator.locales import Locales

M = TypeVar("M", bound=BaseModel)

_LARGEST_BYTES = 5_000_000

LOCALES = "locales"
"""The folder, in the operator's folder of templates, of languages and words of their own."""


def load(environ: Mapping[str, str]) -> Settings:
    """Return the settings of the file and the environment.

    The file is ``SYNDICATOR_CONFIG``, else ``config/feeds.toml`` in the current folder, else the
    one that travels with the program. Nothing is created or changed.

    Raises:
        ConfigError: with every problem of the environment and the file, in the order of lines.
    """
    env, problems = environment.read(environ)
    here = Path("config", "feeds.toml")
    path = env.config or (here if here.is_file() else resource("config", "feeds.toml"))
    try:
        text = _text(path)
        raw = _toml(text, path)
    except ConfigError as error:
        raise ConfigError((*problems, *error.problems)) from error
    file = Place(file=str(path), text=text)
    reader = _Reader(raw, file=file)
    settings = reader.settings(env, path=path)
    if settings is None or problems:
        raise ConfigError((*problems, *reader.sorted_problems()))
    return settings


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise _unreadable(path, "is larger than 5 MB and no configuration")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(path, "is not UTF-8 text; save it as UTF-8") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _unreadable(path, f"cannot be read: {reason}") from error


def _unreadable(path: Path, fact: str) -> ConfigError:
    example = "SYNDICATOR_CONFIG=/etc/syndicator/feeds.toml"
    return ConfigError((Problem(file=str(path), key="the file", fact=fact, example=example),))


def _toml(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        file = f"{path}:{line[1]}" if line else str(path)
        fact = f"is not TOML: {str(error) or 'nested too deeply'}"
        problem = Problem(file=file, key="the file", fact=fact, example='slug = "raahe"')
        raise ConfigError((problem,)) from error


class _Reader:
    """One reading of one file: tables are checked one by one, problems gathered as they come."""

    def __init__(self, raw: Mapping[str, Any], *, file: Place) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.tables = {name: self._tables(raw, name) for name in (*SINGLE, *LISTS)}
        for key in sorted(raw.keys() - self.tables.keys()):
            fact = "is not a known table" + did_you_mean(key, self.tables)
            self.problems.append(file.problem(key, fact, example="[[city]]"))

    def settings(self, env: environment.Environment, *, path: Path) -> Settings | None:
        """Return the settings, or ``None`` when there are problems."""
        network = self._single("network", NetworkTable)
        combined = self._single("combined", CombinedTable)
        mail = self._optional("mail", MailTable)
        statements = self._optional("statements", StatementsTable)
        cities = self._many("city", CityTable)
        sources = self._many("source", SourceTable)
        topics = self._many("topic", TopicTable)
        digests = self._many("digest", DigestTable)
        self.problems += references.duplicates(self.tables, file=self.file)
        self.problems += references.dangling(self.tables, file=self.file)
        self.problems += references.unspoken(self.tables, file=self.file)
        self.problems += references.out_of_hours(self.tables, file=self.file)
        own = (env.templates / LOCALES,) if env.templates else ()
        locales = Locales(folders=own, first=network.languages[0] if network else None)
        self.problems += self._unsaid(locales, network)
        if self.problems or not (network and combined and mail and statements):
            return None
        deployment = _deployment(env, base_url=network.base_url, path=path)
        return Settings(
            network=replace(network.to_model(), base_url=deployment.base_url),
            combined=combined.to_model(),
            cities=tuple(city.to_model(network.languages[0]) for city in cities),
            declarations=tuple(source.to_model() for source in sources),
            topics=tuple(topic.to_model() for topic in topics),
            digests=tuple(digest.to_model(ZoneInfo(network.time_zone)) for digest in digests),
            deployment=deployment,
            locales=locales,
            mail=mail.to_model(),
            statements=statements.to_model(),
        )

    def _unsaid(self, locales: Locales, network: NetworkTable | None) -> Iterator[Problem]:
        """Yield a problem for each language without words, and each sentence it lacks."""
        named, there = network.languages if network else (), locales.languages
        for language in named:
            if language not in there:
                fact = f"has {language}, in which there are no words; there are {', '.join(there)}"
                example = (
                    f"SYNDICATOR_TEMPLATES=/etc/syndicator/templates, with {LOCALES}/{language}/"
                )
                yield self._place("network").problem("languages", fact, example=example)
        for fault in locales.faults(language for language in named if language in there):
            yield Problem(file=fault.file, key=fault.key, fact=fault.fact, example=fault.example)

    def sorted_problems(self) -> tuple[Problem, ...]:
        """Return the problems in the order a person meets them reading the file."""
        return tuple(sorted(self.problems, key=_line_number))

    def _tables(self, raw: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
        value, single = raw.get(name), name in SINGLE
        if value is None:
            if single and name not in OPTIONAL:
                fact = "is missing"
                self.problems.append(self.file.problem(name, fact, example=f"[{name}]"))
            return []
        listed = [value] if single else value
        if isinstance(listed, list) and all(isinstance(table, dict) for table in listed):
            return listed
        head = f"[{name}]" if single else f"[[{name}]]"
        self.problems.append(self.file.problem(name, f"must be written as {head}", example=head))
        return []

    def _optional(self, name: str, model: type[M]) -> M | None:
        """Return a table that may be left out, then with its defaults; ``None`` if it is wrong."""
        return self._single(name, model) if self.tables[name] else model()

    def _single(self, name: str, model: type[M]) -> M | None:
        checked = [self._checked(table, model, self._place(name)) for table in self.tables[name]]
        return checked[0] if checked else None

    def _many(self, name: str, model: type[M]) -> list[M]:
        checked = (
            self._checked(table, model, self._place(name, number))
            for number, table in enumerate(self.tables[name], start=1)
        )
        return [table for table in checked if table is not None]

    def _checked(self, table: dict[str, Any], model: type[M], place: Place) -> M | None:
        try:
            return model.model_validate(table)
        except ValidationError as error:
            self.problems += from_validation(error, model=model, place=place)
            return None

    def _place(self, name: str, number: int | None = None) -> Place:
        return Place(file=self.file.file, text=self.file.text, table=name, number=number)


def _line_number(problem: Problem) -> int:
    number = problem.file.rpartition(":")[2]
    return int(number) if number.isdigit() else 0


def _deployment(env: environment.Environment, *, base_url: str, path: Path) -> Deployment:
    host, port = env.listen
    database = env.data.absolute() / "syndicator.sqlite3"
    return Deployment(
        config_path=path,
        data_dir=env.data,
        database_url=env.database_url or f"sqlite:///{database}",
        base_url=env.base_url or base_url,
        listen_host=host,
        listen_port=port,
        smtp_url=env.smtp_url,
        smtp_standby_url=env.smtp_standby_url,
        imap_url=env.imap_url,
        dkim_key=env.dkim_key,
        dkim_selector=env.dkim_selector,
        allow_networks=env.allow_networks,
        allow_ports=env.allow_ports,
        heartbeat_url=env.heartbeat_url,
        templates_dir=env.templates,
    )
