"""Privacy notice and accessibility statement: what the configuration says stands in them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from lxml import html

from syndicator.config import MailPlan, Statements
from syndicator.config.settings import AccessibilityLevel
from syndicator.pipeline.people import preferences
from syndicator.pipeline.upkeep import retention
from syndicator.publish.page import standing
from syndicator.publish.page_site import Site
from tests.builders import LANGUAGES
from tests.publish.sites import NOON, site

STATED = Statements(
    data_protection="tietosuoja@liitto.example",
    processors=("Palvelin Oy: palvelimet", "Posti Ab: lähetys"),
    since=date(2026, 11, 24),
    updated=date(2026, 12, 1),
)
SOFT = "\N{SOFT HYPHEN}"


def page(name: str, own: Site, *, language: str = "fi") -> html.HtmlElement:
    path = f"{language}/{name}/index.html"
    (found,) = (one for one in standing(own, modified=NOON) if one.path == path)
    tree = html.document_fromstring(found.body.decode())
    assert isinstance(tree, html.HtmlElement)
    return tree.get_element_by_id("main")


def words(name: str, own: Site, *, language: str = "fi") -> str:
    told = page(name, own, language=language).text_content().replace(SOFT, "")
    return " ".join(told.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notice_names_who_is_responsible_and_who_else_sees_the_data(language: str) -> None:
    """GDPR 13(1)."""
    own = site(statements=STATED)
    told = words("privacy", own, language=language)

    assert "Esimerkkiliitto" in told
    assert "tietosuoja@liitto.example" in told
    assert "Palvelin Oy: palvelimet" in told
    assert "Posti Ab: lähetys" in told
    assert page("privacy", own, language=language).xpath(f".//a[@href='/{language}/preferences']")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notice_says_how_long_things_are_kept(language: str) -> None:
    """GDPR 13(2)(a): the controller's own number."""
    own = site(mail=MailPlan(keeps_evidence=timedelta(days=412)))

    assert "412" in words("privacy", own, language=language)


def test_the_notice_says_when_it_was_looked_over() -> None:
    assert "Päivitetty 1.12.2026" in words("privacy", site(statements=STATED))


def test_a_network_without_a_newsletter_says_nothing_of_subscribers() -> None:
    without = site(digests=())

    assert "tilaaj" not in words("privacy", without)
    assert "uutiskirje" not in words("accessibility", without)
    assert "Uutiskirjeen tilaajat" in words("privacy", site())


@pytest.mark.parametrize(
    ("language", "made", "updated"),
    [
        ("fi", "24.11.2026", "1.12.2026"),
        ("sv", "24.11.2026", "1.12.2026"),
        ("en", "24 November 2026", "1 December 2026"),
    ],
)
def test_the_statement_is_dated(language: str, made: str, updated: str) -> None:
    """Commission decision 2018/1523."""
    told = words("accessibility", site(statements=STATED), language=language)

    assert made in told
    assert updated in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_claimed_that_nobody_stated(language: str) -> None:
    """No placeholder either: what lacks is said to the operator, not to readers."""
    own = site()

    privacy = words("privacy", own, language=language)
    assert ("EU:n" in privacy, " EU" in privacy) == (False, False)
    assert not {"Käsittelijä", "biträde", "Processors"} & set(privacy.split())
    accessibility = words("accessibility", own, language=language)
    assert "202" not in accessibility.replace("2026", "202"), "no date"
    assert "None" not in privacy + accessibility


@pytest.mark.parametrize(
    ("language", "stays", "leaves"),
    [
        ("fi", "ei siirretä EU:n tai ETA:n ulkopuolelle", "siirretään myös EU:n ja ETA:n"),
        ("sv", "överförs inte utanför EU eller EES", "överförs också utanför EU"),
        ("en", "not transferred outside the EU or EEA", "also transferred outside the EU"),
    ],
)
def test_whether_data_leaves_the_eea_is_what_the_organisation_states(
    language: str, stays: str, leaves: str
) -> None:
    """GDPR 13(1)(f): where to, and under which safeguard."""
    inside = words("privacy", site(statements=Statements(outside_eea=())), language=language)
    posted = Statements(outside_eea=("Post Inc (USA): lähetys, vakiolausekkeet",))
    outside = words("privacy", site(statements=posted), language=language)

    assert (stays in inside, leaves in inside) == (True, False)
    assert (stays in outside, leaves in outside) == (False, True)
    assert "vakiolausekkeet" in outside


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("level", AccessibilityLevel)
def test_the_statement_says_how_far_and_who_assessed_it(
    language: str, level: AccessibilityLevel
) -> None:
    """Commission decision 2018/1523."""
    stated = Statements(level=level, assessor="Arvioija Oy")
    told = words("accessibility", site(statements=stated), language=language)

    grade = {
        "fi": {"fully": "kaikilta osin", "mostly": "suurelta osin", "partly": "osittain"},
        "sv": {"fully": "till alla delar", "mostly": "till största delen", "partly": "delvis"},
        "en": {"fully": "fully meets", "mostly": "meets most", "partly": "in part"},
    }[language]
    assert [name for name, word in grade.items() if word in told] == [level]
    assert "Arvioija Oy" in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_nobody_else_processes_the_data_is_said_if_it_is_stated(language: str) -> None:
    alone = words("privacy", site(statements=Statements(processors=())), language=language)
    assert len(alone) > len(words("privacy", site(), language=language))


def test_what_the_law_asks_and_nobody_stated_is_known() -> None:
    assert Statements().missing == (
        "data_protection",
        "processors",
        "outside_eea",
        "logs_days",
        "backups_days",
        "since",
        "updated",
    )
    assert replace(STATED, outside_eea=(), logs_days=90, backups_days=30).missing == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_long_logs_and_backups_are_kept_is_said_if_it_is_stated(language: str) -> None:
    """GDPR 13(2)(a). What is erased lives on in a backup: readers should know until when."""
    stated = Statements(logs_days=77, backups_days=33)
    told = words("privacy", site(statements=stated), language=language)
    silent = words("privacy", site(), language=language)

    assert ("77" in told, "33" in told) == (True, True)
    assert not {"Log", "Lokimerkinnät", "Loggposter", "Varmuuskopiot"} & set(silent.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_supervisors_are_named(language: str) -> None:
    assert "Traficom" in words("accessibility", site(), language=language)
    assert "tietosuoja@om.fi" in words("privacy", site(), language=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notice_promises_what_retention_does(language: str) -> None:
    told = words("privacy", site(), language=language)
    week = {"fi": "seitsemän päivän", "sv": "sju dagar", "en": "seven days"}[language]

    assert (retention.UNCONFIRMED.days, week in told) == (7, True)
    assert str(preferences.KEPT_AFTER_LEAVING.days) in told


@pytest.mark.parametrize("name", ["privacy", "accessibility"])
@pytest.mark.parametrize("language", ["fi", "sv"])
def test_no_word_of_a_heading_is_wider_than_a_phone(name: str, language: str) -> None:
    """WCAG 1.4.10, also where a browser has no dictionary; the window's title is as it is said."""
    tree = page(name, site(), language=language)
    headings = tree.xpath(".//h1|.//h2")

    assert any(SOFT in heading.text_content() for heading in headings)
    pieces = (word for one in headings for word in re.split(rf"[\s{SOFT}-]", one.text_content()))
    assert max(map(len, pieces)) <= 17
    assert SOFT not in tree.getroottree().findtext(".//title")
