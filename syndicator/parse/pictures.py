"""Images that are no pictures: what counts readers, advertises, smiles or shows the author."""

from __future__ import annotations

import re

_COUNTERS = re.compile(
    r"(?:pixel|stats|counter|beacon|track(?:ing|er)?)\.[\w.-]+/"
    r"|(?:feed|feeds|feedproxy|feedads|rss)\d?\.[\w.-]+/(?:~[a-z]{1,2}/|[\w/.-]+\?g=\d)"
    r"|feeds\.wordpress\.com/1\.0/"
    r"|(?:www\.)?google-analytics\.com/|(?:[\w-]+\.)*doubleclick\.net/"
    r"|(?:[\w-]+\.)*(?:googlesyndication|googleadservices|fastclick|pheedo|pheedcontent)\.\w+/"
    r"|www\.facebook\.com/tr\b|(?:[\w-]+\.)*feedsportal\.com/|px\.ads\.linkedin\.com/"
    r"|(?:[\w-]+\.)*statcounter\.com/|(?:www\.)?assoc-amazon\.\w[\w.]*/|(?:ads?|adserver?)\d*\.[\w.-]+/"
    r"|[\w.-]*blogger[\w.]*\.com/tracker/|(?:[\w-]+\.)*feedblitz\.com/"
    r"|(?:[\w-]+\.)*slashdot\.org/|(?:[\w-]+\.)*fsdn\.com/(?:sd/)?(?:twitter|facebook)"
    r"|static\.addtoany\.com/buttons/|[\w.-]+/(?:piwik|matomo)\.php"
    r"|[^?#]*/plugins/(?:sociable|add-to-any|social[\w-]*|shar(?:e|ing)[\w-]*)/"
    r"|[^?#]*/(?:pixel|spacer|blank|shim|transparent|transp|trans|clear|empty|dot_?clear|1x1|1px"
    r"|one_?pixel|pixel_?trans)\.(?:gif|png)(?:[?#]|$)",
    re.IGNORECASE,
)
_PORTRAITS = re.compile(
    r"(?:[\w-]+\.)*gravatar\.com/|avatars?\d*\.[\w-]+\.[\w.-]+/|[^?#]*/(?:gr|bl)?avatars?/",
    re.IGNORECASE,
)
_SMILEYS = re.compile(
    r"(?:s\.w\.org|[\w.-]+\.wp\.com)/[^?#]*/emoji/|(?:[\w-]+\.)*twemoji[\w.-]*/"
    r"|[^?#]*/(?:emojis?|twemoji(?:@[\w.-]+)?|smil(?:eys?|ies)|emoticons?)/[^?#]*\.(?:png|svg|gif|webp)"
    r"|[^?#]*/(?:icon_(?:smile|wink|biggrin|sad|razz|cool|lol|mad|neutral|rolleyes|surprised|eek|cry"
    r"|confused|redface|evil|twisted|mrgreen)|simple-smile|frownie)\.(?:png|svg|gif)",
    re.IGNORECASE,
)
SMILEY_CLASSES = frozenset({"emoji", "wp-smiley"})
_CODE_POINTS = re.compile(
    r"/([0-9a-f]{4,6}(?:-[0-9a-f]{4,6})*)\.(?:png|svg|gif|webp)$", re.IGNORECASE
)
_LONGEST_SMILE = 40


def counts_readers(url: str) -> bool:
    """Tell an image that counts readers, advertises or only takes up room, by its address."""
    return _COUNTERS.match(url.partition("://")[2]) is not None


def is_portrait(url: str) -> bool:
    """Tell the small face beside an author's name (an avatar), by the address of the image."""
    return _PORTRAITS.match(url.partition("://")[2]) is not None


def is_smiley(url: str, *, classes: str = "") -> bool:
    """Tell an image that stands for one character in a line of text."""
    if _SMILEYS.match(url.partition("://")[2]):
        return True
    return not SMILEY_CLASSES.isdisjoint(classes.split())


def smiled(url: str, *, alt: str) -> str:
    """Return the character or words a smiley stands for, or ``""`` where nothing says it."""
    if alt.strip():
        return alt.strip()[:_LONGEST_SMILE]
    named = _CODE_POINTS.search(url.partition("?")[0])
    points = [int(code, 16) for code in named[1].split("-")] if named else []
    return "".join(map(chr, points)) if all(0xA9 <= p <= 0x1FBFF for p in points) else ""


def is_picture(url: str) -> bool:
    """Tell whether an image a feed names for a post may show what the post is about."""
    return not (counts_readers(url) or is_portrait(url) or is_smiley(url))
