"""The archive of past issues: pages of the site, feeds of their own, nothing of any reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree, html

from syndicator.model import (
    UNSUBSCRIBE_MARK,
    Artefact,
    Channel,
    Edition,
    PastIssue,
    Scope,
)
from syndicator.publish.issues import archive
from tests.builders import LANGUAGES
from tests.found import text_of
from tests.publish.checklist import atom_faults, rss_faults
from tests.publish.samples import a_masthead
from tests.publish.sites import NOON, digest, origin, post, site

TITLES = {"fi": "Viikkokooste", "sv": "Veckosammandrag", "en": "Weekly digest"}


def a_past_issue(period: str = "2026-W47", **changes: object) -> PastIssue:
    facts: dict[str, object] = {
        "cadence": "weekly",
        "period": period,
        "sent_at": NOON,
        "changed_at": NOON,
        "greeting": "Hei <kaikki>!\n\nTerveisin\nVerkosto",
        "posts": (
            post(1, language="sv"),
            post(2),
            post(3, origin=origin(city="ahtari")),
            post(4, title="Poistettu", url="", excerpt="", origin=origin(city="ahtari")),
        ),
    }
    return PastIssue(**(facts | changes))  # type: ignore[arg-type]


def made(*issues: PastIssue, value: str = "fi") -> dict[str, Artefact]:
    edition = Edition(
        channel=Channel(scope=Scope.ISSUES, value=value),
        posts=(),
        tombstones=(),
        months=(),
        updated=NOON,
        issues=issues,
    )
    past = archive(
        edition,
        site=site(digests=(digest(titles=TITLES),)),
        masthead=a_masthead(base_url=site().base_url),
    )
    assert past.left_out == ()
    return {artefact.path: artefact for artefact in past.artefacts}


def page(artefact: Artefact) -> html.HtmlElement:
    return html.document_fromstring(artefact.body.decode())


def words(node: html.HtmlElement) -> str:
    return " ".join(str(node.text_content()).split())


def test_an_issue_is_a_page_of_the_site_with_its_cities_and_posts_under_headings() -> None:
    (made_page,) = made(a_past_issue(), value="fi/weekly/2026-W47").values()
    tree = page(made_page)

    assert made_page.path == "fi/issues/weekly/2026-W47/index.html"
    assert [words(one) for one in tree.xpath("//main//h1|//main//h2|//main//h3")] == [
        "Viikkokooste, viikko 47/2026",
        "Raahe",
        "Kirjoitus 1",
        "Kirjoitus 2",
        "Ähtäri",
        "Kirjoitus 3",
        "Poistettu",
    ]
    assert tree.xpath("//h2/@id") == ["raahe", "ahtari"]
    assert "Hei <kaikki>!" in words(tree)
    assert tree.xpath("//main//h3/@lang") == ["sv"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_holds_no_token_and_no_door_of_one_reader(language: str) -> None:
    """E6: the archive is public."""
    for one in made(a_past_issue(), value=f"{language}/weekly/2026-W47").values():
        assert UNSUBSCRIBE_MARK.encode() not in one.body
        assert b"unsubscribe" not in one.body
        assert b"preferences" not in one.body


def test_of_what_was_taken_down_title_and_date_are_left() -> None:
    (made_page,) = made(a_past_issue(), value="fi/weekly/2026-W47").values()
    (gone,) = page(made_page).xpath("//article[contains(., 'Poistettu')]")

    assert gone.xpath(".//a") == []
    assert words(gone).startswith("Poistettu 24.11.2026")
    assert "Kirjoitus on poistettu." in words(gone)


def test_an_issue_that_did_not_start_has_no_page() -> None:
    assert made(value="fi/weekly/2026-W48") == {}


def test_the_list_names_every_issue_by_year_the_newest_first() -> None:
    issues = (
        a_past_issue("2026-W53", sent_at=NOON + timedelta(days=41)),
        a_past_issue("2026-W47"),
        a_past_issue("2026-10", cadence="monthly", posts=()),
    )
    tree = page(made(*issues)["fi/issues/index.html"])

    assert tree.xpath("//main//h2[@class='section']/text()") == ["2027", "2026"]
    assert [words(one) for one in tree.xpath("//main//li/a")][:3] == [
        "Viikkokooste, viikko 53/2026",
        "Viikkokooste, viikko 47/2026",
        "Kuukausikooste, lokakuu 2026",
    ]
    assert tree.xpath("//main//li/a/@href")[1] == "/fi/issues/weekly/2026-W47/"


def test_a_list_without_issues_says_so() -> None:
    tree = page(made(value="sv")["sv/issues/index.html"])

    assert "Inget nyhetsbrev har skickats ännu." in words(tree)


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_feeds_are_valid_and_name_the_issues(language: str) -> None:
    """O1."""
    documents = made(a_past_issue("2026-W48"), a_past_issue(), value=language)
    folder = f"{language}/issues"
    rss, atom = (documents[f"{folder}/{name}.xml"].body for name in ("feed", "atom"))
    served = f"https://kaupungit.example/{folder}"

    assert list(rss_faults(rss, served_at=f"{served}/feed.xml")) == []
    assert list(atom_faults(atom, served_at=f"{served}/atom.xml")) == []
    items = etree.fromstring(rss).findall("channel/item")
    assert [item.findtext("link") for item in items] == [
        f"https://kaupungit.example/{language}/issues/weekly/2026-W48/",
        f"https://kaupungit.example/{language}/issues/weekly/2026-W47/",
    ]
    assert len({item.findtext("guid") for item in items}) == 2


def test_same_issues_same_bytes() -> None:
    """Promise 3, O3."""
    assert made(a_past_issue()) == made(a_past_issue())


def test_a_takedown_is_a_change_of_the_issue_and_keeps_its_id() -> None:
    before = a_past_issue()
    after = replace(before, changed_at=NOON + timedelta(days=1), posts=before.posts[1:])
    first, second = (
        etree.fromstring(made(one)["fi/issues/atom.xml"].body) for one in (before, after)
    )
    entry = "{http://www.w3.org/2005/Atom}entry/{http://www.w3.org/2005/Atom}"

    assert first.findtext(f"{entry}id") == second.findtext(f"{entry}id")
    assert text_of(first, f"{entry}updated") < text_of(second, f"{entry}updated")


@pytest.mark.parametrize(
    ("language", "ours", "theirs"),
    [
        ("fi", "uutiskirje", "kirjoitu"),
        ("sv", "nyhetsbrev", "inlägg"),
        ("en", "newsletter", "post"),
    ],
)
def test_its_feeds_speak_of_newsletters_and_not_of_posts(
    language: str, ours: str, theirs: str
) -> None:
    """O3: what a person reads who opens the feed, and what a reader program shows of it."""
    documents = made(a_past_issue(), value=language)
    rss = etree.fromstring(documents[f"{language}/issues/feed.xml"].body)
    face = next(rss.iter("{http://www.w3.org/1999/xhtml}div"))
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    own = [one for one in face if one.get(lang) == language]
    (said,) = ("".join(map(str, one.itertext())) for one in own)
    for text in (said, rss.findtext("channel/description") or ""):
        assert ours in text.lower()
        assert theirs not in text.lower()
