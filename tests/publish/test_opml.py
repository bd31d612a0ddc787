"""Subscription lists, out and in."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from syndicator.model import Kind, Licence, Source, SourceState
from syndicator.publish.opml import Outline, changed_at, outlines_of, read, to_opml
from tests.found import attributes, child
from tests.publish.samples import NOON, a_masthead
from tests.publish.strategies import addresses, texts


def a_source(number: int = 1, **changes: Any) -> Source:
    """Return an active source of Raahe."""
    values: dict[str, Any] = {
        "id": number,
        "key": f"source-{number}",
        "url": f"https://blogi{number}.example/feed/",
        "city": "raahe",
        "kind": Kind.BLOG,
        "licence": Licence.EXCERPT,
        "state": SourceState.ACTIVE,
        "language": "fi",
        "title": f"Blogi {number}",
        "home": f"https://blogi{number}.example/",
    }
    return Source(**{**values, **changes})


def rows(body: bytes) -> list[dict[str, str]]:
    """Return the attributes of every outline."""
    return [attributes(outline) for outline in etree.fromstring(body).iter("outline")]


def published(*sources: Source) -> list[dict[str, str]]:
    """Return the outlines of a list of these sources."""
    head = a_masthead()
    return rows(to_opml(outlines_of(sources, masthead=head), masthead=head, changed=NOON))


def test_each_source_is_a_feed_with_title_addresses_and_language() -> None:
    """O1"""
    assert published(a_source()) == [
        {
            "type": "rss",
            "text": "Blogi 1",
            "title": "Blogi 1",
            "xmlUrl": "https://blogi1.example/feed/",
            "htmlUrl": "https://blogi1.example/",
            "language": "fi",
        }
    ]


def test_the_head_is_dated_by_the_change_and_not_by_now() -> None:
    """Promise 3"""
    made = etree.fromstring(to_opml((), masthead=a_masthead(), changed=NOON))
    head = child(made, "head")

    assert head.findtext("title") == "Sujuvan elämän seutukaupungit"
    assert head.findtext("dateCreated") == "Tue, 24 Nov 2026 10:00:00 +0000"
    assert head.findtext("dateModified") == "Tue, 24 Nov 2026 10:00:00 +0000"


def test_sources_go_by_title_and_each_address_stands_once() -> None:
    found = published(
        a_source(1, title="b"), a_source(2, title="A"), a_source(3, url=a_source(1).url, title="c")
    )

    assert [row["title"] for row in found] == ["A", "b"]


def test_the_list_is_as_old_as_the_newest_source_in_it_whatever_was_posted_since() -> None:
    """Promise 3: a post changes no list of sources."""
    old, new = a_source(1, first_seen=NOON - timedelta(days=9)), a_source(2, first_seen=NOON)
    gone = a_source(3, first_seen=NOON + timedelta(days=9), state=SourceState.RETIRED)
    unread = a_source(4, last_change_at=NOON + timedelta(days=9))

    assert changed_at([old, new, gone, unread]) == NOON
    assert changed_at([]) < NOON


@pytest.mark.parametrize("state", [SourceState.PENDING, SourceState.REFUSED, SourceState.RETIRED])
def test_what_we_do_not_pull_is_not_published(state: SourceState) -> None:
    assert [row["title"] for row in published(a_source(1), a_source(2, state=state))] == ["Blogi 1"]


def test_a_source_without_title_or_home_has_those_of_its_city() -> None:
    row = published(a_source(title=None, home=None))[0]

    assert row["title"] == "Raahe"


def test_a_list_of_nothing_names_our_own_feed() -> None:
    """O1: a list without an outline is an error."""
    assert [row["xmlUrl"] for row in published()] == ["https://seutu.example/feed.xml"]


@given(st.lists(st.builds(Outline, title=texts, xml_url=addresses, html_url=addresses), max_size=4))
def test_what_is_written_can_be_read_back(outlines: list[Outline]) -> None:
    body = to_opml(outlines, masthead=a_masthead(), changed=NOON)
    written = [(row["title"], row["xmlUrl"], row.get("htmlUrl")) for row in rows(body)]

    assert [(o.title, o.xml_url, o.html_url) for o in read(body)] == written


def test_folders_wrong_case_and_old_versions_are_read() -> None:
    body = """<?xml version="1.0"?><OPML version="1.1"><head/><body>
      <outline text="Kaupungit"><OUTLINE title="Pohjoinen">
        <outline TEXT="Raahe" XMLURL="https://a.example/feed" HTMLURL="https://a.example"/>
      </OUTLINE></outline>
      <outline text="Vanha" type="rss" url="http://b.example/rss"/>
      <outline text="Lista" type="include" url="http://b.example/list.opml"/>
      <outline text="Ei syöte"/>
      <outline text="Uudestaan" xmlUrl="https://a.example/feed"/>
      <outline xmlUrl="feed://c.example/rss"/>
    </body></OPML>""".encode()

    assert read(body) == (
        Outline(
            title="Raahe",
            xml_url="https://a.example/feed",
            html_url="https://a.example/",
            folder=("Kaupungit", "Pohjoinen"),
        ),
        Outline(title="Vanha", xml_url="http://b.example/rss"),
        Outline(title="http://c.example/rss", xml_url="http://c.example/rss"),
    )


ENTITIES = """<!DOCTYPE opml [<!ENTITY secret SYSTEM "{}">]><opml><body>
<outline text="a &secret; b" xmlUrl="https://a.example/"/>
<outline text="&secret;" xmlUrl="https://b.example/"/></body></opml>"""

LAUGHS = b"<!DOCTYPE opml [<!ENTITY a0 'ha'>" + b"".join(
    b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 20) for n in range(1, 12)
)


def test_entities_reach_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("salaisuus")
    body = ENTITIES.format((tmp_path / "secret").as_uri()).encode()

    assert all("salaisuus" not in outline.title for outline in read(body))


def test_a_billion_laughs_give_nothing() -> None:
    body = LAUGHS + b"]><opml><body><outline text='&a11;' xmlUrl='http://a.example'/></body></opml>"

    assert sum(len(outline.title) for outline in read(body)) < 1_000_000


@pytest.mark.parametrize(
    "body",
    [b"", b"\0", b"<", b"{}", b"<html><p>", b"<opml>" * 5_000, "<opml/>".encode("utf-16")],
)
def test_what_is_no_list_gives_nothing(body: bytes) -> None:
    assert read(body) == ()


def test_a_list_cut_short_gives_what_came_before_the_cut() -> None:
    body = b'<opml><body><outline text="a" xmlUrl="https://a.example/"/><outline text="b" xmlU'

    assert [outline.title for outline in read(body)] == ["a"]


@given(st.binary(max_size=200))
def test_no_bytes_raise(body: bytes) -> None:
    for found in (read(body), read(b"<opml><body>" + body)):
        assert all(outline.xml_url for outline in found)
