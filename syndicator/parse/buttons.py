"""Share buttons of the site taken out of its posts: their boxes, their links and their words.

In a feed there is nothing to press: what is left of the buttons is a row of words ("Jaa
Facebookissa", "Share this:") before the first sentence or after the last one.
"""

from __future__ import annotations

import html
import re

_CLASSES = """
    sharedaddy sd-sharing sd-sharing-enabled sd-block sd-like jp-relatedposts feedflare
    addtoany_share_save_container addtoany_content addtoany_content_top addtoany_content_bottom
    addtoany_share_save addtoany_list a2a_kit a2a_dd really_simple_share
    heateor_sss_sharing_container shareaholic-canvas shariff swp_social_panel
    simplesocialbuttons social-share social-sharing share-buttons sharing-buttons share-links
    social-buttons twitter-share-button fb-share-button synved-social-button synved-share-image
    dpsp-share-text wp_social_bookmarking_light post-share-buttons
    wp-block-outermost-social-sharing wp-block-jetpack-sharing-buttons
"""
CLASSES = frozenset(_CLASSES.split())
_BOX = re.compile(r'<([a-z][a-z0-9]*)(?: [a-z-]+="[^"]*")*? class="([^"]+)"[^>]*>')
_LONGEST_BOX, _LONGEST_ROW = 600, 300
_VOID = frozenset({"img", "br", "hr"})

_SHARER = re.compile(
    r"(?:https?:)?//(?:[\w-]+\.)*(?:facebook\.com/(?:sharer|share\.php|dialog/(?:share|feed))"
    r"|(?:twitter|x)\.com/(?:share\b|intent/(?:tweet|post)|home\?status=)"
    r"|linkedin\.com/(?:shareArticle|sharing|cws/share)|whatsapp\.com/send|wa\.me/\?text|t\.me/share"
    r"|telegram\.me/share|pinterest\.\w+/pin/create|reddit\.com/submit|tumblr\.com/(?:share|widgets)"
    r"|plus\.google\.com/share|getpocket\.com/save|bsky\.app/intent|stumbleupon\.com/submit"
    r"|digg\.com/submit|del\.icio\.us/(?:post|save)|addtoany\.com/|addthis\.com/bookmark"
    r"|sharethis\.com/|xing\.com/(?:app/user|spi/shares)|vk\.com/share|(?:feeds?|rss)\d?\.[\w.-]+/~ff?/)"
    r"|whatsapp://send|mailto:\?|[^\s\"]*[?&](?:amp;)?share=[a-z0-9-]{1,20}(?:[&#]|$)",
    re.IGNORECASE,
)
_LINK = re.compile(r'<a(?: [a-z-]+="[^"]*")*? href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_ANY_TAG = re.compile(r"<[^>]*>")

_SERVICE = (
    r"(?:facebook|twitter|linkedin|whatsapp|pinterest|reddit|tumblr|telegram|pocket|digg|bluesky"
    r"|del\.?icio\.?us|stumbleupon|mastodon|threads|messenger|google ?(?:\+|plus)|e-?mail|e-post"
    r"|sähköposti|x)(?!\w)"
)
_PIECE = (
    r"(?:artikkeli|juttu|uutinen|kirjoitus|sivu|postaus|julkaisu|artikeln?|sidan?|inlägget|nyheten"
    r"|post|article|page|story|entry)"
)
# Each says by itself that it is a button: a verb alone ("Jaa", "Share") may begin a sentence.
_PHRASES = (
    rf"jaa (?:tämä )?(?:{_PIECE} )?(?:(?:facebook|twitter|linkedin|whatsapp|pinterest|bluesky|x)"
    r":?(?:issa|issä|ssa|ssä|iin|ään)|sähköposti(?:lla|tse)|some(?:ssa|en)|sosiaalisessa mediassa)",
    rf"jaa(?: tämä| {_PIECE})? ?:|jaa tämä {_PIECE}|tykkää tästä ?:|tykkää lataa ?(?:…|\.{{3}})",
    r"lähetä (?:linkki )?(?:ystävälle )?sähköposti(?:lla|tse)",
    rf"dela (?:(?:denna|den här|det här|detta) )?(?:{_PIECE} )?(?:på|via|med) {_SERVICE}",
    rf"dela(?: detta| det här| {_PIECE})? ?:|dela (?:på|i) sociala medier",
    r"gilla (?:det )?här ?:|gilla laddar in ?(?:…|\.{3})",
    rf"(?:share|share this)(?: {_PIECE})? (?:on|via|to|by|with) {_SERVICE}",
    rf"share (?:this )?(?:{_PIECE} )?:|share this(?: {_PIECE})?(?: ?[:!])?|share ?/ ?bookmark",
    rf"bookmark and share|tweet this(?: {_PIECE})?|e-?mail this(?: {_PIECE}| to a friend)?",
    r"like loading ?(?:…|\.{3})|digg this!?|stumble it!?|(?:save|add) to del\.icio\.us|blogthis!",
    rf"(?:click to|klicka för att|klikkaa) (?:\w+ ){{1,4}}(?:{_SERVICE}|print|\w{{3,20}}issa)",
)
_BUTTON = "(?:" + "|".join(_PHRASES).replace(" ", r"\s+").replace(r"\s+?", r"\s*") + ")"
_ASIDE = (
    r"\((?:opens\s+in\s+new\s+window|avautuu\s+uudessa\s+ikkunassa"
    r"|öppnas\s+i\s+ett\s+nytt\s+fönster)\)"
)
_VERB = (
    r"(?:share|jaa|dela|tweet|twiittaa|print|tulosta|skriv\s+ut|like|tykkää|gilla|pin\s+it|save)"
)
_BETWEEN = r"[\s|·•,:!/–-]*"
_ROW = rf"(?:{_BUTTON}{_BETWEEN}(?:(?:{_BUTTON}|{_ASIDE}|{_SERVICE}){_BETWEEN})*)"
_NODE = re.compile(rf"(?<=>)\s*{_ROW}\s*(?=<)", re.IGNORECASE)
_FIRST = re.compile(rf"^{_ROW}(?-i:(?=[A-ZÅÄÖ0-9”\"“«]))", re.IGNORECASE)
_LAST = re.compile(rf"(?<=[.!?…])\s+{_ROW}$", re.IGNORECASE)
_LABEL = re.compile(
    rf"(?:(?:{_BUTTON}|{_ASIDE}|{_SERVICE}|{_VERB}(?!\w)){_BETWEEN})*", re.IGNORECASE
)
_SIGNS_OF_LINKS = ("shar", "/~f", "intent/", "addtoany", "mailto:?", "wa.me/", "icio", "digg.com")
_SIGN_OF_WORDS = re.compile(
    r">\s*(?:jaa |jaa:|tykkää|lähetä |dela|gilla |share|bookmark and|tweet this|e-?mail this"
    r"|like load|digg this|stumble it|save to|add to|blogthis|click to|klicka |klikkaa )"
)
_EMPTIED = re.compile(r"<(p|li|ul|ol|div|span|h[1-6]|strong|em|b|i|a)(?: [^>]*)?>[\s|·•]*</\1>")


def without_buttons(safe_html: str) -> str:
    """Return HTML that ``nh3`` wrote, without share buttons and the blocks they leave empty.

    Boxes are told by ``CLASSES``, links by where they lead and what they say, the rest by words
    that stand alone in their element. A link of a sentence stays, wherever it leads.
    """
    rest, lower = safe_html, safe_html.lower()
    if ' class="' in rest:
        rest = _without_boxes(rest)
    if any(sign in lower for sign in _SIGNS_OF_LINKS):
        rest = _LINK.sub(_kept, rest)
    if _SIGN_OF_WORDS.search(lower):
        rest = _NODE.sub("", rest)
    while rest != safe_html:
        safe_html, rest = rest, _EMPTIED.sub("", rest)
    return rest


def without_button_words(line: str) -> str:
    """Return one line of plain text without the words of buttons at its beginning and end."""
    rest = _FIRST.sub("", line)
    match = _LAST.search(rest, max(0, len(rest) - _LONGEST_ROW))
    return (rest[: match.start()] if match else rest) or line


def _kept(link: re.Match[str]) -> str:
    """Return a link as it stands, or nothing where it is a button."""
    label = html.unescape(_ANY_TAG.sub(" ", link[2])).strip()
    is_button = _SHARER.match(html.unescape(link[1])) and _LABEL.fullmatch(label)
    return "" if is_button else link[0]


def _without_boxes(safe_html: str) -> str:
    pieces, at = [], 0
    for opening in _BOX.finditer(safe_html):
        if opening.start() < at or CLASSES.isdisjoint(opening[2].split()):
            continue
        end = _end(safe_html, opening)
        # A theme may give its whole text the class of the buttons below it.
        if len(_ANY_TAG.sub("", safe_html[opening.end() : end]).strip()) <= _LONGEST_BOX:
            pieces.append(safe_html[at : opening.start()])
            at = end
    return "".join([*pieces, safe_html[at:]])


def _end(safe_html: str, opening: re.Match[str]) -> int:
    """Return where the element that begins at ``opening`` ends, all it holds included."""
    if opening[1] in _VOID:
        return opening.end()
    depth = 1
    for tag in re.compile(rf"<(/?){opening[1]}(?=[ >])").finditer(safe_html, opening.end()):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return safe_html.find(">", tag.end()) + 1
    return len(safe_html)
