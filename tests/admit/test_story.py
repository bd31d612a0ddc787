"""Whose story a new entry tells (P3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.admit.likeness import begins_equal, identifies, nearly_equal
from syndicator.admit.story import AT_ONE_MOMENT, Telling, merges
from syndicator.model import (
    Changes,
    EntryState,
    HeldBecause,
    Known,
    KnownEntry,
    KnownStory,
    ParsedEntry,
    SourceState,
)
from tests.admit.judging import decided, the_new
from tests.builders import (
    FIRST_SEEN,
    NOW,
    a_feed,
    a_known,
    a_source,
    ago,
    an_entry,
    edited,
    elsewhere,
    known,
    prose,
)

HERE = [an_entry("vanha")]
POST = an_entry("1", title="Osaajapula helpottaa", text=prose("osaajat", sentences=20))


def told(*entries: ParsedEntry, stories: list[KnownStory]) -> Changes:
    """Return the decision about new entries of a source that others may have told before."""
    return decided(a_feed(*entries, *HERE), store=known(HERE, elsewhere=tuple(stories)))


def test_an_equal_link_joins_the_story_whatever_the_title() -> None:
    other = elsewhere(POST, title="Toinen otsikko", text="")

    assert the_new(told(POST, stories=[other])).story == 7


def test_equal_title_and_text_join_the_story_whatever_the_link() -> None:
    other = elsewhere(POST, link="https://muu.fi/1", text=POST.text[:250] + " [...]")

    assert the_new(told(POST, stories=[other])).story == 7


@pytest.mark.parametrize(
    "other",
    [
        elsewhere(POST, link="https://muu.fi/1", title="Toinen otsikko"),
        elsewhere(POST, link="https://muu.fi/1", text=POST.text[:199]),
        elsewhere(POST, link="https://muu.fi/1", text="Muuta " + POST.text),
    ],
    ids=["another title", "under 200 characters", "another text"],
)
def test_less_is_another_story(other: KnownStory) -> None:
    assert the_new(told(POST, stories=[other])).story is None


def test_a_front_page_is_no_story() -> None:
    post = replace(POST, link="https://kauhajoki.fi")

    assert the_new(told(post, stories=[elsewhere(post, title="Muu", text="")])).story is None


def test_a_link_that_several_entries_or_stories_have_joins_none() -> None:
    twin = replace(POST, raw_id="2", title="Muu otsikko", text=prose("muu"))
    strangers = [elsewhere(POST, story=at, title="Muu", text="") for at in (7, 8)]

    assert {new.story for new in told(POST, twin, stories=strangers[:1]).new} == {None}
    assert the_new(told(POST, stories=strangers)).story is None


def test_two_entries_of_one_source_never_tell_one_story() -> None:
    copy = replace(POST, raw_id="2", link="https://blogi.kauhajoki.fi/kopio")

    changes = told(POST, copy, stories=[elsewhere(POST, link="https://muu.fi/1")])

    assert sorted(str(new.story) for new in changes.new) == ["7", "None"]


def test_a_story_that_the_source_tells_already_takes_no_second_entry() -> None:
    story = replace(elsewhere(POST), story=1001)

    assert the_new(told(POST, stories=[story])).story is None


def test_a_translation_is_a_story_of_its_own() -> None:
    """P3: translations are never guessed."""
    other = elsewhere(
        replace(POST, link="https://kauhajoki.fi/sv/1", title="Kompetensbrist", language="sv"),
        text=prose("kompetens", sentences=20),
    )
    post = replace(POST, translations=(("sv", "https://kauhajoki.fi/sv/1"),))

    assert the_new(told(post, stories=[other])).story is None


def test_a_story_told_again_keeps_the_moment_from_which_it_may_be_mailed() -> None:
    """Promise 2: a second source must not mail a story that the last issue carried."""
    other = elsewhere(POST, eligible_at=ago(days=9))

    new = the_new(told(POST, stories=[other]))

    assert new.eligible_at == ago(days=9)
    assert new.recency == NOW


def test_a_story_that_was_never_to_be_mailed_may_be_by_its_second_source() -> None:
    assert the_new(told(POST, stories=[elsewhere(POST)])).eligible_at == NOW


def test_a_story_that_an_editor_hid_waits_for_an_editor() -> None:
    new = the_new(told(POST, stories=[elsewhere(POST, state=EntryState.HIDDEN)]))

    assert new.held is HeldBecause.BY_EDITOR
    assert new.eligible_at is None


LONG = prose("pitkä teksti", sentences=20)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (LONG, LONG + " Yksi lause lisää tähän.", True),
        (LONG, LONG.replace("pitkä", "lyhyt"), True),
        (LONG, LONG[:300] + "...", True),
        (LONG, prose("muu teksti", sentences=20), False),
        ("Lyhyt teksti", "lyhyt  teksti", True),
        ("Lyhyt teksti", "Lyhyt teksti!", False),
        ("", "", False),
    ],
)
def test_texts_are_nearly_equal_after_a_small_edit(one: str, other: str, equal: bool) -> None:
    assert nearly_equal(one, other) is nearly_equal(other, one) is equal


def test_two_hundred_characters_must_be_equal() -> None:
    assert begins_equal("a" * 200, "A" * 500)
    assert not begins_equal("a" * 199, "a" * 500)


@pytest.mark.parametrize(
    ("link", "does"),
    [
        (None, False),
        ("https://a.fi", False),
        ("https://a.fi/", False),
        ("https://a.fi/1", True),
        ("https://a.fi?p=1", True),
        ("https://a.fi#!/1", True),
    ],
)
def test_a_link_tells_posts_apart_unless_it_is_a_front_page(link: str | None, does: bool) -> None:
    assert identifies(link) is does


# --- whose link it is -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "own"), [("https://kauhajoki.fi/1", True), ("https://raahe.fi/1", False)]
)
def test_a_new_entry_says_whether_its_link_is_of_its_sources_domain(link: str, own: bool) -> None:
    assert the_new(told(replace(POST, link=link), stories=[])).owns_link is own


def test_a_source_that_moved_to_the_domain_of_its_links_owns_them() -> None:
    moved = a_source(url="https://uusi.example/feed/", feed_host="uusi.example")
    links = ["https://uusi.example/1", "https://blogi.kauhajoki.fi/2"]
    stored = [an_entry(str(at), link=link, title=link) for at, link in enumerate(links, 1)]
    store = known(stored)
    owned = Known(entries=tuple(replace(one, owns_link=True) for one in store.entries))

    changes = [
        decided(a_feed(*stored), source=moved, store=was, final_url=moved.url)
        for was in (store, owned)
    ]

    assert [(one.owning, one.disowning) for one in changes] == [((1,), ()), ((), (2,))]


def test_a_held_source_gains_no_link() -> None:
    source = a_source(state=SourceState.HELD)

    changes = decided(a_feed(*HERE), source=source, store=known(HERE))

    assert (changes.owning, changes.disowning) == ((), ())


# --- two that turn out to be one ------------------------------------------------------------------

OURS = a_known(POST, id=1, story=8)


def merged(
    post: ParsedEntry = POST,
    *,
    stored: KnownEntry = OURS,
    stories: list[KnownStory],
    tellers: dict[int, set[int]] | None = None,
    **feed: Any,
) -> list[tuple[int, int]]:
    """Return which stories go where when a stored post is told again as ``post``."""
    told_by = {8: {1}, 7: {2}} | (tellers or {})
    store = Known(
        entries=(stored, a_known(HERE[0], id=9)),
        elsewhere=tuple(stories),
        tellers={story: frozenset(sources) for story, sources in told_by.items()},
    )
    changes = decided(a_feed(post, *HERE, **feed), store=store)
    assert not changes.new
    return [(merge.story, merge.into) for merge in changes.merged]


DATED = replace(POST, published=ago(days=1))
APART = a_known(
    edited(DATED, link="https://blogi.kauhajoki.fi/luonnos", title="Luonnos", text="Tulossa"),
    id=1,
    story=8,
)


def test_an_edit_that_gives_a_post_the_link_of_another_story_makes_them_one() -> None:
    other = elsewhere(POST, title="Toinen otsikko", text="")

    assert merged(DATED, stored=APART, stories=[other]) == [(8, 7)]


def test_an_edit_that_gives_a_post_the_text_of_another_story_makes_them_one() -> None:
    other = elsewhere(POST, link="https://muu.fi/1", text=POST.text[:250] + " [...]")

    assert merged(DATED, stored=APART, stories=[other]) == [(8, 7)]


def test_two_stories_that_came_at_one_moment_become_one_without_an_edit() -> None:
    assert merged(stories=[elsewhere(POST)]) == [(8, 7)]


@pytest.mark.parametrize("by", ["link", "text"])
def test_an_old_post_takes_no_younger_one_over_by_an_edit(by: str) -> None:
    """Else a feed could put its own words and date over any post of another's, and out of the
    newsletter."""
    young = elsewhere(POST, story=12, first_seen=ago(hours=1), changed_at=ago(hours=1))
    same = {
        "link": replace(young, title="Muu", text=""),
        "text": replace(young, link="https://a.fi/1"),
    }
    tellers = {12: {2}}

    assert merged(DATED, stored=APART, stories=[same[by]], tellers=tellers) == []
    after = replace(APART, link=POST.link, title=POST.title, text=POST.text, changed_at=NOW)
    assert merged(stored=after, stories=[same[by]], tellers=tellers) == []


def test_a_post_is_taken_over_by_no_older_one_that_was_edited_since() -> None:
    came, edit = ago(hours=3), ago(hours=1)
    ours = replace(OURS, first_seen=came, changed_at=came)

    assert merged(stored=ours, stories=[elsewhere(POST, changed_at=edit)]) == []
    at_once = came + AT_ONE_MOMENT
    assert merged(stored=ours, stories=[elsewhere(POST, changed_at=at_once)]) == [(8, 7)]


def test_the_story_that_was_first_goes_on() -> None:
    assert merged(stories=[elsewhere(POST, story=12)], tellers={12: {2}}) == [(12, 8)]


def test_three_stories_become_one_at_once() -> None:
    young = (
        elsewhere(POST, story=12, source=3),
        elsewhere(POST, story=9, source=4, link="https://a.fi/1"),
    )

    assert merged(stories=[*young], tellers={12: {3}, 9: {4}}) == [(9, 8), (12, 8)]


def test_a_post_that_becomes_like_two_others_makes_these_not_one() -> None:
    by_text = elsewhere(POST, story=5, link="https://muu.fi/1", source=3)

    assert merged(stories=[elsewhere(POST), by_text], tellers={5: {3}}) == [(8, 5)]


@pytest.mark.parametrize(
    "other",
    [
        elsewhere(POST, link="https://muu.fi/1", title="Toinen otsikko"),
        elsewhere(POST, link="https://muu.fi/1", text=POST.text[:199]),
        elsewhere(POST, state=EntryState.HELD),
        elsewhere(POST, state=EntryState.HIDDEN),
        elsewhere(POST, state=EntryState.DELETED),
        elsewhere(POST, story=8),
    ],
    ids=["another title", "under 200 characters", "held", "hidden", "deleted", "one already"],
)
def test_less_leaves_them_two(other: KnownStory) -> None:
    assert merged(stories=[other]) == []


def test_a_link_that_two_other_stories_have_makes_none_one() -> None:
    strangers = [elsewhere(POST, story=at, title="Muu", text="") for at in (6, 7)]

    assert merged(stories=strangers) == []


def test_stories_that_one_source_tells_apart_stay_two() -> None:
    assert merged(stories=[elsewhere(POST)], tellers={7: {2, 3}, 8: {1, 3}}) == []
    assert merged(stories=[elsewhere(POST)], tellers={7: {1, 2}}) == []


def test_what_waits_is_merged_with_nothing() -> None:
    held = a_known(POST, id=1, story=8, state=EntryState.HELD)

    assert merged(stored=held, stories=[elsewhere(POST)]) == []
    assert merged(stories=[elsewhere(POST)], home="https://kasino.example/") == [(8, 7)]
    source = a_source(home="https://blogi.kauhajoki.fi/")
    store = Known(entries=(OURS,), elsewhere=(elsewhere(POST),))
    hijacked = decided(a_feed(POST, home="https://kasino.example/"), source=source, store=store)
    assert hijacked.merged == ()


def test_a_new_post_that_is_two_stories_leaves_them_two() -> None:
    """Else whoever gives it the link of one and the words of another takes one of them away."""
    by_text = elsewhere(POST, story=8, link="https://muu.fi/1", source=3)

    changes = told(POST, stories=[elsewhere(POST), by_text])

    assert the_new(changes).story == 7
    assert not changes.merged
    joined = replace(OURS, first_seen=NOW, changed_at=NOW)
    assert merged(stored=joined, stories=[elsewhere(POST)], tellers={8: {1, 3}}) == []


some_stories = st.lists(
    st.builds(
        lambda story, source, link, title: elsewhere(
            POST, story=story, source=source, link=link, title=title
        ),
        st.integers(1, 6),
        st.integers(2, 5),
        st.sampled_from([POST.link, "https://muu.fi/1", "https://muu.fi/2"]),
        st.sampled_from([POST.title, "Muu"]),
    ),
    max_size=8,
)


@given(some_stories, st.lists(st.integers(1, 6), max_size=4, unique=True))
def test_no_story_goes_twice_nor_into_one_that_goes_nor_holds_two_of_a_source(
    stories: list[KnownStory], own: list[int]
) -> None:
    tellers: dict[int, set[int]] = {story: {1} for story in own}
    for told_by in stories:
        tellers.setdefault(told_by.story, set()).add(told_by.source)
    store = Known(
        elsewhere=tuple(stories),
        tellers={story: frozenset(sources) for story, sources in tellers.items()},
    )

    told_here = [
        Telling(parsed=POST, story=story, first_seen=FIRST_SEEN, changed_at=FIRST_SEEN)
        for story in own
    ]

    found = merges(told_here, links=[POST.link], source=1, known=store)

    gone, homes = [merge.story for merge in found], {merge.into for merge in found}
    assert len(set(gone)) == len(gone)
    assert not homes & set(gone)
    for home in homes:
        members = [home, *(merge.story for merge in found if merge.into == home)]
        told = [source for member in members for source in tellers[member]]
        assert len(set(told)) == len(told)
        assert home == min(members)
