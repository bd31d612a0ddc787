"""What stands at the head of documents, and where their pages are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from syndicator.model import Channel, City, Scope
from syndicator.publish.masthead import Form, neighbours, path_of, to_root
from syndicator.publish.page import pages
from tests.publish.samples import NOON, a_masthead, an_edition
from tests.publish.sites import site

CHANNELS = (
    Channel(),
    Channel(month="2026-10"),
    Channel(scope=Scope.LANGUAGE, value="sv"),
    Channel(scope=Scope.CITY, value="raahe"),
    Channel(scope=Scope.TOPIC, value="osaajat"),
)


@pytest.mark.parametrize("channel", CHANNELS, ids=str)
def test_a_feed_points_to_a_page_that_is_published(channel: Channel) -> None:
    own = site()
    made = pages(replace(an_edition(updated=NOON), channel=channel), site=own)
    published = {f"{own.base_url}/{page.path.removesuffix('index.html')}" for page in made}
    head = a_masthead(base_url=own.base_url)

    for language in head.languages:
        assert head.page_url(channel, language=language) in published
    assert head.page_url(channel) in published


def test_a_bilingual_towns_feed_speaks_its_main_language() -> None:
    """The default language is not Finnish everywhere."""
    swedish = City(
        slug="raasepori",
        code="710",
        names={"fi": "Raasepori", "sv": "Raseborg"},
        languages=("sv", "fi"),
    )
    head, channel = a_masthead(cities={"raasepori": swedish}), Channel(scope=Scope.CITY)
    town = replace(channel, value="raasepori")

    assert head.language(town) == "sv"
    assert head.channel_title(town) == "Sujuvan elämän seutukaupungit – Raseborg"
    assert head.description(town) == "Regionstädernas bloggar i ett flöde."
    assert head.page_url(town) == "https://seutu.example/sv/city/raasepori/"


def test_months_stand_in_the_title_of_archives() -> None:
    assert a_masthead().channel_title(Channel(month="2026-09")).endswith(" – 9/2026")


def test_an_id_survives_a_move_of_the_site_and_another_year() -> None:
    """Our ids are of ``id_domain`` and the story, and of nothing else."""
    moved = a_masthead(base_url="https://uusi.example", id_domain="Seutu.Example")

    assert moved.story_id("abc") == a_masthead().story_id("abc")
    assert moved.channel_id(Channel()) == "tag:seutu.example,2026:feed/"


def test_an_address_of_any_letters_is_written_in_ascii() -> None:
    head = a_masthead(base_url="https://äänekoski.example")

    assert head.url("feed.xml") == "https://xn--nekoski-4waa.example/feed.xml"


def test_a_description_nobody_wrote_is_the_title() -> None:
    """RSS demands one."""
    head = a_masthead(descriptions={})

    assert head.description(Channel()) == "Sujuvan elämän seutukaupungit"


def test_every_two_channels_have_different_ids_but_for_their_archives() -> None:
    ids = [a_masthead().channel_id(channel) for channel in CHANNELS]

    assert ids[0] == ids[1]
    assert len(set(ids)) == len(ids) - 1


def test_neighbours_are_found_in_any_order_of_months_even_of_a_month_not_there() -> None:
    months = ("2026-09", "2026-11", "2025-12")

    def around(month: str | None) -> tuple[str | None, str | None]:
        older, newer = neighbours(Channel(month=month), months)
        return older.month if older else None, newer.month if newer else None

    assert around(None) == ("2026-11", None)
    assert around("2026-11") == ("2026-09", None)
    assert around("2026-10") == ("2026-09", "2026-11")
    assert around("2025-12") == (None, "2026-09")
    assert neighbours(Channel(scope=Scope.CITY, value="raahe"), months) == (None, None)


def test_the_way_to_the_root_is_as_long_as_the_path_is_deep() -> None:
    assert [
        to_root(path_of(channel, Form.ATOM)) for channel in (CHANNELS[0], CHANNELS[1], CHANNELS[3])
    ] == ["", "../", "../../"]


def test_parts_of_a_month_stand_between_its_neighbours_in_the_order_they_were_filled() -> None:
    """RFC 5005 4."""
    names = ("2026-12", "2026-11-10", "2026-11-9", "2026-11", "2026-10-2", "2026-10")

    def around(month: str, part: int) -> tuple[str | None, str | None]:
        older, newer = neighbours(Channel(month=month, part=part), names)
        return older.archive if older else None, newer.archive if newer else None

    assert around("2026-11", 1) == ("2026-10-2", "2026-11-9")
    assert around("2026-11", 9) == ("2026-11", "2026-11-10")
    assert around("2026-12", 1) == ("2026-11-10", None)


def test_a_part_has_an_address_and_a_title_of_its_own_and_the_id_of_its_channel() -> None:
    first, second = (Channel(month="2026-11", part=part) for part in (1, 2))
    masthead = a_masthead()

    assert path_of(first, Form.RSS) == "archive/2026-11.xml"
    assert path_of(second, Form.ATOM) == "archive/2026-11-2.atom.xml"
    assert masthead.page_url(second).endswith("/fi/archive/2026-11-2/")
    assert masthead.channel_title(second) == f"{masthead.channel_title(first)} (2)"
    assert masthead.channel_id(first) == masthead.channel_id(second)
