"""What the hub is told."""

from __future__ import annotations

from syndicator.publish.websub import pings
from tests.publish.samples import a_masthead

HUB = "https://hub.example/"


def test_each_changed_feed_is_one_ping_of_its_own_address() -> None:
    found = pings(["sv/atom.xml", "feed.xml", "feed.xml"], masthead=a_masthead(hub=HUB))

    assert [(ping.hub, ping.form) for ping in found] == [
        (HUB, {"hub.mode": "publish", "hub.url": "https://seutu.example/feed.xml"}),
        (HUB, {"hub.mode": "publish", "hub.url": "https://seutu.example/sv/atom.xml"}),
    ]


def test_pages_archives_and_lists_are_nothing_a_hub_carries() -> None:
    changed = ["fi/index.html", "archive/2026-10.xml", "sources.opml", "feed.css"]

    assert pings(changed, masthead=a_masthead(hub=HUB)) == ()


def test_without_a_hub_nobody_is_told() -> None:
    assert pings(["feed.xml"], masthead=a_masthead()) == ()
