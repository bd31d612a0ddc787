"""The health of each source in words, for people and for programs."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from syndicator.model import LANGUAGES, HeldBecause, Notice, Reason, SourceState
from syndicator.web.services import Health, HeldEntry
from tests.publish.sites import NOON
from tests.web.asgi import ask
from tests.web.worlds import World, source


def test_a_city_reads_why_its_feed_fails_and_what_to_do() -> None:
    """F10, F13: never silence; a certificate is its own reason."""
    failing = source(
        reason=Reason.CERTIFICATE,
        detail="certificate has expired",
        failures=4,
        failing_since=NOON - timedelta(days=2),
        last_success_at=NOON - timedelta(days=2),
    )
    world = World(health=Health(sources=(failing,)))

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
def test_moments_are_local_and_written_as_the_language_does(language: str, expected: str) -> None:
    world = World(health=Health(sources=(source(),)))

    assert expected in ask(world.app(), f"/{language}/status").words()


def test_a_moment_for_machines_is_one_that_html_allows() -> None:
    """S6: Nu HTML checker clean; a fraction of a second has three digits at most there."""
    exact = NOON.replace(microsecond=123456)
    world = World(now=exact, health=Health(sources=(source(last_success_at=exact),)))

    moments = ask(world.app(), "/fi/status").page.xpath("//time/@datetime")

    assert "2026-11-24T10:00:00+00:00" in moments
    assert not any("." in moment for moment in moments)


@pytest.mark.parametrize("state", [SourceState.PENDING, SourceState.REFUSED, SourceState.RETIRED])
def test_what_is_between_a_city_and_the_editor_is_not_shown(state: SourceState) -> None:
    world = World(health=Health(sources=(source(state=state, title="Salainen blogi"),)))

    assert "Salainen blogi" not in ask(world.app(), "/fi/status").text
    assert json.loads(ask(world.app(), "/status.json").body)["sources"] == []


def test_a_contact_address_is_never_shown() -> None:
    """S7."""
    world = World(health=Health(sources=(source(contact="maija@raahe.example"),)))

    for path in ("/fi/status", "/status.json"):
        assert "maija" not in ask(world.app(), path).text


def test_each_state_has_its_words() -> None:
    sources = (
        source(1),
        source(2, state=SourceState.GONE),
        source(3, state=SourceState.HELD, held_because=HeldBecause.MOVED_DOMAIN),
        source(4, last_attempt_at=None, last_success_at=None),
    )
    world = World(health=Health(sources=sources))

    words = ask(world.app(), "/en/status").words()

    assert "1 feed works" in words
    assert "2 feeds have a fault" in words
    assert "1 feed has not been fetched yet" in words
    assert "removed for good" in words
    assert "The feed leads to another domain name." in words
    assert "New posts wait until the editor has checked the feed." in words


def test_a_city_reads_why_its_posts_wait_and_how_many() -> None:
    """P5: "why is my post missing?" has an answer."""
    world = World(health=Health(sources=(source(1),), held=(_held(1), _held(2)), held_count=13))

    words = ask(world.app(), "/fi/status").words()

    assert "Raahe (Raahen blogi 1) : 2 kirjoitusta, uusin 24.11.2026" in words
    assert "Syötteeseen tuli kerralla paljon kirjoituksia" in words
    assert "ja 11 muuta" in words


def test_what_a_guard_holds_back_is_not_published_by_its_explanation() -> None:
    """P6: whoever took a city's feed over must not get a title onto our pages."""
    world = World(health=Health(sources=(source(1),), held=(_held(1),), held_count=1))

    for path in ("/fi/status", "/status.json"):
        assert "Casino" not in ask(world.app(), path).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_is_a_sentence_about_a_source_people_know(language: str) -> None:
    notices = (
        Notice(
            kind="entries_held",
            subject="raahe-1",
            at=NOON,
            facts={"reason": "flood", "count": "7"},
        ),
        Notice(kind="never_heard_of", subject="x", at=NOON),
    )
    world = World(health=Health(sources=(source(1),), notices=notices))

    words = ask(world.app(), f"/{language}/status").words()

    assert "(Raahen blogi 1)" in words
    assert "7" in words
    assert "never_heard_of" in words


def test_programs_get_the_same_facts() -> None:
    world = World(health=Health(sources=(source(reason=Reason.DNS, failures=2),), held_count=3))

    facts = json.loads(ask(world.app(), "/status.json").body)

    assert facts["at"] == "2026-11-24T10:00:00+00:00"
    assert facts["held_entries"] == 3
    assert facts["sources"][0]["reason"] == "dns"
    assert facts["sources"][0]["failures"] == 2


def test_a_city_reads_how_large_its_feed_is() -> None:
    world = World(health=Health(sources=(source(body_bytes=70_400),)))

    assert "Syötteen koko 70 kt" in ask(world.app(), "/fi/status").words()


def test_an_empty_network_says_so() -> None:
    assert "Yhtään syötettä ei vielä seurata." in ask(World().app(), "/fi/status").words()


@pytest.mark.parametrize("path", [*(f"/{one}/status" for one in LANGUAGES), "/status.json"])
def test_a_status_page_is_kept_as_made_for_five_seconds(path: str) -> None:
    world = World(health=Health(sources=(source(1),)))
    app = world.app()
    first = ask(app, path)
    world.health = Health(sources=(source(2),))

    world.seconds = 4.9
    assert ask(app, path).body == first.body
    world.seconds = 5
    assert "raahe.example/2/" in ask(app, path).text


def _held(days: int) -> HeldEntry:
    return HeldEntry(
        source=1,
        title="Casino",
        language="en",
        because=HeldBecause.FLOOD,
        since=NOON - timedelta(days=days - 1),
    )
