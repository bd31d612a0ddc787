"""HTML of strangers made safe (P8)."""

from __future__ import annotations

import re

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.parse.clean import clean_html, html_of, join

BASE = ("https://blogi.example/2026/juttu",)


def cleaned(markup: str, *bases: str) -> str:
    return clean_html(markup, bases=bases or BASE).html


@pytest.mark.parametrize(
    "harm",
    [
        "<script>alert(1)</script>",
        "<SCRIPT/x>alert(1)</SCRIPT>",
        "<style>*{display:none}</style>",
        "<iframe src='https://evil.example'></iframe>",
        "<form action='/'><input name=p><button>Lähetä</button></form>",
        "<svg><script>1</script><a xlink:href='javascript:1'>x</a></svg>",
        "<math><mtext><style><img src=x onerror=1></style></mtext></math>",
        "<object data='x.swf'></object><embed src='x.swf'>",
        "<video poster='javascript:1' src='x.mp4'></video>",
        "<base href='//evil.example/'><meta http-equiv=refresh content=0><link rel=stylesheet>",
        "<!-- <script>alert(1)</script> -->",
        "<template><script>1</script></template>",
        "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
        "<img src='javascript:alert(1)'>",
        "<img>",
    ],
)
def test_what_acts_is_removed_with_all_that_is_in_it(harm: str) -> None:
    """P8: scripts, styles, forms, frames, plug-ins, comments and their contents."""
    assert cleaned(f"<p>Ennen</p>{harm}<p>Jälkeen</p>") == "<p>Ennen</p><p>Jälkeen</p>"


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", " javascript:1",
        "&#106;avascript:1", "vbscript:1", "data:text/html,<script>1</script>", "file:///etc/passwd",
        "blob:x", "#osa", "http://[", "jav&#x0A;ascript:1",
    ],
)  # fmt: skip
def test_links_that_act_or_lead_nowhere_keep_their_text_only(link: str) -> None:
    """P8: javascript:, data: and their disguises"""
    assert cleaned(f'<a href="{link}">teksti</a>') == "<a>teksti</a>"


@pytest.mark.parametrize("attribute", ["onclick=x()", "style='position:fixed'", "class=a", "id=a"])
def test_handlers_styles_and_names_are_removed(attribute: str) -> None:
    """P8"""
    assert cleaned(f"<p {attribute}>Teksti</p>") == "<p>Teksti</p>"
    image = f'<img src="https://a.example/k.jpg" alt="" {attribute}>'
    assert cleaned(image) == '<img src="https://a.example/k.jpg" alt="">'


@pytest.mark.parametrize(
    "pixel",
    [
        '<img src="https://a.example/p.gif" width="1" height="1">',
        '<img src="https://a.example/p.gif" width=0>',
        '<img src="https://a.example/p.gif" height="1px">',
        '<img src="https://a.example/p.gif" style="display:none">',
        '<img src="https://a.example/p.gif" style="width: 1px; height:1px">',
        '<img src="https://pixel.wp.com/b.gif?host=x">',
        '<img src="https://stats.wordpress.com/b.gif">',
        '<img src="http://feeds.feedburner.com/~r/blogi/~4/abc">',
        '<img src="https://www.facebook.com/tr?id=1&noscript=1">',
        '<img src="https://ad.doubleclick.net/x">',
        '<img src="https://tilastot.kunta.example/matomo.php?idsite=1">',
        '<img src="http://feeds.feedburner.com/~ff/blogi?d=yIl2AUoC8zA">',
        '<img src="http://feeds.feedburner.com/blogi?g=822">',
        '<img src="http://rss.lehti.example/~a/uutiset?i=4gitqb">',
        '<img src="http://ads.pheedo.com/img.phdo?s=0204">',
        '<img src="http://pagead2.googlesyndication.com/pagead/ads?format=468x30_aff_img">',
        '<img src="https://rss.slashdot.org/~r/x">',
        '<img src="https://slashdot.org/slashdot-it.pl?op=discuss">',
        '<img src="https://blogger.googleusercontent.com/tracker/847-12?l=https://x">',
        '<img src="https://a.example/kuvat/spacer.gif" width="300">',
        '<img src="https://a.example/1x1.png">',
        '<img src="https://a.example/p.png" style="width:1px">',
    ],
)
def test_images_that_count_readers_are_removed_and_told(pixel: str) -> None:
    """P8: 1x1 and known beacons"""
    found = clean_html(f"<p>Teksti</p><a href='https://a.example'>{pixel}</a>", bases=BASE)
    assert found.html == "<p>Teksti</p>", "a link around nothing goes too"
    assert len(found.trackers) == 1


def test_an_ordinary_image_of_any_size_stays() -> None:
    image = '<img src="https://stats.kunta.example.fi/" width="100" height="10" alt="x">'
    assert "<img" in cleaned(image.replace("stats.", "kuvat."))


def test_images_keep_their_alt_and_lose_tracking_parameters() -> None:
    """P8"""
    found = clean_html(
        '<img src="https://a.example/k.jpg?utm_source=rss&w=6" alt="Ranta &amp; vene">'
        '<img src="/b.jpg">',
        bases=BASE,
    )
    assert found.html == (
        '<img src="https://a.example/k.jpg?w=6" alt="Ranta &amp; vene">'
        '<img src="https://blogi.example/b.jpg">'
    )
    assert found.images == (
        ("https://a.example/k.jpg?w=6", "Ranta & vene"),
        ("https://blogi.example/b.jpg", ""),
    )
    assert found.without_alt == ("https://blogi.example/b.jpg",)


def test_images_that_a_script_would_load_later_are_shown_at_once() -> None:
    for late in ("data-src", "data-lazy-src", "data-original"):
        lazy = f'<img src="data:image/gif;base64,R0" {late}="/iso.jpg" alt="Ranta">'
        assert clean_html(lazy, bases=BASE).images == (("https://blogi.example/iso.jpg", "Ranta"),)


@pytest.mark.parametrize(
    ("written", "bases", "whole"),
    [
        (
            "k.jpg",
            ("2026/11/", "https://a.example/blogi/"),
            "https://a.example/blogi/2026/11/k.jpg",
        ),
        ("/k.jpg", ("https://a.example/blogi/",), "https://a.example/k.jpg"),
        ("//b.example/k", ("https://a.example/",), "https://b.example/k"),
        ("?p=1", ("https://a.example/x", "https://b.example/"), "https://a.example/x?p=1"),
        ("mailto:a@b.example", ("https://a.example/",), "mailto:a@b.example"),
        ("https://a.example/a b", (), "https://a.example/a%20b"),
    ],
)
def test_relative_addresses_are_resolved_from_the_inside_out(
    written: str, bases: tuple[str, ...], whole: str
) -> None:
    """P8: xml:base, then the entry's link, then the feed"""
    found = clean_html(f'<a href="{written}">x</a>', bases=bases)
    assert found.html == f'<a href="{whole}" rel="noopener noreferrer">x</a>'


def test_headings_stand_under_ours() -> None:
    """P8: the page's own headings are h1 and h2."""
    written = "".join(f"<h{n}>{n}</h{n}>" for n in range(1, 7))
    assert re.findall(r"<h(\d)>(\d)", cleaned(written)) == [
        ("3", "1"), ("4", "2"), ("5", "3"), ("6", "4"), ("6", "5"), ("6", "6"),
    ]  # fmt: skip


def test_text_that_looks_like_markup_stays_text() -> None:
    code = "<pre>&lt;h1&gt; &lt;img src=x&gt; a &amp;&amp; b</pre>"
    assert cleaned(code) == code
    title = '<abbr title="&lt;h1&gt; &quot;&gt;&lt;img src=x&gt;">h</abbr>'
    assert "<h3>" not in cleaned(title)
    assert "<img" not in cleaned(title)


def test_languages_of_passages_are_kept() -> None:
    assert cleaned('<p lang="sv" dir="ltr">Hej</p>') == '<p lang="sv" dir="ltr">Hej</p>'


def test_plain_text_becomes_paragraphs() -> None:
    assert html_of("Eka <b>\n\n\nToka & kolmas") == "<p>Eka &lt;b&gt;</p><p>Toka &amp; kolmas</p>"


@pytest.mark.parametrize(
    ("plain", "markup"),
    [
        ("Kahvi&nbsp;&amp; pulla", "<p>Kahvi\xa0&amp; pulla</p>"),
        ("Eka<br>toka<br />kolmas", "<p>Eka<br>toka<br>kolmas</p>"),
        ("Loppu.<br clear=all>", "<p>Loppu.<br></p>"),
        ("&lt;br&gt; on rivinvaihto", "<p>&lt;br&gt; on rivinvaihto</p>"),
        (
            "Use the <br> tag or a <br/>-element",
            "<p>Use the &lt;br&gt; tag or a &lt;br/&gt;-element</p>",
        ),
        ("Rivinvaihto: <br> -tunniste", "<p>Rivinvaihto: &lt;br&gt; -tunniste</p>"),
        ("R&D, a=1&copy=2", "<p>R&amp;D, a=1&amp;copy=2</p>"),
    ],
)
def test_breaks_and_entities_in_plain_text_mean_what_they_do_in_html(
    plain: str, markup: str
) -> None:
    """P8: a text that speaks of a tag keeps it as a word."""
    assert html_of(plain) == markup


def test_markup_nested_without_end_costs_no_time_and_keeps_its_words() -> None:
    """P12: nested deeply, a parser as browsers have it takes the square of the depth."""
    deep = clean_html("<div>" * 100_000 + "Sana" + "</div>" * 100_000)
    assert deep.html == "<p>Sana</p>"


def test_markup_nested_without_end_keeps_its_links_pictures_and_paragraphs() -> None:
    """P8: what is flattened reads as before; only the nesting is gone."""
    deep = "<div>" * 1_000 + '<p>Eka &amp; <a href="/b">toka</a></p><img src="/k.jpg" alt="Silta">'
    hidden = "<!-- " + "<b>" * 10 + " --><style>p{}</style>"
    assert cleaned(hidden + deep) == (
        '<p>Eka &amp; <a href="https://blogi.example/b" rel="noopener noreferrer">toka</a></p>'
        '<img src="https://blogi.example/k.jpg" alt="Silta">'
    )


@pytest.mark.parametrize(
    "flat",
    [
        "<!--[if gte mso 9]><xml>"
        + "<w:LsdException Locked='false'/>" * 700
        + "</xml><![endif]-->",
        "<svg viewBox='0 0 1 1'><g>" + "<path d='M0 0'/>" * 600 + "</g></svg>",
        "<svg>" + "<path d='M0 0'>" * 600 + "</svg>",
        "<p>" + "<o:p/>" * 600 + "</p>",
        "<style>" + "<b>" * 600 + "</style>",
    ],
    ids=["word", "drawing", "drawing in old HTML", "namespace", "style"],
)
def test_what_no_reader_sees_costs_a_post_neither_links_nor_formatting(flat: str) -> None:
    """P8: a drawing of hundreds of paths and a comment full of settings nest nothing."""
    post = '<h4>Väli</h4><ul><li><a href="https://a.fi/" rel="noopener noreferrer">a</a></li></ul>'
    written = post.replace("h4", "h2")
    assert cleaned(flat + written).removeprefix("<p></p>") == post


@given(st.lists(st.sampled_from([
    "<div class='sharedaddy'>", "<div>", "</div>", "<p>Jaa Facebookissa</p>", "Share this:", "<ul>",
    "<li>", "</li>", "</ul>", "<a href='https://x.com/share?u=1'>Tweet</a>", "sana", "<p>", "</p>",
    "<img class='emoji' src='/x.png' alt='🙂'>", "<img src='//s.w.org/emoji/1f642.png'>",
    "Normal 0 false false false EN-US", "<!--[if mso]>", "<![endif]-->", "<xml>", "</xml>",
]), max_size=14).map("".join))  # fmt: skip
def test_cleaning_what_is_clean_changes_nothing(markup: str) -> None:
    once = cleaned(markup)
    assert cleaned(once) == once


def test_what_was_harmful_is_named() -> None:
    assert clean_html("<p onclick = 'x'>a</p>").harmful
    assert clean_html("<p>once = 1; on click = 2</p>").harmful == ""
    assert clean_html("<a href='javascript:1'>a</a>").harmful == "javascript:"


TAGS = st.sampled_from(
    ["<p>", "</p>", "<h1>", "</h1>", "<script>", "</script>", "<img src=/a onerror=x>", "<a href=",
     "'x'", '"', ">", "<", "&lt;", "javascript:", "<!--", "-->", "<svg>", "<style>", "</style>",
     "<math>", "<mtext>", "<table>", "<td>", "]]>", "<a href='/x?utm_a=1'>", "sana ", "\x00", "ä"]
)  # fmt: skip


@given(st.lists(TAGS, max_size=30).map("".join))
def test_no_mixture_gets_through(markup: str) -> None:
    """P8: a strict sanitiser finds nothing more to take away."""
    once = cleaned(markup)
    attributes = {"a": {"href"}, "img": {"src"}}
    tags = nh3.ALLOWED_TAGS | {"img"}
    strict = nh3.clean(once, attributes=attributes, url_schemes={"https"}, tags=tags)
    opening = re.compile(r"<[a-z!][^>]*>")
    assert sorted(opening.findall(strict)) == sorted(opening.findall(once))


@pytest.mark.parametrize("url", ["ftp://a.example/x", "javascript:1", "file:///x", "http://["])
def test_no_address_of_another_kind_is_joined(url: str) -> None:
    """P8"""
    assert join("https://a.example/", url) == ""


@given(st.text(max_size=50))
def test_join_gives_a_web_address_or_nothing(url: str) -> None:
    found = join("https://a.example/", url)
    assert found == "" or re.match(r"(https?|mailto|tel):", found)


@pytest.mark.parametrize("turn", "\u061c\u200e\u200f\u202a\u202e\u2066\u2069")
def test_an_address_holds_nothing_that_makes_it_read_as_another(turn: str) -> None:
    """P8: shown as text, in a mail, a turned address would name another host than it leads to."""
    assert join(BASE[0], f"http://{turn}moc.live/{turn}x") == "http://moc.live/x"


@pytest.mark.parametrize(
    ("written", "link"),
    [
        ("https://maija:salasana@raahe.example/p/1?a=b#c", "https://raahe.example/p/1?a=b#c"),
        ("http://raahe.fi@vaara.example:8080/", "http://vaara.example:8080/"),
        ("//m:s@raahe.example/p", "https://raahe.example/p"),
        ("https://a@b@raahe.example/", "https://raahe.example/"),
        ("https://mastodon.example/@raahe", "https://mastodon.example/@raahe"),
        ("mailto:kirjaamo@raahe.example", "mailto:kirjaamo@raahe.example"),
    ],
)
def test_an_address_carries_no_user_name_or_password(written: str, link: str) -> None:
    """S7: a secret in a link is not republished, and no host reads as another."""
    assert join("https://raahe.example/", written) == link
    assert clean_html(f'<a href="{written}">x</a>', bases=("https://raahe.example/",)).links == (
        link,
    )
