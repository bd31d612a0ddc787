"""People brought along from another list: one CSV form, with the evidence of consent in each row.

address,language,cadence,cities,topics,consent_at,consent_source,consent_text
maija@raahe.fi,fi,weekly,raahe kemi,,2024-05-02 09:30:00,https://old.example/form,I want it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from syndicator.model import Cadence, Selection
from syndicator.subscribe.address import NotAnAddress, normalised

NEEDED = ("address", "language", "cadence", "consent_at", "consent_source", "consent_text")
OPTIONAL = ("cities", "topics")
COLUMNS = (*NEEDED[:3], *OPTIONAL, *NEEDED[3:])
"""In the order in which we write them; they may be read in any."""

LONGEST_EVIDENCE = 2000

_FORMULA = r"[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]"
_LOOKS_LIKE_ONE = re.compile(rf"'*{_FORMULA}")
_MADE_PLAIN = re.compile(rf"'+{_FORMULA}")
_BETWEEN = re.compile(r"[\s,;|]+")
# As listmonk writes moments: "2024-05-02 09:30:00.123456 +0000 UTC".
_NAMED_ZONE = re.compile(r"(\.\d+)?\s*([+-]\d{2}:?\d{2})?\s*(UTC|GMT|Z)?$")


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportRow:
    """Someone who said yes elsewhere: where, when, and to which words."""

    line: int
    address: str
    selection: Selection
    consent_at: datetime
    consent_source: str
    consent_text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What is wrong in a line. It never repeats an address."""

    line: int
    fact: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.fact}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Offered:
    """What there is to subscribe to."""

    languages: frozenset[str]
    cadences: frozenset[str]
    cities: frozenset[str]
    topics: frozenset[str]


def cell(text: str) -> str:
    """Return text as it may stand in a cell: a spreadsheet would take some for a formula, and an
    apostrophe before it says that it is none."""
    return f"'{text}" if _LOOKS_LIKE_ONE.match(text) else text


def from_cell(written: str) -> str:
    """Return the text that ``cell`` was given."""
    return written[1:] if _MADE_PLAIN.match(written) else written


def read(lines: Iterable[str], *, offered: Offered, now: datetime) -> Iterator[ImportRow | Fault]:
    """Yield what stands in each row: a row, or every fault of it.

    Columns are separated by commas, or by semicolons as some spreadsheets write them. What ``cell``
    wrote reads as the text it was given. An address that stands twice is a fault the second time.

    Args:
        lines: of the file, with the header first and line ends as they are.
    """
    rows = iter(lines)
    head = next(rows, "").lstrip("\ufeff")
    delimiter = ";" if head.count(";") > head.count(",") else ","
    names = [name.strip().casefold() for name in next(csv.reader([head], delimiter=delimiter), [])]
    faults = list(_faults_of_head(names))
    yield from faults
    if faults:
        return
    table = csv.reader(rows, delimiter=delimiter, strict=True)
    seen: dict[str, int] = {}
    while True:
        # A row may hold line ends of its own: it is named by the line it begins on.
        line = table.line_num + 2
        try:
            values = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            yield Fault(line=line, fact=f"cannot be read: {error}")
            return
        if any(value.strip() for value in values):
            yield from _read_row(names, values, line=line, offered=offered, now=now, seen=seen)


def _faults_of_head(names: list[str]) -> Iterator[Fault]:
    missing = [name for name in NEEDED if name not in names]
    unknown = [name or "(empty)" for name in names if name not in COLUMNS]
    twice = sorted({name for name in names if names.count(name) > 1})
    if missing:
        yield Fault(line=1, fact=f"has no column {', '.join(missing)}")
    if unknown:
        yield Fault(line=1, fact=f"has a column we do not know: {', '.join(unknown)}; take it out")
    if twice:
        yield Fault(line=1, fact=f"has a column twice: {', '.join(twice)}")


def _read_row(
    names: list[str],
    values: list[str],
    *,
    line: int,
    offered: Offered,
    now: datetime,
    seen: dict[str, int],
) -> Iterator[ImportRow | Fault]:
    if len(values) != len(names):
        yield Fault(line=line, fact=f"has {len(values)} columns instead of {len(names)}")
        return
    row = {name: from_cell(value.strip()) for name, value in zip(names, values, strict=True)}
    faults: list[str] = []
    address = _address(row, line, seen, faults)
    selection = _selection(row, offered, faults)
    consent_at = _consent_at(row["consent_at"], now, faults)
    for name in ("consent_source", "consent_text"):
        if not row[name]:
            faults.append(f"{name} is empty: without evidence of consent nobody is mailed")
        elif len(row[name]) > LONGEST_EVIDENCE:
            faults.append(f"{name} is longer than {LONGEST_EVIDENCE} letters")
    yield from (Fault(line=line, fact=fact) for fact in faults)
    if not faults and selection is not None and consent_at is not None:
        yield ImportRow(
            line=line,
            address=address,
            selection=selection,
            consent_at=consent_at,
            consent_source=row["consent_source"],
            consent_text=row["consent_text"],
        )


def _address(row: Mapping[str, str], line: int, seen: dict[str, int], faults: list[str]) -> str:
    try:
        address = normalised(row["address"])
    except NotAnAddress as error:
        faults.append(f"address: {error}")
        return ""
    if address in seen:
        faults.append(f"address: the same as in line {seen[address]}")
    seen.setdefault(address, line)
    return address


def _selection(row: Mapping[str, str], offered: Offered, faults: list[str]) -> Selection | None:
    before = len(faults)
    for name, choices in (("language", offered.languages), ("cadence", offered.cadences)):
        if row[name].casefold() not in choices:
            faults.append(f"{name}: must be one of {', '.join(sorted(choices))}")
    chosen = {
        name: frozenset(filter(None, _BETWEEN.split(row.get(name, "").casefold())))
        for name in OPTIONAL
    }
    for name, choices in (("cities", offered.cities), ("topics", offered.topics)):
        unknown = sorted(chosen[name] - choices)
        if unknown:
            faults.append(f"{name}: not known: {', '.join(unknown)}")
    if len(faults) > before:
        return None
    return Selection(
        language=row["language"].casefold(), cadence=Cadence(row["cadence"].casefold()), **chosen
    )


def _consent_at(text: str, now: datetime, faults: list[str]) -> datetime | None:
    if not text:
        faults.append("consent_at is empty: without evidence of consent nobody is mailed")
        return None
    moment = moment_of(text)
    if moment is None:
        faults.append("consent_at: not a moment (for example: 2024-05-02 09:30:00)")
    elif moment > now:
        faults.append("consent_at: lies in the future")
        return None
    return moment


def moment_of(text: str) -> datetime | None:
    """Return a moment as other programs write it, in UTC; without a zone it is taken as UTC."""
    plain = text.strip()
    zone = _NAMED_ZONE.search(plain)
    if zone is not None:
        plain = plain[: zone.start()].strip() + (zone[2] or "")
    try:
        moment = datetime.fromisoformat(plain)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
