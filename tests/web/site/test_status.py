"""The health of each source in words, for people and for programs."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from syndicator.model import HeldBecause, Notice, Reason, SourceState
from tests.builders import LANGUAGES
from tests.publish.sites import NOON
from tests.web.asgi import ask
from tests.web.worlds import World, source


def test_a_city_reads_why_its_feed_fails_and_what_to_do(world: World) -> None:
    """F10, F13: never silence; a certificate is its own reason."""
    failing = source(
        reason=Reason.CERTIFICATE,
        detail="certificate has expired",
        failures=4,
        failing_since=NOON - timedelta(days=2),
        last_success_at=NOON - timedelta(days=2),
    )
    world.add_sources(failing)

    words = ask(world.app(), "/fi/status").words()

    assert "1 syötteessä on vika" in words
    assert "Palvelimen varmenne ei kelpaa" in words
    assert "Uusi varmenne" in words
    assert "certificate has expired" in words
    assert "Vika alkanut 22.11.2026 klo 12.00" in words
    assert "Epäonnistuneita hakuja peräkkäin 4" in words


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fi", "Haettu viimeksi 24.11.2026 klo 12.00"),
        ("sv", "Senast hämtat 24.11.2026 kl. 12.00"),
        ("en", "Last fetched 24 November 2026 at 12:00"),
    ],
)
def test_moments_are_local_and_written_as_the_language_does(
    world: World, language: str, expected: str
) -> None:
    world.add_sources(source())

    assert expected in ask(world.app(), f"/{language}/status").words()


def test_a_moment_for_machines_is_one_that_html_allows(world: World) -> None:
    """S6: Nu HTML checker clean; a fraction of a second has three digits at most there."""
    exact = NOON.replace(microsecond=123456)
    world.now = exact
    world.add_sources(source(last_success_at=exact))

    moments = ask(world.app(), "/fi/status").page.xpath("//time/@datetime")

    assert "2026-11-24T10:00:00+00:00" in moments
    assert not any("." in moment for moment in moments)


@pytest.mark.parametrize("state", [SourceState.PENDING, SourceState.REFUSED, SourceState.RETIRED])
def test_what_is_between_a_city_and_the_editor_is_not_shown(
    world: World, state: SourceState
) -> None:
    world.add_sources(source(state=state, title="Salainen blogi"))

    assert "Salainen blogi" not in ask(world.app(), "/fi/status").text
    assert json.loads(ask(world.app(), "/status.json").body)["sources"] == []


def test_a_contact_address_is_never_shown(world: World) -> None:
    """S7."""
    world.add_sources(source(contact="maija@raahe.example"))

    for path in ("/fi/status", "/status.json"):
        assert "maija" not in ask(world.app(), path).text


def test_each_state_has_its_words(world: World) -> None:
    sources = (
        source(1),
        source(2, state=SourceState.GONE),
        source(3, state=SourceState.HELD, held_because=HeldBecause.MOVED_DOMAIN),
        source(4, last_attempt_at=None, last_success_at=None),
    )
    world.add_sources(*sources)

    words = ask(world.app(), "/en/status").words()

    assert "1 feed works" in words
    assert "2 feeds have a fault" in words
    assert "1 feed has not been fetched yet" in words
    assert "removed for good" in words
    assert "The feed leads to another domain name, or names another site as its own." in words
    assert "New posts wait until the editor has checked the feed." in words


def test_a_city_reads_why_its_posts_wait_and_how_many(world: World) -> None:
    """P5: "why is my post missing?" has an answer."""
    world.add_sources(source(1))
    world.hold(61)

    words = ask(world.app(), "/fi/status").words()

    assert "Raahe (Raahen blogi 1) : 50 kirjoitusta, uusin 24.11.2026" in words
    assert "Syötteeseen tuli kerralla paljon kirjoituksia" in words
    assert "ja 11 muuta" in words


def test_what_a_guard_holds_back_is_not_published_by_its_explanation(world: World) -> None:
    """P6: whoever took a city's feed over must not get a title onto our pages."""
    world.add_sources(source(1))
    world.hold(1)

    for path in ("/fi/status", "/status.json"):
        assert "Casino" not in ask(world.app(), path).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_is_a_sentence_about_a_source_people_know(world: World, language: str) -> None:
    held = {"reason": "flood", "count": "7"}
    world.add_sources(source(1))
    world.add_notices(Notice(kind="entries_held", subject="raahe-1", at=NOON, facts=held))

    words = ask(world.app(), f"/{language}/status").words()

    assert "(Raahen blogi 1)" in words
    assert "7" in words


@pytest.mark.parametrize(
    "path", [*(f"/{language}/status" for language in LANGUAGES), "/status.json"]
)
@pytest.mark.parametrize(
    "kind",
    [
        "placeholder",
        "statements_missing",
        "templates_not_read",
        "no_relay",
        "mail_refused",
        "relay_away",
        "new",
    ],
)
def test_what_the_operator_has_to_do_is_not_shown_to_the_public(
    world: World, kind: str, path: str
) -> None:
    facts = {"value": "x.example", "keys": "a", "status": "5.7.1"}
    world.add_sources(source(1))
    before = ask(world.app(), path).body

    world.add_notices(Notice(kind=kind, subject="[network]", at=NOON, facts=facts))

    assert ask(world.app(), path).body == before


OUTAGE = Notice(kind="own_outage", subject="", at=NOON)
NOT_REACHED: Any = {
    "reason": Reason.DNS,
    "detail": "Could not resolve host",
    "last_success_at": NOON - timedelta(hours=1),
}


@pytest.mark.parametrize(
    ("language", "ours", "blames"),
    [
        ("fi", "Vika on meillä, ei kaupunkien blogeissa.", "syötteessä on vika"),
        ("sv", "Felet är vårt, inte städernas bloggars.", "har ett fel"),
        ("en", "The fault is ours, not that of the cities' blogs.", "has a fault"),
    ],
)
def test_during_our_own_outage_the_page_says_that_it_is_ours_and_blames_nobody(
    world: World, language: str, ours: str, blames: str
) -> None:
    counted = source(1, **NOT_REACHED, failures=3, failing_since=NOON - timedelta(days=4))
    failing = Notice(
        kind="source_failing", subject="raahe-1", at=NOON, facts={"reason": "dns", "days": "4"}
    )
    world.add_sources(counted, source(2, **NOT_REACHED))
    world.add_notices(OUTAGE, failing)
    reply = ask(world.app(), f"/{language}/status")

    assert ours in reply.words()
    assert blames not in reply.words()
    assert "resolve" not in reply.text
    assert reply.page.xpath("//li[contains(@class, 'attention')]") == []
    assert len(reply.page.xpath("//li[@class='source ours']")) == 2


def test_what_failed_in_our_outage_blames_nobody_until_it_is_fetched_again(world: World) -> None:
    """One success ends the outage; all others are fetched an hour later, perhaps."""
    world.add_sources(source(1), source(2, **NOT_REACHED))
    reply = ask(world.app(), "/fi/status")

    assert "1 syötettä ei saatu haettua meistä johtuvasta syystä" in reply.words()
    assert reply.page.xpath("//li[contains(@class, 'attention')]") == []


def test_during_our_own_outage_a_feed_that_answers_badly_is_still_named(world: World) -> None:
    world.add_sources(source(reason=Reason.NOT_A_FEED, failures=2))
    world.add_notices(OUTAGE)

    assert "1 syötteessä on vika" in ask(world.app(), "/fi/status").words()


def test_programs_read_that_an_outage_is_ours_and_blame_nobody(world: World) -> None:
    world.add_sources(source(**NOT_REACHED, failures=1))
    world.add_notices(OUTAGE)

    facts = json.loads(ask(world.app(), "/status.json").body)

    assert facts["own_outage"] is True
    (shown,) = facts["sources"]
    assert (shown["reason"], shown["detail"], shown["failures"]) == (None, None, 0)
    assert shown["last_success_at"] == "2026-11-24T09:00:00+00:00"


def test_programs_get_the_same_facts(world: World) -> None:
    world.add_sources(source(reason=Reason.DNS, failures=2))
    world.hold(3)

    facts = json.loads(ask(world.app(), "/status.json").body)

    assert facts["at"] == "2026-11-24T10:00:00+00:00"
    assert facts["held_entries"] == 3
    assert facts["sources"][0]["reason"] == "dns"
    assert facts["sources"][0]["failures"] == 2


def test_a_city_reads_how_large_its_feed_is(world: World) -> None:
    world.add_sources(source(body_bytes=70_400))

    assert "Syötteen koko 70 kt" in ask(world.app(), "/fi/status").words()


def test_an_empty_network_says_so(world: World) -> None:
    assert "Yhtään syötettä ei vielä seurata." in ask(world.app(), "/fi/status").words()


@pytest.mark.parametrize(
    "path", [*(f"/{language}/status" for language in LANGUAGES), "/status.json"]
)
def test_a_status_page_is_kept_as_made_for_five_seconds(world: World, path: str) -> None:
    world.add_sources(source(1))
    app = world.app()
    first = ask(app, path)
    world.add_sources(source(2))

    world.seconds = 4.9
    assert ask(app, path).body == first.body
    world.seconds = 5
    assert "raahe.example/2/" in ask(app, path).text
