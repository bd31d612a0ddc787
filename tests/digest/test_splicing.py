"""A mail is joined from pieces rendered once, and reads as if it had been rendered for itself."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader, Environment

from syndicator.digest.render import rendered
from syndicator.digest.rendered import LARGEST, from_json, mail, to_json, wire_size
from syndicator.errors import TemplateUnfit
from syndicator.model import SITE_MARK, UNSUBSCRIBE_MARK, Mail, Post
from tests.builders import LANGUAGES
from tests.digest.issues import (
    BASE,
    an_issue,
    ids_in_order,
    letterhead,
    mail_of,
    post_from,
    rendered_in,
    some_posts,
    templates,
)
from tests.found import elements, strings

languages = st.sampled_from(LANGUAGES)
TITLE_OF_200 = "Sähköiset palvelut ja hyvä arki " * 6 + "Raahessa"
few = settings(max_examples=25)


def links(digest: Mail) -> list[str]:
    return strings(lxml.html.fromstring(digest.html), "//a/@href")


@few
@given(some_posts.filter(bool), languages, st.data())
def test_a_spliced_mail_is_the_mail_rendered_for_its_posts_alone(
    posts: tuple[Post, ...], language: str, data: st.DataObject
) -> None:
    """A digest is rendered once per language and spliced (design)."""
    chosen = [post for post in posts if data.draw(st.booleans())] or list(posts)
    ids = ids_in_order(chosen, language)

    spliced = mail(rendered_in(language, an_issue(*posts), most_of_a_city=2), ids, base_url=BASE)
    alone = mail(rendered_in(language, an_issue(*chosen), most_of_a_city=2), ids, base_url=BASE)

    assert spliced == alone


@few
@given(some_posts.filter(bool), languages)
def test_the_same_issue_is_the_same_bytes_also_after_it_was_stored(
    posts: tuple[Post, ...], language: str
) -> None:
    """Promises 3, 4."""
    first = rendered_in(language, an_issue(*posts))
    again = rendered_in(language, an_issue(*reversed(posts)))
    thawed = from_json(json.loads(json.dumps(to_json(first))))

    assert first == again == thawed


@few
@given(some_posts.filter(bool), languages)
def test_every_link_of_the_html_is_in_the_text(posts: tuple[Post, ...], language: str) -> None:
    """E1."""
    digest = mail_of(an_issue(*posts), language=language, most_of_a_city=1)
    addresses = [link.removeprefix("mailto:") for link in links(digest)]

    assert len(addresses) >= 6
    assert [address for address in addresses if f"\n{address}\n" not in digest.text] == []


@few
@given(some_posts.filter(bool), languages)
def test_both_parts_hold_one_way_out_whatever_the_posts_say(
    posts: tuple[Post, ...], language: str
) -> None:
    """E6: a token in the wrong place would be given to somebody."""
    sly = replace(
        posts[0],
        title=f"Katso {UNSUBSCRIBE_MARK}",
        excerpt=UNSUBSCRIBE_MARK * 2,
        url=f"https://sly.fi/{UNSUBSCRIBE_MARK}",
    )
    digest = mail_of(an_issue(sly, *posts[1:]), language=language)
    way_out = f"{BASE}/{language}/unsubscribe/{UNSUBSCRIBE_MARK}"

    assert (digest.text.count(UNSUBSCRIBE_MARK), digest.html.count(UNSUBSCRIBE_MARK)) == (1, 1)
    assert f"\n{way_out}\n" in digest.text
    assert links(digest).count(way_out) == 1


@few
@given(some_posts.filter(bool), languages)
def test_no_post_says_where_our_pages_are_whatever_it_holds(
    posts: tuple[Post, ...], language: str
) -> None:
    half = len(SITE_MARK) // 2
    sly = replace(
        posts[0],
        title=f"Katso {SITE_MARK}/{language}/unsubscribe/x",
        excerpt=SITE_MARK[:half] + SITE_MARK + SITE_MARK[half:],
        url=f"{SITE_MARK.upper()}/{language}/",
    )
    plain = mail_of(an_issue(replace(posts[0], title="Katso", excerpt=""), *posts[1:]))
    digest = mail_of(an_issue(sly, *posts[1:]))

    assert SITE_MARK not in digest.html + digest.text
    assert (digest.text.count(BASE), digest.html.count(BASE)) == (
        plain.text.count(BASE),
        plain.html.count(BASE),
    )


def test_an_issue_frozen_with_an_address_of_ours_in_it_leads_to_the_one_of_today() -> None:
    """As renderings were stored before our address was put in with each mail."""
    old = "http://vanha.seutu.fi"
    posts = [post_from("raahe", n, excerpt=f"Vanha {old}/fi/ on nyt {BASE}") for n in (1, 2)]
    issue = an_issue(*posts, greetings={"fi": "Hei"})
    now = to_json(rendered_in("fi", issue, most_of_a_city=1))
    frozen = json.loads(json.dumps(now).replace(SITE_MARK, old))

    digest = mail(from_json(frozen), ids_in_order(issue.posts, "fi"), base_url=BASE)

    assert digest == mail_of(issue, most_of_a_city=1)
    assert [link for link in links(digest) if link.startswith(old)] == []
    assert f"Vanha {old}/fi/ on nyt" in digest.text


@few
@given(some_posts.filter(bool), languages)
def test_nothing_of_the_marks_is_left(posts: tuple[Post, ...], language: str) -> None:
    digest = mail_of(an_issue(*posts), language=language)

    assert "<!--" not in digest.html + digest.text + digest.subject
    assert "\n" not in digest.subject


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_does_not_fit_of_a_city_is_counted_and_linked(language: str) -> None:
    """E7."""
    posts = [post_from("raahe", number) for number in range(1, 13)]
    digest = mail_of(an_issue(*posts, post_from("lohja", 20)), language=language, most_of_a_city=5)
    sentence = {
        "fi": "Raahe: 7 muuta kirjoitusta",
        "sv": "Brahestad: 7 inlägg till",
        "en": "Raahe: 7 more posts",
    }[language]

    (more,) = elements(lxml.html.fromstring(digest.html), f"//a[.='{sentence}']")
    assert more.get("href") == f"{BASE}/{language}/issues/weekly/2026-W47/#raahe"
    assert f"{sentence}:\n{more.get('href')}\n" in digest.text
    assert "blogi.raahe.fi/5" in digest.text
    assert "blogi.raahe.fi/6" not in digest.text
    assert "blogi.lohja.fi/20" in digest.text


def test_sixty_long_posts_stay_under_80_kb_and_none_is_lost() -> None:
    """E7: excerpts are shortened before posts are left out."""
    posts = [
        post_from(
            f"kaupunki{number % 20}", number, title=TITLE_OF_200, excerpt="Öljyä ja äyriä. " * 18
        )
        for number in range(1, 61)
    ]
    digest = mail_of(an_issue(*posts))

    assert wire_size(digest.html) <= LARGEST
    assert all(f"/{number}\n" in digest.text for number in range(1, 61))
    assert "…" in digest.text


def test_when_even_short_ones_do_not_fit_fewer_of_each_city_are_told() -> None:
    """E7."""
    posts = [
        post_from(f"kaupunki{number % 20}", number, title=f"Otsikko {number}", excerpt="ä " * 140)
        for number in range(1, 400)
    ]
    digest = mail_of(an_issue(*posts), most_of_a_city=50)

    assert wire_size(digest.html) <= LARGEST
    assert digest.text.count("muuta kirjoitusta:\n") == 20


@given(st.text(max_size=400))
def test_the_size_is_never_less_than_what_quoted_printable_makes_of_it(text: str) -> None:
    from email.message import EmailMessage
    from email.policy import SMTP

    digest = EmailMessage(policy=SMTP)
    try:
        digest.set_content(text, subtype="html", cte="quoted-printable")
    except UnicodeEncodeError:
        return
    sent = str(digest.get_payload()).replace("\n", "\r\n")
    assert len(sent) <= wire_size(text) + 2 + text.count("\r")


def broken(part: str, before: str, after: str) -> Environment:
    """Return the shipped templates with one change in one of them."""
    loader = templates().loader
    assert loader is not None
    texts = {name: loader.get_source(templates(), name)[0] for name in templates().list_templates()}
    name = f"digest/body.{part}"
    assert before in texts[name]
    own = templates().overlay(loader=DictLoader(texts | {name: texts[name].replace(before, after)}))
    own.cache = {}
    return own


@pytest.mark.parametrize("part", ["txt", "html"])
@pytest.mark.parametrize(
    ("before", "after", "fact"),
    [
        ("{{ unsubscribe_url }}", "https://muu.fi/", "0 ways out"),
        ("{{ unsubscribe_url }}", "{{ unsubscribe_url }} {{ unsubscribe_url }}", "2 ways out"),
        ('{{ cut("more", city.number) }}', "", "lacks more/0"),
    ],
)
def test_a_template_that_cannot_be_spliced_is_refused(
    part: str, before: str, after: str, fact: str
) -> None:
    with pytest.raises(TemplateUnfit, match=rf"digest/body\.{part}: .*{re.escape(fact)}"):
        rendered(
            an_issue(post_from("raahe")),
            language="fi",
            head=letterhead(),
            templates=broken(part, before, after),
        )
