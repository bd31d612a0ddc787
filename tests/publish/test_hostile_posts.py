"""Whatever a source sent, the documents are whole, valid and hold the same posts (promise 1)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from hypothesis import given, settings
from lxml import etree

from syndicator.model import Channel, Edition, Scope
from syndicator.publish.artefact import documents
from tests.found import child
from tests.publish.checklist import ATOM, atom_faults, rss_faults
from tests.publish.samples import a_masthead, a_post, an_edition, an_origin
from tests.publish.strategies import NASTY, NASTY_ADDRESSES, editions

MASTHEAD = a_masthead(hub="https://hub.example/")


def counts(edition: Edition) -> tuple[int, int, int, int]:
    """Return how many posts RSS, Atom and JSON Feed hold, and how many were left out."""
    made = documents(edition, masthead=MASTHEAD)
    rss, atom, feed = (artefact.body for artefact in made.artefacts)
    return (
        len(etree.fromstring(rss).findall("channel/item")),
        len(etree.fromstring(atom).findall(f"{ATOM}entry")),
        len(json.loads(feed)["items"]),
        len(made.left_out),
    )


@settings(max_examples=60)
@given(editions())
def test_any_text_in_any_field_gives_three_valid_documents_with_the_same_posts(
    edition: Edition,
) -> None:
    """O1"""
    made = documents(edition, masthead=MASTHEAD)
    rss, atom, feed = made.artefacts

    expected = len(edition.posts) - len(made.left_out)
    assert len(etree.fromstring(rss.body).findall("channel/item")) == expected
    assert len(etree.fromstring(atom.body).findall(f"{ATOM}entry")) == expected
    assert len(json.loads(feed.body)["items"]) == expected
    assert rss_faults(rss.body, served_at=MASTHEAD.url(rss.path)) == []
    assert atom_faults(atom.body, served_at=MASTHEAD.url(atom.path)) == []


def test_every_nasty_text_in_every_field_at_once_is_published() -> None:
    posts = [
        a_post(
            number,
            title=text,
            excerpt=text,
            content_html=text,
            authors=(text,),
            categories=(text,),
            rights=text,
            language=text,
            origin=an_origin(title=text, key=text, city=text, feed_id=text),
        )
        for number, text in enumerate(NASTY, start=1)
    ]

    assert counts(an_edition(*posts)) == (len(NASTY), len(NASTY), len(NASTY), 0)


def test_a_post_without_a_usable_link_leads_to_its_blog() -> None:
    made = documents(an_edition(a_post(1, url="javascript:alert(1)")), masthead=MASTHEAD)

    item = child(etree.fromstring(made.artefacts[0].body), "channel/item")
    assert item.findtext("link") == "https://blogi.raahe.example/"
    assert made.left_out == ()


def test_a_post_that_leads_nowhere_is_left_out_with_its_reason_and_the_others_stay() -> None:
    nowhere = an_origin(feed_url="file:///feed", home=None)
    broken = a_post(2, url="javascript:alert(1)", origin=nowhere)

    made = documents(an_edition(a_post(1), broken, a_post(3)), masthead=MASTHEAD)

    assert [out.public_id for out in made.left_out] == ["p0002"]
    assert "address" in made.left_out[0].reason
    assert counts(an_edition(a_post(1), broken, a_post(3))) == (2, 2, 2, 1)


def test_a_date_without_a_zone_costs_its_own_post_only() -> None:
    naive = datetime(2026, 11, 24, 10, 0)  # noqa: DTZ001

    made = documents(
        an_edition(a_post(1), a_post(2, updated=naive), a_post(3, published=naive)),
        masthead=MASTHEAD,
    )

    assert {out.public_id for out in made.left_out} == {"p0002", "p0003"}
    assert all("time zone" in out.reason for out in made.left_out)


def test_the_same_story_twice_is_published_once() -> None:
    """O1: an id is never given twice."""
    assert counts(an_edition(a_post(1), a_post(1))) == (1, 1, 1, 1)


def test_bad_addresses_beside_the_link_cost_only_themselves() -> None:
    for address in NASTY_ADDRESSES:
        post = a_post(1, translations=(("sv", address),), origin=an_origin(home=address))
        edition = an_edition(post)
        rss, atom, _ = documents(edition, masthead=MASTHEAD).artefacts
        assert counts(edition) == (1, 1, 1, 0)
        assert atom_faults(atom.body, served_at=MASTHEAD.url(atom.path)) == []
        assert rss_faults(rss.body, served_at=MASTHEAD.url(rss.path)) == []


def test_archives_and_channels_of_every_scope_are_valid() -> None:
    """O1, O5"""
    for channel in (
        Channel(month="2026-10"),
        Channel(scope=Scope.LANGUAGE, value="sv"),
        Channel(scope=Scope.LANGUAGE, value="sv", month="2026-10"),
        Channel(scope=Scope.CITY, value="raahe"),
        Channel(scope=Scope.TOPIC, value="osaajat"),
    ):
        edition = replace(an_edition(a_post(1), months=("2026-11", "2026-10")), channel=channel)
        rss, atom, _ = documents(edition, masthead=MASTHEAD).artefacts
        assert rss_faults(rss.body, served_at=MASTHEAD.url(rss.path)) == [], channel
        assert atom_faults(atom.body, served_at=MASTHEAD.url(atom.path)) == [], channel


def test_a_channel_without_posts_is_valid_too() -> None:
    """O1"""
    rss, atom, _ = documents(an_edition(), masthead=MASTHEAD).artefacts

    assert rss_faults(rss.body, served_at=MASTHEAD.url(rss.path)) == []
    assert atom_faults(atom.body, served_at=MASTHEAD.url(atom.path)) == []
