"""What is mended before a parser sees it, and what can then no longer hurt (P1, P12)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.parse.faults import Code
from syndicator.parse.repair import is_xml_feed, repair

FEED = "<rss version='2.0'><channel><title>Ä</title></channel></rss>"


def codes(text: str) -> list[Code]:
    return [code for code, _ in repair(text).repairs]


def test_a_sound_feed_is_left_alone_but_for_its_declaration() -> None:
    assert repair("<?xml version='1.0' encoding='utf-8'?>\n" + FEED).text.strip() == FEED
    assert codes(FEED) == []
    assert codes(f"\n\n<?xml version='1.0'?>{FEED}\n<!-- 0.1 s --> <?x y?>\n") == []


def test_what_stands_around_a_feed_is_dropped_and_told() -> None:
    """P1"""
    assert repair("Notice: x\n<?xml version='1.0'?>" + FEED).text == FEED
    assert codes("Notice: x\n" + FEED) == [Code.LEADING_JUNK]
    assert repair(FEED + "<br><b>Warning</b>").text == FEED
    assert codes(FEED + "<br><b>Warning</b>") == [Code.TRAILING_JUNK]


def test_a_feed_cut_short_keeps_all_it_has() -> None:
    """The end of its channel is not the end of an RSS 1.0 feed."""
    cut = "<rdf:RDF><channel><title>A</title></channel><item><title>B</title></item><item><ti"
    assert repair(cut).text == cut


@pytest.mark.parametrize("bad", ["\x00", "\x08", "\x1b", "\ufffe", "&#8;", "&#x1b;", "&#0;",
                                 "&#xD800;", "&#99999999999999;", "&#xFFFFFFFFF;"])  # fmt: skip
def test_characters_xml_forbids_are_dropped_and_told(bad: str) -> None:
    """P1"""
    assert repair(FEED.replace("Ä", f"a{bad}b")).text == FEED.replace("Ä", "ab")
    assert codes(FEED.replace("Ä", f"a{bad}b")) == [Code.CONTROL_CHARACTERS]


@pytest.mark.parametrize("good", ["\t", "\n", "&#9;", "&#228;", "&#x1F600;", "😀", "\x85"])
def test_characters_xml_allows_stay(good: str) -> None:
    assert repair(FEED.replace("Ä", good)).text == FEED.replace("Ä", good)


def declared(entities: str, use: str) -> str:
    return f"<!DOCTYPE rss [{entities}]>" + FEED.replace("Ä", use)


@pytest.mark.parametrize(
    "entities",
    [
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!ENTITY x PUBLIC "-//x" "http://127.0.0.1/dtd">',
        '<!ENTITY l "lol"><!ENTITY x "&l;&l;&l;">',
        '<!ENTITY % p SYSTEM "http://127.0.0.1/p"><!ENTITY x "%p;">'.replace('"%p;"', '"&p;"'),
        f'<!ENTITY x "{"a" * 100_000}">',
        '<!ENTITY x "<b>markup</b>">',
    ],
)
def test_entities_that_load_or_grow_are_never_followed(entities: str) -> None:
    """P12: external entities, nested ones, large ones"""
    found = repair(declared(entities, "a&x;b"))
    assert found.text == FEED.replace("Ä", "ab")
    assert Code.ENTITIES_DROPPED in codes(declared(entities, "a&x;b"))


def test_an_entity_used_without_measure_is_dropped() -> None:
    """P12: quadratic blow-up"""
    found = repair(declared(f'<!ENTITY a "{"a" * 190}">', "&a;" * 100_000))
    assert len(found.text) < 200


def test_small_entities_of_letters_are_filled_in() -> None:
    text = declared("<!ENTITY auml '&#228;'><!ENTITY stad \"Karleby\">", "&auml; &stad;")
    assert repair(text).text == FEED.replace("Ä", "&#228; Karleby")


def test_a_document_type_may_be_as_long_as_it_likes() -> None:
    text = declared(f'<!ENTITY a "{"a" * 200_000}">', "&a;")
    assert is_xml_feed(text)
    assert repair(text).text == FEED.replace("Ä", "")


@pytest.mark.parametrize(
    "text",
    ["<html><body>Huoltokatko</body></html>", "rss",
     "<!DOCTYPE html><html><body>&lt;rss&gt; <rss ></body>",
     "<svg></svg>", "", "<?xml version='1.0'?><urlset></urlset>"],
)  # fmt: skip
def test_other_documents_are_no_feeds(text: str) -> None:
    assert not is_xml_feed(text)


@pytest.mark.parametrize(
    "text",
    ["<rss>", "<feed xmlns='x'>", "<rdf:RDF ", "<RDF>", "<atom:feed xmlns:atom='x'>",
     "<?xml version='1.0'?><!-- <html> is not here -->"[:21] + "<feed>",
     "<html><body><feed><entry></entry></feed></body></html>"],
)  # fmt: skip
def test_feeds_are_known_by_their_root_even_inside_a_page(text: str) -> None:
    assert is_xml_feed(text)


PIECES = st.sampled_from(
    ["<?xml version='1.0'?>", "<!DOCTYPE rss [", "<!ENTITY a 'b'>", "]>", "]", ">", "<rss>",
     "</rss>", "<channel>", "&a;", "&#8;", "&#", "\x08", "x", "'", '"', "<!--", "-->", "<", "ä"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25).map("".join))
def test_no_mixture_makes_it_stumble_or_leaves_what_xml_forbids(text: str) -> None:
    found = repair(text).text
    assert "\x08" not in found
    assert "&#8;" not in found
    assert len(found) <= len(text)
