"""What a right file and environment give."""

from __future__ import annotations

from datetime import date, time
from ipaddress import ip_network
from pathlib import Path

import pytest

from syndicator.config import SendDay, Statements
from syndicator.model import Cadence, Kind, Licence
from tests.config.samples import TOML, changed, loaded


def test_a_right_file_gives_the_nouns_of_the_trade(tmp_path: Path) -> None:
    settings = loaded(tmp_path)

    (city,), (source,), (topic,), (digest,) = (
        settings.cities,
        settings.declarations,
        settings.topics,
        settings.digests,
    )
    assert (city.slug, city.code, city.name("sv")) == ("kivikyla", "001", "Stenby")
    assert (source.kind, source.licence, source.city) == (Kind.BLOG, Licence.EXCERPT, "kivikyla")
    assert (topic.slug, topic.words) == ("tyo", ("työ",))
    assert (digest.cadence, digest.send_on) == (Cadence.WEEKLY, SendDay.MONDAY)
    assert digest.send_at == time(7, 3)
    assert settings.network.languages == ("fi", "sv")


def test_a_source_may_say_more_than_where_it_is(tmp_path: Path) -> None:
    more = 'licence = "full"\nlanguage = "sv"\ntitle = "B"\n'
    more += 'categories = ["Blogg"]\npaths = ["/blogg/"]'
    settings = loaded(tmp_path, changed('city = "kivikyla"', more))

    (source,) = settings.declarations
    assert source.city is None
    assert source.licence is Licence.FULL
    assert source.language == "sv"
    assert source.categories == ("Blogg",)
    assert source.path_prefixes == ("/blogg/",)
    assert source.title == "B"


def test_a_city_without_a_source_is_listed_and_waits(tmp_path: Path) -> None:
    start, end = TOML.index("[[source]]"), TOML.index("[[topic]]")
    settings = loaded(tmp_path, TOML[:start] + TOML[end:])

    assert len(settings.cities) == 1
    assert settings.declarations == ()


def test_defaults_suit_one_process_on_one_machine(tmp_path: Path) -> None:
    deployment = loaded(tmp_path).deployment

    assert deployment.data_dir == Path("var")
    assert deployment.database_url == f"sqlite:///{Path('var').absolute()}/syndicator.sqlite3"
    assert (deployment.listen_host, deployment.listen_port) == ("127.0.0.1", 8000)
    assert deployment.smtp_url is None
    assert deployment.heartbeat_url is None
    assert deployment.templates_dir is None


def test_the_address_guard_is_closed_unless_opened(tmp_path: Path) -> None:
    """F12: named networks and ports are off by default."""
    deployment = loaded(tmp_path).deployment

    assert deployment.allow_networks == ()
    assert deployment.allow_ports == frozenset()


def test_networks_and_ports_are_lists_with_commas_or_spaces(tmp_path: Path) -> None:
    deployment = loaded(
        tmp_path, ALLOW_NETWORKS="127.0.0.0/8, fd00::/8 10.1.2.3", ALLOW_PORTS="8080 8443,81"
    ).deployment

    assert deployment.allow_networks == (
        ip_network("127.0.0.0/8"),
        ip_network("fd00::/8"),
        ip_network("10.1.2.3/32"),
    )
    assert deployment.allow_ports == {8080, 8443, 81}


@pytest.mark.parametrize(
    ("listen", "host", "port"),
    [("0.0.0.0:80", "0.0.0.0", 80), ("[::1]:8000", "::1", 8000), ("localhost:0", "localhost", 0)],
)
def test_where_to_listen_is_an_address_and_a_port(
    tmp_path: Path, listen: str, host: str, port: int
) -> None:
    deployment = loaded(tmp_path, LISTEN=listen).deployment

    assert (deployment.listen_host, deployment.listen_port) == (host, port)


def test_the_environment_overrides_where_readers_reach_the_site(tmp_path: Path) -> None:
    assert loaded(tmp_path).network.base_url == "https://blogit.example"

    settings = loaded(tmp_path, BASE_URL="https://Toinen.example/")

    assert settings.network.base_url == "https://toinen.example"
    assert settings.deployment.base_url == "https://toinen.example"


def test_the_ids_do_not_follow_the_base_url(tmp_path: Path) -> None:
    settings = loaded(tmp_path, BASE_URL="https://toinen.example")

    assert settings.network.id_domain == "blogit.example"


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path) -> None:
    deployment = loaded(tmp_path, SMTP_URL="", LISTEN="", ALLOW_PORTS="").deployment

    assert deployment.smtp_url is None
    assert deployment.listen_port == 8000


def test_variables_reach_the_deployment(tmp_path: Path) -> None:
    deployment = loaded(
        tmp_path,
        DATA="/srv/data",
        DATABASE_URL="postgresql://u:p@db/name",
        SMTP_URL="smtps://u:p@relay.example:465",
        HEARTBEAT_URL="https://beat.example/1",
        TEMPLATES="/srv/templates",
    ).deployment

    assert deployment.data_dir == Path("/srv/data")
    assert deployment.database_url == "postgresql://u:p@db/name"
    assert deployment.smtp_url == "smtps://u:p@relay.example:465"
    assert deployment.heartbeat_url == "https://beat.example/1"
    assert deployment.templates_dir == Path("/srv/templates")


def test_the_data_folder_holds_the_database_unless_told_otherwise(tmp_path: Path) -> None:
    assert loaded(tmp_path, DATA="/srv/d").deployment.database_url == (
        "sqlite:////srv/d/syndicator.sqlite3"
    )


def test_variables_of_somebody_else_are_left_alone(tmp_path: Path) -> None:
    """Kubernetes names a service's address so, for a service called syndicator."""
    assert loaded(tmp_path, SERVICE_HOST="10.0.0.1", PORT="tcp://10.0.0.1:80")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert loaded(tmp_path, "\ufeff" + TOML)


def test_text_is_composed_so_that_words_match_what_feeds_say(tmp_path: Path) -> None:
    settings = loaded(tmp_path, changed('words = ["työ"]', 'words = ["tyo\u0308"]'))

    assert settings.topics[0].words == ("työ",)


def test_a_time_may_be_written_as_toml_writes_it(tmp_path: Path) -> None:
    settings = loaded(tmp_path, changed('send_at = "07:03"', "send_at = 07:03:00"))

    assert settings.digests[0].send_at == time(7, 3)


def test_send_days_count_as_the_calendar_does() -> None:
    assert SendDay.MONDAY.weekday == 0
    assert SendDay.SUNDAY.weekday == 6
    assert SendDay.FIRST_WEEKDAY.weekday is None


def test_what_only_the_organisation_can_state_may_wait(tmp_path: Path) -> None:
    text = """[statements]
data_protection = "tietosuoja@liitto.example"
processors = ["Palvelin Oy: palvelimet"]
since = 2026-11-24
updated = 2026-12-01
[[city]]"""
    stated = loaded(tmp_path, changed("[[city]]", text)).statements

    assert loaded(tmp_path).statements == Statements()
    assert stated == Statements(
        data_protection="tietosuoja@liitto.example",
        processors=("Palvelin Oy: palvelimet",),
        since=date(2026, 11, 24),
        updated=date(2026, 12, 1),
    )
