"""Who wrote a post, as far as it names a person: not the account a blog's software came with."""

from __future__ import annotations

import re
from collections.abc import Iterable

_LABEL = re.compile(
    r"\s*(?:kirjoittaja|kirjoittanut|skribent|författare|av|author|by)\s*:\s*", re.IGNORECASE
)
_ACCOUNT = frozenset(
    {
        *("admin", "administrator", "sysadmin", "superadmin", "superuser", "root", "webmaster"),
        *("user", "username", "wp", "wordpress", "site", "blog", "super", "default", "test"),
        *("administratör", "webbmaster", "ylläpitäjä", "ylläpito", "pääkäyttäjä"),
    }
)
"""Words of which the names of accounts are made; a person's name has another one beside them."""
_BETWEEN = re.compile(r"[\s._\-\d]+")


def named(authors: Iterable[str]) -> tuple[str, ...]:
    """Return the authors that are people or offices, without the label before a name, each once."""
    names = (_LABEL.sub("", author, count=1).strip() for author in authors)
    return tuple(dict.fromkeys(name for name in names if name and not _is_account(name)))


def _is_account(name: str) -> bool:
    """Return True for ``admin``, ``Site Admin``, ``admin2``, ``raaheadmin`` and ``wp_editor``.

    An underscore stands in no name of a person. Whoever is called Root has a first name.
    """
    words = [word for word in _BETWEEN.split(name.casefold()) if word]
    alone = len(name.split()) == 1
    login = alone and ("_" in name or any(word.endswith("admin") for word in words))
    return login or all(word in _ACCOUNT for word in words)
