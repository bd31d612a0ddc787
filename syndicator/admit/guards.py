"""When an answer is not to be believed as it stands: hijacks, floods, ids changed in bulk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from syndicator.admit.aliases import FeedPost
from syndicator.admit.domain import registered_domain
from syndicator.admit.likeness import fold
from syndicator.admit.match import By, Matching
from syndicator.admit.rules import Rules
from syndicator.model import (
    EntryState,
    HeldBecause,
    IdMode,
    KnownEntry,
    ParsedFeed,
    Source,
)

_STEM = 5
_ALIKE = 0.6
_TITLE_LENGTH = 200
_AT_LEAST = 2


# --- the source: is it still the one we know? -------------------------------------------------


def hijack(parsed: ParsedFeed, *, source: Source, final_url: str) -> HeldBecause | None:
    """Return why the answer may be somebody else's, or ``None``.

    Compared are the registered domain that answered with that of the source's URL (or of the last
    answer, which an editor has seen), and the feed's own site, title and language with what they
    were at the last answer. What either side does not tell is not compared.

    Source: rule P6.
    """
    if left_domain(source, final_url=final_url) or moved_home(parsed, source=source):
        return HeldBecause.MOVED_DOMAIN
    if title_changed(source.feed_title, parsed.title):
        return HeldBecause.TITLE_CHANGED
    if language_changed(parsed, before=source.feed_language):
        return HeldBecause.LANGUAGE_CHANGED
    return None


def left_domain(source: Source, *, final_url: str) -> bool:
    """Return True if the answer came from a domain that is neither the URL's nor the last one."""
    believed = {registered_domain(source.url)}
    if source.feed_host:
        believed.add(registered_domain(f"https://{source.feed_host}/"))
    return registered_domain(final_url) not in believed


def moved_home(parsed: ParsedFeed, *, source: Source) -> bool:
    """Return True if the feed now says it belongs to a site of another registered domain."""
    before, after = registered_domain(source.home or ""), registered_domain(parsed.home or "")
    return before is not None and after is not None and before != after


def title_changed(before: str | None, after: str | None) -> bool:
    """Return True if two titles have nothing to do with each other: no word stem in common and
    hardly a row of letters. ``Raahe`` and ``Raahen blogi`` are one blog."""
    old, new = fold(before or "")[:_TITLE_LENGTH], fold(after or "")[:_TITLE_LENGTH]
    if not old or not new or _stems(old) & _stems(new):
        return False
    return SequenceMatcher(None, old, new, autojunk=False).ratio() < _ALIKE


def _stems(title: str) -> set[str]:
    return {word[:_STEM] for word in title.split() if len(word) >= _STEM}


def language_changed(parsed: ParsedFeed, *, before: str | None) -> bool:
    """Return True if the feed says another language than before and its posts do not contradict.

    Regions are no difference (``sv`` and ``sv-FI``). A feed whose posts are mostly in the language
    it used to say has only changed its label.
    """
    old, new = _primary(before), _primary(parsed.language)
    if old is None or new is None or old == new:
        return False
    spoken = Counter(_primary(entry.language) for entry in parsed.entries)
    return spoken[old] * 2 <= spoken.total()


def _primary(language: str | None) -> str | None:
    return language.replace("_", "-").partition("-")[0].casefold() if language else None


# --- the entries: are they news? --------------------------------------------------------------


def reasons(
    fresh: Sequence[FeedPost],
    *,
    matching: Matching,
    source: Source,
    known: Sequence[KnownEntry],
    meanwhile: Sequence[bool],
    rules: Rules,
) -> tuple[HeldBecause | None, ...]:
    """Return for each new entry of a source we know why it waits, or ``None`` if it does not.

    Args:
        meanwhile: whether each came while we did not read the feed: then it is no flood.
    """
    flood = flooded(matching, fresh=len(fresh), rules=rules)
    renamed = sum(pair.by is not By.ID for pair in matching.pairs)
    in_bulk = source.id_mode is IdMode.OWN and renamed >= rules.flood
    echoed = echoes(fresh, known=known, in_bulk=in_bulk, rules=rules)
    return tuple(
        HeldBecause.IDS_CHANGED if echo else HeldBecause.FLOOD if flood and not late else None
        for echo, late in zip(echoed, meanwhile, strict=True)
    )


def flooded(matching: Matching, *, fresh: int, rules: Rules) -> bool:
    """Return True if so many new entries share nothing with what the feed held at its last answer.

    Entries that are themselves held do not count as shared: a flood that goes on is still one.

    Source: rule P5; decisions, "Entries".
    """
    return fresh >= rules.flood and not any(
        pair.entry.in_last_answer and pair.entry.state is not EntryState.HELD
        for pair in matching.pairs
    )


def echoes(
    fresh: Sequence[FeedPost], *, known: Sequence[KnownEntry], in_bulk: bool, rules: Rules
) -> tuple[bool, ...]:
    """Return for each new entry whether it may be an old one whose id changed with all the others.

    That is so in an answer that changed ids in bulk, for entries with a title we know or a date not
    after all we know; and in one that brings as many known titles as make a flood, for those.

    Args:
        in_bulk: the answer gave other ids to as many entries as make a flood, though ids were
            believed until now.

    Source: rule P5.
    """
    titles = {fold(entry.title) for entry in known}
    newest = max((entry.published for entry in known if entry.published is not None), default=None)
    familiar = [fold(post.parsed.title) in titles for post in fresh]
    if not in_bulk:
        return tuple(is_familiar and sum(familiar) >= rules.flood for is_familiar in familiar)
    return tuple(
        is_familiar
        or newest is None
        or post.parsed.published is None
        or post.parsed.published <= newest
        for is_familiar, post in zip(familiar, fresh, strict=True)
    )


def degrade(matching: Matching, *, source: Source, rules: Rules) -> IdMode | None:
    """Return ``IdMode.LINK`` if the feed's ids proved unstable, ``None`` if all stays as it is.

    They are unstable if more than 5 % of the entries with equal links, and two at least, came
    back under another id. It happens once: there is no way back by itself.

    Source: rule P2.
    """
    if source.id_mode is IdMode.LINK:
        return None
    linked = [pair for pair in matching.pairs if pair.post.parsed.link == pair.entry.link]
    changed = sum(pair.by is By.LINK for pair in linked)
    unstable = changed >= _AT_LEAST and changed > rules.unstable_ids * len(linked)
    return IdMode.LINK if unstable else None
