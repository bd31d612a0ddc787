"""Atom 1.0, line by line of the rules for output."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lxml import etree

from syndicator.model import Channel, Edition, Tombstone
from tests.found import attributes, child, text_of
from tests.publish.checklist import ATOM, HISTORY, LANG, TOMBSTONES
from tests.publish.formats import to_atom
from tests.publish.samples import NOON, a_masthead, a_post, an_edition, an_origin


def feed_of(edition: Edition, **head: object) -> etree._Element:
    """Return the feed element of the edition's Atom."""
    return etree.fromstring(to_atom(edition, masthead=a_masthead(**head)).body)


def first_entry(**changes: object) -> etree._Element:
    """Return the only entry of an edition of one post."""
    return child(feed_of(an_edition(a_post(1, **changes))), f"{ATOM}entry")


def links(element: etree._Element) -> list[dict[str, str]]:
    """Return an element's links as plain dictionaries."""
    return [attributes(link) for link in element.findall(f"{ATOM}link")]


def test_the_feed_has_an_id_of_ours_an_author_and_its_own_address() -> None:
    """O1"""
    feed = feed_of(an_edition(a_post()), hub="https://hub.example/")

    assert feed.findtext(f"{ATOM}id") == "tag:seutu.example,2026:feed/"
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Seutukaupunkien verkosto"
    assert feed.findtext(f"{ATOM}updated") == "2026-11-24T10:00:00Z"
    assert feed.get(LANG) == "fi"
    assert {link["rel"]: link["href"] for link in links(feed)} == {
        "self": "https://seutu.example/atom.xml",
        "alternate": "https://seutu.example/fi/",
        "hub": "https://hub.example/",
    }


def test_the_source_is_complete() -> None:
    """O1: id, title, updated, self, alternate."""
    source = child(first_entry(), f"{ATOM}source")

    assert source.findtext(f"{ATOM}id") == "tag:seutu.example,2026:source/raahe-blogi"
    assert source.findtext(f"{ATOM}title") == "Raahen blogi"
    assert source.findtext(f"{ATOM}updated") == "2026-11-24T09:00:00Z"
    assert links(source) == [
        {"rel": "self", "href": "https://blogi.raahe.example/feed/"},
        {"rel": "alternate", "href": "https://blogi.raahe.example/", "type": "text/html"},
    ]


def test_a_source_keeps_its_own_id_letter_by_letter_where_it_has_one() -> None:
    for own in ("https://Blogi.Example", "tag:blog.example,2020:x", "http://b.example/?feed=atom"):
        source = child(first_entry(origin=an_origin(feed_id=own)), f"{ATOM}source")
        assert source.findtext(f"{ATOM}id") == own
    unfit = child(first_entry(origin=an_origin(feed_id="blogi nro 1")), f"{ATOM}source")
    assert unfit.findtext(f"{ATOM}id") == "tag:seutu.example,2026:source/raahe-blogi"


def test_the_entry_carries_id_language_link_author_and_both_dates() -> None:
    """O1"""
    edited = NOON - timedelta(minutes=5)
    entry = first_entry(language="sv", updated=edited)

    assert entry.findtext(f"{ATOM}id") == "tag:seutu.example,2026:story/p0001"
    assert entry.get(LANG) == "sv"
    assert links(entry) == [
        {
            "rel": "alternate",
            "type": "text/html",
            "href": "https://blogi.raahe.example/1/",
            "hreflang": "sv",
        }
    ]
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Maija Meri"
    assert entry.findtext(f"{ATOM}published") == "2026-11-24T09:00:00Z"
    assert entry.findtext(f"{ATOM}updated") == "2026-11-24T09:55:00Z"


def test_full_text_is_escaped_html_and_only_where_granted() -> None:
    """O4"""
    content = child(first_entry(content_html="<p>Koko &amp; juttu</p>"), f"{ATOM}content")

    assert content.get("type") == "html"
    assert content.text == "<p>Koko &amp; juttu</p>"
    assert first_entry().find(f"{ATOM}content") is None


def test_titles_and_summaries_are_plain_text_as_written() -> None:
    """P9"""
    entry = first_entry(title="Tulot < menot & velka", excerpt="5 < 6\n ja  7")

    assert entry.findtext(f"{ATOM}title") == "Tulot < menot & velka"
    assert entry.findtext(f"{ATOM}summary") == "5 < 6 ja 7"
    assert child(entry, f"{ATOM}title").get("type") is None


def test_rights_and_categories_are_carried() -> None:
    """O4"""
    entry = first_entry(rights="© Raahen kaupunki")

    assert entry.findtext(f"{ATOM}rights") == "© Raahen kaupunki"
    terms = [category.get("term") for category in entry.findall(f"{ATOM}category")]
    assert terms == ["Liikunta", "Hyvinvointi"]


def test_a_translation_is_another_alternate_but_never_a_second_of_the_same_language() -> None:
    entry = first_entry(
        language="fi",
        translations=(
            ("sv", "https://x.example/sv"),
            ("sv", "https://x.example/sv2"),
            ("fi", "https://x.example/fi"),
        ),
    )

    assert [(link["hreflang"], link["href"]) for link in links(entry)] == [
        ("fi", "https://blogi.raahe.example/1/"),
        ("sv", "https://x.example/sv"),
    ]


def test_addresses_of_any_letters_become_ascii_uris() -> None:
    """O1"""
    entry = first_entry(url="https://Äänekoski.example/ä ö?q=å#§")

    assert links(entry)[0]["href"] == (
        "https://xn--nekoski-4waa.example/%C3%A4%20%C3%B6?q=%C3%A5#%C2%A7"
    )


def test_an_edit_is_never_older_than_its_post() -> None:
    entry = first_entry(updated=NOON - timedelta(days=30))

    assert entry.findtext(f"{ATOM}updated") == entry.findtext(f"{ATOM}published")


def test_tombstones_stand_before_the_entries_and_name_our_id() -> None:
    """O2: RFC 6721."""
    stone = Tombstone(public_id="gone", at=NOON - timedelta(hours=3))
    feed = feed_of(an_edition(a_post(), tombstones=(stone,)))
    tags = [element.tag for element in feed]
    found = child(feed, f"{TOMBSTONES}deleted-entry")

    assert found.prefix == "at"
    assert tags.index(found.tag) < tags.index(f"{ATOM}entry")
    assert attributes(found) == {
        "ref": "tag:seutu.example,2026:story/gone",
        "when": "2026-11-24T07:00:00Z",
    }


def test_an_archive_says_so_and_shares_the_feeds_id() -> None:
    """O2: RFC 5005; feed and archives are one feed in parts."""
    edition = an_edition(a_post(), months=("2026-11", "2026-10"))
    archive = feed_of(replace(edition, channel=Channel(month="2026-10")))

    assert archive.find(f"{HISTORY}archive") is not None
    assert archive.findtext(f"{ATOM}id") == feed_of(edition).findtext(f"{ATOM}id")
    assert {link["rel"]: link["href"] for link in links(archive)} == {
        "self": "https://seutu.example/archive/2026-10.atom.xml",
        "alternate": "https://seutu.example/fi/archive/2026-10/",
        "current": "https://seutu.example/atom.xml",
        "next-archive": "https://seutu.example/archive/2026-11.atom.xml",
    }


def test_links_left_relative_in_a_full_text_are_made_absolute() -> None:
    """O1: the validator calls a relative address with a space an error."""
    html = '<a href="/liite 1.pdf">liite</a><img alt="" src="kuva.jpg"><a href="https://o.example">'
    content = text_of(first_entry(content_html=html), f"{ATOM}content")

    assert 'href="https://blogi.raahe.example/liite%201.pdf"' in content
    assert 'src="https://blogi.raahe.example/1/kuva.jpg"' in content
    assert 'href="https://o.example"' in content


def test_full_texts_stop_before_a_document_grows_past_what_readers_take() -> None:
    """O1: 5 MB is an error to the validator; what is over has its excerpt."""
    html = "<p>" + "ä" * 1_000_000 + "</p>"
    made = to_atom(
        an_edition(*(a_post(n, content_html=html) for n in (1, 2, 3))), masthead=a_masthead()
    )
    entries = etree.fromstring(made.body).findall(f"{ATOM}entry")

    assert len(made.body) < 5_000_000
    assert [entry.find(f"{ATOM}content") is not None for entry in entries] == [True, False, False]
    assert all(entry.findtext(f"{ATOM}summary") for entry in entries)
