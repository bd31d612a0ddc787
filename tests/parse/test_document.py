"""The whole stage: a body in, a ``ParsedFeed`` out (P1, P2, P4, P7, P12)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.errors import ParseFailed
from syndicator.model import IdKind, ParsedFeed, Reason
from syndicator.parse import document
from syndicator.parse.faults import Code
from syndicator.parse.feed import read_xml
from tests.builders import DEFAULTS


def read(body: bytes | str, *, url: str = "https://blogi.example/feed") -> ParsedFeed:
    raw = body.encode() if isinstance(body, str) else body
    return document.read(raw, content_type=None, url=url, language="fi", defaults=DEFAULTS)


def rss(*items: str, head: str = "<language>fi</language>") -> str:
    channel = f"<title>Blogi</title><link>https://blogi.example/</link>{head}{''.join(items)}"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{channel}</channel></rss>'


def item(title: str = "Juttu", *, n: int = 1, guid: str | None = "", more: str = "") -> str:
    own = "" if guid is None else f'<guid isPermaLink="false">{guid or f"id-{n}"}</guid>'
    return (
        f"<item><title>{title}</title>{own}<link>https://blogi.example/{n}</link>"
        f"<description>Teksti {n}.</description>"
        f"<pubDate>Tue, 24 Nov 2026 07:05:00 +0200</pubDate>{more}</item>"
    )


def codes(feed: ParsedFeed) -> set[str]:
    return {fault.code for fault in feed.faults}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.EMPTY),
        (b" \r\n\t", Reason.EMPTY),
        (b"\xef\xbb\xbf", Reason.EMPTY),
        (b"\x00" * 100, Reason.EMPTY),
        (b"<!DOCTYPE html><html><title>Kirjaudu</title></html>", Reason.NOT_A_FEED),
        (b"<urlset><url></url></urlset>", Reason.NOT_A_FEED),
        (b"Not found", Reason.NOT_A_FEED),
        (b"\x89PNG\r\n\x1a\n\x00\x00", Reason.NOT_A_FEED),
        (b'{"error": "not found"}', Reason.NOT_A_FEED),
        (b'[{"a": 1}]', Reason.NOT_A_FEED),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [', Reason.UNREADABLE),
        (b'{"a":' * 200_000, Reason.UNREADABLE),
    ],
)
def test_what_is_no_feed_says_what_it_is_instead(body: bytes, reason: Reason) -> None:
    with pytest.raises(ParseFailed) as failed:
        read(body)
    assert failed.value.reason is reason


def test_a_feed_without_entries_is_a_feed() -> None:
    assert read(rss()).entries == ()
    assert read(rss()).complete


def test_entries_keep_the_order_of_the_feed() -> None:
    feed = read(rss(item("Eka", n=1), item("Toka", n=2), item("Kolmas", n=3)))
    assert [entry.title for entry in feed.entries] == ["Eka", "Toka", "Kolmas"]


# --- P2: identity


@pytest.mark.parametrize("url", ["https://blogi.example/feed", "http://www.uusi.example/rss.xml"])
@pytest.mark.parametrize(
    "guid", ["juttu-1", "/juttu/1", "?p=12", "urn:uuid:1", "http://x.example/1 "]
)
def test_an_id_stays_as_written_wherever_the_feed_was_fetched(url: str, guid: str) -> None:
    """P2: a blog that moves to https keeps its archive's names."""
    entry = read(rss(item(guid=guid)), url=url).entries[0]
    assert (entry.raw_id, entry.id_kind) == (guid.strip(), IdKind.OWN)


def test_without_an_id_the_canonical_link_stands_in() -> None:
    """P2"""
    entry = read(rss(item(guid=None))).entries[0]
    assert (entry.raw_id, entry.id_kind) == ("https://blogi.example/1", IdKind.LINK)


def test_without_id_and_link_a_hash_of_title_and_date_stands_in() -> None:
    """P2"""
    bare = "<item><title>{}</title><pubDate>{} Nov 2026 07:05:00 +0200</pubDate></item>"
    one, two = (read(rss(bare.format("Juttu", day))).entries[0] for day in (23, 24))
    again = read(rss("<item><title>Muu</title></item>", bare.format("Juttu", 23))).entries[1]
    assert one.id_kind is IdKind.HASH
    assert one.raw_id == again.raw_id
    assert one.raw_id != two.raw_id


def test_ids_are_unique_within_a_document() -> None:
    """P2: two entries under one shared guid but different links are two, told by a fault"""
    feed = read(rss(item(n=1, guid="sama"), item(n=2, guid="sama"), item("M", n=2, guid="sama")))
    ids = [entry.raw_id for entry in feed.entries]
    assert ids[:2] == ["sama", "https://blogi.example/2"]
    assert len(set(ids)) == 3
    assert next(f for f in feed.faults if f.code == Code.GUID_SHARED).count == 2


def test_an_id_without_measure_becomes_a_hash() -> None:
    feed = read(rss(item(guid="x" * 100_000)))
    entry = feed.entries[0]
    assert len(entry.raw_id) < 100
    assert (entry.id_kind, Code.GUID_LONG in codes(feed)) == (IdKind.OWN, True)
    assert entry.raw_id == read(rss(item(guid="x" * 100_000))).entries[0].raw_id


@given(st.lists(st.tuples(st.sampled_from(["", "a", "b"]), st.integers(1, 2)), max_size=8))
def test_whatever_is_shared_ids_differ(pairs: list[tuple[str, int]]) -> None:
    """P2"""
    feed = read(rss(*(item(n=n, guid=guid or None) for guid, n in pairs)))
    assert len({entry.raw_id for entry in feed.entries}) == len(feed.entries) == len(set(pairs))


def test_an_id_made_of_a_title_is_no_link_whatever_it_calls_itself() -> None:
    """P2: some systems write ``isPermaLink="true"`` beside the title."""
    entry = read(rss("<item><title>Uusi silta</title><guid>Uusi silta</guid></item>")).entries[0]
    assert (entry.raw_id, entry.url) == ("Uusi silta", None)
    linked = read(rss("<item><guid>https://blogi.example/1</guid><title>J</title></item>"))
    assert linked.entries[0].url == "https://blogi.example/1"


# --- the content hash: what readers see, and nothing else


def full(markup: str) -> str:
    space = "http://purl.org/rss/1.0/modules/content/"
    return f'<content:encoded xmlns:content="{space}"><![CDATA[{markup}]]></content:encoded>'


def test_white_space_tracking_and_serialisation_are_no_edit() -> None:
    one = '<p>Silta <a href="/x?utm_source=a">avataan</a>.</p>'
    two = "<P>Silta\n <a class=b href='/x?utm_source=b'>avataan</a>.</P>"
    pixel = "<img src=https://pixel.wp.com/b.gif?rand=1>"
    first = read(rss(item("Uusi silta", more=full(one)))).entries[0]
    second = read(rss(item("Uusi  silta ", more=full(two + pixel)))).entries[0]
    assert first.content_hash == second.content_hash


def test_a_corrected_link_or_another_image_is_an_edit() -> None:
    def hashed(markup: str) -> str:
        return read(rss(item(more=full(markup)))).entries[0].content_hash

    link = '<a href="https://a.example/{}">täältä</a>'
    assert hashed(link.format("vanha")) != hashed(link.format("uusi"))
    assert hashed(link.format("x?token=1")) == hashed(link.format("x?token=2")), (
        "made anew each time"
    )
    image = '<p>Kuva</p><img src="https://a.example/{}.jpg">'
    assert hashed(image.format("a")) != hashed(image.format("b"))


@pytest.mark.parametrize(
    ("before", "after"),
    [("Juttu", "Juttu 2"), ("Teksti 1.", "Teksti 1!"), ("blogi.example/1", "blogi.example/2")],
)
def test_another_title_text_or_link_is_an_edit(before: str, after: str) -> None:
    one, two = rss(item()), rss(item().replace(before, after))
    assert read(one).entries[0].content_hash != read(two).entries[0].content_hash


# --- P4: dates


def test_a_date_missing_or_unreadable_is_none_and_told() -> None:
    """P4"""
    pubdate = "<pubDate>Tue, 24 Nov 2026 07:05:00 +0200</pubDate>"
    missing = read(rss(item().replace(pubdate, "")))
    unreadable = read(rss(item().replace(pubdate, "<pubDate>eilen</pubDate>")))
    assert missing.entries[0].published is unreadable.entries[0].published is None
    assert Code.DATE_MISSING in codes(missing)
    assert Code.DATE_UNREADABLE in codes(unreadable)


def test_a_date_that_is_only_updated_is_when_it_was_published() -> None:
    atom = """<feed xmlns="http://www.w3.org/2005/Atom"><title>B</title><entry><id>1</id>
    <title>J</title><updated>2026-11-24T05:05:00Z</updated></entry></feed>"""
    entry = read(atom).entries[0]
    assert entry.published == entry.updated == datetime(2026, 11, 24, 5, 5, tzinfo=UTC)


# --- P7: complete


@pytest.mark.parametrize(
    "body",
    [
        rss(item()).removesuffix("</channel></rss>"),
        rss(item())[:-40],
        rss(item()) + "<b>Warning</b>",
        rss(item("Ju\x08ttu")),
        rss(item("A & B")),
        rss(item("&nbsp;A")),
        rss(item()).encode() + b"\xe4",
        rss(item("Äänekoski ÄÄX")).encode().replace(b"X", b"\xe4"),
    ],
)
def test_an_answer_that_had_to_be_mended_proves_no_deletion(body: str | bytes) -> None:
    """P7: only complete, well-formed answers do."""
    feed = read(body)
    assert not feed.complete
    assert feed.entries, "what could be recovered is kept (P1)"
    assert Code.NOT_WELL_FORMED in codes(feed) or Code.CHARSET_DAMAGED in codes(feed)


@pytest.mark.parametrize(
    "body", [rss(item()), "\n\n" + rss(item()), rss(item("Ä")).encode("latin-1")]
)
def test_an_answer_read_to_its_end_is_complete(body: str | bytes) -> None:
    """P7"""
    assert read(body).complete


def test_a_piece_of_an_entry_makes_no_entry() -> None:
    """Cut before its id, it would stay for ever beside the whole one of the next answer."""
    whole = rss(item(n=1), item("Toinen", n=2))
    for cut in ("Toi", "Toinen</title>", "Toinen</title><guid isPermaLink"):
        feed = read(whole[: whole.index(cut) + len(cut)])
        assert [entry.raw_id for entry in feed.entries] == ["id-1"]


def test_an_entry_says_its_language_where_no_detector_could() -> None:
    """P11"""
    atom = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fi"><title>B</title>
    <entry xml:lang="sv"><id>1</id><title>Bio Rex</title></entry>
    <entry><id>2</id><title>Bio Rex</title></entry></feed>"""
    assert [entry.language for entry in read(atom).entries] == ["sv", "fi"]


# --- P12: hostile bodies cost little, and nothing is loaded


def test_external_entities_are_never_loaded(tmp_path: Path) -> None:
    """P12"""
    secret = tmp_path / "secret"
    secret.write_text("salaisuus")
    feed = read(
        f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>' + rss(item("A &x; B"))[21:]
    )
    assert feed.entries[0].title == "A B"


BOMB = "<!DOCTYPE rss [<!ENTITY l0 'lol'>" + "".join(
    f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10)
)


@pytest.mark.parametrize(
    "body",
    [
        BOMB + "]>" + rss(item("&l9;"))[21:],
        f"<!DOCTYPE rss [<!ENTITY a '{'a' * 100_000}'>]>" + rss(item("&a;" * 10_000))[21:],
        rss(item(more="<description>" + "<a>" * 20_000 + "</a>" * 20_000 + "</description>")),
        rss(item("x" * 1_000_000)),
        rss(item("&lt;" * 50_000 + "&amp;#" * 40_000)),
        rss(item(more="<description>" + "&lt;" * 50_000 + "&amp;#" * 40_000 + "</description>")),
        rss(item(more="<description>" + "&lt;div&gt;" * 50_000 + "</description>")),
        rss(item("<" * 2000)),
        rss(item("&#xD800;&#99999999;")),
        rss(*[item(n=n) for n in range(2000)]),
    ],
    ids=["laughs", "quadratic", "deep", "long", "title", "regex", "divs", "angles", "refs", "many"],
)
def test_a_hostile_body_is_read_all_the_same(body: str) -> None:
    """P12"""
    feed = read(body)
    assert feed.entries
    assert all(len(entry.title) <= 500 and entry.title for entry in feed.entries)


def test_what_feedparser_lets_out_is_said_in_our_words() -> None:
    """P12: half a character written as a reference; ``repair`` keeps it from coming so far."""
    with pytest.raises(ParseFailed) as failed:
        read_xml("<rss><channel><title>a & &#xD800;</title></channel></rss>")
    assert failed.value.reason is Reason.UNREADABLE


def test_a_document_holds_only_so_many_entries() -> None:
    body = rss(
        "<item><guid>{}</guid></item>" * 0,
        *(f"<item><guid>{n}</guid></item>" for n in range(10_050)),
    )
    feed = read(body)
    assert len(feed.entries) == 10_000
    assert not feed.complete
    assert Code.TOO_MANY_ENTRIES in codes(feed)


# --- JSON Feed

VERSION = "https://jsonfeed.org/version/1.1"


KEYS = ["id", "url", "title", "content_html", "summary", "tags", "authors", "date_published"]
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING))
def test_wrong_types_in_json_are_as_good_as_absent(found: dict[str, object]) -> None:
    """P1"""
    feed = read(
        json.dumps({"version": VERSION, "title": "B", "items": [found, {"id": "viimeinen"}]})
    )
    assert feed.entries[-1].raw_id == "viimeinen"


def test_numbers_without_end_cost_nothing() -> None:
    """P12: Python would refuse an integer of a million digits, and a float of them is infinite."""
    digits = "9" * 1_000_000
    feed = read(
        f'{{"version": "{VERSION}", "title": "B", "items": [{{"id": {digits}, "x": 1e999999}}]}}'
    )
    assert len(feed.entries) == 1


def test_halves_of_characters_reach_nobody() -> None:
    """A database could not store them."""
    items = r'[{"id": "a\u0000b", "title": "\udfffC"}]'
    feed = read(rf'{{"version": "{VERSION}", "title": "\ud800B", "items": {items}}}')
    assert (feed.title, feed.entries[0].raw_id, feed.entries[0].title) == ("B", "ab", "C")


def test_a_link_too_long_for_any_reader_is_told_and_left_out() -> None:
    """E7: one post must not fill a mail with its address; a long but honest one stays."""
    honest = "https://blogi.example/" + "a" * 1_900
    long, short = item(n=1), item(n=2)
    long = long.replace("https://blogi.example/1", "https://blogi.example/" + "x" * 20_000)
    short = short.replace("https://blogi.example/2", honest)

    feed = read(rss(long, short))

    assert [entry.url for entry in feed.entries] == [None, honest]
    assert Code.LINK_MISSING in codes(feed)
