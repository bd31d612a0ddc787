"""One raw entry in, one entry as it travels on out: named, dated, cleaned, in one language."""

from __future__ import annotations

from dataclasses import dataclass

from syndicator.model import IdKind, Image, ParsedEntry
from syndicator.parse import clean, dates, identity, language, words
from syndicator.parse.faults import Code, Findings
from syndicator.parse.raw import RawEntry, RawText


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What an entry inherits: the address of its feed, the home page, the language."""

    url: str
    home: str = ""
    language: str | None = None


def parsed_entry(
    raw: RawEntry, *, around: Surroundings, taken: set[str], findings: Findings
) -> ParsedEntry:
    """Return the entry; its raw id is added to ``taken`` and differs from all already in it."""
    address = _address(raw, around, findings)
    link = identity.normalise_link(address)
    body = _body(raw, around, address, findings)
    text = words.plain_text(body.html)
    title = _title(raw, text, findings)
    published, updated = _dates(raw, findings)
    raw_id, kind = _identify(raw, link, title, taken, findings)
    summary = _summary(raw, around, address)
    picture = Image(url=body.images[0][0], alt=body.images[0][1]) if body.images else None
    return ParsedEntry(
        raw_id=raw_id,
        id_kind=kind,
        url=address,
        link=link,
        title=title,
        excerpt=words.excerpt(summary or text),
        content_html=body.html,
        text=text,
        authors=tuple(words.tidy(name) for name in raw.authors),
        categories=tuple(dict.fromkeys(words.tidy(name) for name in raw.categories)),
        published=published,
        updated=updated,
        language=language.primary(raw.language) or language.primary(around.language),
        image=picture,
        rights=words.tidy(raw.rights) if raw.rights else None,
        content_hash=identity.content_hash(title, text),
    )


def _address(raw: RawEntry, around: Surroundings, findings: Findings) -> str | None:
    """Return the web address of the original, or ``None``."""
    address = clean.join(around.home or around.url, raw.link) if raw.link else ""
    if not address.startswith("http"):
        findings.add(Code.LINK_MISSING, raw.link or raw.id)
        return None
    return identity.without_tracking(address)


def _body(
    raw: RawEntry, around: Surroundings, address: str | None, findings: Findings
) -> clean.Cleaned:
    source = raw.content or raw.summary
    if source is None or not source.value:
        findings.add(Code.TEXT_MISSING, raw.link or raw.id)
        return clean.Cleaned(html="")
    body = _cleaned(source, around, address)
    findings.add(
        Code.IMAGES_WITHOUT_ALT, next(iter(body.without_alt), ""), count=len(body.without_alt)
    )
    findings.add(Code.TRACKERS_REMOVED, next(iter(body.trackers), ""), count=len(body.trackers))
    findings.add(Code.RELATIVE_LINKS, next(iter(body.relative), ""), count=len(body.relative))
    findings.add(Code.SCRIPT_REMOVED, body.harmful, count=int(bool(body.harmful)))
    return body


def _cleaned(source: RawText, around: Surroundings, address: str | None) -> clean.Cleaned:
    markup = source.value if source.is_html else clean.clean_text(source.value)
    bases = (source.base, address or around.home, around.url)
    return clean.clean_html(markup, bases=tuple(base for base in bases if base))


def _summary(raw: RawEntry, around: Surroundings, address: str | None) -> str:
    if raw.summary is None or raw.content is None:
        return ""
    return words.plain_text(_cleaned(raw.summary, around, address).html)


def _title(raw: RawEntry, text: str, findings: Findings) -> str:
    title = words.plain_title(raw.title.value, is_html=raw.title.is_html) if raw.title else ""
    if not title:
        findings.add(Code.TITLE_MISSING, raw.link or raw.id)
    return title or words.excerpt(text, limit=80) or "–"


def _dates(raw: RawEntry, findings: Findings):  # type: ignore[no-untyped-def]
    published, updated = dates.parse_date(raw.published), dates.parse_date(raw.updated)
    if not (raw.published or raw.updated):
        findings.add(Code.DATE_MISSING, raw.link or raw.id)
    elif published is None and updated is None:
        findings.add(Code.DATE_UNREADABLE, raw.published or raw.updated or "")
    return published or updated, updated


def _identify(
    raw: RawEntry, link: str | None, title: str, taken: set[str], findings: Findings
) -> tuple[str, IdKind]:
    """Return an id not yet taken in this document: the entry's own, else its link, else a hash."""
    hashed = identity.hash_id(title, raw.published or raw.updated or "")
    if not raw.id:
        findings.add(Code.GUID_MISSING, raw.link or title)
    elif raw.id in taken:
        findings.add(Code.GUID_SHARED, raw.id)
    candidates = ((raw.id, IdKind.OWN), (link or "", IdKind.LINK), (hashed, IdKind.HASH))
    for raw_id, kind in candidates:
        if raw_id and raw_id not in taken:
            taken.add(raw_id)
            return raw_id, kind
    again = identity.hash_id(hashed, str(len(taken)))
    taken.add(again)
    return again, IdKind.HASH
