"""HTML of strangers made safe for our pages, feeds and mails, and plain text made of it.

nh3 parses as browsers do and writes the result anew, in one canonical form: every ``<`` and ``>``
that is not a tag is an entity, every attribute stands in double quotes. Only therefore may the
steps after it look at tags with a regular expression.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit, urlunsplit

import nh3

from syndicator.parse.identity import without_tracking
from syndicator.parse.mentions import is_mentioned

_TAGS = (
    "a abbr b bdi bdo blockquote br caption cite code dd del details dfn div dl dt em figcaption "
    "figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span "
    "strong sub summary sup table tbody td tfoot th thead time tr u ul var"
)
_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "hreflang", "title"},
    "abbr": {"title"},
    "blockquote": {"cite"},
    # The last two are looked at and never written: one tells an invisible image, the other is
    # where scripts that load images late keep the address.
    "img": {"src", "alt", "width", "height", "title", "style", "data-src"},
    "ol": {"start", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_DROPPED_WHOLE = (
    "script style iframe frame frameset noframes object embed applet form select textarea button "
    "template noscript svg math title head canvas audio video dialog"
)
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    clean_content_tags=set(_DROPPED_WHOLE.split()),
    attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
    url_schemes=set(_SCHEMES),
    strip_comments=True,
    link_rel="noopener noreferrer",
)

_DEEPEST = 512
_NESTING = re.compile(
    r"<(/?)(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr|p|li|dd|dt|tr|td|th"
    r"|option|tbody|thead)\b)[a-z]",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<[^<>]*>?")
# Only what may have to change is matched: headings, images, and whatever carries attributes.
_TAG = re.compile(r"<(/?)(h[1-6]|img|[a-z0-9]+(?= ))((?: [a-z-]+=\"[^\"]*\")*)>")
_ATTRIBUTE = re.compile(r" ([a-z-]+)=\"([^\"]*)\"")
# Also what turns the direction of writing: an address must read as where it leads.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)
_PLAINLY_ABSOLUTE = re.compile(r"https?://[a-z0-9][!#-;=?A-Z_a-z~]*")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_SPACE = re.compile(r"\s")
_EMPTY_LINK = re.compile(r"<a(?: [a-z-]+=\"[^\"]*\")*>\s*</a>")
_BREAK = re.compile(r"<br(?:\s[^<>]*)?/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]\w{1,30});", re.IGNORECASE)
_INVISIBLE = re.compile(
    r"(?:display\s*:\s*none|visibility\s*:\s*hidden|(?:^|[;\s])(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$))",
    re.IGNORECASE,
)
_BEACONS = re.compile(
    r"(?:pixel|stats|counter|beacon|track(?:ing|er)?)\.[\w.-]+/|feeds\.[\w.-]+/~[arf]/"
    r"|feeds\.wordpress\.com/1\.0/|(?:www\.)?google-analytics\.com/|(?:[\w-]+\.)*doubleclick\.net/"
    r"|www\.facebook\.com/tr\b|(?:pi|rss|da)\.feedsportal\.com/|px\.ads\.linkedin\.com/"
    r"|(?:[\w-]+\.)*statcounter\.com/|[\w.-]+/(?:piwik|matomo)\.php|[\w.-]+/pixel\.(?:gif|png)",
    re.IGNORECASE,
)
_HARMFUL_TAG = re.compile(
    r"<\s*(?:script|style|iframe|frame|object|embed|applet|form|input|base|meta|link|svg|math)\b"
)
_HANDLER = re.compile(r"on[a-z]{3,20}\s*=")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cleaned:
    """Safe HTML and what was met on the way, in order. ``images`` are (address, alt)."""

    html: str
    images: tuple[tuple[str, str], ...] = ()
    links: tuple[str, ...] = ()
    without_alt: tuple[str, ...] = ()
    trackers: tuple[str, ...] = ()
    relative: tuple[str, ...] = ()
    harmful: str = ""


@dataclass(slots=True)
class _Notes:
    images: list[tuple[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    without_alt: list[str] = field(default_factory=list)
    trackers: list[str] = field(default_factory=list)
    relative: list[str] = field(default_factory=list)


def clean_html(markup: str, *, bases: tuple[str, ...] = ()) -> Cleaned:
    """Return ``markup`` with nothing in it that acts, tracks or breaks the page around it.

    Args:
        bases: what relative addresses are resolved against, most specific first; each may be
            relative to the next, the last one being the address of the feed.
    """
    notes = _Notes()
    if _too_deep(markup):
        markup = html_of(_ANY_TAG.sub(" ", markup))
    safe = _TAG.sub(lambda found: _tag(found, bases, notes), _CLEANER.clean(markup))
    safe = _EMPTY_LINK.sub("", safe)
    return Cleaned(
        html=safe.strip(),
        images=tuple(notes.images),
        links=tuple(notes.links),
        without_alt=tuple(notes.without_alt),
        trackers=tuple(notes.trackers),
        relative=tuple(notes.relative),
        harmful=_harm(markup),
    )


def _too_deep(markup: str) -> bool:
    """Tell markup nested deeper than browsers go along with: parsing it takes the depth squared."""
    if markup.count("<") < _DEEPEST:
        return False
    depth = deepest = 0
    for found in _NESTING.finditer(markup):
        depth = max(0, depth - 1) if found[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest > _DEEPEST


def _harm(markup: str) -> str:
    """Return the first thing in ``markup`` that acts, or ``""``: for telling, not for safety."""
    lower = markup.lower()
    found = _HARMFUL_TAG.search(lower) or next(
        (f for f in _HANDLER.finditer(lower) if _begins_attribute(lower, f.start())), None
    )
    if found:
        return found[0]
    return next((url for url in ("javascript:", "vbscript:", "data:text") if url in lower), "")


def _begins_attribute(markup: str, at: int) -> bool:
    """Tell whether an attribute name may begin at ``at``: inside a tag, after a separator."""
    start = markup.rfind("<", max(0, at - 2000), at)
    return start >= 0 and markup[at - 1] in " \t\r\n\f/\"'" and markup.find(">", start, at) < 0


def html_of(text: str) -> str:
    """Return plain text as HTML: escaped, a paragraph where a blank line was.

    ``&nbsp;`` and ``<br>`` mean what they do in HTML: some systems cut text out of a page and mark
    it plain. A ``<br>`` that the text speaks of stays a word.
    """
    paragraphs = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    return "".join(f"<p>{_escaped(part)}</p>" for part in paragraphs)


def _escaped(text: str) -> str:
    """Return plain text as HTML in one paragraph; its breaks and entities keep their meaning."""
    pieces, start = [], 0
    for tag in _BREAK.finditer(text):
        if not is_mentioned(tag):
            pieces.append(text[start : tag.start()])
            start = tag.end()
    pieces.append(text[start:])
    plain = (_ENTITY.sub(lambda found: html.unescape(found[0]), piece) for piece in pieces)
    return "<br>".join(html.escape(piece, quote=False) for piece in plain)


def _joined(bases: tuple[str, ...], url: str) -> str:
    base = ""
    for outer in reversed(bases):
        base = join(base, outer) or base
    return join(base, url)


def join(base: str, url: str) -> str:
    """Return ``url`` as seen from ``base``, or ``""`` if the two make no web address we allow."""
    if _PLAINLY_ABSOLUTE.fullmatch(url):
        return url
    try:
        whole = _SPACE.sub("%20", urljoin(base, _UNPRINTABLE.sub("", url.strip())))
        parts = urlsplit(whole)
    except ValueError:
        return ""
    if "@" in parts.netloc:
        # A user name in front of a host is a secret that slipped out, or makes one address read
        # as another.
        whole = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return whole if parts.scheme in _SCHEMES else ""


def _tag(found: re.Match[str], bases: tuple[str, ...], notes: _Notes) -> str:
    closing, name, written = found.groups()
    if len(name) == 2 and name[0] == "h" and name[1] in "123456":
        name = f"h{min(int(name[1]) + 2, 6)}"
    if closing or not written:
        return "" if name == "img" else f"<{closing}{name}>"
    attributes = {key: html.unescape(value) for key, value in _ATTRIBUTE.findall(written)}
    late = attributes.pop("data-src", "")
    if name == "img" and late:
        attributes["src"] = late
    for key in ("href", "src", "cite"):
        if key in attributes:
            _resolve(attributes, key, bases, notes)
    if name == "a" and "href" not in attributes:
        attributes = {}
    if name == "img" and not _image(attributes, notes):
        return ""
    return f"<{name}{_written(attributes)}>"


def _resolve(attributes: dict[str, str], key: str, bases: tuple[str, ...], notes: _Notes) -> None:
    url = attributes[key].strip()
    absolute = _PLAINLY_ABSOLUTE.fullmatch(url)
    whole = url if absolute else "" if url.startswith("#") else _joined(bases, url)
    if not whole:
        del attributes[key]
        return
    if not absolute and not _SCHEME.match(url):
        notes.relative.append(url)
    attributes[key] = without_tracking(whole)
    if key == "href":
        notes.links.append(attributes[key])


def _image(attributes: dict[str, str], notes: _Notes) -> bool:
    """Tell whether an image is to stay, and note what there is to say of it."""
    source, style = attributes.get("src", ""), attributes.pop("style", "")
    if not source.startswith("http"):
        return False
    sizes = {attributes.get(key, "").strip().removesuffix("px") for key in ("width", "height")}
    if sizes & {"0", "1"} or _INVISIBLE.search(style) or _BEACONS.match(source.partition("://")[2]):
        notes.trackers.append(source)
        return False
    if "alt" not in attributes:
        notes.without_alt.append(source)
    notes.images.append((source, attributes.get("alt", "").strip()))
    return True


def _written(attributes: dict[str, str]) -> str:
    return "".join(f' {key}="{html.escape(value)}"' for key, value in attributes.items())
