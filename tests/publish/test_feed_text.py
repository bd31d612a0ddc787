"""Text, addresses and dates that every format takes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from syndicator.publish.feed_text import (
    absolute_links,
    feed_id,
    language_tag,
    legal,
    line,
    rfc822,
    rfc3339,
    uri,
)
from tests.publish.strategies import addresses, texts

URI = re.compile(r"https?://[a-z0-9._-]+(:\d+)?/[0-9A-Za-z;/?:@&=+$.\-_!~*'()%,#]*")


@given(texts)
def test_legal_text_survives_xml_and_stays_what_it_was(text: str) -> None:
    element = etree.Element("x")
    element.text = legal(text)

    assert (etree.fromstring(etree.tostring(element)).text or "") == legal(text)
    assert legal(legal(text)) == legal(text)


def test_a_lost_letter_stays_visible_and_a_control_character_does_not() -> None:
    assert legal("k\ufffdyt\x00\x85t\x7fö\ud800") == "k\ufffdyttö"


@given(texts)
def test_a_line_is_one_line_without_edges(text: str) -> None:
    assert line(text) == line(text).strip()
    assert not re.search(r"\s\s|[\n\r\t]", line(text))


@given(addresses)
def test_an_address_becomes_an_ascii_uri_or_nothing_and_then_stays(address: str) -> None:
    """RFC 3986"""
    found = uri(address)

    if found is not None:
        assert URI.fullmatch(found)
        assert uri(found) == found


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://x.example/a%20b?c=%C3%A4&d#e", "https://x.example/a%20b?c=%C3%A4&d#e"),
        ("HTTP://X.Example", "http://x.example/"),
        ("https://x.example:8443/a", "https://x.example:8443/a"),
        ("https://räisälä.example/100%", "https://xn--risl-loacb.example/100%25"),
        ("https://\uff32aahe\u3002Example/", "https://raahe.example/"),
        ("https://x.example/[a]|{b}", "https://x.example/%5Ba%5D%7C%7Bb%7D"),
        ("https://user:pw@x.example/", "https://x.example/"),
        ("ftp://x.example/", None),
        ("https:///x", None),
        ("/x", None),
        (None, None),
    ],
)
def test_addresses(address: str | None, expected: str | None) -> None:
    assert uri(address) == expected


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("fi", "fi"),
        ("sv_FI", "sv-FI"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("nb-NO-x-old", "nb-NO"),
        ("smn", "smn"),
        ("suomi", None),
        ("zz", None),
        ("", None),
        (None, None),
    ],
)
def test_languages(tag: str | None, expected: str | None) -> None:
    assert language_tag(tag) == expected


@pytest.mark.parametrize(
    "own", ["http://Example.com", "tag:a.example,2026-11-24:x", "urn:uuid:" + "0" * 8 + "-0000" * 3]
)
def test_only_a_whole_id_is_an_id(own: str) -> None:
    assert feed_id(own) == (None if own.startswith("urn") else own)
    assert feed_id("urn:uuid:60a76c80-d399-11d9-b91c-0003939e0af6")
    assert feed_id("urn:isbn:1") is None
    assert feed_id(own + " x") is None


@given(st.datetimes(timezones=st.just(UTC)))
def test_dates_read_back_as_the_same_second(moment: datetime) -> None:
    whole = moment.replace(microsecond=0)

    assert datetime.fromisoformat(rfc3339(moment)) == whole
    if moment.year >= 1000:
        assert parsedate_to_datetime(rfc822(moment)) == whole


def test_dates_of_other_zones_are_written_in_utc() -> None:
    moment = datetime.fromisoformat("2026-11-24T07:05:09.5+02:00")

    assert rfc3339(moment) == "2026-11-24T05:05:09Z"
    assert rfc822(moment) == "Tue, 24 Nov 2026 05:05:09 +0000"
    assert rfc822(datetime(2026, 1, 1, tzinfo=UTC)) == "Thu, 01 Jan 2026 00:00:00 +0000"


@given(st.text(max_size=20))
def test_text_that_looks_like_a_link_is_left_alone(text: str) -> None:
    html = "<p>" + text.replace("<", "&lt;") + ' href="kuva.jpg"</p>'

    assert absolute_links(html, base="https://x.example/") == html


def test_a_relative_address_that_leads_nowhere_leads_to_the_post() -> None:
    html = '<a href="http:">x</a><a href="//[bad/">y</a>'

    assert absolute_links(html, base="https://x.example/1/") == (
        '<a href="http:">x</a><a href="https://x.example/1/">y</a>'
    )
