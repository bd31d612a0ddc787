"""Items that a feed lists more than once come once (P2)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.model import ParsedFeed
from syndicator.parse.faults import Code
from tests.parse.test_document import item, read, rss


def titles(feed: ParsedFeed) -> list[str]:
    return [entry.title for entry in feed.entries]


@pytest.mark.parametrize("copies", [2, 3, 4])
@pytest.mark.parametrize("guid", ["sama", None], ids=["with an id", "without an id"])
def test_a_repeated_item_is_one_entry(copies: int, guid: str | None) -> None:
    whole = read(rss(*[item("Uimahalli", guid=guid)] * copies, item("Muu", n=2)))
    single = read(rss(item("Uimahalli", guid=guid), item("Muu", n=2)))

    assert whole.entries == single.entries
    (fault,) = [fault for fault in whole.faults if fault.code == Code.ITEM_REPEATED]
    assert (fault.count, fault.example) == (copies - 1, "https://blogi.example/1")


def test_a_repeated_item_without_id_and_link_is_one_entry() -> None:
    bare = "<item><title>Juttu</title><description>{}</description></item>"

    assert len(read(rss(bare.format("A"), bare.format("B"), bare.format("A"))).entries) == 2


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (item("Toinen", guid="sama"), "title"),
        (item(n=2, guid="sama"), "link"),
        (item(guid="muu"), "id"),
        (item(guid="sama").replace("24 Nov", "23 Nov").replace("Tue", "Mon"), "date"),
    ],
)
def test_an_item_that_differs_from_another_is_no_repeated_item(other: str, what: str) -> None:
    assert len(read(rss(item(guid="sama"), other)).entries) == 2, what


def test_items_of_one_id_without_a_title_are_repeated_only_with_the_same_text() -> None:
    note = (
        "<item><guid>x</guid><link>https://blogi.example</link><description>{}</description></item>"
    )

    feed = read(rss(note.format("Yksi"), note.format("Kaksi"), note.format("Yksi")))

    assert titles(feed) == ["Yksi", "Kaksi"]


def test_a_copy_that_lacks_the_link_repeats_the_one_that_has_it() -> None:
    post = {"id": "1", "title": "Juttu", "date_published": "2026-11-24T07:05:00Z"}
    linked = post | {"url": "https://blogi.example/1", "content_text": "Teksti"}
    version = "https://jsonfeed.org/version/1.1"
    body = {"version": version, "title": "B", "items": [post, linked, post]}

    (entry,) = read(json.dumps(body)).entries

    assert (entry.url, entry.text) == ("https://blogi.example/1", "Teksti")


def test_of_the_copies_of_an_item_the_newest_stands_wherever_it_is_listed() -> None:
    atom = '<feed xmlns="http://www.w3.org/2005/Atom"><title>B</title>{}</feed>'.replace("{}", "%s")
    entry = (
        "<entry><id>urn:1</id><title>Juttu</title><link href='https://blogi.example/1'/>"
        "<published>2026-11-20T07:00:00Z</published><updated>2026-11-%s:00:00Z</updated>"
        "<content>%s</content></entry>"
    )
    old, new = entry % ("20T07", "Ennen"), entry % ("21T07", "Jälkeen")

    for listed in (old + new, new + old):
        (only,) = read(atom % listed).entries
        assert (only.text, only.raw_id) == ("Jälkeen", "urn:1")


some_items = st.lists(
    st.builds(
        lambda title, n, guid: item(title, n=n, guid=guid),
        st.sampled_from(["Uimahalli", "Kirjasto"]),
        st.integers(1, 3),
        st.sampled_from([None, "", "sama"]),
    ),
    unique=True,
    max_size=6,
)


@st.composite
def feeds_and_the_same_with_repeated_items(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Items of a feed, and the same with up to three copies of some anywhere behind the first."""
    once = draw(some_items)
    repeated = list(once)
    for copy in draw(st.lists(st.sampled_from(once), max_size=6)) if once else []:
        if repeated.count(copy) < 4:
            repeated.insert(draw(st.integers(repeated.index(copy) + 1, len(repeated))), copy)
    return once, repeated


@given(feeds_and_the_same_with_repeated_items())
def test_a_feed_with_repeated_items_reads_like_the_one_without(
    feeds: tuple[list[str], list[str]],
) -> None:
    once, repeated = (read(rss(*items)) for items in feeds)

    assert replace(repeated, faults=()) == replace(once, faults=())
