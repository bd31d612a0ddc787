"""The whole stage in one function: the body of an answer in, a ``ParsedFeed`` out.

It runs inside a worker process that can be killed (``pool``), so it need not fear its input.
"""

from __future__ import annotations

import re
from datetime import timedelta

from syndicator.errors import ParseFailed
from syndicator.model import Hints, ParsedFeed, Reason
from syndicator.parse import charset, clean, entries, feed, jsonfeed, language, words
from syndicator.parse.faults import Code, Findings
from syndicator.parse.raw import RawFeed

_ROOT = re.compile(r"<(?:\w+:)?(rss|feed|rdf|channel)[\s>]", re.IGNORECASE)
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")


def read(body: bytes, *, content_type: str | None, url: str, language: str | None) -> ParsedFeed:
    """Return the feed in ``body``, whatever of it could be recovered.

    Args:
        content_type: the HTTP header as sent; it is believed only where the bytes allow.
        url: where the feed was asked for: relative addresses in texts need it, ids never see it.
        language: what the source declares; the entries' own and the feed's go before it.

    Raises:
        ParseFailed: EMPTY for no bytes or blanks, NOT_A_FEED for another kind of document,
            UNREADABLE where a feed was begun but nothing could be read.
    """
    if not body.strip():
        raise ParseFailed(Reason.EMPTY, "the answer has no content")
    findings = Findings()
    text = charset.decode(body, content_type)
    raw = _raw(text)
    return _parsed(raw, url=url, declared=language, findings=findings)


def _raw(text: str) -> RawFeed:
    if text.lstrip()[:1] in ("{", "["):
        return jsonfeed.read_json(text)
    if not _ROOT.search(text[:20_000]):
        raise ParseFailed(Reason.NOT_A_FEED, "no rss, feed or rdf element in the document")
    raw = feed.read_xml(_DECLARATION.sub("", text).lstrip())
    if not raw.format and not raw.entries:
        raise ParseFailed(Reason.NOT_A_FEED, "no feed format was recognised")
    return raw


def _parsed(raw: RawFeed, *, url: str, declared: str | None, findings: Findings) -> ParsedFeed:
    if not raw.well_formed:
        findings.add(Code.NOT_WELL_FORMED, raw.flaw)
    home = clean.join(url, raw.home) if raw.home else ""
    around = entries.Surroundings(url=url, home=home, language=raw.language or declared)
    taken: set[str] = set()
    found = tuple(
        entries.parsed_entry(entry, around=around, taken=taken, findings=findings)
        for entry in raw.entries
    )
    return ParsedFeed(
        format=raw.format,
        title=words.plain_title(raw.title.value, is_html=raw.title.is_html) if raw.title else "",
        home=home or None,
        feed_id=raw.id or None,
        language=language.primary(raw.language),
        rights=words.tidy(raw.rights) if raw.rights else None,
        hub=next((link.href for link in raw.links if link.rel == "hub"), None),
        hints=hints(raw),
        complete=raw.well_formed,
        faults=findings.faults(),
        entries=found,
    )


def hints(raw: RawFeed) -> Hints:
    """Return how often the feed says it changes; what makes no sense is left out."""
    return Hints(ttl=timedelta(minutes=int(raw.ttl)) if raw.ttl and raw.ttl.isdigit() else None)
