"""What makes an entry the same entry tomorrow (P2, P3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.parse.identity import (
    content_hash,
    hash_id,
    links_of,
    normalise_link,
    without_tracking,
)

CANONICAL = "https://blogi.example/2026/juttu"


@pytest.mark.parametrize(
    "written",
    [
        "https://blogi.example/2026/juttu",
        "http://blogi.example/2026/juttu/",
        "https://www.blogi.example/2026/juttu",
        "HTTPS://WWW.Blogi.Example:443/2026/juttu/",
        "http://blogi.example:80//2026/juttu?utm_source=rss&utm_medium=feed",
        "https://blogi.example/2026/juttu?fbclid=abc#kommentit",
        " https://blogi.example./2026/juttu\n",
    ],
)
def test_the_same_page_in_all_its_spellings_is_one_link(written: str) -> None:
    """P3: http/https, www, trailing slash, utm_*"""
    assert normalise_link(written) == CANONICAL


@pytest.mark.parametrize(
    "other",
    [
        "https://blogi.example/2026/Juttu",
        "https://blogi.example/2026/juttu?id=1",
        "https://blogi.example:8080/2026/juttu",
        "https://m.blogi.example/2026/juttu",
    ],
)
def test_another_page_is_another_link(other: str) -> None:
    assert normalise_link(other) not in (None, CANONICAL)


@pytest.mark.parametrize(
    "written", [None, "", "juttu", "/juttu", "mailto:a@b.example", "javascript:1", "http://[", "x:"]
)
def test_what_is_no_web_address_is_none(written: str | None) -> None:
    assert normalise_link(written) is None


def test_parameters_may_come_in_any_order() -> None:
    assert normalise_link("http://a.example/?b=2&a=1") == normalise_link("http://a.example?a=1&b=2")


def test_international_names_have_one_form() -> None:
    assert normalise_link("https://äänekoski.example/") == normalise_link(
        "http://xn--nekoski-4waa.example"
    )


URLS = st.from_regex(
    r"https?://[a-z]{1,8}\.example(:[0-9]{1,4})?(/[a-zA-Z%?&=+#;.!]{0,20}){0,3}", fullmatch=True
)


@given(st.one_of(URLS, st.text(max_size=60)))
def test_normalising_twice_changes_nothing(url: str) -> None:
    once = normalise_link(url)
    assert once is None or normalise_link(once) == once


def test_tracking_parameters_go_and_all_else_stays() -> None:
    """P8"""
    url = "https://a.example/kuva.jpg?w=600&utm_campaign=x&h=4#osa"
    assert without_tracking(url) == "https://a.example/kuva.jpg?w=600&h=4#osa"
    assert without_tracking("https://a.example/?gclid=1") == "https://a.example/"
    untouched = "https://a.example/?b=%20&a=1;c"
    assert without_tracking(untouched) == untouched


def test_white_space_is_no_edit_and_a_letter_is() -> None:
    assert content_hash("Otsikko", "Teksti  on\ntässä") == content_hash(
        "Otsikko", "Teksti on tässä "
    )
    assert content_hash("Otsikko", "Teksti on tässä") != content_hash("Otsikko", "Teksti on tuossa")
    assert content_hash("a", "b") != content_hash("ab", "")


def test_a_hash_id_depends_on_all_its_parts() -> None:
    assert len({hash_id("a", "b"), hash_id("ab", ""), hash_id("a", "c"), hash_id("a")}) == 4


# --- fragments


PAGE = "https://blogi.example/loki"


def pages(*urls: str | None) -> list[str | None]:
    return [link.page for link in links_of(urls)]


def test_fragments_tell_posts_of_one_page_apart() -> None:
    """Decisions, "Entries": part of a link where posts of one feed differ by nothing else."""
    assert pages(f"{PAGE}#1", f"{PAGE}/#2", PAGE, "https://blogi.example/muu#alku") == [
        f"{PAGE}#1",
        f"{PAGE}#2",
        PAGE,
        "https://blogi.example/muu",
    ]


@pytest.mark.parametrize("fragment", ["", "#", "#kommentit", "#utm_source=rss&utm_medium=feed"])
def test_a_fragment_that_no_other_post_differs_in_is_no_part_of_a_link(fragment: str) -> None:
    assert pages(f"{PAGE}{fragment}", None, f"{PAGE}{fragment}") == [PAGE, None, PAGE]


def test_fragments_that_only_say_how_a_reader_came_tell_no_posts_apart() -> None:
    assert pages(f"{PAGE}#utm_source=rss", f"{PAGE}#utm_source=mail", PAGE) == [PAGE] * 3


@pytest.mark.parametrize(
    "fragment", ["comment-12", "comment12", "c3720184", "kommentti-4", "comment:1", "li-comment-7"]
)
def test_a_comment_has_another_link_than_its_post(fragment: str) -> None:
    assert normalise_link(f"{PAGE}#{fragment}") == f"{PAGE}#{fragment}"
