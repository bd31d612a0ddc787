"""An edition in one of its formats, as ``publish.artefact.documents`` makes all three."""

from __future__ import annotations

from syndicator.model import Edition
from syndicator.publish.feed import atom_of, rss_of
from syndicator.publish.feed_item import FeedDocument, items_of
from syndicator.publish.jsonfeed import json_of
from syndicator.publish.masthead import FeedMeta


def to_rss(edition: Edition, *, masthead: FeedMeta) -> FeedDocument:
    return rss_of(edition, items_of(edition, masthead=masthead), masthead=masthead)


def to_atom(edition: Edition, *, masthead: FeedMeta) -> FeedDocument:
    return atom_of(edition, items_of(edition, masthead=masthead), masthead=masthead)


def to_json(edition: Edition, *, masthead: FeedMeta) -> FeedDocument:
    return json_of(edition, items_of(edition, masthead=masthead), masthead=masthead)
