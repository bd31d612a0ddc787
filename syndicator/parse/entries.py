"""One raw entry in, one entry as it travels on out: named, dated, cleaned."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import count

from syndicator.model import IdKind, Image, ParsedEntry
from syndicator.parse import clean, dates, identity, language, words
from syndicator.parse.faults import Code, FaultTally
from syndicator.parse.pictures import is_picture
from syndicator.parse.raw import RawEntry, RawText

_LONGEST_ID = 500
_LONGEST_LINK = 2_048  # what browsers and mail programs agree on; a few longer ones fill a mail
_PAGES = frozenset({"", "text/html", "application/xhtml+xml"})
_STAND_IN_TITLE = 80
_ESCAPED = re.compile(r"\s*&lt;(?:p|div|h[1-6]|ul|ol|figure|blockquote|table|span|a|img)\b", re.I)


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What an entry inherits from its document: its address, home page and format, and the zone of
    dates that name none."""

    url: str
    zone: tzinfo
    home: str = ""
    format: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Located:
    """An entry with the web address of the original (``None`` for none) and its link."""

    raw: RawEntry
    url: str | None
    link: identity.Link


def located(
    entries: Sequence[RawEntry], *, around: Surroundings, tally: FaultTally
) -> tuple[Located, ...]:
    """Return the entries of one document with their addresses, in its order."""
    urls = [_url(raw, around, tally) for raw in entries]
    return tuple(
        Located(raw=raw, url=url, link=link)
        for raw, url, link in zip(entries, urls, identity.links_of(urls), strict=True)
    )


def parsed_entry(
    entry: Located, *, around: Surroundings, taken: set[str], tally: FaultTally
) -> ParsedEntry:
    """Return the entry; its raw id is added to ``taken`` and differs from all already in it.

    ``language`` is only what the entry itself declares.
    """
    raw, url, link = entry.raw, entry.url, entry.link.page
    body = _body(raw, around, url, tally)
    text = words.text_of(body.html)
    title = _title(raw, text, tally)
    excerpt = _excerpt(raw, around, url, body=body, text=text, title=title, tally=tally)
    published, updated = _dates(raw, around, tally)
    raw_id, kind = _identify(raw, entry.link.name, title, taken, tally)
    authors = _names(raw.authors)
    return ParsedEntry(
        raw_id=raw_id,
        id_kind=kind,
        url=url,
        link=link,
        title=title,
        excerpt=excerpt,
        content_html=body.html,
        text=text,
        authors=authors,
        categories=_names(raw.categories),
        published=published or updated,
        updated=updated,
        language=language.primary(raw.language),
        translations=_translations(raw, url, around),
        image=_image(raw, body, around),
        rights=words.tidy(raw.rights) if raw.rights else None,
        content_hash=identity.content_hash(
            title, excerpt, text, link or "", *authors, *_addresses(body)
        ),
    )


def _url(raw: RawEntry, around: Surroundings, tally: FaultTally) -> str | None:
    """Return the web address of the original, or ``None``.

    feedparser takes a guid that calls itself a permalink for a link, and some are made of titles:
    such a one counts only if it is a whole address.
    """
    written = raw.original_link or _own_link(raw)
    is_guid = written == raw.id and all(link.href != written for link in raw.links)
    url = clean.join("" if is_guid else around.home or around.url, written) if written else ""
    if not url.startswith("http") or len(url) > _LONGEST_LINK:
        tally.add(Code.LINK_MISSING, written or raw.id)
        return None
    return identity.without_tracking(url)


def _addresses(body: clean.Cleaned) -> list[str]:
    """Return where links and images of a text lead, as far as they can be trusted to stay.

    A corrected link is an edit; what stands after the ``?`` is often made anew for each answer.
    """
    written = (*body.links, *(source for source, _ in body.images))
    return [url.partition("?")[0].partition("://")[2] for url in written]


def _own_link(raw: RawEntry) -> str:
    """Return the link to the entry itself among those to its other forms and languages."""
    pages = [link for link in raw.links if link.rel == "alternate" and link.type in _PAGES]
    plain = next((link.href for link in pages if not link.hreflang), "")
    other = next((link.href for link in raw.links if link.rel == "alternate"), "")
    return plain or raw.link or other


def _body(raw: RawEntry, around: Surroundings, url: str | None, tally: FaultTally) -> clean.Cleaned:
    """Return the full text, else the summary, cleaned."""
    source = raw.content if raw.content and raw.content.value else raw.summary
    if source is None or not source.value:
        tally.add(Code.TEXT_MISSING, raw.link or raw.id)
        return clean.Cleaned(html="")
    body = _cleaned(source, around, url)
    for code, examples in (
        (Code.IMAGES_WITHOUT_ALT, body.without_alt),
        (Code.TRACKERS_REMOVED, body.trackers),
        (Code.RELATIVE_LINKS, () if source.base else body.relative),
        (Code.SCRIPT_REMOVED, (body.harmful,) if body.harmful else ()),
    ):
        tally.add(code, examples[0] if examples else "", count=len(examples))
    return body


def _cleaned(source: RawText, around: Surroundings, url: str | None) -> clean.Cleaned:
    markup = source.value if source.is_html else clean.html_of(source.value)
    if source.is_html and "<" not in markup and _ESCAPED.match(markup):
        markup = html.unescape(markup)  # escaped once more than the format asks for
    bases = (source.base, url or around.home, around.url)
    return clean.clean_html(markup, bases=tuple(base for base in bases if base))


def _title(raw: RawEntry, text: str, tally: FaultTally) -> str:
    """Return the title, or the start of the text where there is none; never empty."""
    title = words.title_of(raw.title.value) if raw.title else words.Title(text="")
    if title.markup and raw.title:
        tally.add(Code.HTML_IN_TITLE, raw.title.value)
    if not title.text:
        tally.add(Code.TITLE_MISSING, raw.link or raw.id)
    return title.text or words.shortened(" ".join(text.split()), limit=_STAND_IN_TITLE) or "–"


def _excerpt(
    raw: RawEntry,
    around: Surroundings,
    url: str | None,
    *,
    body: clean.Cleaned,
    text: str,
    title: str,
    tally: FaultTally,
) -> str:
    both = raw.summary is not None and raw.content is not None and bool(raw.content.value)
    summary = prose = words.prose_of(body.html, text=text, captions=body.captions)
    headings: tuple[str, ...] = ()
    if both and raw.summary:
        own = _cleaned(raw.summary, around, url)
        summary = words.prose_of(own.html, captions=own.captions)
        headings = words.headings_of(body.html)
    excerpt = words.excerpt_of(summary, prose=prose, title=title, text=text, headings=headings)
    tally.add(Code.SUMMARY_CUT, excerpt.residue, count=int(bool(excerpt.residue)))
    return excerpt.text


def _dates(
    raw: RawEntry, around: Surroundings, tally: FaultTally
) -> tuple[datetime | None, datetime | None]:
    """Return when it was published and updated, each ``None`` if not said or not understood."""
    if not raw.published and not raw.updated:
        tally.add(Code.DATE_MISSING, raw.link or raw.id)
    published, updated = (
        dates.read_date(written, zone=around.zone) for written in (raw.published, raw.updated)
    )
    for written, reading in ((raw.published, published), (raw.updated, updated)):
        if written and reading is None:
            tally.add(Code.DATE_UNREADABLE, written)
        elif written and reading and not reading.zoned:
            tally.add(Code.DATE_WITHOUT_ZONE, written)
    expected = "rfc822" if around.format.startswith("rss") else "iso"
    if published and published.form != expected:
        tally.add(Code.DATE_UNUSUAL, raw.published or "")
    return published.moment if published else None, updated.moment if updated else None


def _identify(
    raw: RawEntry, name: str | None, title: str, taken: set[str], tally: FaultTally
) -> tuple[str, IdKind]:
    """Return an id not yet taken in this document: the entry's own, else its link, else a hash."""
    own = raw.id
    if len(own) > _LONGEST_ID:
        tally.add(Code.GUID_LONG, own)
        own = identity.hash_id(own)
    if not own:
        tally.add(Code.GUID_MISSING, raw.link or title)
    elif own in taken:
        tally.add(Code.GUID_SHARED, own)
    if own and words.letters(own) in (words.letters(title), words.letters(raw.published or "-")):
        tally.add(Code.GUID_NOT_STABLE, own)
    hashed = identity.hash_id(title, raw.published or raw.updated or "")
    for raw_id, kind in ((own, IdKind.OWN), (name or "", IdKind.LINK), (hashed, IdKind.HASH)):
        if raw_id and len(raw_id) <= 2 * _LONGEST_ID and raw_id not in taken:
            taken.add(raw_id)
            return raw_id, kind
    again = next(h for n in count(2) if (h := identity.hash_id(hashed, str(n))) not in taken)
    taken.add(again)
    return again, IdKind.HASH


def _names(written: tuple[str, ...]) -> tuple[str, ...]:
    """Return names as plain text, each once, in the feed's order."""
    return tuple(dict.fromkeys(name for w in written if (name := words.title_of(w).text)))


def _translations(
    raw: RawEntry, url: str | None, around: Surroundings
) -> tuple[tuple[str, str], ...]:
    """Return what the feed itself calls the same post in other languages (Atom ``hreflang``)."""
    addresses: dict[str, str] = {}
    for link in raw.links:
        code, address = language.primary(link.hreflang), clean.join(around.url, link.href)
        if link.rel == "alternate" and code and address.startswith("http") and address != url:
            addresses.setdefault(code, identity.without_tracking(address))
    return tuple(addresses.items())


def _image(raw: RawEntry, body: clean.Cleaned, around: Surroundings) -> Image | None:
    """Return the picture of the post: the first described one, else what the feed names, else the
    first. Icons are none, nor is what ``pictures`` knows to show something else."""
    shown = [image for image in body.images if image[0] not in body.icons]
    described = next(((src, alt) for src, alt in shown if alt), None)
    addresses = (clean.join(around.url, written) for written in raw.images)
    named = next((url for url in addresses if url.startswith("http") and is_picture(url)), "")
    if described is None and named:
        described = (named, dict(body.images).get(named, ""))
    chosen = described or next(iter(shown), None)
    return Image(url=chosen[0], alt=chosen[1]) if chosen else None
