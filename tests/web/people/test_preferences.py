"""A subscriber's own page: reached by a mailed link, and everything on it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from syndicator.model import (
    Cadence,
    EmailKind,
    Selection,
    Subscriber,
    SuppressedBecause,
)
from syndicator.pipeline.people import leave, preferences
from syndicator.pipeline.people.erase import erase_address
from tests.builders import LANGUAGES
from tests.pipeline.readers import ADDRESS, Readers
from tests.pipeline.world import Clock
from tests.web.asgi import Reply, ask
from tests.web.worlds import World

PATH = "/fi/preferences"
ALREADY_LEFT = {
    "fi": "Tilaus on jo peruttu",
    "sv": "Prenumerationen är redan avslutad",
    "en": "You have already unsubscribed",
}


@pytest.fixture
def token(readers: Readers) -> str:
    """The link to the preferences of the only subscriber."""
    return link(readers)


def link(readers: Readers, **changes: object) -> str:
    """Let somebody subscribe; return the token of their preferences."""
    chosen = Selection(**({"language": "fi", "cadence": Cadence.WEEKLY} | changes))  # type: ignore[arg-type]
    readers.subscribed(ADDRESS, chosen)
    return readers.preferences_link()


def the_subscriber(readers: Readers) -> Subscriber:
    (subscriber,) = readers.subscribers()
    return subscriber


def suppress(readers: Readers, why: SuppressedBecause) -> None:
    """Keep the subscriber out since 20 November."""
    clock = Clock(datetime(2026, 11, 20, 10, tzinfo=UTC))
    subscriptions = replace(readers.subscriptions, now=clock)
    leave.suppress(subscriptions, the_subscriber(readers).address_hash, why)


def press(world: World, token: str, **form: str | list[str]) -> Reply:
    return ask(world.app(), f"{PATH}/{token}", form=form)


def held(reply: Reply, name: str) -> list[str]:
    return [str(value) for value in reply.page.xpath(f"//input[@name='{name}'][@checked]/@value")]


def test_the_answer_is_the_same_whether_somebody_subscribes_or_not(
    world: World, readers: Readers
) -> None:
    """S2."""
    readers.subscribed()
    readers.later(minutes=15)
    app = world.app()
    known = ask(app, PATH, form={"email": ADDRESS, "website": ""})
    unknown = ask(app, PATH, form={"email": "toinen@raahe.example", "website": ""})

    assert (known.status, known.headers) == (unknown.status, unknown.headers)
    assert known.headers["location"] == f"{PATH}/sent"
    (email,) = readers.emails()
    assert (email.kind, email.address) == (EmailKind.LINK, ADDRESS)


@pytest.mark.parametrize("email", ["", "maija", "m@raahe.example\nBcc: x@y.fi"])
def test_an_address_that_is_none_is_told_beside_its_field(
    world: World, readers: Readers, email: str
) -> None:
    before = readers.rows()

    reply = ask(world.app(), PATH, form={"email": email, "website": ""})

    assert reply.status == 422
    assert reply.page.get_element_by_id("email-wrong").text
    assert readers.rows() == before


def test_the_trap_catches_here_too(world: World, readers: Readers) -> None:
    readers.subscribed()
    before = readers.rows()
    form = {"email": ADDRESS, "website": "x"}

    assert ask(world.app(), PATH, form=form).status == 422
    assert readers.rows() == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_link_is_said_to_be_on_its_way(world: World, language: str) -> None:
    reply = ask(world.app(), f"/{language}/preferences/sent")

    assert reply.status == 200
    assert reply.page.xpath("//main//a[starts-with(@href, 'mailto:')]")


def test_the_page_shows_what_is_held(world: World, readers: Readers) -> None:
    token = link(readers, cities=frozenset({"raahe"}), topics=frozenset({"osaajat"}))

    reply = ask(world.app(), f"{PATH}/{token}")

    assert ADDRESS in reply.words()
    assert "24.11.2026" in reply.words()
    assert held(reply, "cadence") == ["weekly"]
    assert held(reply, "language") == ["fi"]
    assert held(reply, "cities") == ["raahe"]
    assert held(reply, "topics") == ["osaajat"]


def test_a_choice_that_left_the_network_stays_until_it_is_taken_away(
    world: World, readers: Readers
) -> None:
    """The last city of a selection must not become every city by saving something else (S1)."""
    token = link(readers, cities=frozenset({"entinen"}), topics=frozenset({"vanha"}))
    shown = ask(world.app(), f"{PATH}/{token}")
    assert held(shown, "cities") == ["entinen"]
    assert held(shown, "topics") == ["vanha"]
    assert "Eivät ole enää mukana" in shown.words()

    kept = {"cities": held(shown, "cities"), "topics": held(shown, "topics")}
    press(world, token, step="save", language="sv", cadence="weekly", **kept)
    assert the_subscriber(readers).selection == Selection(
        language="sv",
        cadence=Cadence.WEEKLY,
        cities=frozenset({"entinen"}),
        topics=frozenset({"vanha"}),
    )

    strange = press(world, token, step="save", language="sv", cadence="weekly", cities=["muu"])
    assert strange.status == 422


def test_another_selection_is_saved_and_said(world: World, readers: Readers) -> None:
    token = link(readers, cities=frozenset({"raahe"}))

    reply = press(world, token, step="save", language="sv", cadence="monthly", cities=["ahtari"])

    assert (reply.status, reply.headers["location"]) == (303, f"{PATH}/{token}?done=saved")
    assert the_subscriber(readers).selection == Selection(
        language="sv", cadence=Cadence.MONTHLY, cities=frozenset({"ahtari"})
    )
    page = ask(world.app(), reply.headers["location"])
    assert "Muutokset on tallennettu." in page.words()


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-12-24", date(2026, 12, 24)),
        ("24.12.2026", date(2026, 12, 24)),
        (" 24. 12. 2026 ", date(2026, 12, 24)),
        ("2026-11-25", date(2026, 11, 25)),
        ("2027-11-25", date(2027, 11, 25)),
    ],
)
def test_a_break_lasts_until_the_day_chosen_or_typed(
    world: World, readers: Readers, token: str, typed: str, day: date
) -> None:
    assert press(world, token, step="pause", until=typed).status == 303
    until = the_subscriber(readers).paused_until
    assert until is not None
    assert until.astimezone(ZoneInfo("Europe/Helsinki")) == datetime.combine(
        day, time(), tzinfo=ZoneInfo("Europe/Helsinki")
    )


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Anna päivä."),
        ("huomenna", "Tarkista päivä."),
        ("2026-11-24", "Tarkista päivä."),
        ("2026-02-30", "Tarkista päivä."),
        ("2027-11-26", "Tarkista päivä."),
        ("99999-01-01", "Tarkista päivä."),
        ("٢٠٢٦-١٢-٢٤", "Tarkista päivä."),
        ("2026-12-24\n", "sama"),
    ],
)
def test_a_day_that_is_none_to_come_is_told_beside_its_field(
    world: World, readers: Readers, token: str, typed: str, sentence: str
) -> None:
    reply = press(world, token, step="pause", until=typed)

    if sentence == "sama":
        assert reply.status == 303
        return
    assert reply.status == 422
    assert reply.page.get_element_by_id("until-wrong").text.startswith(sentence)
    assert reply.page.get_element_by_id("until").get("value") == typed
    assert the_subscriber(readers).paused_until is None


def test_a_break_is_shown_and_ends_at_once_when_asked(
    world: World, readers: Readers, token: str
) -> None:
    preferences.pause(readers.subscriptions, token, date(2026, 12, 24))
    page = ask(world.app(), f"{PATH}/{token}")
    assert "torstai 24. joulukuuta 2026" in page.words()

    press(world, token, step="resume")

    assert the_subscriber(readers).paused_until is None
    assert not ask(world.app(), f"{PATH}/{token}").page.xpath("//button[@value='resume']")


def test_a_new_address_is_only_mailed_to(world: World, readers: Readers, token: str) -> None:
    reply = press(world, token, step="move", email="Uusi@Salo.Example")

    assert reply.headers["location"] == f"{PATH}/{token}?done=mailed"
    (email,) = readers.emails()
    assert (email.kind, email.address) == (EmailKind.NEW_ADDRESS, "Uusi@salo.example")
    assert [subscriber.address for subscriber in readers.subscribers()] == [ADDRESS]


def test_a_new_address_that_is_none_is_told_beside_its_field(world: World, token: str) -> None:
    reply = press(world, token, step="move", email="uusi")

    assert reply.status == 422
    assert reply.page.get_element_by_id("email-wrong").text == (
        "Tarkista sähköpostiosoite. Se näyttää tältä: nimi@esimerkki.fi."
    )


def test_moving_takes_from_the_turns_of_the_network(world: World, token: str) -> None:
    """S2: this door writes to strangers, too."""
    app = world.app()
    form = {"step": "move", "email": "uusi@salo.example"}
    statuses = [ask(app, f"{PATH}/{token}", form=form).status for _ in range(21)]

    assert statuses == [303] * 20 + [429]


def test_everything_held_comes_as_a_file_that_no_cache_keeps(world: World, token: str) -> None:
    reply = ask(world.app(), f"{PATH}/{token}/export", method="POST")

    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-disposition"] == 'attachment; filename="newsletter.json"'
    assert reply.headers["cache-control"] == "no-store"
    assert json.loads(reply.body)["subscriber"]["address"] == ADDRESS


def test_erasing_is_explained_done_and_leaves_nothing_behind_the_link(
    world: World, readers: Readers, token: str
) -> None:
    before = readers.rows()
    asked = ask(world.app(), f"{PATH}/{token}/erase")
    assert "730 päiväksi" in asked.words()
    assert readers.rows() == before

    done = ask(world.app(), f"{PATH}/{token}/erase", method="POST")

    assert "Tietosi on poistettu" in done.words()
    assert readers.subscribers() == []
    assert token not in done.text
    assert ask(world.app(), f"{PATH}/{token}").status == 404
    assert ask(world.app(), f"{PATH}/{token}/erase", method="POST").status == 404


@pytest.mark.parametrize("path", ["", "/export", "/erase"])
@pytest.mark.parametrize("purpose", ["unsubscribe", "confirm", "erased", "forged"])
def test_a_token_that_lets_out_opens_nothing_else(
    world: World, readers: Readers, path: str, purpose: str
) -> None:
    """E6: a forwarded mail can unsubscribe its reader, not read, export or erase them."""
    readers.sign_up("pekka@raahe.fi")
    tokens = {"confirm": readers.link(EmailKind.CONFIRM), "forged": "%"}
    tokens["unsubscribe"] = readers.way_out(readers.subscribed())
    tokens["erased"] = readers.preferences_link()
    if purpose == "erased":
        erase_address(readers.subscriptions, ADDRESS)
    before = readers.rows()
    form = {"step": "save", "language": "fi", "cadence": "weekly"}

    reply = ask(world.app(), f"{PATH}/{tokens[purpose]}{path}", form=form)

    assert reply.status == 404
    assert ADDRESS not in reply.text
    assert readers.rows() == before


@pytest.mark.parametrize("path", ["", "/erase"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(
    world: World, readers: Readers, token: str, path: str, method: str
) -> None:
    before = readers.rows()
    assert ask(world.app(), f"{PATH}/{token}{path}", method=method).status == 200
    assert readers.rows() == before


def test_the_file_is_never_given_to_a_look(world: World, token: str) -> None:
    assert ask(world.app(), f"{PATH}/{token}/export").status == 405


def test_a_button_that_does_not_exist_does_nothing(
    world: World, readers: Readers, token: str
) -> None:
    before = readers.rows()
    assert press(world, token, step="burn").status == 404
    assert readers.rows() == before


@pytest.mark.parametrize("path", ["", "/erase"])
def test_the_page_is_kept_nowhere_and_tells_nobody(world: World, token: str, path: str) -> None:
    """S7."""
    headers = ask(world.app(), f"{PATH}/{token}{path}").headers

    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"] == "noindex"


def test_the_answer_to_a_button_is_kept_nowhere_either(world: World, token: str) -> None:
    """S7: the answer to a button names the key, too."""

    reply = press(world, token, step="save", language="sv", cadence="weekly")

    assert token in reply.headers["location"]
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("done", ["burnt", "<script>", "saved<"])
def test_only_what_was_done_is_said(world: World, token: str, done: str) -> None:
    reply = ask(world.app(), f"{PATH}/{token}?done={done}")

    assert reply.status == 200
    assert not reply.page.xpath("//*[@role='status']")


def test_a_new_selection_that_cannot_be_is_told_and_kept_as_it_was_sent(
    world: World, readers: Readers, token: str
) -> None:
    before = readers.rows()
    reply = press(world, token, step="save", language="fi", cadence="", cities=["raahe"])

    assert reply.status == 422
    assert reply.page.get_element_by_id("cadence-wrong").text
    assert held(reply, "cities") == ["raahe"]
    assert readers.rows() == before


def test_the_next_newsletter_is_said_and_after_a_break_the_one_then(
    world: World, readers: Readers, token: str
) -> None:
    assert "maanantai 30. marraskuuta 2026" in ask(world.app(), f"{PATH}/{token}").words()
    preferences.pause(readers.subscriptions, token, date(2026, 12, 14))
    shown = ask(world.app(), f"{PATH}/{token}").words()
    assert shown.count("maanantai 14. joulukuuta 2026") == 2
    assert "30. marraskuuta" not in shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", SuppressedBecause)
def test_whoever_is_not_mailed_is_told_why_and_whom_to_ask(
    world: World, readers: Readers, token: str, language: str, why: SuppressedBecause
) -> None:
    suppress(readers, why)

    reply = ask(world.app(), f"/{language}/preferences/{token}")

    (note,) = reply.page.find_class("stopped")
    assert note.xpath(".//a[starts-with(@href, 'mailto:')]")
    assert "20" in note.text_content()
    assert "30" not in reply.page.xpath("string(//dl)"), "no newsletter is promised"


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_left_sees_what_is_held_and_the_ways_from_there(
    world: World, readers: Readers, token: str, language: str
) -> None:
    leave.leave(readers.subscriptions, token)
    before = readers.rows()
    own = f"/{language}/preferences/{token}"

    reply = ask(world.app(), own)

    assert reply.status == 200
    assert ADDRESS in reply.words()
    assert reply.page.xpath("//main//a[contains(@href, 'subscribe')]")
    assert reply.page.xpath("//main//form/@action") == [f"{own}/export"]
    assert ask(world.app(), f"{own}/erase").status == 200
    again = ask(world.app(), own, form={"step": "resume"})
    assert again.status == 410
    assert again.page.xpath("//h1")[0].text == ALREADY_LEFT[language]
    assert readers.rows() == before


def test_whoever_left_and_is_not_mailed_is_not_sent_to_a_form_that_leads_nowhere(
    world: World, readers: Readers, token: str
) -> None:
    suppress(readers, SuppressedBecause.COMPLAINT)

    reply = ask(world.app(), f"{PATH}/{token}")

    assert reply.page.find_class("stopped")
    assert not reply.page.xpath("//main//a[contains(@href, 'subscribe')]")
