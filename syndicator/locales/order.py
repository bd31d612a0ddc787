"""The order of names in lists: the alphabet of a language.

Babel does not carry CLDR's collation, so the letters that a language puts elsewhere stand in
``order.toml``, in the manner of CLDR's own rules: ``&z<å<ä<<æ<ö`` puts å after z, then ä, then ö;
æ counts as ä. Every other letter stands where its plain form does, and marks only break ties.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from unicodedata import combining, normalize

_FILE = Path(__file__).with_name("order.toml")
_RULE = re.compile(r"(&|<{1,2})\s*([^&<\s]+)\s*")
# Between a letter with all that may follow it, and the next letter of the alphabet.
_AFTER = 0x10F000

Alphabet = Mapping[str, str]
"""What a letter, or several that are one, sort as."""


@cache
def alphabets() -> Mapping[str, str]:
    """Return the rules of the languages that have some, by language code."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def alphabet(rules: str) -> Alphabet:
    """Return what letters sort as under ``rules``; empty rules are the plain Latin order.

    Raises:
        ValueError: they are no rules of this manner.
    """
    if _RULE.sub("", rules).strip():
        raise ValueError(f'"{rules}" are no rules such as "&z<å<ä<ö"')
    places: dict[str, str] = {}
    base, last, step = "", "", 0
    for sign, letters in _RULE.findall(normalize("NFC", rules).casefold()):
        if sign == "&":
            base, step = places.get(letters, letters), 0
            last = base
            continue
        if sign == "<":
            step += 1
            last = f"{base}{chr(_AFTER + step)}"
        places[letters] = last
    return places


def sort_key(name: str, *, letters: Alphabet) -> tuple[str, str]:
    """Return what to sort ``name`` by. Case and dashes count only between names otherwise equal."""
    written = normalize("NFC", name).casefold()
    longest = max(map(len, letters), default=1)
    key, at = [], 0
    while at < len(written):
        for length in range(longest, 0, -1):
            place = letters.get(written[at : at + length])
            if place is not None and at + length <= len(written):
                break
        else:
            length, place = 1, _plain(written[at])
        key.append(place)
        at += length
    return "".join(key), name


def _plain(character: str) -> str:
    if character in "-–— ":
        return " "
    return "".join(part for part in normalize("NFD", character) if not combining(part))
