"""Each sample feed in ``tests/data/feeds`` states its own expectation in a ``.toml`` beside it.

Every bug first becomes a sample. A key of ``[feed]`` or ``[[entries]]`` is an attribute of the
``ParsedFeed`` or of the entry at that place; ``faults`` are all codes found, in the order of
``faults.Code``.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syndicator.parse import document
from tests.builders import DEFAULTS

SAMPLES = sorted((Path(__file__).parents[1] / "data" / "feeds").glob("*.toml"))


def plain(value: Any) -> Any:
    """Return a value of the model in the words TOML has for it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {key: plain(item) for key, item in asdict(value).items() if item}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_a_sample_reads_as_it_states(sample: Path) -> None:
    """P1, P2, P4, P7-P11: see the comment in each sample."""
    expected = tomllib.loads(sample.read_text(encoding="utf-8"))
    found = document.read(
        sample.with_suffix(".xml").read_bytes(),
        content_type=expected.get("content_type"),
        url=expected["url"],
        language=expected.get("language"),
        defaults=DEFAULTS,
    )
    assert [fault.code for fault in found.faults] == expected["faults"]
    assert {key: plain(getattr(found, key)) for key in expected["feed"]} == expected["feed"]
    assert len(found.entries) == len(expected["entries"])
    for entry, wanted in zip(found.entries, expected["entries"], strict=True):
        assert {key: plain(getattr(entry, key)) for key in wanted} == wanted


def test_there_are_samples() -> None:
    assert len(SAMPLES) >= 12
