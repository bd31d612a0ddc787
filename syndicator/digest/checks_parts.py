"""The two parts of a message: form, size, links, and what mail programs need (E1, E5 to E8)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from itertools import chain, pairwise

import lxml.html
from lxml.etree import ParserError

from syndicator.digest.rendered import LARGEST
from syndicator.digest.sending import Sending
from syndicator.model import SITE_MARK, UNSUBSCRIBE_MARK, Finding, Severity

_FORBIDDEN = ("script", "form", "input", "iframe", "object", "embed", "video", "audio", "base")
_TEMPLATE = re.compile(r"\{\{|\{%|\{#")
_TOKEN = r"[A-Za-z0-9_-]{32,}"


def parts(message: EmailMessage, *, sending: Sending) -> Iterator[Finding]:
    """Yield the faults of a message's parts."""
    kinds = [part.get_content_type() for part in message.iter_parts()]
    outer = message.get_content_type()
    if outer != "multipart/alternative" or kinds != ["text/plain", "text/html"]:
        fact = f"{outer} of {', '.join(kinds) or 'nothing'} instead of text, then HTML"
        yield Finding(about="E1", fact=fact)
    yield from _defects(message)
    texts = {}
    for part in message.walk():
        if not part.is_multipart():
            yield from _encoding(part)
            texts[part.get_content_type()] = _content(part)
    text, html = texts.get("text/plain", ""), texts.get("text/html", "")
    yield from _left_over(text, html)
    if html.strip():
        yield from _page(html, text=text, sending=sending)
    token = sending.token_of(str(message.get("List-Unsubscribe", "")))
    if token:
        yield from _ways_out(text, html, token=token, sending=sending)


def _defects(message: EmailMessage) -> Iterator[Finding]:
    for part in message.walk():
        of_headers = (getattr(value, "defects", ()) for value in part.values())
        for defect in chain(part.defects, *of_headers):
            yield Finding(about="E1", fact=f"{part.get_content_type()}: {type(defect).__name__}")


def _encoding(part: EmailMessage) -> Iterator[Finding]:
    kind, charset = part.get_content_type(), (part.get_content_charset() or "").lower()
    if charset not in ("utf-8", "us-ascii"):
        yield Finding(about="E1", fact=f"{kind} is in {charset or 'no charset'}, not UTF-8")
    encoding = str(part.get("Content-Transfer-Encoding", "7bit")).lower()
    if encoding not in ("quoted-printable", "base64", "7bit"):
        yield Finding(about="E1", fact=f"{kind} is sent as {encoding}")
    if kind == "text/html":
        carried = str(part.get_payload()).replace("\r\n", "\n")
        size = len(carried) + carried.count("\n")
        if size > LARGEST:
            yield Finding(about="E7", fact=f"{size} bytes of HTML, over {LARGEST}")


def _content(part: EmailMessage) -> str:
    try:
        return str(part.get_content())
    except (LookupError, KeyError, ValueError):
        return ""


def _left_over(text: str, html: str) -> Iterator[Finding]:
    for name, content in (("text", text), ("HTML", html)):
        if not content.strip():
            yield Finding(about="E1", fact=f"the {name} part is empty")
        if "\ufffd" in content:
            yield Finding(about="E1", severity=Severity.WARNING, fact=f"the {name} lost a letter")
        if UNSUBSCRIBE_MARK in content:
            yield Finding(about="E6", fact=f"the {name} still has a mark instead of a token")
        if SITE_MARK in content:
            yield Finding(about="E5", fact=f"the {name} still has a mark instead of our address")
    if "<!--" in html:
        yield Finding(about="E8", fact="a mark of a template is left in the HTML")
    if match := _TEMPLATE.search(html):
        # A city may write about templates, and must not stop everybody's issue by it.
        fact = f"{match.group()} of a template or of a post is left in the HTML"
        yield Finding(about="E8", severity=Severity.WARNING, fact=fact)


def _ways_out(text: str, html: str, *, token: str, sending: Sending) -> Iterator[Finding]:
    """Each part has the reader's way out once, and its token stands in no other address.

    What only looks like one is a post's: an editor may leave that out.
    """
    pattern = re.escape(sending.base_url) + rf"/[a-z]+/unsubscribe/({_TOKEN})(?![\w-])"
    for name, content in (("text", text), ("HTML", html)):
        ways = content.count(sending.way_out + token)
        if ways != 1:
            yield Finding(about="E5", fact=f"the {name} has {ways} ways out instead of 1")
        if set(re.findall(pattern, content)) - {token}:
            fact = f"the {name} holds a way out that is not this reader's"
            yield Finding(about="E6", severity=Severity.WARNING, fact=fact)
    if html.count(token) + text.count(token) > 2:
        yield Finding(about="E6", fact="the token stands elsewhere too")


# --- the HTML -------------------------------------------------------------------------------------


def _page(html: str, *, text: str, sending: Sending) -> Iterator[Finding]:
    try:
        page = lxml.html.document_fromstring(html)
    except (ParserError, ValueError) as error:
        yield Finding(about="E8", fact=f"the HTML cannot be parsed: {error}")
        return
    if (page.get("lang") or "").partition("-")[0] != sending.language:
        yield Finding(
            about="E8", fact=f"the document does not say that it is in {sending.language}"
        )
    if not (page.findtext(".//title") or "").strip():
        yield Finding(about="E8", fact="the document has no title")
    yield from _elements(page)
    yield from _pictures(page)
    yield from _headings(page)
    yield from _links(page, text=text)
    styles = [style.text or "" for style in page.iter("style")]
    if not any("color-scheme: dark" in style and "!important" in style for style in styles):
        fact = "no dark rule that would win over inline colours"
        yield Finding(about="E8", severity=Severity.WARNING, fact=fact)


def _elements(page: lxml.html.HtmlElement) -> Iterator[Finding]:
    for tag in _FORBIDDEN:
        if page.find(f".//{tag}") is not None:
            yield Finding(about="E8", fact=f"a <{tag}>, which mail programs take out or distrust")
    for element in page.iter():
        names = [str(name) for name in element.attrib] if isinstance(element.tag, str) else []
        for name in names:
            if name.lower().startswith("on"):
                yield Finding(about="E8", fact=f"<{element.tag} {name}> would run a script")
    sheets = any("stylesheet" in (link.get("rel") or "") for link in page.iter("link"))
    if sheets or any("@import" in (style.text or "") for style in page.iter("style")):
        yield Finding(about="E8", fact="styles that are fetched")
    if any(table.get("role") != "presentation" for table in page.iter("table")):
        yield Finding(about="E8", fact="a layout table that does not say role=presentation")


def _pictures(page: lxml.html.HtmlElement) -> Iterator[Finding]:
    for image in page.iter("img"):
        if image.get("alt") is None:
            yield Finding(about="E8", fact="a picture without words for it")
        if not (image.get("src") or "").startswith("cid:"):
            yield Finding(about="E8", fact="a picture that is fetched, which tells who reads")


def _headings(page: lxml.html.HtmlElement) -> Iterator[Finding]:
    levels = [int(heading.tag[1]) for heading in page.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    if levels.count(1) != 1:
        yield Finding(about="E8", fact=f"{levels.count(1)} headings of the first level")
    if any(after > before + 1 for before, after in pairwise(levels)):
        yield Finding(about="E8", fact="a heading that skips a level")
    if any(not _words(heading) for heading in page.iter("h1", "h2", "h3")):
        yield Finding(about="E8", fact="a heading without words")


def _links(page: lxml.html.HtmlElement, *, text: str) -> Iterator[Finding]:
    words = set(text.split())
    for link in page.iter("a"):
        href = str(link.get("href", "")).strip()
        if not _words(link):
            yield Finding(about="E8", fact=f"a link without words: {href[:80]}")
        if not href.startswith(("https://", "http://", "mailto:")):
            yield Finding(about="E8", fact=f"a link that leads nowhere: {href[:80]}")
        elif href.removeprefix("mailto:") not in words:
            yield Finding(about="E1", fact=f"a link that the text part lacks: {href[:80]}")


def _words(element: lxml.html.HtmlElement) -> str:
    return str(element.text_content()).strip()
