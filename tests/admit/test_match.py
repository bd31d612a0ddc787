"""Which stored entry an entry of the answer is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syndicator.admit.match import By, match, posts
from syndicator.model import IdKind, IdMode, KnownEntry, ParsedEntry
from tests.admit.judging import decided, the_new
from tests.builders import a_feed, a_known, a_source, ago, an_entry, edited, known, prose


def recognised(
    entries: list[ParsedEntry], store: list[KnownEntry], *, mode: IdMode = IdMode.OWN
) -> dict[int, tuple[str, By]]:
    """Return by which raw id, and how, each stored entry was recognised."""
    matching = match(posts(entries), store, mode=mode)
    return {pair.entry.id: (pair.post.parsed.raw_id, pair.by) for pair in matching.pairs}


def test_an_entry_is_known_by_its_id_whatever_its_author_changed() -> None:
    """P2."""
    entry = an_entry("1", published=ago(days=1))
    after = edited(entry, title="Uusi otsikko", text="Uusi teksti", published=ago(days=0))

    assert recognised([after], [a_known(entry)]) == {1: ("1", By.ID)}


def test_an_entry_that_moved_keeps_its_id() -> None:
    entry = an_entry("1", published=ago(days=1))
    moved = edited(entry, link="https://kauhajoki.fi/blogi/uimahalli", title="Uusi otsikko")

    assert recognised([moved], [a_known(entry)]) == {1: ("1", By.ID)}


def test_two_entries_under_one_id_but_with_different_links_are_two() -> None:
    """Decisions, "Entries": identity."""
    first = an_entry("x", link="https://a.fi/1", title="Yksi")
    second = an_entry("x", link="https://a.fi/2", title="Kaksi")

    changes = decided(a_feed(first, second))

    assert [new.parsed for new in changes.new] == [first, second]
    one, other = (set(new.aliases) for new in changes.new)
    assert not one & other


@pytest.mark.parametrize("mode", IdMode)
def test_a_blog_that_gives_every_post_one_id_keeps_its_posts_apart(mode: IdMode) -> None:
    first, second, third = (
        an_entry("x", link=f"https://a.fi/{at}", title=f"Otsikko {at}", published=ago(days=9 - at))
        for at in (1, 2, 3)
    )
    source = a_source(id_mode=mode)

    changes = decided(a_feed(third, second), source=source, store=known([first, second]))

    assert the_new(changes).parsed == third
    assert changes.present == (2,)
    assert not changes.changed


def test_an_id_built_from_the_title_does_not_make_next_weeks_review_an_edit() -> None:
    """Decisions: a weekly "Viikkokatsaus" never pairs with last week's."""
    last = an_entry(
        "Viikkokatsaus", link="https://a.fi/47", published=ago(days=7), text=prose("47")
    )
    this = an_entry(
        "Viikkokatsaus", link="https://a.fi/48", published=ago(days=0), text=prose("48")
    )

    changes = decided(a_feed(this), store=known([last]))

    assert the_new(changes).parsed == this
    assert not changes.changed


def test_an_id_used_again_without_dates_is_told_by_the_text() -> None:
    last = an_entry("x", link="https://a.fi/47", text=prose("47"))
    other = replace(last, link="https://a.fi/48", text=prose("48"))
    moved = replace(last, link="https://a.fi/48", text=last.text + " Lisäys.")

    assert recognised([other], [a_known(last)]) == {}
    assert recognised([moved], [a_known(last)]) == {1: ("x", By.ID)}


@pytest.mark.parametrize(("title", "same"), [("Sama", True), ("Toinen", False)])
def test_without_any_text_the_title_tells(title: str, same: bool) -> None:
    last = an_entry("x", link="https://a.fi/47", title="Sama", text="")
    now = an_entry("x", link="https://a.fi/48", title=title, text="")

    assert bool(recognised([now], [a_known(last)])) is same


ONCE = an_entry("1", link="https://a.fi/1", title="Otsikko", published=ago(days=3))


def test_the_same_post_twice_in_a_feed_is_one_entry_with_both_ids() -> None:
    again = edited(ONCE, raw_id="2", updated=ago(days=1), text="Korjattu")

    new = the_new(decided(a_feed(ONCE, again)))

    assert new.aliases == ("1", "2")
    assert new.parsed == again


def test_a_post_listed_under_two_headings_of_a_feed_without_ids_is_one_whatever_its_dates() -> None:
    listed = [
        replace(ONCE, id_kind=IdKind.LINK, raw_id="https://a.fi/1"),
        replace(ONCE, id_kind=IdKind.HASH, raw_id="sha256:x", published=ago(days=300)),
    ]

    assert the_new(decided(a_feed(*listed))).parsed == listed[0]


@pytest.mark.parametrize("copies", [2, 3, 4])
def test_copies_of_a_post_are_one_whatever_kind_of_id_each_ended_with(copies: int) -> None:
    kinds = [
        ONCE,
        replace(ONCE, id_kind=IdKind.LINK, raw_id="https://a.fi/1"),
        replace(ONCE, id_kind=IdKind.HASH, raw_id="sha256:x"),
        replace(ONCE, id_kind=IdKind.HASH, raw_id="sha256:y"),
    ]

    changes = decided(a_feed(*kinds[:copies]), store=known([ONCE]))

    assert (changes.present, changes.new) == ((1,), ())


def test_posts_of_one_page_and_title_with_ids_of_their_own_are_as_many_as_their_dates() -> None:
    week = [replace(ONCE, raw_id=f"w{at}", published=ago(days=7 * at)) for at in range(3)]

    assert len(posts(week)) == 3


def test_three_forms_of_one_post_that_hang_together_in_a_chain_are_one() -> None:
    old, bridge, other = replace(ONCE, title="Vanha"), ONCE, replace(ONCE, raw_id="2")

    assert len(posts([old, other, bridge])) == 1
    assert len(posts([old, other])) == 2


def test_entries_that_only_link_to_the_front_page_are_not_one_post() -> None:
    front = "https://blogi.kauhajoki.fi"
    first, second = (an_entry(at, link=front, title="Tiedote") for at in ("1", "2"))

    assert len(posts([first, second])) == 2
    assert recognised([replace(second, text=prose("muu"))], [a_known(first)]) == {}


def test_a_changed_id_is_paired_by_an_equal_link() -> None:
    """Decisions: pairing."""
    entry = an_entry("http://a.fi/?p=1", link="https://a.fi/1", published=ago(days=3))
    renamed = edited(entry, raw_id="https://a.fi/?p=1", title="Uusi otsikko")

    changes = decided(a_feed(renamed), store=known([entry]))

    assert changes.present == (1,)
    assert [(alias.entry, alias.raw_id) for alias in changes.aliases] == [(1, "https://a.fi/?p=1")]
    assert not changes.new


def test_a_link_that_several_posts_have_pairs_none() -> None:
    stored = an_entry("1", link="https://a.fi/ohjelma", title="Jakso 1", text=prose("1"))
    episodes = [
        an_entry(f"n{at}", link="https://a.fi/ohjelma", title=f"Jakso {at}", text=prose(str(at)))
        for at in (2, 3)
    ]

    assert recognised(episodes, [a_known(stored)]) == {}


def test_a_new_post_at_an_old_address_is_new() -> None:
    """A page that carries one review after the other: new id, new date, new text."""
    last = an_entry("w47", link="https://a.fi/katsaus", published=ago(days=7), text=prose("47"))
    this = an_entry("w48", link="https://a.fi/katsaus", published=ago(days=0), text=prose("48"))

    assert recognised([this], [a_known(last)]) == {}
    assert recognised([this], [a_known(last)], mode=IdMode.LINK) == {1: ("w48", By.LINK)}


def test_where_ids_are_unstable_the_link_goes_before_the_id() -> None:
    """P2: ids that count places in the list move from post to post."""
    first, second = (
        an_entry(f"item-{at}", link=f"https://a.fi/{at}", published=ago(days=2)) for at in (1, 2)
    )
    moved = replace(first, raw_id="item-2")
    store = [a_known(first, id=1), a_known(second, id=2)]

    assert recognised([moved], store, mode=IdMode.LINK) == {1: ("item-2", By.LINK)}


def test_a_post_whose_id_and_link_changed_is_paired_by_title_and_text() -> None:
    entry = an_entry("1", published=ago(days=9))
    moved = edited(
        entry, raw_id="uusi-1", link="https://kauhajoki.fi/b/1", text=entry.text + " Päivitetty."
    )

    assert recognised([moved], [a_known(entry)]) == {1: ("uusi-1", By.TEXT)}


WEEKLY = an_entry("w47", title="Viikkokatsaus", published=ago(days=7), text=prose("viikko"))


@pytest.mark.parametrize(
    ("after", "store"),
    [
        pytest.param([edited(WEEKLY, text=prose("muu"))], [WEEKLY], id="another text"),
        pytest.param([edited(WEEKLY, published=ago(days=0))], [WEEKLY], id="another date"),
        pytest.param([edited(WEEKLY, title="Kuukausikatsaus")], [WEEKLY], id="another title"),
        pytest.param([edited(WEEKLY, text="Lyhyt")], [replace(WEEKLY, text="Lyhyt!")], id="short"),
        pytest.param([edited(WEEKLY, text="")], [replace(WEEKLY, text="")], id="no text"),
        pytest.param([WEEKLY], [WEEKLY, edited(WEEKLY, raw_id="w46")], id="title known twice"),
        pytest.param(
            [WEEKLY, edited(WEEKLY, raw_id="w46", link="https://a.fi/w46")],
            [WEEKLY],
            id="title told twice",
        ),
    ],
)
def test_pairing_by_text_wants_title_text_and_date_without_doubt(
    after: list[ParsedEntry], store: list[ParsedEntry]
) -> None:
    """Decisions: a title unique within the source on both sides, and nearly equal text."""
    stored = [
        a_known(entry, id=at, raw_ids=frozenset({f"ennen-{at}"}), link=f"https://vanha.fi/{at}")
        for at, entry in enumerate(store, 1)
    ]

    assert recognised(after, stored) == {}


def test_an_entry_of_the_store_is_given_one_post_at_most() -> None:
    entry = an_entry("1", link="https://a.fi/1")
    twins = [replace(entry, raw_id="1", link="https://a.fi/2"), replace(entry, raw_id="2")]

    changes = decided(a_feed(*twins), store=known([entry]))

    assert changes.present == (1,)
    assert len(changes.new) == 1


def test_of_two_posts_that_may_be_one_entry_the_one_with_its_title_is() -> None:
    entry = an_entry("2", link="https://a.fi/1", title="Kaksi")
    stored = a_known(entry, raw_ids=frozenset({"1", "2"}))

    assert recognised([replace(entry, raw_id="1", title="Yksi"), entry], [stored]) == {
        1: ("2", By.ID)
    }


def test_ids_made_anew_at_each_answer_do_not_fill_the_store() -> None:
    entry = an_entry("1", link="https://a.fi/1")
    feed = a_feed(replace(entry, raw_id="satunnainen"))

    assert not decided(feed, source=a_source(id_mode=IdMode.LINK), store=known([entry])).aliases
    assert decided(feed, store=known([entry])).aliases


def test_an_entry_with_fifty_aliases_takes_no_more() -> None:
    entry = an_entry("1", link=None, text=prose("pitkä", sentences=20))
    store = replace(
        known(), entries=(a_known(entry, raw_ids=frozenset(str(at) for at in range(50))),)
    )

    changes = decided(a_feed(replace(entry, raw_id="taas uusi")), store=store)

    assert changes.present == (1,)
    assert not changes.aliases
