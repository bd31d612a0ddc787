"""Which feeds stand behind an address: the page's own links first, then the usual places, once."""

from __future__ import annotations

import codecs
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from urllib.parse import urljoin, urlsplit

import lxml.etree

from syndicator.errors import FetchFailed, HostBusy, Refused, Unreachable
from syndicator.fetch.url import target
from syndicator.model import Monotonic, Pause, Reason, Request, Response

Get = Callable[[Request], Response]

FEED_TYPES = frozenset(
    {
        "application/rss+xml",
        "application/atom+xml",
        "application/rdf+xml",
        "application/feed+json",
        "application/xml",
        "text/xml",
    }
)

PATIENCE = timedelta(seconds=10)
"""Longest wait for a host's turn; a person looks on."""

LONGEST_SEARCH = timedelta(seconds=25)
"""Longest time for a page and all that it leads to, by the clock on the wall."""

_MOST_LINKS = 5
_PAGE_BYTES = 1024 * 1024
_HEAD_BYTES = 2048
_ROOT_PATHS = (
    "/feed/",
    "/rss.xml",
    "/fi/rss.xml",
    "/atom.xml",
    "/feed.xml",
    "/feed.json",
    "/blog-feed.xml",
)
_COMMENT_URL = re.compile(r"/comments?/|/comments?\.xml|feed=comments|withoutcomments=0", re.I)
_COMMENT_TITLE = re.compile(r"komment(?:it|ti|ter|tien|ien|eista|arer|arsfl)|comments?\b", re.I)
_FEED_START = re.compile(
    r"<(?:rss|feed|rdf:RDF|\w+:feed)[\s>]|https?://jsonfeed\.org/version/", re.I
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A feed that may be meant. ``format`` is its media type as the page says, ``""`` unknown.

    ``response`` is the answer in which we saw it; ``None`` until somebody looked.
    """

    url: str
    title: str = ""
    format: str = ""
    response: Response | None = field(default=None, compare=False, repr=False)


def discover(
    get: Get,
    url: str,
    *,
    pause: Pause | None = None,
    clock: Monotonic = time.monotonic,
    within: timedelta = LONGEST_SEARCH,
) -> tuple[Candidate, ...]:
    """Return the feeds found at ``url``, the likeliest first; each was fetched and looks like one.

    ``url`` may be a feed itself. The usual places are tried only where the page names no feed, and
    only until the first one answers (F5: guessing happens once, at registration). What was found
    when the time is over is all there is.

    Args:
        get: the guarded GET.
        pause: waits until a host has time for us again.
        clock: monotonic seconds.
        within: how long the whole search may take.

    Raises:
        FetchFailed: ``url`` itself gave no answer, or nothing was found before the time was over.
        HostBusy: the host is taken for longer than a person would wait.
    """
    search = _Search(
        get=get,
        pause=pause or (lambda wait: time.sleep(wait.total_seconds())),
        clock=clock,
        deadline=clock() + within.total_seconds(),
    )
    page = search.ask(url)
    if looks_like_feed(page.body):
        return (Candidate(url=page.url, format=page.content_type or "", response=page),)
    linked = feed_links(page.body[:_PAGE_BYTES], base_url=page.url)[:_MOST_LINKS]
    feeds = tuple(search.working(linked))
    if not feeds:
        guesses = (Candidate(url=guess) for guess in usual_paths(page.url))
        feeds = tuple(islice(search.working(guesses), 1))
    if not feeds and not search.left:
        raise Unreachable(url, Reason.TIMEOUT, f"no feed within {within.total_seconds():g} s")
    return feeds


def feed_links(html: bytes, *, base_url: str) -> tuple[Candidate, ...]:
    """Return the feeds that a page names by ``<link rel="alternate">``, in its order, each once.

    Comment feeds look alike and are left out. Addresses are absolute, seen from ``<base href>``.
    """
    root = _parsed(html)
    if root is None:
        return ()
    base = next((_text(tag, "href") for tag in root.iter("base") if _text(tag, "href")), "")
    origin = _joined(base_url, base) or base_url
    links: dict[str, Candidate] = {}
    for link in root.iter("link"):
        candidate = _candidate(link, origin)
        if candidate is None or _COMMENT_URL.search(candidate.url):
            continue
        if not _COMMENT_TITLE.search(candidate.title):
            links.setdefault(candidate.url, candidate)
    return tuple(links.values())


def usual_paths(url: str) -> tuple[str, ...]:
    """Return where a feed usually stands for a site like ``url``: its own folder, then the root."""
    parts = urlsplit(url)
    folder = parts.path.rsplit("/", 1)[0] if "." in parts.path.rsplit("/", 1)[-1] else parts.path
    folder = folder.rstrip("/")
    root = f"{parts.scheme}://{parts.netloc}"
    own = (f"{folder}/feed/", f"{folder}/rss.xml") if folder else ()
    return tuple(dict.fromkeys(root + path for path in (*own, *_ROOT_PATHS)))


def looks_like_feed(body: bytes) -> bool:
    """Return True if ``body`` begins like RSS, RDF, Atom or JSON Feed, in whatever encoding."""
    head = body[:_HEAD_BYTES]
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if wide else "latin-1", "ignore").lstrip("\ufeffï»¿ \t\r\n")
    return text.startswith(("<", "{")) and _FEED_START.search(text) is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Search:
    """One search and the moment of ``clock`` at which it has to be over."""

    get: Get
    pause: Pause
    clock: Monotonic
    deadline: float

    @property
    def left(self) -> timedelta:
        return timedelta(seconds=max(0.0, self.deadline - self.clock()))

    def working(self, candidates: Iterable[Candidate]) -> Iterator[Candidate]:
        """Yield those that answer with what looks like a feed, until the time is over."""
        for candidate in candidates:
            if not self.left:
                return
            try:
                answer = self.ask(candidate.url)
            except FetchFailed:
                continue  # a dead link or guess is no feed; the page itself did answer
            if answer.status == 200 and looks_like_feed(answer.body):
                yield replace(candidate, url=answer.url, response=answer)

    def ask(self, url: str) -> Response:
        waited = timedelta(0)
        while True:
            try:
                return self.get(Request(url=url, within=self.left))
            except HostBusy as busy:
                waited += busy.wait
                if waited > PATIENCE:
                    raise
                if busy.wait >= self.left:
                    raise Unreachable(url, Reason.TIMEOUT, "its host had no turn in time") from busy
                self.pause(busy.wait)


def _parsed(html: bytes) -> lxml.etree._Element | None:
    parser = lxml.etree.HTMLParser(
        no_network=True, huge_tree=False, recover=True, encoding=_encoding(html)
    )
    try:
        return lxml.etree.fromstring(html, parser)
    except (lxml.etree.XMLSyntaxError, ValueError):
        return None


def _encoding(html: bytes) -> str | None:
    """Return ``utf-8`` for what is UTF-8; libxml2 would take an undeclared page for latin-1."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(html)  # it may be cut within a letter
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _candidate(link: lxml.etree._Element, origin: str) -> Candidate | None:
    relations = _text(link, "rel").lower().split()
    kind = _text(link, "type").split(";")[0].strip().lower()
    if "alternate" not in relations or "stylesheet" in relations or kind not in FEED_TYPES:
        return None
    url = _joined(origin, _text(link, "href"))
    return Candidate(url=url, title=_text(link, "title"), format=kind) if url else None


def _text(tag: lxml.etree._Element, name: str) -> str:
    return " ".join((tag.get(name) or "").split())


def _joined(base: str, href: str) -> str | None:
    if not href:
        return None
    try:
        return target(urljoin(base, href)).wire
    except (ValueError, Refused):
        return None
