"""What word processors leave behind in pasted text, taken out before anything reads it.

Word puts its settings and style sheets into conditional comments, ``<xml>`` and ``<style>``. A
browser shows none of it, but the systems in between escape it, strip its tags or bend the end of
its comment into a dash, and what was hidden then stands as words before the first sentence.
"""

from __future__ import annotations

import re

_TRACES = ("[if", "<xml", "mso-", "Normal", "Definitions", "xml:namespace")
_DASH = r"(?:--|–|—|&(?:amp;)?(?:#821[12]|[nm]dash);)"
_ESCAPED = re.compile(
    rf"&lt;!--\s*\[if\b.*?endif\]\s*{_DASH}(?:>|&gt;)|&lt;\?xml:namespace.*?/?&gt;",
    re.DOTALL | re.IGNORECASE,
)
# WordPress makes a dash of ``--`` also where it ends a comment, and the rest of the post is hidden.
_COMMENT_WITHOUT_END = re.compile(
    rf"<!--\s*\[if\b[^<>]*>(?:(?!<!--|--!?>).)*?<!\[endif\]\s*(?!--){_DASH}>",
    re.DOTALL | re.IGNORECASE,
)
_ISLAND = re.compile(r"<(xml)\b[^>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_SPACE = r"(?:\s|&nbsp;|&#160;|<br\s*/?>|</?p\b[^>]*>)"
_SETTINGS = re.compile(
    rf"Normal{_SPACE}+0(?:{_SPACE}+\d{{1,2}}){{0,2}}(?:{_SPACE}+(?:false|true)){{2,4}}"
    rf"(?:{_SPACE}+(?:[A-Z]{{2}}(?:-[A-Z]{{2}})?|X-NONE)\b){{0,4}}"
    rf"(?:{_SPACE}+MicrosoftInternetExplorer\d)?"
)
# The last rule may be cut off by whoever shortened the text.
_BLOCK = r"\{(?:[^{}]{0,4000}\}|[^{}<>]{0,2000}$)"
_SELECTOR = r"[\w.@#*:,\\\s-]{0,120}"
_STYLES = re.compile(
    rf"(?:&lt;!--\s*)?"
    rf"(?:/\*\s*(?:Style|Font|Page|List)\s+Definitions\s*\*/(?:{_SPACE}*{_SELECTOR}{_BLOCK})?"
    rf"|(?:\b(?:table|p|li|div|span|td)\.Mso|@page\s+\w|st1\\:\*){_SELECTOR}{_BLOCK})"
    rf"(?:{_SPACE}*{_SELECTOR}{_BLOCK})*(?:\s*--&gt;)?"
)


def without_office(markup: str) -> str:
    """Return ``markup`` without the settings and style sheets of a word processor.

    Also without those that were escaped or have lost their tags. The author's words stay, also
    between two such pieces, and so does text about style sheets that names no such processor.
    """
    if not any(trace in markup for trace in _TRACES):
        return markup
    if "[if" in markup:
        markup = _COMMENT_WITHOUT_END.sub(" ", markup)
    if "<xml" in markup:
        markup = _ISLAND.sub(" ", markup)
    if "&lt;" in markup:
        markup = _ESCAPED.sub(" ", markup)
    if "Normal" in markup:
        markup = _SETTINGS.sub(" ", markup)
    if "mso-" in markup or "Definitions" in markup:
        markup = _STYLES.sub(" ", markup)
    return markup
