"""The language of a post that neither its feed nor its words tell (P11)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from syndicator.model import EntryState
from syndicator.pipeline.feeds.pull import pull
from syndicator.store.feeds import moderation
from tests.pipeline.world import FEED, Scene, a_declaration, ok, rss, scene


def languages(here: Scene) -> dict[str, str | None]:
    with here.world.database.read() as tx:
        shown = moderation.list_entries(tx, state=EntryState.SHOWN)
        return {entry.title: entry.language for entry in shown}


def undeclared(*titles: str) -> bytes:
    """Return a feed that names no language, whose texts are too short to tell one."""
    feed = rss(*titles).replace(b"<language>fi</language>", b"")
    return feed.replace(b"Kirjoitus aiheesta ", b"")


def test_a_post_whose_words_tell_no_language_is_in_that_of_its_city_or_network(
    tmp_path: Path,
) -> None:
    """P11: a guess about a few words would be wrong too often."""
    swedish, ours = "https://blogg.kristinestad.fi/feed/", "https://verkosto.example/feed/"
    declared = (
        a_declaration("kristinestad-blog", swedish, city="kristiinankaupunki"),
        a_declaration("network-blog", ours, city=None),
    )
    with scene(tmp_path, declared=declared) as here:
        here.web.answers |= {swedish: ok(undeclared("Bio Rex"), url=swedish)}
        here.web.answers |= {ours: ok(undeclared("Park Inn"), url=ours)}

        pull(here.puller, here.source("kristinestad-blog").id)
        pull(here.puller, here.source("network-blog").id)

        assert languages(here) == {"Bio Rex": "sv", "Park Inn": "fi"}


def test_a_post_whose_words_tell_no_language_is_in_that_its_source_spoke_before(
    tmp_path: Path,
) -> None:
    """P11"""
    swedish = "Simhallen öppnar på måndag efter sex månaders renovering av hela huset"
    with scene(tmp_path) as here:
        for answer in (swedish, "Bio Rex", "Park Inn"):
            here.web.answers[FEED] = ok(undeclared(answer), etag=f'"{answer[0]}"')
            pull(here.puller, here.source().id)
            here.clock.forward(timedelta(days=2))

        assert languages(here) == {swedish: "sv", "Bio Rex": "sv", "Park Inn": "sv"}
