"""One line an event: a constant phrase in the past, facts as fields.

    log = get(__name__)
    log.info("feed fetched", source=12, new=3)

Addresses of people and secrets in URLs are masked here, at the last door, whoever forgot.
"""

from __future__ import annotations

import logging
import re
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TextIO

import structlog

_USER = re.compile(r"(?<=://)[^\s/?#<>\"']*@")
_PARAMETER = re.compile(r"([?&;]([^\s=?&;#<>\"']{1,80})=)([^\s&;#<>\"']+)")
_SECRET = re.compile(r"pass|pwd|pw$|token|secret|key|auth|sig|code|credential|session|sid$", re.I)
_ADDRESS = re.compile(r"[^\s@/<>\"']+@[^\s@<>\"',;]+")
# "uvicorn.error" also tells of everyday things; of those the program has words of its own.
_LOUD = ("apscheduler", "alembic", "uvicorn.access", "uvicorn.error", "mail.log")

LONGEST_OPEN = 24
"""Characters from which on a parameter of any name counts as a secret."""


def get(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger named ``name``; it follows ``configure`` whenever that is called."""
    return structlog.stdlib.get_logger(name)


class Tally:
    """Counts what strangers can cause as often as they like: one line for all of it, not one each.

    Args:
        event: what happened, as in any line.
    """

    def __init__(self, logger: structlog.stdlib.BoundLogger, event: str) -> None:
        self._logger = logger
        self._event = event
        self._counts: Counter[str] = Counter()

    def __bool__(self) -> bool:
        """True while something is counted and not yet logged."""
        return bool(self._counts)

    def add(self, why: str) -> None:
        """Count one more; ``why`` is the name of a field."""
        self._counts[why] += 1

    def flush(self) -> bool:
        """Log the counts since the last line and return True; False if there are none."""
        counts, self._counts = self._counts, Counter()
        if counts:
            self._logger.info(self._event, **dict(sorted(counts.items())))
        return bool(counts)


class Seldom:
    """Logs what may happen at each request, once in a while: the first at once, with how many there
    were since the last line. Thread-safe but for the count, which may lack some.

    Args:
        log: writes the line, such as ``logger.error``; takes the event and facts.
        monotonic: seconds that never go back.
    """

    def __init__(
        self,
        log: Callable[..., object],
        event: str,
        *,
        monotonic: Callable[[], float],
        every: timedelta = timedelta(minutes=1),
    ) -> None:
        self._log = log
        self._event = event
        self._monotonic = monotonic
        self._every = every.total_seconds()
        self._next = float("-inf")
        self._times = 0

    def __call__(self, **facts: object) -> None:
        """Log one more, or count it."""
        self._times += 1
        now = self._monotonic()
        if now >= self._next:
            self._next = now + self._every
            times, self._times = self._times, 0
            self._log(self._event, times=times, **facts)


def configure(*, json: bool, stream: TextIO | None = None) -> None:
    """Send every log line, ours and the libraries', to ``stream`` (standard error) in one form.

    Args:
        json: one JSON object a line for a log collector; otherwise plain text for a person.
        stream: where lines go; ``None`` is standard error as it is now.
    """
    before: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(before, json=json))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name in _LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)


def _formatter(
    before: list[structlog.typing.Processor], *, json: bool
) -> structlog.stdlib.ProcessorFormatter:
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=False, sort_keys=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            mask_addresses,
            last,
        ],
    )


def without_secrets(text: str) -> str:
    """Return ``text`` with what may be a secret in its web addresses masked: a user with password,
    and parameters of the query that are named for one or are long enough to be one.

    For whatever is shown of an address, on a terminal, too: it ends in tickets and chats.
    """
    return _PARAMETER.sub(_parameter, _USER.sub("***@", text))


def _parameter(match: re.Match[str]) -> str:
    begin, name, whole = match.groups()
    value = whole.rstrip(":,.)")  # of the sentence around it
    secret = _SECRET.search(name) is not None or len(value) >= LONGEST_OPEN
    return f"{begin}***{whole[len(value) :]}" if secret else match[0]


def mask_addresses(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Return ``event`` with whatever looks like a mail address or ``user:password@host`` masked,
    and the secrets in queries.

    Texts are searched wherever they stand, tracebacks included; numbers and the like pass.
    """
    return {key: _masked(value) for key, value in event.items()}


def _masked(value: object) -> object:
    match value:
        case str():
            return _PARAMETER.sub(_parameter, _ADDRESS.sub("[address]", value))
        case dict():
            return {key: _masked(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(inner) for inner in value]
        case _:
            return value
