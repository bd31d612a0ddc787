"""Settings that still are examples are said where people look, and no longer than they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from syndicator.app import opened
from syndicator.cli.words import opening
from syndicator.config import Settings, load, placeholders, resource
from syndicator.store import notices
from tests.cli.world import Town

SHIPPED = resource("config", "feeds.toml").read_text(encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path) -> Town:
    config = tmp_path / "feeds.toml"
    config.write_text(SHIPPED, encoding="utf-8")
    environment = {"SYNDICATOR_CONFIG": str(config), "SYNDICATOR_DATA": str(tmp_path / "data")}
    return Town(folder=tmp_path, blogs="", environment=environment)


def settings(here: Town) -> Settings:
    return load(here.environment)


def test_the_start_names_each_setting_that_still_is_an_example(here: Town) -> None:
    with opened(settings(here)) as app:
        told = [line for line in opening(app.settings, app.database) if line.startswith("! ")]

    assert [line.split()[1] for line in told] == [
        "[statements]",
        "digest[1].sender",
        "digest[2].sender",
        "mail.editors[1]",
        "network.contact_email",
        "network.contact_url",
        "network.id_domain",
    ]
    assert any(
        "digest[1].sender" in line and "uutiskirje@seutukaupungit.example" in line for line in told
    )


def test_status_names_them_in_words_and_for_programs(here: Town) -> None:
    words, programs = here.says("status"), here.says("status", "--json")

    assert "! network.id_domain in the settings still is the example" in words.out
    assert {
        one["subject"]
        for one in json.loads(programs.out)["notices"]
        if one["kind"] == "placeholder"
    } >= {"network.id_domain", "network.contact_email", "digest[2].sender"}


def test_addresses_that_are_set_and_still_are_examples_are_named_too(here: Town) -> None:
    text = SHIPPED.replace("[mail]", '[mail]\nbounces = "b@seutu.example"')
    text = text.replace("[statements]", '[statements]\ndata_protection = "t@seutu.example"')
    (here.folder / "feeds.toml").write_text(text, encoding="utf-8")

    found = {one.key for one in placeholders(settings(here))}

    assert found >= {"mail.bounces", "mail.editors[1]", "statements.data_protection"}
    checked = here.says("mail", "check").out
    assert "mail.bounces: still is the example b@seutu.example" in checked


def test_the_statements_are_named_until_all_that_the_law_asks_is_stated(here: Town) -> None:
    with opened(settings(here)) as app:
        (told,) = [line for line in opening(app.settings, app.database) if "[statements]" in line]
    assert "data_protection, processors, outside_eea, logs_days, backups_days, since" in told
    stated = """[statements]
data_protection = "t@seutu.fi"
processors = []
outside_eea = []
logs_days = 90
backups_days = 30
since = 2026-11-24
updated = 2026-11-24"""
    text = SHIPPED.replace("[statements]", stated)
    (here.folder / "feeds.toml").write_text(text, encoding="utf-8")
    with opened(settings(here)) as app:
        assert not [line for line in opening(app.settings, app.database) if "[statements]" in line]


def test_what_was_changed_is_no_longer_said_and_the_rest_keeps_its_moment(here: Town) -> None:
    with opened(settings(here)) as app, app.database.read() as tx:
        before = {one.subject: one for one in notices.list_all(tx)}
    (here.folder / "feeds.toml").write_text(
        SHIPPED.replace('id_domain = "seutukaupungit.example"', 'id_domain = "seutukaupungit.fi"'),
        encoding="utf-8",
    )

    with opened(settings(here)) as app, app.database.read() as tx:
        after = {one.subject: one for one in notices.list_all(tx)}

    assert before.keys() - after.keys() == {"network.id_domain"}
    assert all(before[subject] == one for subject, one in after.items())


def test_an_http_address_beyond_this_machine_is_named_by_start_and_status_and_no_letter_leaves(
    tmp_path: Path,
) -> None:
    config = tmp_path / "feeds.toml"
    config.write_text(SHIPPED.replace("seutukaupungit.example", "kunnat.fi"), encoding="utf-8")
    environment = {
        "SYNDICATOR_CONFIG": str(config),
        "SYNDICATOR_DATA": str(tmp_path / "data"),
        "SYNDICATOR_BASE_URL": "http://blogit.kunnat.fi",
        "SYNDICATOR_SMTP_URL": "smtp://relay.kunnat.fi",
    }
    town = Town(folder=tmp_path, blogs="", environment=environment)
    sentence = "! network.base_url is http://blogit.kunnat.fi, not an https address"
    with opened(load(environment)) as app:
        assert any(line.startswith(sentence) for line in opening(app.settings, app.database))
        assert not app.sends_emails
    assert sentence in town.says("status").out

    secure = environment | {"SYNDICATOR_BASE_URL": "https://blogit.kunnat.fi"}
    with opened(load(secure)) as app:
        assert not any("base_url" in line for line in opening(app.settings, app.database))
        assert app.sends_emails
