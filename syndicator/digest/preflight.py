"""What is wrong with a message, checked on the very bytes that would be sent.

    bytes --parsed--> Message | headers, parts | what it must agree with > Findings

    E1 form and text part  E2 headers stay whole  E3 who sends  E4 the list's headers
    E5 the way out         E6 the token           E7 size       E8 what mail programs need

Nothing is sent while one of them is an ERROR. Each finding names the rule it breaks and the
fact, so that an editor can tell somebody what to mend.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from itertools import chain, pairwise
from urllib.parse import urlsplit

import lxml.html
from lxml.etree import ParserError

from syndicator.digest.rendered import LARGEST
from syndicator.model import SITE_MARK, UNSUBSCRIBE_MARK, Finding, Severity

LONGEST_LINE = 998
"""RFC 5322 2.1.1."""

ONE_CLICK = "List-Unsubscribe=One-Click"
"""RFC 8058 3.1."""

LONGEST_ENCODED_WORD = 75
LONGEST_SUBJECT = 120

_NEEDED = {
    "E3": ("From", "To", "Date", "Message-ID", "Subject", "MIME-Version"),
    "E4": (
        "List-Id",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-Archive",
        "Feedback-ID",
        "Precedence",
    ),
}
_ALLOWED = frozenset(
    name.lower()
    for name in (
        *(name for names in _NEEDED.values() for name in names),
        "Auto-Submitted",
        "Content-Language",
        "Content-Transfer-Encoding",
        "Content-Type",
        "DKIM-Signature",
        "List-Help",
        "List-Owner",
        "List-Subscribe",
        "Reply-To",
        "Sender",
    )
)
_WHOLE = ("message-id", "list-unsubscribe", "list-unsubscribe-post", "list-archive")
_ENCODED_WORD = re.compile(rb"=\?[^?\s]+\?[bq]\?[^?\s]*\?=", re.IGNORECASE)
_LIST_ID = re.compile(r"<[A-Za-z0-9._-]+\.[A-Za-z0-9._-]+>\s*$")

_FORBIDDEN = ("script", "form", "input", "iframe", "object", "embed", "video", "audio", "base")
_TEMPLATE = re.compile(r"\{\{|\{%|\{#")
_TOKEN = r"[A-Za-z0-9_-]{32,}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """What a message must agree with.

    Args:
        sender: the address in From.
        host: ends our Message-IDs; the domain of the network's ids.
        base_url: where our pages are, without a trailing slash.
        language: of the variant.
        examples: settings that still are examples (``digest[1].sender``), as an editor reads them.
        signs: we sign ourselves, so a message without a signature is a fault.
    """

    sender: str
    host: str
    base_url: str
    language: str
    examples: tuple[str, ...] = ()
    signs: bool = False

    @property
    def at_home(self) -> bool:
        """True where our pages are on this very machine: nothing there can reach anybody."""
        host = urlsplit(self.base_url).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def way_out(self) -> str:
        """What the address of the way out begins with; a token follows."""
        return f"{self.base_url}/{self.language}/unsubscribe/"

    def token_of(self, list_unsubscribe: str) -> str:
        """Return the reader's token in that header, or an empty string."""
        token = re.search(rf"<{re.escape(self.way_out)}({_TOKEN})>", list_unsubscribe)
        return token[1] if token else ""

    @property
    def unless_at_home(self) -> Severity:
        """ERROR, but WARNING where nothing can reach anybody anyway."""
        return Severity.WARNING if self.at_home else Severity.ERROR


def preflight(message: bytes, *, sending: Sending) -> tuple[Finding, ...]:
    """Return every fault of a message; empty if it may go.

    Args:
        message: as it would be handed to the relay, addressed to somebody.
        sending: what it must agree with.
    """
    faults = [
        Finding(about="E3", severity=sending.unless_at_home, fact=f"{example} still is an example")
        for example in sending.examples
    ]
    faults += _bytes(message)
    try:
        parsed = BytesParser(policy=SMTP).parsebytes(message)
    except (MessageError, ValueError, LookupError) as error:
        return (*faults, Finding(about="E1", fact=f"it cannot be parsed: {error}"))
    assert isinstance(parsed, EmailMessage)
    head = message.partition(b"\r\n\r\n")[0]
    faults += _headers(parsed, head=head, sending=sending)
    faults += _parts(parsed, sending=sending)
    return tuple(dict.fromkeys(faults))


def _bytes(message: bytes) -> Iterator[Finding]:
    if b"\x00" in message:
        yield Finding(about="E1", fact="a NUL byte")
    lines = message.split(b"\r\n")
    if any(b"\r" in line or b"\n" in line for line in lines):
        yield Finding(about="E1", fact="a line that does not end in CRLF")
    longest = max(map(len, lines))
    if longest > LONGEST_LINE:
        yield Finding(about="E1", fact=f"a line of {longest} bytes, over {LONGEST_LINE}")
    if any(byte > 126 for byte in message):
        yield Finding(about="E1", fact="bytes that only 8BITMIME would carry")


# --- the head: who it is from, how it is left, nothing slipped in (E1-E5) -------------------------


def _headers(message: EmailMessage, *, head: bytes, sending: Sending) -> Iterator[Finding]:
    """Yield the faults of a message's head.

    Args:
        head: its bytes, without the empty line that ends it.
    """
    yield from _form(message, head)
    yield from _present(message, sending)
    yield from _from_and_ids(message, sending)
    yield from _lists(message, sending)
    yield from _signed(message, sending)


def _form(message: EmailMessage, head: bytes) -> Iterator[Finding]:
    """No newline from a feed ever reaches a header, so there is none we did not write."""
    for name, number in Counter(name.lower() for name, _ in message.items()).items():
        if name not in _ALLOWED:
            yield Finding(about="E1", fact=f"a header that is not ours: {name}")
        if number > 1 and name != "dkim-signature":
            yield Finding(about="E1", fact=f"{name} stands {number} times")
    for word in _ENCODED_WORD.findall(head):
        if len(word) > LONGEST_ENCODED_WORD:
            yield Finding(about="E1", fact=f"an encoded word of {len(word)} letters")
    for line in re.split(rb"\r\n(?![ \t])", head):
        field = line.partition(b":")[0].decode("ascii", "replace")
        if field.lower() in _WHOLE and (b"\r\n" in line or _ENCODED_WORD.search(line)):
            yield Finding(about="E2", fact=f"{field} is folded or encoded")


def _present(message: EmailMessage, sending: Sending) -> Iterator[Finding]:
    def severity_of(name: str) -> Severity:
        # It may stand beside https alone (RFC 8058 3.1), and this machine's own pages have none.
        return sending.unless_at_home if name == "List-Unsubscribe-Post" else Severity.ERROR

    for rule, names in _NEEDED.items():
        for name in names:
            if not str(message.get(name, "")).strip():
                yield Finding(about=rule, severity=severity_of(name), fact=f"{name} is missing")


def _from_and_ids(message: EmailMessage, sending: Sending) -> Iterator[Finding]:
    senders = [address.addr_spec for address in getattr(message["From"], "addresses", ())]
    if senders != [sending.sender]:
        yield Finding(about="E3", fact=f"From is {', '.join(senders) or 'nobody'}")
    readers = getattr(message["To"], "addresses", ())
    if len(readers) != 1:
        yield Finding(about="E3", fact=f"{len(readers)} recipients in To")
    given = str(message.get("Message-ID", "")).strip()
    if not re.fullmatch(rf"<[^<>\s@]+@{re.escape(sending.host)}>", given):
        yield Finding(about="E3", fact=f"Message-ID does not end in @{sending.host}")
    try:
        if parsedate_to_datetime(str(message["Date"])).tzinfo is None:
            yield Finding(about="E3", fact="Date has no time zone")
    except (ValueError, TypeError):
        yield Finding(about="E3", fact="Date is no date")
    subject = str(message.get("Subject", ""))
    if len(subject) > LONGEST_SUBJECT:
        yield Finding(about="E1", fact=f"a subject of {len(subject)} letters")


def _lists(message: EmailMessage, sending: Sending) -> Iterator[Finding]:
    ways = re.findall(r"<([^<>\s]+)>", str(message.get("List-Unsubscribe", "")))
    ours = [way for way in ways if way.startswith(sending.way_out)]
    if not sending.token_of(str(message.get("List-Unsubscribe", ""))):
        yield Finding(about="E5", fact=f"List-Unsubscribe has no way out under {sending.way_out}")
    if ours and not all(way.startswith("https://") for way in ours):
        fact = "the one-click way out is not https"
        yield Finding(about="E4", severity=sending.unless_at_home, fact=fact)
    if not any(way.startswith("mailto:") for way in ways):
        yield Finding(about="E4", fact="List-Unsubscribe has no mailto")
    if str(message.get("List-Unsubscribe-Post", "")).strip() not in ("", ONE_CLICK):
        yield Finding(about="E4", fact=f"List-Unsubscribe-Post is not {ONE_CLICK}")
    if message.get("List-Id") and not _LIST_ID.search(str(message["List-Id"])):
        yield Finding(about="E4", fact="List-Id does not end in an id")


def _signed(message: EmailMessage, sending: Sending) -> Iterator[Finding]:
    """A signature must cover the way out, or receivers do not offer the one-click one."""
    signatures = [str(value) for value in message.get_all("DKIM-Signature", [])]
    if sending.signs and not signatures:
        yield Finding(about="E4", fact="it is not signed, though we sign")
    for signature in signatures:
        tags = dict(
            tag.strip().split("=", 1)
            for tag in re.sub(r"\s+", "", signature).split(";")
            if "=" in tag
        )
        covered = {name.lower() for name in tags.get("h", "").split(":")}
        for name in ("from", "list-unsubscribe", "list-unsubscribe-post"):
            if name not in covered:
                yield Finding(about="E4", fact=f"its signature does not cover {name}")


# --- the parts: form, size, and what mail programs need (E1, E5-E8) -------------------------------


def _parts(message: EmailMessage, *, sending: Sending) -> Iterator[Finding]:
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
        for defect in (*part.defects, *chain.from_iterable(of_headers)):
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
    if mark := _TEMPLATE.search(html):
        # A city may write about templates, and must not stop everybody's issue by it.
        fact = f"{mark.group()} of a template or of a post is left in the HTML"
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
    words_of_text = set(text.split())
    for link in page.iter("a"):
        href = str(link.get("href", "")).strip()
        if not _words(link):
            yield Finding(about="E8", fact=f"a link without words: {href[:80]}")
        if not href.startswith(("https://", "http://", "mailto:")):
            yield Finding(about="E8", fact=f"a link that leads nowhere: {href[:80]}")
        elif href.removeprefix("mailto:") not in words_of_text:
            yield Finding(about="E1", fact=f"a link that the text part lacks: {href[:80]}")


def _words(element: lxml.html.HtmlElement) -> str:
    return str(element.text_content()).strip()
