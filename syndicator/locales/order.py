"""The order of names in lists: the alphabet that Finnish and Swedish share."""

from __future__ import annotations

from unicodedata import combining, normalize

# å, ä and ö are letters of their own after z, in this order; other marks only break ties.
_AFTER_Z = {"å": "{", "ä": "|", "ö": "}", "æ": "|", "ø": "}"}


def sort_key(name: str) -> tuple[str, str]:
    """Return what to sort ``name`` by, so that Äänekoski comes after Ylivieska.

    The same order serves all three languages of the pages: an English page about Finnish towns
    lists them as the towns do. Case and dashes count only between names otherwise equal.
    """
    letters = (_letter(character) for character in normalize("NFC", name).casefold())
    return "".join(letters), name


def _letter(character: str) -> str:
    if character in _AFTER_Z:
        return _AFTER_Z[character]
    if character in "-–— ":
        return " "
    return "".join(part for part in normalize("NFD", character) if not combining(part))
