"""Laws that hold after any history: nothing changes unmarked, no month is miscounted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from syndicator.model import (
    ChangedEntry,
    Channel,
    Edition,
    EntryState,
    HeldBecause,
    Kind,
    Scope,
    Source,
    month_and_part,
)
from syndicator.store.db.database import Database, Tx
from syndicator.store.db.schema.incoming import (
    ArchiveMonth,
    EntryRow,
    Placement,
    StoryRow,
    TombstoneRow,
)
from syndicator.store.feeds import artefacts, known_entries, moderation, months, posts
from syndicator.store.issues import redactions
from tests.builders import NOW, a_feed, ago, an_entry, edited
from tests.store.conftest import empty_tables
from tests.store.stored import a_stored_source, apply, new, unmark_all

MONTHS = ("2026-11", "2026-10", "2026-09")
CHANNELS = tuple(
    Channel(scope=scope, value=value, month=month)
    for scope, value in (
        (Scope.WHOLE, ""),
        (Scope.LANGUAGE, "fi"),
        (Scope.LANGUAGE, "sv"),
        (Scope.CITY, "kauhajoki"),
        (Scope.CITY, "toinen"),
        (Scope.TOPIC, "osaajat"),
    )
    for month in ((None, *MONTHS) if scope in (Scope.WHOLE, Scope.LANGUAGE) else (None,))
)

Act = Callable[[Database, Sequence[Source], int], None]


def tell(*, story: int | None, language: str, held: bool, days: int, who: int, owns: bool) -> Act:
    def act(database: Database, told_by: Sequence[Source], at: int) -> None:
        with database.read() as tx:
            there = tx.execute(select(StoryRow.id)).scalars().all()
        decided = new(
            an_entry(f"?p={at}", language=language),
            recency=ago(days=days),
            story=story if story in there else None,
            held=HeldBecause.FLOOD if held else None,
            owns_link=owns,
        )
        topics = ["osaajat"] if days % 2 else []
        apply(database, told_by[who], new=(decided,), topics=topics, now=NOW + timedelta(hours=at))

    return act


def edit(entry: int, language: str) -> Act:
    def act(database: Database, told_by: Sequence[Source], at: int) -> None:
        with database.read() as tx:
            state = select(EntryRow.state).where(EntryRow.id == entry)
            if tx.execute(state).scalar() not in (EntryState.SHOWN, EntryState.HELD):
                return
        after = edited(an_entry(f"?p={at}"), title=f"Korjattu {at}", language=language)
        changed = (ChangedEntry(id=entry, parsed=after),)
        apply(database, told_by[0], changed=changed, now=NOW + timedelta(hours=at))

    return act


def leave(entry: int, *, back: bool) -> Act:
    def act(database: Database, told_by: Sequence[Source], at: int) -> None:
        moment = NOW + timedelta(hours=at)
        if back:
            apply(database, told_by[0], returned=(entry,), present=(entry,), now=moment)
        else:
            apply(database, told_by[0], missed=(entry,), deleted=(entry,), now=moment)

    return act


def move(entry: int, *, owns: bool) -> Act:
    def act(database: Database, told_by: Sequence[Source], at: int) -> None:
        moment, ids = NOW + timedelta(hours=at), (entry,)
        owning, disowning = (ids, ()) if owns else ((), ids)
        apply(database, told_by[0], present=ids, owning=owning, disowning=disowning, now=moment)

    return act


def by_hand(word: Callable[..., bool], entry: int) -> Act:
    def act(database: Database, _: Sequence[Source], at: int) -> None:
        with database.write() as tx:
            word(tx, entry, now=NOW + timedelta(hours=at))

    return act


numbers = st.integers(1, 4)
languages = st.sampled_from(["fi", "sv", "ru"])
acts = st.one_of(
    st.builds(
        tell,
        story=st.none() | numbers,
        language=languages,
        held=st.booleans(),
        days=st.sampled_from([0, 1, 30, 31, 60]),
        who=st.integers(0, 1),
        owns=st.booleans(),
    ),
    st.builds(move, numbers, owns=st.booleans()),
    st.builds(edit, numbers, languages),
    st.builds(leave, numbers, back=st.booleans()),
    st.builds(
        by_hand,
        st.sampled_from(
            [moderation.hold, moderation.release, redactions.take_down, moderation.show]
        ),
        numbers,
    ),
)
histories = st.lists(acts, min_size=2, max_size=10)


def editions(database: Database) -> dict[Channel, Edition]:
    with database.read() as tx:
        return {channel: posts.edition(tx, channel) for channel in CHANNELS}


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(history=histories)
def test_no_document_reads_differently_without_being_marked(
    database: Database, history: Sequence[Act]
) -> None:
    """Artefacts change when the entries behind them change, and are made then (promise 3)."""
    empty_tables(database)
    told_by = (a_stored_source(database), a_stored_source(database, "toinen", kind=Kind.NEWS))
    unmark_all(database)
    before = editions(database)
    for at, act in enumerate(history):
        act(database, told_by, at)
        after = editions(database)
        with database.read() as tx:
            marked = set(artefacts.dirty(tx))
            assert_counted(tx)
            assert_led(tx)
        # An archive shows no list of all months, only what stands beside it.
        changed = {
            channel for channel in CHANNELS if readable(after[channel]) != readable(before[channel])
        }
        assert changed <= marked
        unmark_all(database)
        before = after


def readable(edition: Edition) -> tuple[object, ...]:
    """Return what a reader of the document sees of an edition."""
    names, month = sorted(edition.months, key=month_and_part), edition.channel.archive
    beside: tuple[object, ...] = tuple(names)
    if month is not None:
        at = names.index(month) if month in names else None
        beside = () if at is None else (names[max(at - 1, 0) : at], names[at + 1 : at + 2])
    return edition.posts, edition.tombstones, beside


def assert_counted(tx: Tx) -> None:
    """The counts of months are those of the places."""
    places = tx.execute(select(Placement.channel, Placement.recency, Placement.kind))
    counted = Counter(
        (row.channel, months.month_of(row.recency, tx.time_zone), row.kind)
        for row in places
        if months.has_archive(months.channel_of(row.channel))
    )
    kept = tx.execute(
        select(ArchiveMonth.channel, ArchiveMonth.month, ArchiveMonth.kind, ArchiveMonth.posts)
    )
    assert {tuple(row[:3]): row.posts for row in kept} == dict(counted)


def assert_led(tx: Tx) -> None:
    """A story is published exactly while an entry of it is shown; else it has a tombstone, if it
    ever was."""
    shown = select(EntryRow.story_id).where(EntryRow.state == EntryState.SHOWN)
    telling = set(tx.execute(shown).scalars())
    placed = set(tx.execute(select(Placement.story_id)).scalars())
    buried = set(tx.execute(select(TombstoneRow.story_id)).scalars())
    told = select(StoryRow.id, StoryRow.lead_id, StoryRow.published_once)
    stories = tx.execute(told).all()
    assert placed == telling
    assert {row.id for row in stories if row.lead_id is not None} == telling
    assert buried == {row.id for row in stories if row.published_once} - telling


@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    ids=st.lists(
        st.text(st.characters(exclude_characters="\n"), min_size=1), min_size=1, unique=True
    )
)
def test_what_is_applied_is_known(database: Database, ids: list[str]) -> None:
    """Round trip of a decision: every entry is found again under its id, whatever that is."""
    empty_tables(database)
    source = a_stored_source(database)
    parsed = [
        replace(an_entry(f"?p={n}", title=f"Otsikko {n}"), raw_id=raw_id)
        for n, raw_id in enumerate(ids)
    ]
    apply(database, source, new=tuple(new(entry, aliases=(entry.raw_id,)) for entry in parsed))
    with database.read() as tx:
        known = known_entries.load_known(tx, source, a_feed(*parsed)).entries
    assert [next(iter(entry.raw_ids)) for entry in known] == ids
    assert all(entry.in_last_answer for entry in known)
