"""The one decision about one answer of one source.

    entries of the answer
      - taken down                         filter.allowed
      = posts                              match.posts
      ~ stored entries                     match.match      -> present, changed, aliases, returned
      - what the source does not carry     filter.wanted
      = fresh                              -> new
          whether we were away             gap
          where they stand                 moments
          whether they wait                guards
          whose story they tell            story.join
    whose domain the links are of          domain.owns     -> owning, disowning
    stories that turn out to be one        story.merges     -> merged
    stored entries the answer lacks        gone             -> missed, deleted

A filter decides what comes in, not what stays: an entry that is stored is recognised and kept up
to date even if its categories no longer fit.

While a source is held, by this answer or before, nothing that readers see changes: new entries are
held, and edits, deletions and returns wait until an editor has decided. Ids and absences are still
noted, so that nothing is lost by waiting.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from syndicator.admit import gap, gone, guards, moments, story
from syndicator.admit.aliases import FeedPost, Register, named
from syndicator.admit.domain import owns
from syndicator.admit.filter import allowed, wanted
from syndicator.admit.match import By, Matching, Pair, match, posts
from syndicator.admit.notices import notices
from syndicator.admit.rules import Rules
from syndicator.model import (
    Alias,
    ChangedEntry,
    Changes,
    EntryState,
    HeldBecause,
    IdMode,
    Known,
    KnownStory,
    Merge,
    NewEntry,
    ParsedFeed,
    Source,
    SourceState,
)

ALIASES_KEPT = 50
"""An entry that came back under so many ids is told by its text; more of them tell nothing."""

__all__ = ["Rules", "decide", "unchanged"]


def decide(
    parsed: ParsedFeed,
    *,
    source: Source,
    known: Known,
    final_url: str,
    now: datetime,
    rules: Rules,
) -> Changes:
    """Return what the store has to write about this answer.

    Deciding the same answer again, after its changes were stored, changes nothing.

    Args:
        source: as it was before this answer.
        known: what ``Known`` says it must hold for this answer.
        final_url: the address that answered, after redirects.

    Returns:
        Changes in which every stored entry is given at most one post of the answer, and every post
        stands once. ``new`` keeps the feed's order.
    """
    answer = posts(allowed(parsed.entries, known.taken_down))
    matching = match(answer, known.entries, mode=source.id_mode)
    register = Register(answer, (name for entry in known.entries for name in entry.raw_ids))
    guard = (
        HeldBecause.SOURCE_HELD
        if source.state is SourceState.HELD
        else guards.hijack(parsed, source=source, final_url=final_url)
    )
    missing = gone.missed(parsed, known=known.entries, matching=matching)
    changes = Changes(
        new=_new(matching, register, source=source, known=known, guard=guard, now=now, rules=rules),
        changed=_changed(
            pair for pair in matching.pairs if guard is None or pair.entry.state is EntryState.HELD
        ),
        aliases=_aliases(matching, register, mode=source.id_mode),
        present=tuple(sorted(pair.entry.id for pair in matching.pairs)),
        missed=tuple(entry.id for entry in missing),
        whole=parsed.complete and bool(parsed.entries),
        hold_source=guard if source.state is not SourceState.HELD else None,
    )
    if guard is None:
        changes = replace(
            changes,
            deleted=gone.deleted(missing, absences=rules.absences),
            returned=tuple(
                pair.entry.id for pair in matching.pairs if pair.entry.state is EntryState.DELETED
            ),
            merged=_merged(matching, source=source, known=known, now=now),
            owning=_turned(matching, source=source, owning=True),
            disowning=_turned(matching, source=source, owning=False),
            id_mode=guards.degrade(matching, source=source, rules=rules),
        )
    return notices(changes, parsed=parsed, source=source, now=now)


def unchanged(known: Known, *, source: Source, rules: Rules) -> Changes:
    """Return what an answer means that is the same as the last one (304, or the same bytes).

    What the last one lacked is lacking again. A post deleted at source would otherwise stay with us
    until the blog writes its next one. Nothing else changes.

    Args:
        known: at least the entries of the source with ``missing`` above 0.
    """
    if source.state is SourceState.HELD:
        return Changes(whole=False)
    missing = tuple(
        entry for entry in known.entries if entry.missing > 0 and entry.state is EntryState.SHOWN
    )
    return Changes(
        missed=tuple(entry.id for entry in missing),
        deleted=gone.deleted(missing, absences=rules.absences),
        whole=False,
    )


def _merged(
    matching: Matching, *, source: Source, known: Known, now: datetime
) -> tuple[Merge, ...]:
    """Return the stories that what is shown of this answer proves to be one."""
    shown = [
        story.Telling(
            parsed=pair.post.parsed,
            story=pair.entry.story,
            first_seen=pair.entry.first_seen,
            changed_at=now if _is_edited(pair) else pair.entry.changed_at,
        )
        for pair in matching.pairs
        if pair.entry.state is EntryState.SHOWN
    ]
    links = [pair.post.parsed.link for pair in matching.pairs]
    links += [post.parsed.link for post in matching.fresh]
    return story.merges(shown, links=links, source=source.id, known=known)


def _turned(matching: Matching, *, source: Source, owning: bool) -> tuple[int, ...]:
    """Return the stored entries whose link began, or ceased, to be of the source's own domain."""
    return tuple(
        pair.entry.id
        for pair in matching.pairs
        if pair.entry.owns_link is not owning and owns(source.url, pair.post.parsed.link) is owning
    )


def _aliases(matching: Matching, register: Register, *, mode: IdMode) -> tuple[Alias, ...]:
    """Return the names that stored entries gain: ids under which they came for the first time.

    Where links are believed, the ids that came with them are not kept: a feed that makes them anew
    at each answer would fill the store.
    """
    return tuple(
        Alias(entry=pair.entry.id, raw_id=register.free_name(raw_id, pair.post.parsed))
        for pair in matching.pairs
        if not (mode is IdMode.LINK and pair.by is By.LINK)
        and len(pair.entry.raw_ids) < ALIASES_KEPT
        for raw_id in pair.post.raw_ids
        if not named(raw_id, pair.post.parsed, among=pair.entry.raw_ids)
    )


def _changed(pairs: Iterable[Pair]) -> tuple[ChangedEntry, ...]:
    return tuple(
        ChangedEntry(id=pair.entry.id, parsed=pair.post.parsed)
        for pair in pairs
        if _is_edited(pair)
    )


def _is_edited(pair: Pair) -> bool:
    edited, before = pair.post.parsed, pair.entry
    return edited.content_hash != before.content_hash or edited.link != before.link


def _new(
    matching: Matching,
    register: Register,
    *,
    source: Source,
    known: Known,
    guard: HeldBecause | None,
    now: datetime,
    rules: Rules,
) -> tuple[NewEntry, ...]:
    """Return the fresh posts that the source carries, each with its place, its story and, where
    a guard keeps it back, the reason."""
    fresh = tuple(post for post in matching.fresh if wanted(post.parsed, source))
    parsed = [post.parsed for post in fresh]
    # A blog's archive rather than its news: at first sight, or when a feed that was empty until now
    # is filled at once.
    archive = source.first_sight or (not known.entries and len(fresh) >= rules.flood)
    meanwhile = (False,) * len(fresh)
    if not archive and guards.flooded(matching, fresh=len(fresh), rules=rules):
        meanwhile = gap.published_meanwhile(
            parsed, source=source, known=known.entries, now=now, rules=rules
        )
    # What was told while we were away is no news of this minute: it stands where its date says.
    if archive or any(meanwhile):
        stored = [entry.published for entry in known.entries] if source.first_sight else []
        place = moments.at_first_sight(parsed, now=now, rules=rules, stored=stored)
    else:
        place = moments.later(parsed, now=now, rules=rules)
    stories = story.join(
        parsed,
        elsewhere=known.elsewhere,
        own_stories={entry.story for entry in known.entries},
    )
    if guard is not None or archive:
        reasons: tuple[HeldBecause | None, ...] = (guard,) * len(fresh)
    else:
        reasons = guards.reasons(
            fresh,
            matching=matching,
            source=source,
            known=known.entries,
            meanwhile=meanwhile,
            rules=rules,
        )
    return tuple(
        _entry(post, source=source, names=names, moment=moment, retold=retold, reason=reason)
        for post, names, moment, retold, reason in zip(
            fresh, map(register.free, fresh), place, stories, reasons, strict=True
        )
    )


def _entry(
    post: FeedPost,
    *,
    source: Source,
    names: tuple[str, ...],
    moment: moments.Moments,
    retold: KnownStory | None,
    reason: HeldBecause | None,
) -> NewEntry:
    """Return the entry to store. A story that was told elsewhere keeps the moment from which it
    may be mailed, and one that an editor hid stays hidden until an editor says otherwise."""
    eligible_at = moment.eligible_at
    if retold is not None:
        eligible_at = retold.eligible_at or eligible_at
        if reason is None and retold.state is EntryState.HIDDEN:
            reason = HeldBecause.BY_EDITOR
    return NewEntry(
        parsed=post.parsed,
        aliases=names,
        recency=moment.recency,
        eligible_at=eligible_at if reason is None else None,
        story=retold.story if retold is not None else None,
        held=reason,
        owns_link=owns(source.url, post.parsed.link),
    )
