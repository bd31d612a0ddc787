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

from syndicator.parse import buttons, office, pictures
from syndicator.parse.identity import without_tracking
from syndicator.parse.mentions import is_mentioned

_TAGS = (
    "a abbr b bdi bdo blockquote br caption cite code dd del details dfn div dl dt em figcaption "
    "figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span "
    "strong sub summary sup table tbody td tfoot th thead time tr u ul var"
)
_LATE_SOURCES = ("data-src", "data-lazy-src", "data-original")
_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "hreflang", "title"},
    "abbr": {"title"},
    "blockquote": {"cite"},
    # The style is looked at and never written: it tells an invisible image. In the last three,
    # scripts that load images late keep the address.
    "img": {"src", "alt", "width", "height", "title", "style", *_LATE_SOURCES},
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
# What tells buttons, captions and smileys. Looked at, never written.
_CAPTIONS = frozenset({"wp-caption-text", "tr-caption", "image-caption", "figcaption"})
_CLASSES = {
    **dict.fromkeys(("a", "div", "li", "p", "span", "td", "ul"), buttons.CLASSES | _CAPTIONS),
    "img": pictures.SMILEY_CLASSES | buttons.CLASSES,
}
# Most texts have none of them, and a class that is looked at is a tag to write anew.
_CLASS_SIGNS = (
    "shar", "social", "addtoany", "a2a_", "flare", "sd-", "jp-", "button", "caption", "smil",
    "emoji",
)  # fmt: skip


def _cleaner(classes: dict[str, frozenset[str]]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(_TAGS.split()),
        clean_content_tags=set(_DROPPED_WHOLE.split()),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        allowed_classes={tag: set(names) for tag, names in classes.items()},
        url_schemes=set(_SCHEMES),
        strip_comments=True,
        link_rel="noopener noreferrer",
    )


_CLEANER, _CLEANER_WITH_CLASSES = _cleaner({}), _cleaner(_CLASSES)

_DEEPEST = 512
_UNSEEN = re.compile(
    r"<(?:!--|(script|style|svg|math|xml|title|textarea|noscript|template)\b)", re.IGNORECASE
)
_NESTING = re.compile(
    r"<(/?)(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr|p|li|dd|dt|tr|td|th"
    r"|option|tbody|thead)\b)(?![a-z]\w*:\w+\s*/>)[a-z]",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<(/?)([a-z][^\s<>/]*)[^<>]*>|<[^<>]*>?", re.IGNORECASE)
_FLAT = frozenset({"p", "br", "hr", "li", "a", "img"})
_BLOCKS = "div section article blockquote table tr td ul ol dl dt dd pre h1 h2 h3 h4 h5 h6"
_PARAGRAPHS = frozenset(_BLOCKS.split())
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
_PARAGRAPHS_IN_A_ROW = re.compile(r"<p>\s*(?=<p>|\Z)")
_CAPTION = re.compile(
    r'<(p|div|span|td|li)(?: [a-z-]+="[^"]*")*? class="[^"]*caption[^"]*"[^>]*>(.*?)</\1>',
    re.DOTALL,
)
_EMPTY_LINK = re.compile(r"<a(?: [a-z-]+=\"[^\"]*\")*>\s*</a>")
_LARGEST_ICON = 48
_BREAK = re.compile(r"<br(?:\s[^<>]*)?/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]\w{1,30});", re.IGNORECASE)
_INVISIBLE = re.compile(
    r"(?:display\s*:\s*none|visibility\s*:\s*hidden|(?:^|[;\s])(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$))",
    re.IGNORECASE,
)
_HARMFUL_TAG = re.compile(
    r"<\s*(?:script|style|iframe|frame|object|embed|applet|form|input|base|meta|link|svg|math)\b"
)
_HANDLER = re.compile(r"on[a-z]{3,20}\s*=")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cleaned:
    """Safe HTML and what was met on the way, in order.

    ``images`` are (address, alt), ``icons`` the addresses of those too small to be a picture,
    ``captions`` the words under pictures, as HTML, that nothing in ``html`` tells from a paragraph.
    """

    html: str
    images: tuple[tuple[str, str], ...] = ()
    icons: frozenset[str] = frozenset()
    captions: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    without_alt: tuple[str, ...] = ()
    trackers: tuple[str, ...] = ()
    relative: tuple[str, ...] = ()
    harmful: str = ""


@dataclass(slots=True)
class _Notes:
    images: list[tuple[str, str]] = field(default_factory=list)
    icons: set[str] = field(default_factory=set)
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
    has_classes = any(sign in markup for sign in _CLASS_SIGNS)
    cleaner = _CLEANER_WITH_CLASSES if has_classes else _CLEANER
    safe = cleaner.clean(_shallow(office.without_office(markup)))
    safe = buttons.without_buttons(safe)
    captions = tuple(c[2] for c in _CAPTION.finditer(safe)) if "caption" in safe else ()
    safe = _TAG.sub(lambda match: _tag(match, bases, notes), safe)
    safe = _EMPTY_LINK.sub("", safe)
    return Cleaned(
        html=safe.strip(),
        images=tuple(notes.images),
        icons=frozenset(notes.icons),
        captions=captions,
        links=tuple(notes.links),
        without_alt=tuple(notes.without_alt),
        trackers=tuple(notes.trackers),
        relative=tuple(notes.relative),
        harmful=_harm(markup),
    )


def _shallow(markup: str) -> str:
    """Return ``markup``, flattened where it nests deeper than browsers go along with.

    Parsing takes the depth squared. Paragraphs, links and images need no nesting, and stay.
    """
    if markup.count("<") < _DEEPEST:
        return markup
    if not _too_deep(markup) or not _too_deep(seen := _without_unseen(markup)):
        return markup
    return _PARAGRAPHS_IN_A_ROW.sub("", _ANY_TAG.sub(_flat, seen))


def _too_deep(markup: str) -> bool:
    depth = deepest = 0
    for match in _NESTING.finditer(markup):
        depth = max(0, depth - 1) if match[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest > _DEEPEST


def _without_unseen(markup: str) -> str:
    """Return ``markup`` without comments, style sheets and drawings: a drawing is hundreds of tags
    that close themselves, a comment may hold anything, and neither nests."""
    pieces, at, unclosed = [], 0, set()
    lower = markup.lower()
    lower = lower if len(lower) == len(markup) else markup
    for match in _UNSEEN.finditer(lower):
        name = match[1]
        if match.start() < at or name in unclosed:
            continue
        ending = f"</{name}" if name else "-->"
        end = lower.find(ending, match.start() + 2)
        if end < 0:
            unclosed.add(name)
            continue
        pieces.append(markup[at : match.start()])
        at = end if name is None else lower.find(">", end)
        at = len(markup) if at < 0 else at + (3 if name is None else 1)
    return "".join([*pieces, markup[at:]])


def _flat(tag: re.Match[str]) -> str:
    name = (tag[2] or "").lower()
    return tag[0] if name in _FLAT else "<p>" if name in _PARAGRAPHS else " "


def _harm(markup: str) -> str:
    """Return the first thing in ``markup`` that acts, or ``""``: for telling, not for safety."""
    lower = markup.lower()
    match = _HARMFUL_TAG.search(lower) or next(
        (f for f in _HANDLER.finditer(lower) if _begins_attribute(lower, f.start())), None
    )
    if match:
        return match[0]
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
    plain = (_ENTITY.sub(lambda match: html.unescape(match[0]), piece) for piece in pieces)
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


def _tag(match: re.Match[str], bases: tuple[str, ...], notes: _Notes) -> str:
    closing, name, written = match.groups()
    if len(name) == 2 and name[0] == "h" and name[1] in "123456":
        name = f"h{min(int(name[1]) + 2, 6)}"
    if closing or not written:
        return "" if name == "img" else f"<{closing}{name}>"
    attributes = {key: html.unescape(value) for key, value in _ATTRIBUTE.findall(written)}
    classes = attributes.pop("class", "")
    if name == "img":
        late = [attributes.pop(key) for key in _LATE_SOURCES if key in attributes]
        attributes |= {"src": late[0]} if late else {}
    for key in ("href", "src", "cite"):
        if key in attributes:
            _resolve(attributes, key, bases, notes)
    if name == "a" and "href" not in attributes:
        attributes = {}
    if name == "img":
        return _image(attributes, classes, notes)
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


def _image(attributes: dict[str, str], classes: str, notes: _Notes) -> str:
    """Return an image that is to stay, the text in place of a smiley, or nothing; note which."""
    source, style = attributes.get("src", ""), attributes.pop("style", "")
    alt = attributes.get("alt", "").strip()
    if pictures.is_smiley(source, classes=classes):
        return html.escape(pictures.smiled(source, alt=alt), quote=False)
    if not source.startswith("http") or pictures.is_portrait(source):
        return ""
    sizes = [attributes.get(key, "").strip().removesuffix("px") for key in ("width", "height")]
    if {"0", "1"} & {*sizes} or _INVISIBLE.search(style) or pictures.counts_readers(source):
        notes.trackers.append(source)
        return ""
    if "alt" not in attributes:
        notes.without_alt.append(source)
    if all(size.isdecimal() and int(size[:6]) <= _LARGEST_ICON for size in sizes):
        notes.icons.add(source)
    notes.images.append((source, alt))
    return f"<img{_written(attributes)}>"


def _written(attributes: dict[str, str]) -> str:
    return "".join(f' {key}="{html.escape(value)}"' for key, value in attributes.items())
