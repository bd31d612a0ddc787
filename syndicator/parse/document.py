"""The whole stage in one function: the body of an answer in, a ``ParsedFeed`` out.

    bytes ─charset─> text ─repair─> feed (XML) or jsonfeed ─> RawFeed ─entries─> ParsedFeed

It runs in a child process that can be killed (``pool``), so a hostile body costs its own time only.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from syndicator.errors import ParseFailed
from syndicator.model import ParsedEntry, ParsedFeed, Reason
from syndicator.parse import charset, clean, entries, feed, jsonfeed, repair, repeats, words
from syndicator.parse import language as languages
from syndicator.parse.defaults import Defaults
from syndicator.parse.faults import Code, FaultTally
from syndicator.parse.hints import hints
from syndicator.parse.raw import RawEntry, RawFeed

_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]])")
_MOST_ENTRIES = 10_000
# Repairs that leave no doubt that the whole feed was there.
_HARMLESS = frozenset({Code.LEADING_JUNK})


def read(
    body: bytes, *, content_type: str | None, url: str, language: str | None, defaults: Defaults
) -> ParsedFeed:
    """Return the feed in ``body``, whatever of it could be recovered.

    Args:
        content_type: the HTTP header as sent; it is believed only where the bytes allow.
        url: where the feed was asked for: relative addresses in texts need it, ids never see it.
        language: what the source declares; an entry's own declaration goes before it.
        defaults: what is taken for granted of a feed that does not say.

    Raises:
        ParseFailed: EMPTY for no bytes or blanks, NOT_A_FEED for another kind of document,
            UNREADABLE where a feed was begun but nothing could be read.
    """
    choice = charset.choose(body, content_type)
    text = charset.text_of(body, choice)
    if not text.strip("\x00\ufeff \t\r\n"):
        raise ParseFailed(Reason.EMPTY, "the answer has no content")
    tally = FaultTally()
    tally.add(Code.CHARSET_WRONG, choice.wrong, count=int(bool(choice.wrong)))
    tally.add(Code.CHARSET_DAMAGED, choice.encoding, count=int(choice.damaged))
    raw = jsonfeed.read_json(text) if _JSON.match(text) else _read_xml(text, tally)
    if not raw.well_formed:
        tally.add(Code.NOT_WELL_FORMED, raw.flaw)
    return _parsed(
        raw,
        url=url,
        declared=language,
        defaults=defaults,
        tally=tally,
        intact=not choice.damaged,
    )


def _read_xml(text: str, tally: FaultTally) -> RawFeed:
    if not repair.is_xml_feed(text):
        raise ParseFailed(Reason.NOT_A_FEED, "neither a feed in XML nor one in JSON")
    repaired = repair.repair(text)
    raw = feed.read_xml(repaired.text)
    if not raw.format and not raw.entries:
        raise ParseFailed(Reason.NOT_A_FEED, "an XML document, but of no known feed format")
    for code, example in repaired.repairs:
        tally.add(code, example)
    if any(code not in _HARMLESS for code, _ in repaired.repairs):
        return replace(raw, well_formed=False, flaw=raw.flaw or "repaired before reading")
    return raw


def _parsed(
    raw: RawFeed,
    *,
    url: str,
    declared: str | None,
    defaults: Defaults,
    tally: FaultTally,
    intact: bool,
) -> ParsedFeed:
    home = clean.join(url, raw.home) if raw.home else ""
    around = entries.Surroundings(url=url, home=home, format=raw.format, zone=defaults.zone)
    tally.add(Code.TOO_MANY_ENTRIES, count=max(0, len(raw.entries) - _MOST_ENTRIES))
    taken: set[str] = set()
    placed = entries.located(_with_substance(raw)[:_MOST_ENTRIES], around=around, tally=tally)
    posts = tuple(
        entries.parsed_entry(entry, around=around, taken=taken, tally=tally)
        for entry in repeats.once(placed, tally, zone=defaults.zone)
    )
    own = languages.primary(raw.language)
    posts, spoken = _with_languages(
        posts, feed_language=own, source_language=declared, ours=defaults.languages
    )
    _judge_language(own, posts, tally)
    return ParsedFeed(
        format=raw.format,
        title=words.title_of(raw.title.value).text if raw.title else "",
        home=home or None,
        feed_id=raw.id or None,
        language=spoken,
        rights=words.tidy(raw.rights) if raw.rights else None,
        hub=next((link.href for link in raw.links if link.rel == "hub"), None),
        hints=hints(raw),
        complete=raw.well_formed and intact and len(raw.entries) <= _MOST_ENTRIES,
        faults=tally.faults(),
        entries=posts,
    )


def _with_substance(raw: RawFeed) -> tuple[RawEntry, ...]:
    """Return the entries without empty ones, and without a last one that broke off too soon.

    A document cut in the middle of an entry leaves a piece that has neither id nor link yet; under
    an id of its own it would stay for ever beside the whole entry of the next answer.
    """
    posts = tuple(
        entry for entry in raw.entries if entry.id or entry.link or entry.title or entry.summary
        or entry.content
    )  # fmt: skip
    named = [bool(entry.id or entry.link) for entry in posts]
    broke_off = not raw.well_formed and any(named) and not named[-1]
    return posts[:-1] if broke_off else posts


def _with_languages(
    posts: tuple[ParsedEntry, ...],
    *,
    feed_language: str | None,
    source_language: str | None,
    ours: tuple[str, ...],
) -> tuple[tuple[ParsedEntry, ...], str | None]:
    """Return the entries each with its language, and the language of the feed as a whole."""
    evidence = [
        languages.stated(entry.language)
        if entry.language
        else languages.detect(entry.text, title=entry.title, ours=ours)
        for entry in posts
    ]
    declared = languages.primary(source_language) or feed_language
    inherited = languages.prevailing(evidence, declared=declared, ours=ours)
    certain = frozenset(guess.language for guess in evidence if guess.language and guess.is_certain)
    if inherited is None and not certain:
        inherited = languages.together(
            (f"{entry.title}. {entry.text[:60]}" for entry in posts), ours=ours
        )
    spoken = frozenset() if declared else certain
    return tuple(
        replace(
            entry,
            language=languages.settled(
                seen, own=entry.language, inherited=inherited, spoken=spoken, ours=ours
            ),
        )
        for entry, seen in zip(posts, evidence, strict=True)
    ), inherited


def _judge_language(own: str | None, posts: tuple[ParsedEntry, ...], tally: FaultTally) -> None:
    """Note a feed that does not say its language, or says one that few of its texts are in."""
    spoken = Counter(entry.language for entry in posts if entry.language)
    if own is None:
        tally.add(Code.LANGUAGE_MISSING)
    elif spoken and spoken[own] * 2 < spoken.total():
        tally.add(Code.LANGUAGE_WRONG, f"{own}, but {spoken.most_common(1)[0][0]}")
