"""An account of a blog's software is nobody whom readers could name."""

from __future__ import annotations

import pytest

from syndicator.publish.authors import named
from syndicator.publish.feed_item import items_of
from syndicator.publish.page_post import post_line
from tests.publish import sites
from tests.publish.samples import a_masthead, a_post, an_edition


@pytest.mark.parametrize(
    "account",
    [
        "admin",
        "Admin",
        "Administrator",
        "webmaster",
        "root",
        "Kirjoittaja: admin",
        "Author: Site Admin",
        "wp_admin",
        "wp_toimitus",
        "admin2",
        "raaheadmin",
        "Ylläpito",
        " ",
        "",
    ],
)
def test_an_account_is_no_author(account: str) -> None:
    assert named([account]) == ()


@pytest.mark.parametrize(
    "name",
    [
        "Maija Meikäläinen",
        "Eero Root",
        "Adminah Test",
        "By Lindholm",
        "Åke",
        "Viestintä",
        "Raahen kaupunki",
        "Anna-Leena",
        "Matti 2",
        "K. Blog",
    ],
)
def test_a_person_or_an_office_is_one(name: str) -> None:
    assert named([name]) == (name,)


def test_a_label_before_a_name_is_not_part_of_it_and_each_author_is_named_once() -> None:
    assert named(["Kirjoittaja: Maija", "admin", "Maija", "Av: Åke"]) == ("Maija", "Åke")


def test_no_feed_and_no_page_names_an_account() -> None:
    edition = an_edition(a_post(authors=("Kirjoittaja: admin", "Maija Meri")))
    (item,) = items_of(edition, masthead=a_masthead()).items
    line = post_line(sites.post(authors=("wp_admin",)), site=sites.site(), language="fi")

    assert item.names == ("Maija Meri",)
    assert line.authors == ()
