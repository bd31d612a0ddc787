"""What a person sees who opens a feed in a browser: an XHTML block at the head of the document.

Browsers show XML through a stylesheet. XSLT is leaving them, and CSS alone can make no link, so
the block carries the words and the links, and ``feed.css`` hides everything else. Feed readers and
validators pass it over. The reasons are in docs/decisions/0008-feed-face.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from lxml import etree

from syndicator.model import Channel, Scope
from syndicator.publish.feed_item import Item
from syndicator.publish.feed_text import line, rfc3339
from syndicator.publish.masthead import FeedMeta

STYLESHEET = "feed.css"
"""Path of the stylesheet, from the root of the site."""

_XHTML = "http://www.w3.org/1999/xhtml"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def face(
    channel: Channel, items: Iterable[Item], *, masthead: FeedMeta, address: str
) -> etree._Element:
    """Return the block: title, what a feed is in every language, its address, links to its posts.

    The languages are the network's, the channel's own first.
    """
    own = masthead.language(channel)
    # lxml's stubs do not know that None stands for the default namespace.
    spaces: dict[str, str] = {None: _XHTML}  # type: ignore[dict-item]
    block = etree.Element(f"{{{_XHTML}}}div", {"class": "face", _LANG: own}, nsmap=spaces)
    meta = {"name": "viewport", "content": "width=device-width, initial-scale=1"}
    etree.SubElement(block, f"{{{_XHTML}}}meta", meta)
    _add(block, "h1", line(masthead.channel_title(channel)))
    key = "face.issues" if channel.scope is Scope.ISSUES else "face.posts"
    for language in sorted(masthead.languages, key=lambda language: language != own):
        locale = masthead.locales[language]
        paragraph = _add(block, "p", f"{locale.text(key)} ", **{_LANG: language})
        _add(
            paragraph,
            "a",
            locale.text(f"{key}.read"),
            href=masthead.page_url(channel, language=language),
        )
        paragraph[-1].tail = "."
    _add(_add(block, "p", **{"class": "address"}), "code", address)
    posts = _add(block, "ul")
    for item in items:
        day = item.published.astimezone(ZoneInfo(masthead.time_zone)).date()
        _post(posts, item, day=masthead.locales[masthead.spoken(own)].digits(day))
    return block


def _post(posts: etree._Element, item: Item, *, day: str) -> None:
    row = _add(posts, "li")
    link = _add(row, "a", item.title, href=item.url)
    if item.language:
        link.set(_LANG, item.language)
    facts = _add(row, "p", f"{item.source.title if item.source else item.names[0]}, ")
    _add(facts, "time", day, datetime=rfc3339(item.published))


def _add(
    parent: etree._Element, name: str, text: str | None = None, **attributes: str
) -> etree._Element:
    element = etree.SubElement(parent, f"{{{_XHTML}}}{name}", attributes)
    element.text = text
    return element
