"""The configuration that travels with the program is right, and is what the README says."""

from __future__ import annotations

import tomllib

from syndicator.config import SendDay, load, resource
from syndicator.model import Cadence, Kind


def test_the_shipped_file_holds_the_network() -> None:
    settings = load({"SYNDICATOR_CONFIG": str(resource("config", "feeds.toml"))})

    assert len(settings.cities) == 56
    assert len({city.code for city in settings.cities}) == 56
    assert settings.combined.title == "Sujuvan elämän seutukaupungit"
    assert settings.combined.kinds == {Kind.BLOG, Kind.NEWS}
    assert [topic.slug for topic in settings.topics] == ["osaajat"]


def test_no_blog_feed_is_invented() -> None:
    settings = load({"SYNDICATOR_CONFIG": str(resource("config", "feeds.toml"))})

    assert len(settings.declarations) == 27
    assert {source.kind for source in settings.declarations} == {Kind.NEWS}


def test_each_city_says_its_name_in_both_languages_and_declines_it() -> None:
    settings = load({"SYNDICATOR_CONFIG": str(resource("config", "feeds.toml"))})

    for city in settings.cities:
        assert city.names.keys() >= {"fi", "sv"}
        assert city.forms["fi"]["genitive"]
        assert city.forms["fi"]["locative"]
        assert city.website


def test_six_cities_are_bilingual_and_four_of_them_mostly_swedish() -> None:
    settings = load({"SYNDICATOR_CONFIG": str(resource("config", "feeds.toml"))})

    bilingual = [city for city in settings.cities if len(city.languages) == 2]

    assert len(bilingual) == 6
    assert sum(city.languages[0] == "sv" for city in bilingual) == 4


def test_digests_leave_a_little_past_seven() -> None:
    settings = load({"SYNDICATOR_CONFIG": str(resource("config", "feeds.toml"))})

    weekly, monthly = settings.digests

    assert (weekly.cadence, weekly.send_on) == (Cadence.WEEKLY, SendDay.MONDAY)
    assert (monthly.cadence, monthly.send_on) == (Cadence.MONTHLY, SendDay.FIRST_WEEKDAY)
    assert (weekly.send_at.hour, weekly.send_at.minute) == (7, 3)


def test_a_comment_says_how_to_leave_the_news_out() -> None:
    text = resource("config", "feeds.toml").read_text(encoding="utf-8")

    advice = 'kinds = ["blog"]'
    assert f"write: {advice}" in text
    assert tomllib.loads(text)["combined"]["kinds"] == ["blog", "news"]
