"""One answer of one source, decided as a whole."""

from __future__ import annotations

from dataclasses import replace

from syndicator.admit.decide import unchanged
from syndicator.model import EntryState, HeldBecause, Known, Notice, SourceState
from tests.admit.judging import RULES, decided, reasons, the_new
from tests.builders import NOW, a_feed, a_known, a_source, ago, an_entry, edited, known

OLD, NEW = an_entry("1", published=ago(days=2)), an_entry("2", published=ago(hours=1))


def test_an_entry_we_never_saw_is_new_and_may_be_mailed() -> None:
    changes = decided(a_feed(NEW, OLD), store=known([OLD]))

    new = the_new(changes)
    assert new.parsed == NEW
    assert new.aliases == (NEW.raw_id,)
    assert new.recency == new.eligible_at == NOW
    assert changes.present == (1,)
    assert not changes.changed
    assert not changes.notices


def test_an_edit_changes_the_entry_and_nothing_else() -> None:
    """Promise 2: edits never mail again and never move an old post to the top."""
    after = edited(OLD, title="Uimahalli avattiin jo", published=NOW)

    changes = decided(a_feed(after), store=known([OLD]))

    assert [(changed.id, changed.parsed) for changed in changes.changed] == [(1, after)]
    assert not changes.new


def test_a_new_link_alone_is_an_edit_too() -> None:
    moved = replace(OLD, link="https://kauhajoki.fi/blogi/1", url="https://kauhajoki.fi/blogi/1")

    changes = decided(a_feed(moved), store=known([OLD]))

    assert [changed.parsed for changed in changes.changed] == [moved]


def test_an_entry_hidden_by_an_editor_stays_hidden_and_is_not_new() -> None:
    store = Known(entries=(a_known(OLD, state=EntryState.HIDDEN),))

    changes = decided(a_feed(OLD), store=store)

    assert not changes.new
    assert not changes.returned


def test_what_was_deleted_and_is_here_again_returns() -> None:
    """P7."""
    store = Known(entries=(a_known(OLD, state=EntryState.DELETED, in_last_answer=False),))

    changes = decided(a_feed(OLD, NEW), store=store)

    assert changes.returned == changes.present == (1,)
    assert [new.parsed for new in changes.new] == [NEW]


def test_what_was_taken_down_does_not_come_back_by_id_link_or_text() -> None:
    by_id, by_link, by_text = an_entry("4"), an_entry("5"), an_entry("6")
    down = frozenset({by_id.raw_id, by_link.link or "", by_text.content_hash})

    changes = decided(
        a_feed(NEW, by_id, by_link, by_text, OLD), store=known([OLD], taken_down=down)
    )

    assert the_new(changes).parsed == NEW


def test_a_takedown_of_a_front_page_or_a_shared_id_does_not_silence_a_blog() -> None:
    front = an_entry("4", link="https://blogi.kauhajoki.fi")
    shared = [an_entry("x", link=f"https://a.fi/{at}", title=str(at)) for at in (1, 2)]
    down = frozenset({front.link or "", "x"})

    changes = decided(a_feed(front, *shared), store=known([OLD], taken_down=down))

    assert len(changes.new) == 3


def test_a_held_source_is_read_on_but_its_new_entries_wait() -> None:
    source = a_source(state=SourceState.HELD)

    changes = decided(a_feed(NEW, OLD), source=source, store=known([OLD]))

    assert reasons(changes) == [HeldBecause.SOURCE_HELD]
    assert the_new(changes).eligible_at is None
    assert changes.present == (1,)
    assert changes.hold_source is None


def test_edits_and_deletions_by_a_held_source_wait_too() -> None:
    """P6: whoever took a domain over could rewrite every post that is already shown."""
    middle = an_entry("m", published=ago(days=3))
    last = an_entry("z", published=ago(days=4))
    store = Known(
        entries=(
            a_known(OLD, id=1),
            a_known(middle, id=2, missing=1, in_last_answer=False),
            a_known(last, id=3),
            a_known(an_entry("h"), id=4, state=EntryState.HELD),
        )
    )
    rewritten = edited(OLD, text="Voita rahaa")
    improved = edited(an_entry("h"), text="Korjattu")

    changes = decided(
        a_feed(rewritten, last, improved), source=a_source(state=SourceState.HELD), store=store
    )

    assert [changed.id for changed in changes.changed] == [4]
    assert changes.missed == (2,)
    assert not changes.deleted


def test_the_same_answer_again_lacks_again_what_it_lacked() -> None:
    """P7: a 304 is the second answer in a row; the blog need not write before a deletion counts."""
    store = Known(entries=(a_known(OLD, id=1, missing=1), a_known(NEW, id=2)))

    changes = unchanged(store, source=a_source(), rules=RULES)

    assert changes.missed == changes.deleted == (1,)
    assert not changes.whole


def test_the_same_answer_of_a_held_source_or_without_a_held_entry_says_nothing() -> None:
    shown, held = a_known(OLD, missing=1), a_known(OLD, missing=1, state=EntryState.HELD)

    of_a_held_source = unchanged(
        Known(entries=(shown,)), source=a_source(state=SourceState.HELD), rules=RULES
    )
    without_a_held_entry = unchanged(Known(entries=(held,)), source=a_source(), rules=RULES)

    for changes in (of_a_held_source, without_a_held_entry):
        assert not changes.missed + changes.deleted
        assert not changes.whole


def test_an_answer_that_is_cut_short_or_empty_is_not_whole() -> None:
    assert decided(a_feed(OLD)).whole
    assert not decided(a_feed(OLD, complete=False)).whole
    assert not decided(a_feed()).whole


def test_people_hear_of_held_entries_with_reason_and_number() -> None:
    flood = [an_entry(f"f{at}", published=ago(hours=at)) for at in range(6)]

    changes = decided(a_feed(*flood), store=known([OLD]))

    assert changes.notices == (
        Notice(
            kind="entries_held",
            subject="kauhajoki",
            at=NOW,
            facts={"reason": "flood", "count": "6"},
        ),
    )


def test_people_hear_of_a_new_title_even_if_it_is_no_reason_to_hold() -> None:
    changes = decided(a_feed(title="Kauhajoen uusi blogi"), source=a_source(feed_title="Kauhajoki"))

    (notice,) = changes.notices
    assert notice.kind == "title_changed"
    assert notice.facts == {"before": "Kauhajoki", "after": "Kauhajoen uusi blogi"}
    assert changes.hold_source is None


def test_people_hear_of_many_deletions_at_once() -> None:
    entries = [an_entry(str(at), published=ago(days=at)) for at in range(1, 9)]
    store = Known(
        entries=tuple(
            a_known(entry, id=at, missing=1, in_last_answer=False)
            for at, entry in enumerate(entries[1:7], 1)
        )
    )

    changes = decided(a_feed(entries[0], entries[7]), store=store)

    assert [(notice.kind, notice.facts) for notice in changes.notices] == [
        ("entries_deleted", {"count": "6"})
    ]
