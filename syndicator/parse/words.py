"""Plain text for readers: titles, texts and excerpts out of what feeds call so."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass

from syndicator.parse.buttons import without_button_words
from syndicator.parse.mentions import is_mentioned

LONGEST_EXCERPT = 300
_LONGEST_TITLE = 500
_LONGEST_LABEL = 60

_MARKUP = re.compile(
    r"</?(?:a|abbr|acronym|b|bdi|bdo|big|br|center|cite|code|del|dfn|div|em|font|h[1-6]|i|img|ins"
    r"|kbd|mark|nobr|p|q|s|samp|small|span|strike|strong|sub|sup|time|tt|u|var|wbr)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]\w{1,30});", re.IGNORECASE)
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u2060-\u2064\ufeff\u200e\u200f\u202a-\u202e\u2066-\u206f\ufff9-\ufffb"
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]"
)
# Characters that join, vary or fill others, and show nothing where there are no others.
_FILLING = re.compile(
    "[\u034f\u115f\u1160\u200c\u200d\u2800\u3164\uffa0\ufe00-\ufe0f\U000e0000-\U000e0fff\\s]+"
)
# Four marks on one letter are enough for every language that uses these; heaps of them are drawn
# across the lines above and below.
_MOST_MARKS = 4
_MARKS = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_HEAP_OF_MARKS = re.compile(f"({_MARKS}{{{_MOST_MARKS}}}){_MARKS}+")

_LINE = re.compile(
    r"</?(?:p|div|h[1-6]|li|ul|ol|dl|dt|dd|tr|table|thead|tbody|caption|blockquote|pre|figure"
    r"|figcaption|details|summary|br|hr)(?:\s[^>]*)?>"
)
_CELL = re.compile(r"</t[dh]>")
# What is no sentence, and stands beside the sentences: a table of contents is a list of links.
_ASIDE = re.compile(
    r"<(h[1-6]|figcaption|caption|table|pre)(?: [^>]*)?>.*?</\1>"
    r"|<(ul|ol)(?: [^>]*)?>(?:\s*<li>\s*(?:<p>\s*)?<a [^>]*>[^<]*</a>\s*(?:</p>\s*)?</li>)+"
    r"\s*</\2>",
    re.DOTALL,
)
_BESIDE_SENTENCES = (
    "<h", "<fig", "<cap", "<ta", "<pr", "<ul", "<ol", "<li", "<br", "<st", "<b>", "<dl",
)  # fmt: skip
# A line in bold that ends without a full stop is a heading, whatever its element.
_BOLD_LINE = re.compile(
    r"(<(?:p|div|br)(?: [^>]*)?>\s*)<(strong|b)>[^<]{0,99}[^<.!?…:\s]\s*</\2>"
    r"(?=\s*(?:<br>|</p>|</div>))"
)
# Signs for the borders in text whose white space is nothing but blanks: an item, a new line, a gap.
_ITEM, _NEW_LINE, _LEFT_OUT = "\f", "\v", "\r"
_LEFT_OUT_TAG = "<left-out>"
_HEADING = re.compile(r"<(h[3-6]|figcaption|caption)(?: [^>]*)?>(.*?)</\1>", re.DOTALL)
_PIECE = re.compile(r"[\n\v\f\r ]*[^\n\v\f\r]*")
_ENOUGH_OF_A_POST = 8_000
_ENOUGH_OF_A_LINE = 1_500
_FEWEST_LETTERS_OF_PROSE = 40
_LONGEST_ITEM = 60
_TAG = re.compile(r"<[^>]*>")
_LETTERS = re.compile(r"[^\W_]+")

_ELLIPSIS = r"(?:\[\s*(?:…|\.{2,3}|&hellip;)\s*\]|\(\s*(?:…|\.{3})\s*\)|…|\.{3})"
_INVITATION = (
    r"(?:lue|katso)\s+(?:koko\s+|lisää\s+)?(?:lisää|juttu|artikkeli|kirjoitus|uutinen|blogi\w*|tästä)"
    r"|(?:jatka\s+lukemista|fortsätt\s+läsa|continue\s+reading)(?:\s[^.!?]{0,160})?|lisätietoja\s+täällä"
    r"|läs\s+(?:hela\s+)?(?:mera?|vidare|artikeln|inlägget|nyheten)"
    r"|read\s+(?:the\s+)?(?:more(?:\s+here)?|full\s+\w+|rest)|\(more\s*(?:…|\.{3})?\)"
)
_ARROWS = r"[\s:.…>»›→⟶⇒\])-]*"
# WordPress and Yoast sign each item in the language of the site.
_SIGNATURE = re.compile(
    r"\s*(?:the\s+post\s.{1,400}?\s(?:first\s+appeared|appeared\s+first)\s+(?:on|in)\s.{1,200}"
    r"|(?:artikkeli|julkaisu|kirjoitus|postaus)\s.{1,400}?\s"
    r"(?:julkaistiin|ilmestyi|näkyi|esiintyi)\s+(?:ensin|ensimmäise\w+(?:\s+kerran)?"
    r"|ensimmäiseksi|alun\s+perin|alunperin)\s.{1,200}"
    r"|(?:inlägget|artikeln)\s.{1,400}?\s(?:dök\s+först\s+upp|publicerades\s+först"
    r"|visades\s+först|först\s+publicerad\w*|dök\s+upp\s+först)\s+(?:på|i)\s.{1,200})$",
    re.IGNORECASE | re.DOTALL,
)
# An invitation begins after a sentence, a bracket or an ellipsis, or with a capital letter.
_INVITED = re.compile(
    rf"(?:^|(?<=[.!?…\]»>)”\"])|(?<=\s)(?-i:(?=[A-ZÅÄÖ\[(<«])))\s*(?:{_ELLIPSIS}\s*)?[\[(<«]?\s*"
    rf"(?:{_INVITATION})(?:\s*[:\"”“»]\s*[^.!?]{{0,160}})?{_ARROWS}$",
    re.IGNORECASE,
)
_BROKEN_OFF = re.compile(rf"\s*{_ELLIPSIS}{_ARROWS}$")
# Each kind of residue with how far from the end it can begin and the words it cannot do without.
_RESIDUE = (
    (_SIGNATURE, 800, ("appeared", "ensi", "alun", "först")),
    (_INVITED, 280, ("lue", "katso", "jatka", "lisätietoja", "läs", "fortsätt", "read", "more")),
    (_BROKEN_OFF, 40, ("…", "...", "..")),
)
# Two paragraphs whose tags were taken off and nothing put between.
_GLUED = re.compile(r"[a-zåäö]{2}[.!?][A-ZÅÄÖ][a-zåäö]")
_LEADING_GAP = re.compile(rf"^\s*{_ELLIPSIS}\s*")
_SENTENCE_END = re.compile(r"(?<=[^\W\d_][.!?…])[\"”’»)\]]*\s+(?=[\"”’»«(\[–-]*\s*[^\W_a-zåäö])")
_ABBREVIATIONS = re.compile(
    r"(?:^|[\s(])(?:esim|ks|mm|nk|ns|ym|yms|jne|ko|vrt|tri|prof|dos|os|n|klo|puh|p|v|s|huom|kts"
    r"|t\.ex|bl\.a|dvs|m\.fl|osv|s\.k|jfr|kl|tel|ca|nr|st|mr|mrs|ms|dr|e\.g|i\.e|vs|no|[a-zåäö])\.$",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Title:
    """A title as plain text; ``markup`` is the first HTML tag that stood in it, or ``""``."""

    text: str
    markup: str = ""


def title_of(value: str) -> Title:
    """Return a title as plain text on one line, in NFC, with entities decoded as often as needed.

    ``text`` is empty only if nothing is left. What is no known tag (``<3``, ``a < b``) stays, and
    so does a tag that the title speaks of.
    """
    text, markup = _decoded(value)
    shown = tidy(text)
    # Else a link to press would be there for nobody to see.
    shown = "" if _FILLING.fullmatch(shown) else shown
    return Title(text=_cut(shown, _LONGEST_TITLE), markup=markup)


def _decoded(text: str) -> tuple[str, str]:
    """Return ``text`` without tags and entities, even escaped twice, and its first tag."""
    markup = ""
    for _ in range(2):
        tags = (tag[0] for tag in _MARKUP.finditer(text) if not is_mentioned(tag))
        markup = markup or next(tags, "")
        text = _MARKUP.sub(_gap, text)
        if not _ENTITY.search(text):
            break
        text = html.unescape(text)
    return text, markup


def _gap(tag: re.Match[str]) -> str:
    """Return what a removed tag leaves: a space where it began a new line or block. A tag that the
    text speaks of stays."""
    if is_mentioned(tag):
        return tag[0]
    return " " if re.match(r"</?(?:br|p|div|h\d)\b", tag[0], re.IGNORECASE) else ""


def tidy(text: str) -> str:
    """Return ``text`` on one line, in NFC, without soft hyphens and other invisible characters."""
    return " ".join(_visible(text).split())


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    seen = _UNSEEN.sub("", unicodedata.normalize("NFC", text))
    return _HEAP_OF_MARKS.sub(r"\1", seen)


def text_of(safe_html: str) -> str:
    """Return the text of HTML that ``clean`` made: one line a block, nothing but words."""
    marked = _CELL.sub(" ", _LINE.sub("\n", " ".join(safe_html.split())))
    text = _visible(html.unescape(_TAG.sub("", marked)))
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def prose_of(safe_html: str, *, text: str = "", captions: tuple[str, ...] = ()) -> str:
    """Return the sentences of HTML that ``clean`` made, on one line: enough of them for an excerpt.

    Headings, captions, tables, code and lists of links are left out, unless next to nothing else
    is there. Blocks that end in no full stop are told apart by a comma (items of a list) or a dash.

    Args:
        text: what ``text_of`` makes of it, where the caller has that already.
        captions: words under pictures that look like a paragraph, as HTML.
    """
    if text and not captions and not any(tag in safe_html for tag in _BESIDE_SENTENCES):
        return _in_line(text)
    for caption in captions:
        safe_html = safe_html.replace(caption, "", 1)
    markup = _ASIDE.sub(_gap_of_aside, safe_html)
    if len(markup) > _ENOUGH_OF_A_POST:
        markup = markup[: markup.rfind("<", 0, _ENOUGH_OF_A_POST)]
    prose = _joined(_BOLD_LINE.sub(r"\1", markup))
    return prose if len(letters(prose[:200])) >= _FEWEST_LETTERS_OF_PROSE else _joined(safe_html)


def _gap_of_aside(aside: re.Match[str]) -> str:
    """Return what stands for a table, list or code left out: what leads to it breaks off there."""
    announced = aside[1] in ("table", "pre") or aside[2]
    return _LEFT_OUT_TAG if announced else "<p>"


def headings_of(safe_html: str) -> tuple[str, ...]:
    """Return the headings of a post as text, each once, as far as an excerpt could reach."""
    headings = (text_of(heading[2]) for heading in _HEADING.finditer(safe_html[:_ENOUGH_OF_A_POST]))
    return tuple(dict.fromkeys(" ".join(heading.split()) for heading in headings if heading))


def _joined(markup: str) -> str:
    """Return the blocks of ``markup`` on one line, set apart where no full stop does it."""
    flat = " ".join(markup.replace(_LEFT_OUT_TAG, "\0").split()).replace("\0", _LEFT_OUT)
    for tag, sign in (("<li>", _ITEM), ("</li>", _ITEM), ("<br>", _NEW_LINE)):
        flat = flat.replace(tag, sign)
    marked = _TAG.sub("", _LINE.sub("\n", _CELL.sub(" ", flat)))
    return _in_line(html.unescape(marked))


def _in_line(text: str) -> str:
    line = previous = ""
    for piece in _PIECE.findall(text):
        words = " ".join(piece.split())
        breaks = piece[: len(piece) - len(piece.lstrip())]
        if _LEFT_OUT in breaks and line.endswith(":"):
            line = line[:-1] + "…"
        if words and words != previous:
            line += _separator(previous, words, breaks=breaks) + words
            previous = words
        if len(line) > _ENOUGH_OF_A_LINE:
            break
    return line


def _separator(previous: str, text: str, *, breaks: str) -> str:
    """Return what is to stand between the ``text`` of a block and that of the block before."""
    if not previous:
        return ""
    is_short = len(previous) <= _LONGEST_ITEM
    if _ITEM in breaks and "\n" not in breaks and previous[-1].isalnum() and is_short:
        return ", "
    is_wrapped = breaks.strip(" ") == _NEW_LINE and not is_short
    return " " if text[0].islower() or is_wrapped or not _is_open(previous) else " – "


def _is_open(text: str) -> bool:
    """Tell whether ``text`` ends without the end of a sentence, quote or bracket."""
    last = text.rstrip()[-1:]
    return last.isalnum() or last in set("'’%€$&+=/*#@")


@dataclass(frozen=True, kw_only=True, slots=True)
class Excerpt:
    """A beginning that reads as a whole; ``residue`` is what was taken off its end, or ``""``."""

    text: str
    residue: str = ""


def excerpt_of(
    summary: str,
    *,
    prose: str,
    title: str,
    text: str = "",
    headings: tuple[str, ...] = (),
    limit: int = LONGEST_EXCERPT,
) -> Excerpt:
    """Return the summary of a post, or its first sentences where it has none.

    No invitation to read more, no ``[…]`` and no words of buttons are left. A summary that breaks
    off, or was cut by a machine out of ``text`` with its headings, is completed from the prose. At
    most ``limit`` characters, on one line, cut after a sentence, or after a word with an ellipsis;
    a summary that ends in mid-sentence ends so, too.

    Args:
        summary: the prose of the summary; may be empty.
        prose: the sentences of the post.
        text: all its words, headings included; the same as ``prose`` where it is empty.
        headings: those of the post, to be known where a summary has lost its markup.
    """
    own, residue = _beginning(summary)
    is_open = _breaks_off(own)
    is_cut_out = summary != prose and _begins(text, own)
    runs_together = is_cut_out and (not _begins(prose, own) or bool(_GLUED.search(own)))
    if (not own or is_open or runs_together) and summary != prose:
        whole = _beginning(prose)[0]
        if not own or is_cut_out or _begins(prose, own):
            own = whole or own
            is_open = _breaks_off(own)
    own = _without_title(_without_headings(own, headings), title)
    if not any(map(str.isalnum, own)):
        return Excerpt(text="", residue=residue)
    is_label = not residue and len(own) < _LONGEST_LABEL and not _SENTENCE_END.search(own)
    broken = is_open and not is_label
    return Excerpt(text=shortened(own, limit=limit, broken=broken), residue=residue)


def _without_headings(text: str, headings: tuple[str, ...]) -> str:
    """Return ``text`` without headings that stand in it between two sentences."""
    for heading in headings:
        if heading in text and heading[-1] not in ".!?…:":
            between = rf"(?:^|(?<=[.!?…:)] )){re.escape(heading)} (?=[^\W_a-zåäö]|[“”\"(])"
            text = re.sub(between, "", text, count=1)
    return text


def _breaks_off(text: str) -> bool:
    """Tell whether ``text`` ends in mid-sentence, as far as its last sign says."""
    return text[-1:] in set(",;:–-") or (_is_open(text) and "://" not in text.rpartition(" ")[2])


def _begins(text: str, beginning: str) -> bool:
    return letters(text).startswith(letters(beginning))


def shortened(text: str, *, limit: int, broken: bool = False) -> str:
    """Return ``text`` within ``limit``: whole, to a sentence's end, or to a word and ``…``.

    Args:
        broken: True when the text is known to break off; it then gets its ellipsis in any case.
    """
    if len(text) <= limit and not broken:
        return text
    room = text[:limit]
    ends = [end for end in map(re.Match.start, _SENTENCE_END.finditer(text[: limit + 2])) if end]
    ends = [e for e in ends if e <= limit and not _ABBREVIATIONS.search(text[:e][-12:])]
    if ends and ends[-1] * 2 >= len(room):
        closing = re.match(r"[\"”’»)\]]*", text[ends[-1] :])
        return text[: ends[-1] + (len(closing[0]) if closing else 0)][:limit]
    return _cut(text, limit, broken=broken)


def _cut(text: str, limit: int, *, broken: bool = False) -> str:
    """Return ``text`` up to the last whole word that leaves room for an ellipsis."""
    if len(text) <= limit and not broken:
        return text
    room = text[: limit - 1]
    if len(text) >= limit:
        space = room.rfind(" ")
        room = room[:space] if space * 2 > limit else room
    return room.rstrip(" ,;:–-(") + "…"


def _without_residue(text: str) -> tuple[str, str]:
    """Return ``text`` without its invitations and ellipses, and the first of them."""
    taken = ""
    for _ in range(3):
        before = text
        for pattern, reach, words in _RESIDUE:
            start = max(0, len(text) - reach)
            end = text[start:].casefold()
            residue = any(word in end for word in words) and pattern.search(text, start)
            if residue:
                taken = taken or residue[0].strip()
                text = text[: residue.start()].rstrip(" -–|»>")
        if text == before:
            break
    return _LEADING_GAP.sub("", text).strip(), taken


def _beginning(text: str) -> tuple[str, str]:
    """Return as much of ``text`` as an excerpt can need, without the residue at its end, and that.

    The end of a long text is out of an excerpt's sight, and so is what stands there.
    """
    flat = without_button_words(tidy(_decoded(text[: 2 * _ENOUGH_OF_A_LINE])[0]))
    return (flat, "") if len(flat) > _ENOUGH_OF_A_LINE else _without_residue(flat)


def _without_title(text: str, title: str) -> str:
    """Return ``text`` without the title some systems repeat at its start."""
    rest = text[len(title) :].lstrip(" .:–-")
    repeats = len(title) > 8 and text.casefold().startswith(title.casefold())
    return rest if repeats and len(rest) > 40 and not rest[0].islower() else text


def letters(text: str) -> str:
    """Return nothing but the letters and digits of ``text``, case folded, to compare loosely."""
    return "".join(_LETTERS.findall(text[:2000])).casefold()
