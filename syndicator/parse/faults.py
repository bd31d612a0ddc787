"""Every fault of a feed that we can live with, in one place: the doctor's vocabulary.

A ``Fault`` carries one of these codes, a short example of the evidence and a count.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from syndicator.model import Fault

_EXAMPLE_LENGTH = 120


class Code(StrEnum):
    """What can be wrong; each member's comment says it in a sentence."""

    NOT_WELL_FORMED = "not_well_formed"
    """The document breaks the grammar of XML or JSON; what could be recovered was kept."""
    CONTROL_CHARACTERS = "control_characters"
    """Characters that XML forbids (U+0000-U+001F) stood in the text; they were dropped."""
    LEADING_JUNK = "leading_junk"
    """Something stood before the XML declaration: blank lines, a warning of the server."""
    TRAILING_JUNK = "trailing_junk"
    """Something stood after the end of the feed."""
    ENTITIES_DROPPED = "entities_dropped"
    """The document type declared entities that are external, nested or too large; ignored."""
    CHARSET_WRONG = "charset_wrong"
    """The encoding said by server or declaration is not the one of the bytes."""
    CHARSET_DAMAGED = "charset_damaged"
    """Some bytes fit no encoding as a whole; they were read one by one."""
    TITLE_MISSING = "title_missing"
    """An entry has no title; the start of its text stands in."""
    HTML_IN_TITLE = "html_in_title"
    """A title carries HTML tags; they were removed."""
    DATE_MISSING = "date_missing"
    """An entry has no date of publication: it counts as old at first sight."""
    DATE_UNREADABLE = "date_unreadable"
    """A date could not be understood; it counts as missing."""
    DATE_WITHOUT_ZONE = "date_without_zone"
    """A date names no time zone; the network's own was assumed."""
    DATE_UNUSUAL = "date_unusual"
    """A date is in a form the format does not allow, and was understood all the same."""
    GUID_MISSING = "guid_missing"
    """An entry has no id of its own; its link (or a hash of title and date) stands in."""
    GUID_SHARED = "guid_shared"
    """Two entries of the document have the same id; the later one goes by its link or a hash."""
    ITEM_REPEATED = "item_repeated"
    """The document lists a post more than once, with the same id, link, title and date."""
    GUID_NOT_STABLE = "guid_not_stable"
    """An id is made from what may change (the title, a date): an edit would make a new post."""
    GUID_LONG = "guid_long"
    """An id is longer than 500 characters; a hash of it stands in."""
    LINK_MISSING = "link_missing"
    """An entry leads nowhere: readers cannot open the original."""
    RELATIVE_LINKS = "relative_links"
    """Addresses in texts are relative; other readers may resolve them wrongly."""
    IMAGES_WITHOUT_ALT = "images_without_alt"
    """Images have no text alternative (WCAG 1.1.1)."""
    SCRIPT_REMOVED = "script_removed"
    """Scripts, styles, forms, frames or event handlers were removed from a text."""
    TRACKERS_REMOVED = "trackers_removed"
    """Invisible images that count readers were removed."""
    SUMMARY_CUT = "summary_cut"
    """A summary ends in the middle ("[…]"), or in an invitation to read more."""
    TEXT_MISSING = "text_missing"
    """An entry has neither summary nor text."""
    LANGUAGE_WRONG = "language_wrong"
    """The declared language is not the one most texts are written in."""
    LANGUAGE_MISSING = "language_missing"
    """The feed does not say its language."""
    TOO_MANY_ENTRIES = "too_many_entries"
    """The document holds more entries than we read; the rest was left out."""


class FaultTally:
    """The faults of a document while it is read: first example and count for each code."""

    def __init__(self) -> None:
        self._counts: Counter[Code] = Counter()
        self._examples: dict[Code, str] = {}

    def add(self, code: Code, example: str = "", *, count: int = 1) -> None:
        """Count a fault; the first example that is not empty is kept, shortened."""
        if count > 0:
            self._counts[code] += count
            if not self._examples.get(code):
                self._examples[code] = " ".join(example.split())[:_EXAMPLE_LENGTH]

    def faults(self) -> tuple[Fault, ...]:
        """Return the faults counted, in the order of ``Code``."""
        return tuple(
            Fault(code=code.value, example=self._examples[code], count=self._counts[code])
            for code in Code
            if code in self._counts
        )
