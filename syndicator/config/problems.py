"""From what pydantic found wrong to sentences a person can act on.

Every problem carries the file with its line, the key as a TOML path, the fact and an example.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from syndicator.errors import Problem
from syndicator.log import without_secrets

_FACTS = {
    "missing": "is missing",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number without quotes",
    "int_parsing": "must be a whole number without quotes",
    "list_type": "must be a list in square brackets",
    "tuple_type": "must be a list in square brackets",
    "frozen_set_type": "must be a list in square brackets",
    "dict_type": "must be a table in braces",
    "model_type": "must be a table in braces",
    "string_too_short": "is empty",
    "too_short": "is empty",
}
_LONGEST_ECHO = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a table stands: its file, the file's text, its name and its number among its kind.

    ``number`` counts from 1 in the order of the file; ``None`` for a table there is one of. An
    empty ``table`` is the file itself.
    """

    file: str
    text: str = ""
    table: str = ""
    number: int | None = None

    def problem(self, key: str, fact: str, *, example: str) -> Problem:
        """Return the problem with ``key`` of this table; an empty key is the table itself."""
        where = self.table if self.number is None else f"{self.table}[{self.number}]"
        path = ".".join(part for part in (where, key) if part) or "the file"
        line = self._line(key)
        file = self.file if line is None else f"{self.file}:{line}"
        return Problem(file=file, key=path, fact=fact, example=example)

    def _line(self, key: str) -> int | None:
        """Return the line of ``key``, or else of the table's head, or ``None``.

        The standard library's reader keeps no positions, so heads and keys are looked for as a
        person would. A multi-line text that looks like a head can mislead it: the line is a
        help to find the place, the path beside it is what counts.
        """
        lines = self.text.splitlines()
        start = self._head(lines) if self.table else 0
        if start is None:
            return None
        name = re.escape(re.split(r"[.\[]", key)[0])
        for index, line in enumerate(lines[start:], start=start):
            if name and re.match(rf"\s*\[+\s*{re.escape(self.table)}\.{name}\b", line):
                return index + 1
            if index > start and self.table and line.lstrip().startswith("[["):
                break
            if name and re.match(rf"\s*(\[+\s*)?[\"']?{name}[\"']?\s*(=|\]|\.)", line):
                return index + 1
        return start + 1 if self.table else None

    def _head(self, lines: list[str]) -> int | None:
        head = re.compile(rf"\s*\[{{1,2}}\s*{re.escape(self.table)}\s*\]")
        heads = [index for index, line in enumerate(lines) if head.match(line)]
        number = self.number or 1
        return heads[number - 1] if len(heads) >= number else None


def from_validation(
    error: ValidationError, *, model: type[BaseModel], place: Place
) -> list[Problem]:
    """Return one problem for each fault pydantic found in the table at ``place``."""
    return [
        place.problem(
            _path(fault["loc"]),
            _fact(fault, keys=model.model_fields),
            example=_example(model, fault["loc"]),
        )
        for fault in error.errors(include_url=False)
    ]


def did_you_mean(word: str, choices: Collection[str]) -> str:
    """Return ``; did you mean "x"?`` for the nearest known word, or nothing if none is near."""
    near = get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near else ""


def quoted(value: object) -> str:
    """Return ``value`` as it may stand in a message: in quotes, on one line, not too long, without
    the secrets of an address."""
    text = without_secrets(" ".join(str(value).split()))
    return f'"{text if len(text) <= _LONGEST_ECHO else text[:_LONGEST_ECHO] + "…"}"'


def _path(loc: tuple[int | str, ...]) -> str:
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part + 1}]"
        elif part != "[key]":
            path += f".{part}" if path else part
    return path


def _fact(fault: Any, *, keys: Collection[str]) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        return "is not a known key" + did_you_mean(str(fault["loc"][-1]), keys)
    if kind == "enum":
        return f"{quoted(fault['input'])} is not one of {context['expected']}"
    if kind == "value_error":
        return str(context["error"])
    if kind in ("greater_than_equal", "less_than_equal"):
        return str(fault["msg"]).replace("Input should be", "must be")
    return _FACTS.get(kind, str(fault["msg"]).replace("Input should", "should"))


def _example(model: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    name = str(loc[0]) if loc else ""
    if name in model.model_fields:
        examples = model.model_fields[name].examples
        return f"{name} = {examples[0] if examples else '...'}"
    near = get_close_matches(name, list(model.model_fields), n=1, cutoff=0.6)
    return _example(model, tuple(near)) if near else "remove the line"
