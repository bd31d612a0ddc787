"""Which topics an entry belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from syndicator.admit.likeness import fold
from syndicator.model import Topic

_WORD = re.compile(r"\w+")


def topics_of(
    title: str,
    *,
    text: str,
    categories: Sequence[str],
    source_key: str,
    topics: Sequence[Topic],
) -> tuple[str, ...]:
    """Return the slugs of the topics the entry belongs to, in the order of ``topics``.

    A category or a source matches as a whole. A word or phrase matches whole words of the title or
    the text; ``osaaj*`` also matches what a word goes on with, since Finnish bends its words.
    """
    words = f" {' '.join(_words(title))} | {' '.join(_words(text))} "
    folded = {fold(category) for category in categories}
    return tuple(
        topic.slug
        for topic in topics
        if source_key in topic.sources
        or (folded and any(_folded(category) in folded for category in topic.categories))
        or any(phrase and phrase in words for phrase in map(_asked, topic.words))
    )


@lru_cache(maxsize=4096)
def _asked(phrase: str) -> str:
    """Return what to look for: the phrases of a configuration are the same for every entry."""
    words = " ".join(_words(phrase))
    end = "" if phrase.rstrip().endswith("*") else " "
    return f" {words}{end}" if words else ""


_folded = lru_cache(maxsize=4096)(fold)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
