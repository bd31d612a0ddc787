"""Whatever a source may have sent: text, addresses, dates and posts for hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import nh3
from hypothesis import strategies as st

from syndicator.model import Edition, Image, Kind, Origin, Post, Tombstone
from tests.publish.samples import NOON, a_post, an_edition, an_origin

NASTY = (
    "",
    " ",
    "\x00\x08\x1f",
    "\ud800",
    "\udfff lone",
    "\ufffe\uffff",
    "\x85\x92\x9f",
    "]]>",
    "<!-- -->",
    "<?xml version='1.0'?>",
    "<!DOCTYPE x [<!ENTITY a 'b'>]>",
    "&amp; &nbsp; &#0; &unknown;",
    "</title></item></channel>",
    "a\r\nb\tc\u2028d",
    "AT&T <3 > \"'",
    "\u202e\u200f\u0000",
    "😀\U0010ffff",
)

texts = st.text(st.characters(), max_size=40) | st.sampled_from(NASTY)

NASTY_ADDRESSES = (
    "",
    "javascript:alert(1)",
    "//host/path",
    "/only/path",
    "http://",
    "http://[::1]/",
    "http://[bad/",
    "http://host:99999/",
    "http://host:x/",
    "https://äänekoski.example/ä ö?q=å|^`{}#ö ö",
    "https://xn--.example/",
    "https://a..b/",
    "https://user:secret@host.example/%zz%41%",
    "HTTPS://HOST.EXAMPLE",
    "http://host.example/<script>\"'",
    "http://host.example/\ud800",
    "http://" + "a" * 300 + ".example/",
    "tag:x,2026:y",
    "mailto:a@b.example",
)

addresses = (
    texts.map(lambda text: "https://blogi.example/" + text)
    | st.sampled_from(NASTY_ADDRESSES)
    | texts
)

zones = st.sampled_from((UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))))

moments = st.datetimes(timezones=zones) | st.sampled_from(
    (datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC))
)

languages = (
    st.none()
    | st.sampled_from(
        ("fi", "sv", "en", "fi-FI", "sv_FI", "zz", "FI", "x-klingon", "nb-NO-nynorsk", "", "se")
    )
    | texts
)


def sanitised(source: str) -> str:
    """Return HTML as cleaning leaves it, but with relative addresses still in it."""
    return nh3.clean(source.encode("utf-8", "replace").decode())


html = texts | st.builds(
    '<p title="{}">{}</p><a title="{}" href="{}">x</a><img alt="" src="{}">'.format,
    texts,
    texts,
    texts,
    addresses,
    addresses,
).map(sanitised)


@st.composite
def origins(draw: st.DrawFn) -> Origin:
    """An origin with anything in any field."""
    return an_origin(
        key=draw(texts),
        city=draw(st.none() | texts),
        title=draw(texts),
        feed_url=draw(addresses),
        home=draw(st.none() | addresses),
        feed_id=draw(st.none() | addresses),
        updated=draw(moments),
        kind=draw(st.sampled_from(Kind)),
    )


@st.composite
def posts(draw: st.DrawFn, number: int) -> Post:
    """A post with anything in any field; its id is ours and therefore unique."""
    return a_post(
        number,
        url=draw(addresses),
        title=draw(texts),
        excerpt=draw(texts),
        content_html=draw(html),
        language=draw(languages),
        authors=tuple(draw(st.lists(texts, max_size=3))),
        categories=tuple(draw(st.lists(texts, max_size=3))),
        published=draw(st.none() | moments),
        updated=draw(moments),
        recency=draw(moments),
        origin=draw(st.just(an_origin()) | origins()),
        others=tuple(draw(st.lists(origins(), max_size=1))),
        translations=tuple(draw(st.lists(st.tuples(texts | st.just("sv"), addresses), max_size=2))),
        image=draw(st.none() | st.builds(Image, url=addresses, alt=texts)),
        rights=draw(st.none() | texts),
    )


@st.composite
def editions(draw: st.DrawFn) -> Edition:
    """An edition of up to four such posts, with tombstones and archives."""
    size = draw(st.integers(min_value=0, max_value=4))
    return an_edition(
        *(draw(posts(number)) for number in range(1, size + 1)),
        tombstones=tuple(
            Tombstone(public_id=f"gone{n}", at=NOON - timedelta(days=n))
            for n in range(draw(st.integers(min_value=0, max_value=2)))
        ),
        months=draw(st.sampled_from(((), ("2026-11",), ("2026-11", "2026-10")))),
    )
