"""What a mail says, in which language, marked up how (E8, promise 9)."""

from __future__ import annotations

from dataclasses import replace

import lxml.html
import pytest

from syndicator.model import UNSUBSCRIBE_MARK, Post
from tests.builders import LANGUAGES
from tests.digest.issues import BASE, an_issue, mail_of, post_from
from tests.found import elements, strings
from tests.publish.samples import an_origin


def page(*posts: Post, language: str = "fi", **changes: object) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(mail_of(an_issue(*posts), language=language, **changes).html)


def words(node: lxml.html.HtmlElement) -> str:
    return " ".join(str(node.text_content()).split())


@pytest.mark.parametrize(
    ("language", "subject", "city", "mark"),
    [
        ("fi", "Viikkokooste, viikko 47/2026: 2 kirjoitusta, 2 kaupunkia", "Raahe", "ruotsiksi"),
        ("sv", "Veckosammandrag, vecka 47/2026: 2 inlägg, 2 städer", "Brahestad", "på finska"),
        ("en", "Weekly digest, week 47/2026: 2 posts, 2 cities", "Raahe", "in Swedish"),
    ],
)
def test_a_mail_speaks_its_readers_language_and_tells_the_language_of_a_post(
    language: str, subject: str, city: str, mark: str
) -> None:
    """Promise 9."""
    posts = (post_from("raahe", 1, language="fi"), post_from("lohja", 2, language="sv"))
    digest = mail_of(an_issue(*posts), language=language)
    tree = lxml.html.fromstring(digest.html)

    assert digest.subject.replace("\xa0", " ") == subject
    assert tree.get("lang") == language
    assert city in strings(tree, "//h2/text()")
    assert city.upper() in digest.text
    assert mark in words(tree)
    assert mark in digest.text


def test_a_post_in_another_language_says_so_to_a_screen_reader() -> None:
    """E8; WCAG 3.1.2."""
    tree = page(post_from("raahe", language="sv-FI"), language="fi")

    assert tree.xpath("//h3/@lang") == ["sv-FI"]
    assert tree.xpath("//p[@class='x']/@lang") == ["sv-FI"]
    assert page(post_from("raahe", language="fi"), language="fi").xpath("//h3/@lang") == []


def test_a_post_is_its_city_its_title_as_the_link_its_date_and_its_excerpt() -> None:
    """E8: link text is the post's title, headings are real."""
    tree = page(post_from("raahe", 7, title="Tori & <b>tie</b>", excerpt="Kaunis."))

    assert [words(heading) for heading in tree.xpath("//h1|//h2|//h3")][1:] == [
        "Raahe",
        "Tori & <b>tie</b>",
    ]
    assert tree.xpath("//h3/a/@href") == ["https://blogi.raahe.fi/7"]
    assert "24. marraskuuta 2026" in words(tree)
    assert "Kaunis." in words(tree)


def test_styles_are_inlined_and_layout_tables_say_what_they_are() -> None:
    """E8: Gmail takes the style block away."""
    tree = page(post_from("raahe"))

    assert all(element.get("style") for element in tree.xpath("//h1|//h2|//h3|//a"))
    assert {table.get("role") for table in tree.xpath("//table")} == {"presentation"}
    dark = "".join(tree.xpath("//style/text()"))
    assert "prefers-color-scheme: dark" in dark
    assert dark.count("!important;") == dark.count(";")
    assert tree.xpath("//img") == []


def test_a_post_of_no_city_is_told_under_its_sources_own_title() -> None:
    origin = replace(an_origin(), city=None, title="Verkoston blogi")

    assert page(post_from(None, origin=origin)).xpath("//h2/text()") == ["Verkoston blogi"]


def test_what_was_taken_down_is_a_title_and_a_date_without_a_link() -> None:
    """Title and date stay, content goes (decisions: digest)."""
    gone = replace(post_from("raahe", title="Poistettu juttu"), url="", excerpt="")
    digest = mail_of(an_issue(gone))
    tree = lxml.html.fromstring(digest.html)

    assert tree.xpath("//h3//a") == []
    assert "Kirjoitus on poistettu." in words(tree)
    assert "Poistettu juttu\n24. marraskuuta 2026\nKirjoitus on poistettu.\n" in digest.text


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//x", "https://"])
def test_an_address_that_is_no_web_address_is_no_link(url: str) -> None:
    assert page(post_from("raahe", url=url)).xpath("//h3/a") == []


def test_an_editors_greeting_is_paragraphs_of_text_in_its_language_only() -> None:
    issue = an_issue(
        post_from("raahe"), greetings={"fi": "Hei!\n\nTulkaa <torille>.\nTerveisin\nVerkosto"}
    )
    digest = mail_of(issue)
    tree = lxml.html.fromstring(digest.html)

    assert [words(p) for p in elements(tree, "//div[@class='hello']/p")] == [
        "Hei!",
        "Tulkaa <torille>.TerveisinVerkosto",
    ]
    assert "\nHei!\n\nTulkaa <torille>.\nTerveisin\nVerkosto\n" in digest.text
    assert "torille" not in mail_of(issue, language="sv").text


def test_a_mark_within_a_mark_in_a_greeting_is_no_mark() -> None:
    half = len(UNSUBSCRIBE_MARK) // 2
    nested = UNSUBSCRIBE_MARK[:half] + UNSUBSCRIBE_MARK + UNSUBSCRIBE_MARK[half:]
    digest = mail_of(an_issue(post_from("raahe"), greetings={"fi": nested}))

    assert (digest.text.count(UNSUBSCRIBE_MARK), digest.html.count(UNSUBSCRIBE_MARK)) == (1, 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_foot_says_why_and_shows_every_door(language: str) -> None:
    links = page(post_from("raahe"), language=language).xpath("//div[@class='foot']//a/@href")

    assert links[0] == f"{BASE}/{language}/preferences"
    assert links[1].startswith(f"{BASE}/{language}/unsubscribe/")
    assert links[2:] == [
        f"{BASE}/{language}/",
        f"{BASE}/{language}/privacy/",
        "mailto:toimitus@seutu.fi",
    ]


def test_the_text_part_is_lines_that_fit() -> None:
    digest = mail_of(
        an_issue(post_from("raahe", title="Pitkä otsikko " * 14, excerpt="Sana. " * 50))
    )

    lines = [line for line in digest.text.splitlines() if not line.startswith("https://")]

    assert max(map(len, lines)) <= 72
    assert "\n\n\n\n" not in digest.text


def test_no_line_ends_within_a_number() -> None:
    """``9 000`` broken after the 9 says nine."""
    post = post_from("raahe", title="Yli 9 000 kävijää", excerpt="Se maksoi 1 120 000 euroa 2 12.")
    digest = mail_of(an_issue(post, greetings={"fi": "Meitä on 12 345."}))

    for part in (digest.text, digest.html):
        assert "9\u00a0000 kävijää" in part
        assert "1\u00a0120\u00a0000 euroa 2 12." in part
        assert "12\u00a0345." in part


def test_beside_the_subject_stand_the_titles_not_the_networks_name() -> None:
    tree = page(
        post_from("raahe", 1, title="Uimahalli aukeaa"), post_from("lohja", 2, title="Järvi")
    )

    assert words(tree.xpath("//body/*[1]")[0]) == "Järvi · Uimahalli aukeaa"
