"""What is mended in the text of an XML feed before a parser sees it.

Each repair is one that readers in use make, done here because the parser would otherwise fall
back to guessing for the whole document, or could be made to work without end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from syndicator.parse.faults import Code

_DECLARATION = re.compile(r"<\?xml\s[^>]{0,400}\?>")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]+)|([0-9]+));")
_DOCTYPE = re.compile(r"<!DOCTYPE\b(?:[^\[>\"']|\"[^\"]*\"|'[^']*')*", re.IGNORECASE)
_ENTITY = re.compile(r"<!ENTITY\s+(%?\s*[\w.:-]+)\s+(?:\"([^\"]*)\"|'([^']*)'|(SYSTEM|PUBLIC)\b)")
_ROOT = re.compile(r"<((?:[\w.-]+:)?(?:rss|feed|rdf|channel))(?=[\s>/])", re.IGNORECASE)
_HARMLESS_TAIL = re.compile(r"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)

_ENTRY = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)

_ROOT_WITHIN = 65_536
_MOST_ENTITIES = 256
_LONGEST_ENTITY = 200
_LARGEST_EXPANSION = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Repaired:
    """Text fit for a parser, and what was done to it: (code, example) each."""

    text: str
    repairs: tuple[tuple[Code, str], ...] = ()


def is_xml_feed(text: str) -> bool:
    """Tell whether an rss, feed or RDF element begins near the start of ``text``.

    Some systems wrap their feed in a page; a page that merely mentions one has no item in it.
    """
    root = _ROOT.search(text, *_around_prolog(text))
    if root is None or "<html" not in text[: root.start()].lower():
        return root is not None
    return _ENTRY.search(text, root.end()) is not None


def _around_prolog(text: str) -> tuple[int, int]:
    """Return where to look for the root: at the start, or after a document type's own entities."""
    match = _DOCTYPE.search(text, 0, _ROOT_WITHIN)
    opens = match is not None and text[match.end() : match.end() + 1] == "["
    start = max(0, text.find("]", match.end())) if match and opens else 0
    return start, start + _ROOT_WITHIN


def repair(text: str) -> Repaired:
    """Return the document without what stands around it and without what XML forbids.

    No declaration is left (the text is to be encoded as UTF-8), no document type but plain short
    entities, no control character. Well-formed feeds come back unchanged but for that.
    """
    repairs: list[tuple[Code, str]] = []
    text = _without_forbidden(_without_lead(text, repairs), repairs)
    return Repaired(text=_without_tail(_defused(text, repairs), repairs), repairs=tuple(repairs))


def _without_lead(text: str, repairs: list[tuple[Code, str]]) -> str:
    """Drop the declaration and whatever stands before it."""
    match = _DECLARATION.search(text, 0, _ROOT_WITHIN)
    lead, text = (text[: match.start()], text[match.end() :]) if match else ("", text.lstrip())
    if not match and not text.startswith("<"):
        start = text.find("<")
        lead, text = text[:start], text[start:]
    if lead.strip():
        repairs.append((Code.LEADING_JUNK, lead))
    return text


def _without_forbidden(text: str, repairs: list[tuple[Code, str]]) -> str:
    """Drop characters that XML 1.0 2.2 forbids, written out or as a reference."""
    clean, dropped = _FORBIDDEN.subn("", text)
    if "&#" in clean:
        clean = _REFERENCE.sub(lambda match: match[0] if _allowed(match) else "", clean)
    if dropped or len(clean) != len(text):
        first = _FORBIDDEN.search(text)
        at = first.start() if first else 0
        repairs.append((Code.CONTROL_CHARACTERS, repr(text[max(0, at - 20) : at + 20])))
    return clean


def _allowed(reference: re.Match[str]) -> bool:
    digits = reference[1] or reference[2]
    number = int(digits[:10], 16 if reference[1] else 10) if len(digits.lstrip("0")) < 9 else -1
    return number in (9, 10, 13) or 0x20 <= number <= 0xD7FF or 0xE000 <= number <= 0x10FFFF


def _defused(text: str, repairs: list[tuple[Code, str]]) -> str:
    """Drop the document type; entities that are plain, short and used with measure are filled in.

    Nothing external is ever loaded, and nothing a body declares can make it grow: an entity of
    100 kB used 10,000 times is a gigabyte.
    """
    match = _DOCTYPE.search(text, 0, _ROOT_WITHIN)
    root = _ROOT.search(text)
    if not match or (root and root.start() < match.start()):
        return text
    if text[match.end() : match.end() + 1] == ">":
        return text  # it declares nothing of its own, and feedparser tells RSS 0.91 by it
    inner_end = text.find("]", match.end()) if text[match.end() : match.end() + 1] == "[" else -1
    declared = text[match.end() : inner_end] if inner_end >= 0 else ""
    if inner_end < 0 and text[match.end() : match.end() + 1] == "[":
        return text[: match.start()] + text[root.start() if root else len(text) :]
    end = text.find(">", inner_end if inner_end >= 0 else match.end())
    rest = text[: match.start()] + (text[end + 1 :] if end >= 0 else "")
    return _filled(rest, declared, repairs)


def _filled(text: str, declared: str, repairs: list[tuple[Code, str]]) -> str:
    """Replace references to the entities in ``declared`` that are safe to follow."""
    growth = 0
    for name, double, single, external in _ENTITY.findall(declared)[:_MOST_ENTITIES]:
        value, uses = double or single, text.count(f"&{name};")
        growth += uses * len(value)
        plain = not external and "%" not in name and not re.search(r"<|&(?!#)", value)
        if not plain or len(value) > _LONGEST_ENTITY or growth > _LARGEST_EXPANSION:
            repairs.append((Code.ENTITIES_DROPPED, name))
            text = text.replace(f"&{name};", "")
        elif uses:
            text = text.replace(f"&{name};", value)
    return text


def _without_tail(text: str, repairs: list[tuple[Code, str]]) -> str:
    """Drop what stands after the last end tag of the feed: warnings, counters, a second page."""
    root = _ROOT.search(text, 0, _ROOT_WITHIN)
    end = text.rfind(f"</{root[1]}") if root else -1
    close = text.find(">", end) if end >= 0 else -1
    if close < 0 or _HARMLESS_TAIL.fullmatch(text, close + 1):
        return text
    repairs.append((Code.TRAILING_JUNK, text[close + 1 :][:200]))
    return text[: close + 1]
