"""Every sentence a page or module asks for exists, and every sentence is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from syndicator.config import resource
from tests.builders import LOCALES

_PACKAGE = Path(__file__).resolve().parents[2] / "syndicator"
_KEY = r"[a-z0-9_]+(?:\.[a-z0-9_]+)*"
# t("post.latest")  t("kind." ~ kind)  .text("error.403")  .text(f"reason.{reason}")
_WHOLE = re.compile(rf"""\b(?:t|n|text|count|fact)\(\s*f?["']({_KEY})["']\s*[,)]""")
_PREFIX = re.compile(rf"""["']({_KEY}\.)(?:["']\s*~|\{{)""")
_ANY = re.compile(rf"""["']({_KEY})["']""")


def _sources() -> Iterator[str]:
    for path in _PACKAGE.rglob("*.py"):
        yield path.read_text(encoding="utf-8")
    for path in resource("templates").rglob("*"):
        if path.is_file():
            yield path.read_text(encoding="utf-8")


def test_every_sentence_asked_for_exists() -> None:
    keys = LOCALES["fi"].keys
    asked = {key for source in _sources() for key in _WHOLE.findall(source) if "." in key}

    assert asked
    assert sorted(asked - keys) == []


def test_every_sentence_is_asked_for() -> None:
    sources = list(_sources())
    whole = {key for source in sources for key in _ANY.findall(source)}
    prefixes = tuple({prefix for source in sources for prefix in _PREFIX.findall(source)})
    unused = [
        key
        for key in LOCALES["fi"].keys
        if key not in whole and not key.startswith(prefixes) and not _in_a_family(key, sources)
    ]

    assert sorted(unused) == []


def _in_a_family(key: str, sources: list[str]) -> bool:
    """``{name}.title`` in code: the first part varies, the last is written out."""
    last = key.rpartition(".")[2]
    return any(f'}}.{last}"' in source or f'~ ".{last}")' in source for source in sources)
