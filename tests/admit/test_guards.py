"""When an answer is not believed as it stands (P2, P5, P6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syndicator.model import EntryState, HeldBecause, IdMode, Known, ParsedFeed, Source, SourceState
from tests.admit.judging import decided, reasons
from tests.builders import a_feed, a_known, a_source, ago, an_entry, edited, known, prose

KNOWN_SOURCE = a_source(
    feed_title="Kauhajoen blogi",
    feed_language="fi",
    feed_host="blogi.kauhajoki.fi",
    home="https://blogi.kauhajoki.fi/",
)
OLD = [an_entry(f"o{at}", published=ago(days=10 + at)) for at in range(5)]
NEW = [an_entry(f"n{at}", published=ago(hours=at)) for at in range(6)]


# --- hijack ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("feed", "final_url", "reason"),
    [
        (a_feed(), "https://kauhajoki.fi/blogi/feed", None),
        (a_feed(), "https://kauhajoki.wordpress.com/feed", HeldBecause.MOVED_DOMAIN),
        (a_feed(home="https://kasino.example/"), None, HeldBecause.MOVED_DOMAIN),
        (a_feed(home="http://www.kauhajoki.fi/"), None, None),
        (a_feed(home=None), None, None),
        (a_feed(title="Best Casino Bonus"), None, HeldBecause.TITLE_CHANGED),
        (a_feed(title="Blogi: Kauhajoki"), None, None),
        (a_feed(title=""), None, None),
        (a_feed(language="en"), None, HeldBecause.LANGUAGE_CHANGED),
        (a_feed(language="fi-FI"), None, None),
        (a_feed(language=None), None, None),
    ],
)
def test_an_abrupt_change_of_host_language_or_title_holds_the_source(
    feed: ParsedFeed, final_url: str | None, reason: HeldBecause | None
) -> None:
    """P6."""
    feed = replace(feed, entries=(NEW[0],) if feed.language != "en" else ())

    changes = decided(feed, source=KNOWN_SOURCE, store=known(OLD), final_url=final_url)

    assert changes.hold_source == reason
    assert [notice.kind for notice in changes.notices if notice.kind == "source_held"] == (
        ["source_held"] if reason else []
    )


def test_the_new_entries_of_a_source_that_is_being_held_wait_with_its_reason() -> None:
    feed = a_feed(NEW[0], OLD[0], title="Best Casino Bonus")

    changes = decided(feed, source=KNOWN_SOURCE, store=known(OLD))

    assert reasons(changes) == [HeldBecause.TITLE_CHANGED]
    assert changes.new[0].eligible_at is None


def test_what_an_editor_saw_and_released_does_not_hold_the_source_again() -> None:
    source = replace(KNOWN_SOURCE, feed_host="kauhajoki.wordpress.com")

    changes = decided(
        a_feed(NEW[0], *OLD),
        source=source,
        store=known(OLD),
        final_url="https://kauhajoki.wordpress.com/feed",
    )

    assert changes.hold_source is None


def test_a_redirect_out_of_the_domain_holds_a_source_at_first_sight_too() -> None:
    source = a_source(first_seen=None)

    changes = decided(a_feed(NEW[0]), source=source, final_url="https://kasino.example/feed")

    assert changes.hold_source is HeldBecause.MOVED_DOMAIN


def test_a_feed_whose_posts_are_still_in_its_language_only_changed_its_label() -> None:
    entries = [an_entry(str(at), language="fi") for at in range(3)]

    changes = decided(a_feed(*entries, language="en"), source=KNOWN_SOURCE, store=known(entries))

    assert changes.hold_source is None


def test_a_source_under_guard_is_not_put_under_guard_again() -> None:
    source = replace(KNOWN_SOURCE, state=SourceState.HELD)

    changes = decided(a_feed(NEW[0], title="Best Casino Bonus"), source=source, store=known(OLD))

    assert changes.hold_source is None
    assert reasons(changes) == [HeldBecause.SOURCE_HELD]


# --- flood -------------------------------------------------------------------------------------


def test_five_new_entries_that_share_nothing_with_the_last_answer_are_a_flood() -> None:
    """P5."""
    changes = decided(a_feed(*NEW[:5]), store=known(OLD))

    assert reasons(changes) == [HeldBecause.FLOOD] * 5
    assert all(new.eligible_at is None for new in changes.new)
    assert changes.hold_source is None


def test_four_are_not() -> None:
    assert reasons(decided(a_feed(*NEW[:4]), store=known(OLD))) == [None] * 4


def test_one_entry_of_the_last_answer_is_enough_to_believe_the_rest() -> None:
    assert reasons(decided(a_feed(*NEW, OLD[0]), store=known(OLD))) == [None] * 6


def test_an_older_entry_that_was_not_in_the_last_answer_is_not() -> None:
    store = Known(entries=(a_known(OLD[0], id=1, in_last_answer=False), a_known(OLD[1], id=2)))

    assert set(reasons(decided(a_feed(*NEW, OLD[0]), store=store))) == {HeldBecause.FLOOD}


def test_a_flood_that_goes_on_is_still_a_flood() -> None:
    flooded = an_entry("f1")
    store = Known(entries=(a_known(flooded, state=EntryState.HELD),))

    assert set(reasons(decided(a_feed(*NEW, flooded), store=store))) == {HeldBecause.FLOOD}


def test_the_first_sight_of_a_source_is_no_flood() -> None:
    changes = decided(a_feed(*NEW), source=a_source(first_seen=None))

    assert reasons(changes) == [None] * 6


# --- ids ---------------------------------------------------------------------------------------


def renamed(source_ids: str, *, links: bool = True) -> list:  # type: ignore[type-arg]
    """Return the old entries under other ids, and under other links if asked."""
    return [
        edited(
            entry,
            raw_id=f"{source_ids}{entry.raw_id}",
            link=entry.link if links else f"https://kauhajoki.fi/uusi/{entry.raw_id}",
        )
        for entry in OLD
    ]


def test_ids_that_change_under_equal_links_are_believed_no_more() -> None:
    """P2: degrades to links, once, and recorded."""
    changes = decided(a_feed(*renamed("x")), store=known(OLD))

    assert changes.id_mode is IdMode.LINK
    assert not changes.new
    assert [notice.kind for notice in changes.notices] == ["ids_degraded"]


def test_it_happens_once() -> None:
    source = a_source(id_mode=IdMode.LINK)

    assert decided(a_feed(*renamed("x")), source=source, store=known(OLD)).id_mode is None


@pytest.mark.parametrize(("changed", "mode"), [(1, None), (2, None), (3, IdMode.LINK)])
def test_ids_are_unstable_if_more_than_one_in_twenty_changes(
    changed: int, mode: IdMode | None
) -> None:
    entries = [an_entry(f"e{at}", published=ago(days=at)) for at in range(40)]
    after = [
        replace(entry, raw_id=f"uusi {at}") if at < changed else entry
        for at, entry in enumerate(entries)
    ]

    assert decided(a_feed(*after), store=known(entries)).id_mode is mode


def test_a_single_changed_id_of_a_short_feed_is_no_pattern() -> None:
    after = [renamed("x")[0], *OLD[1:]]

    assert decided(a_feed(*after), store=known(OLD)).id_mode is None


def test_ids_that_changed_in_bulk_hold_nothing_that_is_recognised() -> None:
    changes = decided(a_feed(*renamed("x", links=False)), store=known(OLD))

    assert changes.present == (1, 2, 3, 4, 5)
    assert not changes.new


def test_an_old_post_among_ids_that_changed_in_bulk_waits() -> None:
    """P5: what changes id in bulk is held unless it is recognised."""
    unclear = edited(OLD[0], raw_id="y", link="https://a.fi/y", text=prose("muu"))
    unknown = an_entry("z", published=ago(days=12))
    clear = an_entry("uusi", published=ago(hours=1))
    store = known([*OLD, an_entry("o9", published=ago(days=9), title=OLD[0].title)])
    feed = a_feed(clear, *renamed("x"), unknown, unclear)

    changes = decided(feed, store=store)

    held = {new.parsed.raw_id: new.held for new in changes.new}
    assert held == {
        "uusi": None,
        "z": HeldBecause.IDS_CHANGED,
        "y": HeldBecause.IDS_CHANGED,
    }


def test_five_known_titles_under_new_ids_and_texts_wait_as_changed_ids() -> None:
    rewritten = [
        edited(entry, raw_id=f"x{at}", link=f"https://a.fi/{at}", text=prose(f"muu {at}"))
        for at, entry in enumerate(OLD)
    ]

    changes = decided(a_feed(*rewritten), store=known(OLD))

    assert reasons(changes) == [HeldBecause.IDS_CHANGED] * 5


def test_where_links_are_believed_a_new_post_does_not_wait_for_unstable_ids() -> None:
    undated = an_entry("uusi", published=None)
    source: Source = a_source(id_mode=IdMode.LINK)

    changes = decided(a_feed(undated, *renamed("x")), source=source, store=known(OLD))

    assert reasons(changes) == [None]
