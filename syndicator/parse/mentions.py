"""Tags that a text speaks of, told from those it is marked up with: ``the <br> tag``.

Feeds mark HTML as plain text and escape it once too often, so tags that stand in a text as words
are taken out of it, or read as what they mean. A text about HTML must come through that.
"""

from __future__ import annotations

import re

# Between a tag spoken of and the word for it: a quote, a bracket, a space, a hyphen.
_NAMED = re.compile(r"[\"'”’»`)]?[\s-]{0,2}(?:tag|element|tunnis|märk)", re.IGNORECASE)
_BARE_OPENING = re.compile(
    r"<(a|abbr|acronym|b|cite|code|del|em|font|i|ins|mark|q|s|small|span|strong|sub|sup|tt|u)>",
    re.IGNORECASE,
)
_FARTHEST_END = 2_000
_NO_WORD = re.compile(r"(?!\w|\s*<)")


def is_mentioned(tag: re.Match[str]) -> bool:
    """Tell whether the text that ``tag`` was matched in speaks of it.

    It does where it says so (``<br> tag``, ``<u>-element``), and where a bare tag within a text has
    no end and no word directly behind it: ``the return of <i> and <b>``.
    """
    text, written = tag.string, tag[0]
    if " " not in written and _NAMED.match(text, tag.end()):
        return True
    opening = _BARE_OPENING.fullmatch(written)
    if opening is None or tag.start() == 0 or not _NO_WORD.match(text, tag.end()):
        return False
    return text.find(f"</{opening[1]}>", tag.end(), tag.end() + _FARTHEST_END) < 0
