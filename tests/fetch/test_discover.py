"""Which feeds stand behind an address, found without being a nuisance."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.errors import HostBusy, Unreachable
from syndicator.fetch.discover import (
    Candidate,
    discover,
    feed_links,
    looks_like_feed,
    usual_paths,
)
from syndicator.model import Reason, Request, Response

SITE = "https://raahe.example/blogi/"
RSS = b"<?xml version='1.0'?><rss version='2.0'><channel/></rss>"


class Web:
    """url -> body; anything else is a 404, or dead where it says so. Remembers what was asked."""

    def __init__(self, pages: dict[str, bytes], *, busy: int = 0, dead: str = "") -> None:
        self.pages = pages
        self.busy = busy
        self.dead = dead
        self.asked: list[str] = []
        self.waited: list[timedelta] = []

    def get(self, request: Request) -> Response:
        if self.busy:
            self.busy -= 1
            raise HostBusy("raahe.example", timedelta(seconds=1.5))
        self.asked.append(request.url)
        assert not request.validators
        if request.url == self.dead:
            raise Unreachable(request.url, Reason.TIMEOUT, "hangs")
        body = self.pages.get(request.url)
        status = 404 if body is None else 200
        return Response(url=request.url, status=status, headers={}, body=body or RSS)

    def found(self, url: str = SITE) -> tuple[Candidate, ...]:
        return discover(self.get, url, pause=self.waited.append)


def page(*links: str, base: str = "") -> bytes:
    return f"<html><head>{base}{''.join(links)}</head><body>Hei</body></html>".encode()


def link(
    href: str, *, kind: str = "application/rss+xml", title: str = "", rel: str = "alternate"
) -> str:
    return f'<link rel="{rel}" type="{kind}" title="{title}" href="{href}">'


def urls(html: bytes) -> list[str]:
    return [candidate.url for candidate in feed_links(html, base_url=SITE)]


# --- links in a page


def test_feeds_are_named_by_alternate_links_in_their_order() -> None:
    html = page(
        link("/feed/", title="Raahe » syöte"),
        link("atom.xml", kind="application/atom+xml"),
        link("/feed.json", kind="application/feed+json; charset=utf-8"),
    )
    assert feed_links(html, base_url=SITE) == (
        Candidate(
            url="https://raahe.example/feed/",
            title="Raahe » syöte",
            format="application/rss+xml",
        ),
        Candidate(url="https://raahe.example/blogi/atom.xml", format="application/atom+xml"),
        Candidate(url="https://raahe.example/feed.json", format="application/feed+json"),
    )


@pytest.mark.parametrize(
    "tag",
    [
        link("/wp-json/oembed", kind="application/json+oembed"),
        link("/wp-json/wp/v2/pages/2", kind="application/json"),
        link("/sv/", kind="text/html"),
        link("/face.xsl", kind="text/xml", rel="alternate stylesheet"),
        link("/icon", rel="icon"),
        link(""),
        link("javascript:alert(1)"),
        link("file:///etc/passwd"),
        link("http://[::1"),
        '<link rel="alternate" hreflang="sv" href="/sv/">',
        "<!-- " + link("/old-feed/") + " -->",
    ],
)
def test_other_links_are_no_feeds(tag: str) -> None:
    assert urls(page(tag)) == []


@pytest.mark.parametrize(
    "tag",
    [
        link("/comments/feed/", title="Raahe » kommenttien syöte"),
        link("/juttu/feed/", title="Raahe » Kommentit artikkeliin Juttu"),
        link("/inlagg/feed/", title="Raahe » Kommentarsflöde"),
        link("/post/feed/", title="Raahe » Hello Comments Feed"),
        link("/?feed=comments-rss2"),
        link("/feed/?withoutcomments=0"),
    ],
)
def test_comment_feeds_are_left_out(tag: str) -> None:
    assert urls(page(tag, link("/feed/"))) == ["https://raahe.example/feed/"]


def test_a_base_address_is_respected() -> None:
    html = page(link("feed.xml"), base='<base href="https://cdn.example/raahe/">')
    assert urls(html) == ["https://cdn.example/raahe/feed.xml"]


def test_a_feed_named_twice_is_one() -> None:
    assert urls(page(link("/feed/"), link("https://raahe.example/feed/#x"))) == [
        "https://raahe.example/feed/"
    ]


def test_attributes_may_be_written_as_people_write_them() -> None:
    html = b"<LINK HREF=/feed/ TYPE='Application/RSS+XML' REL='Alternate home'>"
    assert urls(html) == ["https://raahe.example/feed/"]


@given(st.binary(max_size=300))
def test_no_page_breaks_the_search(html: bytes) -> None:
    found = [candidate.url for candidate in feed_links(html, base_url=SITE)]

    assert len(found) == len(set(found))
    assert not looks_like_feed(b"\0" + html)


# --- does it look like a feed


@pytest.mark.parametrize(
    "body",
    [
        RSS,
        b"\xef\xbb\xbf\n\n <?xml version='1.0'?>\n<!-- by Drupal -->\n<rss>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'>",
        b"<atom:feed xmlns:atom='http://www.w3.org/2005/Atom'>",
        b"<?xml version='1.0'?><rdf:RDF xmlns='http://purl.org/rss/1.0/'>",
        b'{"version": "https://jsonfeed.org/version/1.1", "items": []}',
        "<?xml version='1.0' encoding='utf-16'?><rss>".encode("utf-16"),
    ],
)
def test_feeds_look_like_feeds(body: bytes) -> None:
    assert looks_like_feed(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html><head><title>rss</title>",
        b"<html><link type='application/rss+xml' href='/feed/'>",
        b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>",
        b'{"items": []}',
        b"see https://jsonfeed.org/version/1.1",
        b"<opml version='2.0'>",
    ],
)
def test_other_documents_do_not(body: bytes) -> None:
    assert not looks_like_feed(body)


# --- the search


def test_an_address_that_is_a_feed_is_the_answer() -> None:
    web = Web({SITE: RSS})
    assert [one.url for one in web.found()] == [SITE]
    assert web.asked == [SITE]


def test_a_page_answers_with_the_feeds_it_names_if_they_are_feeds() -> None:
    html = page(link("/feed/", title="Blogi"), link("/dead/"), link("/page/"), link("/gone/"))
    web = Web(
        {SITE: html, "https://raahe.example/feed/": RSS, "https://raahe.example/page/": html},
        dead="https://raahe.example/dead/",
    )
    assert web.found() == (
        Candidate(url="https://raahe.example/feed/", title="Blogi", format="application/rss+xml"),
    )
    assert len(web.asked) == 5, "nothing is guessed where the page names a feed"


def test_the_usual_places_are_tried_once_each_until_one_answers_f5() -> None:
    web = Web({SITE: page(), "https://raahe.example/rss.xml": RSS})
    assert [one.url for one in web.found()] == ["https://raahe.example/rss.xml"]
    assert len(web.asked) == len(set(web.asked))
    assert web.asked[-1] == "https://raahe.example/rss.xml"


def test_nothing_found_is_an_empty_answer_after_few_requests_f5() -> None:
    web = Web({SITE: page()})
    assert web.found() == ()
    assert len(web.asked) <= 10


def test_a_page_with_a_hundred_links_costs_five_requests() -> None:
    web = Web(
        {
            SITE: page(*(link(f"/feed{n}/") for n in range(100))),
            **{f"https://raahe.example/feed{n}/": RSS for n in range(100)},
        }
    )
    assert len(web.found()) == 5
    assert len(web.asked) == 6


def test_a_busy_host_is_waited_for_a_little() -> None:
    web = Web({SITE: RSS}, busy=3)
    assert len(web.found()) == 1
    assert web.waited == [timedelta(seconds=1.5)] * 3


def test_a_host_that_stays_busy_is_not_waited_for_long() -> None:
    web = Web({SITE: RSS}, busy=100)
    with pytest.raises(HostBusy):
        web.found()
    assert sum(web.waited, timedelta(0)) <= timedelta(seconds=10)


def test_an_address_that_is_dead_says_so() -> None:
    with pytest.raises(Unreachable):
        Web({}, dead=SITE).found()


@pytest.mark.parametrize(
    ("url", "first"),
    [
        ("https://raahe.example/", "https://raahe.example/feed/"),
        ("https://raahe.example/blogi/", "https://raahe.example/blogi/feed/"),
        ("https://raahe.example/blogi", "https://raahe.example/blogi/feed/"),
        ("https://raahe.example/fi/index.html", "https://raahe.example/fi/feed/"),
        ("https://raahe.example/index.php?a=b", "https://raahe.example/feed/"),
    ],
)
def test_the_pages_own_folder_comes_before_the_root(url: str, first: str) -> None:
    paths = usual_paths(url)
    assert paths[0] == first
    assert "https://raahe.example/rss.xml" in paths
    assert len(paths) == len(set(paths))
