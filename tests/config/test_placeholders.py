"""What still is an example is named, and keeps real mail from leaving."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.config import (
    Placeholder,
    Settings,
    load,
    placeholders,
    placeholders_in_mail,
    resource,
)
from syndicator.config.placeholders import RESERVED, is_reserved
from tests.config.samples import TOML, loaded

OWN = TOML.replace("blogit.example", "blogit.fi")


def keys(found: tuple[Placeholder, ...]) -> list[str]:
    return [one.key for one in found]


def shipped(**environ: str) -> Settings:
    return load({"SYNDICATOR_CONFIG": str(resource("config", "feeds.toml")), **environ})


def test_the_shipped_file_names_what_must_be_changed_and_its_own_machine_is_none() -> None:
    assert keys(placeholders(shipped())) == [
        "network.id_domain",
        "network.contact_email",
        "network.contact_url",
        "digest[1].sender",
        "digest[2].sender",
        "mail.editors[1]",
    ]


def test_with_a_relay_an_address_of_this_machine_is_named_too() -> None:
    """No mail leaves with it, and whoever set the relay up would not know why."""
    shown = placeholders(shipped(SYNDICATOR_SMTP_URL="smtp://relay.example.fi"))

    assert keys(shown)[0] == "network.base_url"


def test_a_file_with_names_of_its_own_has_none(tmp_path: Path) -> None:
    settings = loaded(tmp_path, OWN)

    assert placeholders(settings) == ()
    assert placeholders_in_mail(settings, settings.digests[0]) == ()


@pytest.mark.parametrize(
    ("mine", "example", "key", "mail_key"),
    [
        ('"kirje@blogit.fi"', '"kirje@example.org"', "digest[1].sender", "sender"),
        ('"blogit.fi"', '"blogit.test"', "network.id_domain", "network.id_domain"),
        ("toimitus@blogit.fi", "me@a.example", "network.contact_email", "network.contact_email"),
        ("blogit.fi/yhteys", "example.com/", "network.contact_url", "network.contact_url"),
        ('"https://blogit.fi/"', '"https://x.example"', "network.base_url", "network.base_url"),
    ],
)
def test_one_example_left_is_named_and_keeps_the_mail_from_leaving(
    tmp_path: Path, mine: str, example: str, key: str, mail_key: str
) -> None:
    assert mine in OWN
    settings = loaded(tmp_path, OWN.replace(mine, example))

    assert keys(placeholders(settings)) == [key]
    assert keys(placeholders_in_mail(settings, settings.digests[0])) == [mail_key]


@pytest.mark.parametrize("base", ["http://127.0.0.1:8000", "http://[::1]", "http://localhost:80"])
def test_links_to_this_machine_are_good_to_try_and_not_to_mail(tmp_path: Path, base: str) -> None:
    settings = loaded(tmp_path, OWN, BASE_URL=base)

    assert placeholders(settings) == ()
    assert keys(placeholders_in_mail(settings, settings.digests[0])) == ["network.base_url"]


@pytest.mark.parametrize("base", ["http://blogit.fi", "http://10.1.2.3:8000"])
def test_a_public_address_without_tls_keeps_the_mail_from_leaving_and_is_named_with_a_relay(
    tmp_path: Path, base: str
) -> None:
    """Whoever carries the request reads the token in it, and with that the reader's choices."""
    settings = loaded(tmp_path, OWN, BASE_URL=base)
    mailing = loaded(tmp_path, OWN, BASE_URL=base, SMTP_URL="smtp://relay.blogit.fi")
    insecure = Placeholder(key="network.base_url", value=base, insecure=True)

    assert placeholders_in_mail(settings, settings.digests[0]) == (insecure,)
    assert placeholders(mailing) == (insecure,)
    assert placeholders(settings) == ()


def test_an_example_without_tls_is_named_once_as_the_example_that_it_is(tmp_path: Path) -> None:
    settings = loaded(tmp_path, OWN, BASE_URL="http://blogit.example")

    assert placeholders_in_mail(settings, settings.digests[0]) == (
        Placeholder(key="network.base_url", value="http://blogit.example"),
    )


def test_another_digests_sender_keeps_nobody_waiting(tmp_path: Path) -> None:
    settings = loaded(tmp_path, OWN)
    other = replace(settings.digests[0], sender="kirje@blogit.example")

    assert keys(placeholders_in_mail(settings, other)) == ["sender"]
    assert placeholders_in_mail(settings, settings.digests[0]) == ()


@given(st.sampled_from(RESERVED), st.from_regex(r"([a-z]{1,9}\.){0,3}", fullmatch=True))
def test_every_name_below_a_reserved_one_is_reserved_whatever_its_case(
    reserved: str, before: str
) -> None:
    assert is_reserved(before + reserved)
    assert is_reserved((before + reserved).upper() + ".")
    assert not is_reserved(f"{before}my{reserved}.fi")
