"""Which topics an entry belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

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
        or any(fold(category) in folded for category in topic.categories)
        or _says_any(words, topic.words)
    )


def _says_any(words: str, phrases: Iterable[str]) -> bool:
    for phrase in phrases:
        asked = " ".join(_words(phrase))
        end = "" if phrase.rstrip().endswith("*") else " "
        if asked and f" {asked}{end}" in words:
            return True
    return False


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
