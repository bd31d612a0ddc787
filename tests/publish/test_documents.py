"""The three documents of a channel."""

from __future__ import annotations

from lxml import etree

from syndicator.publish.artefact import documents
from tests.publish.samples import a_masthead, a_post, an_edition


def test_a_channel_has_rss_atom_and_json_feed() -> None:
    made = documents(an_edition(a_post()), masthead=a_masthead())

    assert [artefact.path for artefact in made.artefacts] == ["feed.xml", "atom.xml", "feed.json"]
    assert etree.fromstring(made.artefacts[0].body).tag == "rss"
