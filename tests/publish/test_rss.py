"""RSS 2.0, line by line of the rules for output."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree

from syndicator.model import Channel, Edition, Scope, Tombstone
from tests.found import attributes, child
from tests.publish.checklist import ATOM, CONTENT, DC, HISTORY, LANG, TOMBSTONES
from tests.publish.formats import to_rss
from tests.publish.samples import NOON, a_masthead, a_post, an_edition, an_origin


def channel_of(edition: Edition, **head: object) -> etree._Element:
    """Return the channel element of the edition's RSS."""
    return etree.fromstring(to_rss(edition, masthead=a_masthead(**head)).body)[0]


def first_item(**changes: object) -> etree._Element:
    """Return the only item of an edition of one post."""
    return child(channel_of(an_edition(a_post(1, **changes))), "item")


def rels(channel: etree._Element) -> dict[str, str]:
    """Return the channel's atom links by their relation."""
    found = [attributes(link) for link in channel.findall(f"{ATOM}link")]
    return {link["rel"]: link["href"] for link in found}


def test_the_channel_names_the_network_its_page_and_where_it_is_served() -> None:
    """O1: atom:link self."""
    channel = channel_of(an_edition(a_post()))

    assert channel.findtext("title") == "Sujuvan elämän seutukaupungit"
    assert channel.findtext("link") == "https://seutu.example/fi/"
    assert channel.findtext("description") == "Seutukaupunkien blogit yhdessä syötteessä."
    assert rels(channel) == {"self": "https://seutu.example/feed.xml"}


def test_the_hub_is_named_in_current_documents_only() -> None:
    """O1: hub."""
    current, archive = an_edition(a_post()), an_edition(a_post(), channel=Channel(month="2026-10"))

    announced = channel_of(current, hub="https://hub.example/")
    assert rels(announced)["hub"] == "https://hub.example/"
    assert announced.findtext("link") == "https://seutu.example/fi/"
    assert "hub" not in rels(channel_of(archive, hub="https://hub.example/"))
    assert "hub" not in rels(channel_of(current))


def test_the_moment_of_the_build_is_the_editions_and_not_now() -> None:
    """Promise 3: the clock is not in the bytes."""
    channel = channel_of(an_edition(a_post(), updated=NOON - timedelta(days=400)))

    assert channel.findtext("lastBuildDate") == "Mon, 20 Oct 2025 10:00:00 +0000"


def test_the_id_is_ours_for_ever_and_no_link() -> None:
    """O1: neither the base URL nor the source's guid."""
    guid = child(first_item(), "guid")
    channel = channel_of(an_edition(a_post()), base_url="https://elsewhere.example")
    moved = child(channel, "item")

    assert guid.text == "tag:seutu.example,2026:story/p0001"
    assert guid.get("isPermaLink") == "false"
    assert moved.findtext("guid") == guid.text


def test_the_original_link_is_kept_and_the_source_named_in_its_native_element() -> None:
    """O1"""
    item = first_item()

    assert item.findtext("link") == "https://blogi.raahe.example/1/"
    assert child(item, "source").get("url") == "https://blogi.raahe.example/feed/"
    assert item.findtext("source") == "Raahen blogi"
    assert item.find(f"{ATOM}source") is None


def test_each_author_is_a_creator_and_the_blog_stands_in_for_nobody() -> None:
    """O1: dc:creator."""
    two = first_item(authors=("Maija Meri", "Onni Oja"))

    assert [creator.text for creator in two.findall(f"{DC}creator")] == ["Maija Meri", "Onni Oja"]
    assert first_item(authors=()).findtext(f"{DC}creator") == "Raahen blogi"
    assert two.find("author") is None


def test_every_item_carries_its_own_language() -> None:
    """O1, promise 9."""
    assert first_item(language="sv").get(LANG) == "sv"
    assert first_item(language="fi_FI").get(LANG) == "fi-FI"
    assert first_item(language="zz").get(LANG) is None


def test_full_text_stands_beside_the_excerpt_only_where_granted() -> None:
    """O4"""
    granted = first_item(content_html="<p>Koko juttu</p>")

    assert granted.findtext(f"{CONTENT}encoded") == "<p>Koko juttu</p>"
    assert granted.findtext("description") == "Halli on remontoitu, ja vesi on lämmintä."
    assert first_item().find(f"{CONTENT}encoded") is None


def test_a_post_of_which_only_the_link_was_granted_names_its_blog() -> None:
    """O4"""
    item = first_item(excerpt="", content_html="")

    assert item.findtext("description") == "Raahen blogi"


def test_a_plain_excerpt_is_escaped_for_readers_that_take_it_for_html() -> None:
    item = first_item(excerpt="Väkiluku < 10 000 & laskee")

    assert item.findtext("description") == "Väkiluku &lt; 10 000 &amp; laskee"


def test_categories_and_rights_are_carried() -> None:
    """O4"""
    item = first_item(categories=("Liikunta", " Liikunta", ""), rights="CC BY 4.0")

    assert [category.text for category in item.findall("category")] == ["Liikunta"]
    assert item.findtext(f"{DC}rights") == "CC BY 4.0"


def test_a_title_of_nothing_becomes_the_address() -> None:
    """P9: never empty."""
    assert first_item(title="\x00 ").findtext("title") == "https://blogi.raahe.example/1/"


def test_an_undated_post_and_one_from_the_future_are_dated_by_their_place() -> None:
    """P4, P5"""
    place = "Tue, 24 Nov 2026 09:00:00 +0000"

    assert first_item(published=None).findtext("pubDate") == place
    assert first_item(published=NOON + timedelta(days=9)).findtext("pubDate") == place


def test_items_go_by_recency_and_keep_the_editions_order_among_equals() -> None:
    """O2"""
    posts = (a_post(3), a_post(1), a_post(2), a_post(4, recency=a_post(2).recency))
    channel = channel_of(an_edition(*posts))
    guids = [str(guid.text).rpartition("/")[2] for guid in channel.iter("guid")]

    assert guids == ["p0001", "p0002", "p0004", "p0003"]


def test_tombstones_are_no_business_of_rss() -> None:
    """O2: in Atom only."""
    stone = Tombstone(public_id="gone", at=NOON)
    channel = channel_of(an_edition(a_post(), tombstones=(stone,)))

    assert channel.find(f"{TOMBSTONES}deleted-entry") is None


@pytest.mark.parametrize(
    ("language", "written", "title"),
    [
        ("fi", "fi", "Sujuvan elämän seutukaupungit – suomeksi"),
        ("sv", "sv-fi", "Sujuvan elämän seutukaupungit – på svenska"),
        ("en", "en", "Sujuvan elämän seutukaupungit – in English"),
    ],
)
def test_each_language_has_a_feed_that_speaks_it(language: str, written: str, title: str) -> None:
    """O5"""
    channel = channel_of(an_edition(channel=Channel(scope=Scope.LANGUAGE, value=language)))

    assert channel.findtext("language") == written
    assert channel.findtext("title") == title
    assert rels(channel)["self"] == f"https://seutu.example/{language}/feed.xml"
    assert channel.findtext("link") == f"https://seutu.example/{language}/language/{language}/"


def test_city_and_topic_feeds_have_their_names_and_pages() -> None:
    """O5"""
    city = channel_of(an_edition(channel=Channel(scope=Scope.CITY, value="raahe")))
    topic = channel_of(an_edition(channel=Channel(scope=Scope.TOPIC, value="osaajat")))

    assert city.findtext("title") == "Sujuvan elämän seutukaupungit – Raahe"
    assert city.findtext("link") == "https://seutu.example/fi/city/raahe/"
    assert topic.findtext("title") == "Sujuvan elämän seutukaupungit – Osaajat"
    assert rels(topic)["self"] == "https://seutu.example/topic/osaajat/feed.xml"


def test_archives_form_a_chain_from_the_current_document_backwards() -> None:
    """O2: RFC 5005 archived feeds."""
    edition = an_edition(a_post(), months=("2026-11", "2026-10", "2026-09"))
    middle = replace(edition, channel=Channel(month="2026-10"))
    current, archive = channel_of(edition), channel_of(middle)
    base = "https://seutu.example/"

    assert rels(current)["prev-archive"] == f"{base}archive/2026-11.xml"
    assert current.find(f"{HISTORY}archive") is None
    assert archive.find(f"{HISTORY}archive") is not None
    assert rels(archive) == {
        "self": f"{base}archive/2026-10.xml",
        "current": f"{base}feed.xml",
        "prev-archive": f"{base}archive/2026-09.xml",
        "next-archive": f"{base}archive/2026-11.xml",
    }


def test_languages_have_archives_of_their_own_but_cities_and_topics_none() -> None:
    months = ("2026-10",)
    swedish = Channel(scope=Scope.LANGUAGE, value="sv")
    town = Channel(scope=Scope.CITY, value="raahe")

    assert rels(channel_of(an_edition(channel=swedish, months=months)))["prev-archive"] == (
        "https://seutu.example/sv/archive/2026-10.xml"
    )
    assert "prev-archive" not in rels(channel_of(an_edition(channel=town, months=months)))


def test_the_locale_of_the_process_is_left_alone() -> None:
    """feedgen would switch it to write a date, under the feet of other threads."""
    called: list[str] = []
    sys.setprofile(lambda frame, *_: called.append(frame.f_code.co_name))
    try:
        to_rss(an_edition(a_post()), masthead=a_masthead())
    finally:
        sys.setprofile(None)

    assert "rss_str" in called
    assert "setlocale" not in called


def test_a_source_without_a_title_is_named_by_its_key() -> None:
    assert first_item(origin=an_origin(title="")).findtext("source") == "raahe-blogi"
