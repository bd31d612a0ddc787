"""Each history in ``tests/data/histories`` is a feed at several dates and says what each brings.

``NAME.toml`` has one ``[[answers]]`` for each of ``NAME.1.xml``, ``NAME.2.xml`` ...: the titles of
the posts that are new and of those that changed, as they were before. Three days lie in between.
"""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from syndicator.admit.rules import Rules
from syndicator.parse import document
from tests.admit.memory import Memory
from tests.builders import DEFAULTS, NOW, ZONE, a_source

HISTORIES = sorted((Path(__file__).parents[1] / "data" / "histories").glob("*.toml"))


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.stem)
def test_a_history_brings_what_it_states(history: Path) -> None:
    """P2: see the comment in each sample."""
    memory = Memory(a_source(first_seen=None))
    expected = tomllib.loads(history.read_text(encoding="utf-8"))["answers"]
    for number, answer in enumerate(expected, 1):
        feed = document.read(
            history.with_suffix(f".{number}.xml").read_bytes(),
            content_type=None,
            url=memory.source.url,
            language=None,
            defaults=DEFAULTS,
        )
        now = NOW + number * timedelta(days=3)
        titles = {at: entry.title for at, entry in memory.entries.items()}
        changes = memory.pull(feed, now=now, rules=Rules(mail_window_opens=now, time_zone=ZONE))
        assert sorted(new.parsed.title for new in changes.new) == answer["new"]
        assert [titles[entry.id] for entry in changes.changed] == answer.get("changed", [])
        assert {new.held for new in changes.new} <= {None}
