"""A subscriber's own page: reached by a mailed link, and everything on it."""

from __future__ import annotations

import json
from datetime import date

import pytest

from syndicator.model import LANGUAGES, Cadence, Selection, SuppressedBecause
from syndicator.subscribe.sign_up import Stopped
from tests.web.asgi import Reply, ask
from tests.web.worlds import World

PATH = "/fi/preferences"
ALREADY_LEFT = {
    "fi": "Tilaus on jo peruttu",
    "sv": "Prenumerationen är redan avslutad",
    "en": "You have already unsubscribed",
}


def press(world: World, token: str, **form: str | list[str]) -> Reply:
    return ask(world.app(), f"{PATH}/{token}", form=form)


def held(reply: Reply, name: str) -> list[str]:
    return [str(one) for one in reply.page.xpath(f"//input[@name='{name}'][@checked]/@value")]


def test_the_answer_is_the_same_whether_somebody_subscribes_or_not() -> None:
    """S2."""
    world = World()
    world.readers.active()
    app = world.app()
    known = ask(app, PATH, form={"email": "lukija1@raahe.example", "website": ""})
    unknown = ask(app, PATH, form={"email": "toinen@raahe.example", "website": ""})

    assert (known.status, known.headers) == (unknown.status, unknown.headers)
    assert known.headers["location"] == f"{PATH}/sent"
    assert world.readers.asked == ["send_link fi", "send_link fi"]
    assert world.readers.mailed == [("lukija1@raahe.example", "preferences-1")]


@pytest.mark.parametrize("email", ["", "maija", "m@raahe.example\nBcc: x@y.fi"])
def test_an_address_that_is_none_is_told_beside_its_field(email: str) -> None:
    world = World()

    reply = ask(world.app(), PATH, form={"email": email, "website": ""})

    assert reply.status == 422
    assert reply.page.get_element_by_id("email-wrong").text
    assert world.readers.asked == []


def test_the_trap_catches_here_too() -> None:
    world = World()

    assert ask(world.app(), PATH, form={"email": "m@raahe.example", "website": "x"}).status == 422
    assert world.readers.asked == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_link_is_said_to_be_on_its_way(language: str) -> None:
    reply = ask(World().app(), f"/{language}/preferences/sent")

    assert reply.status == 200
    assert reply.page.xpath("//main//a[starts-with(@href, 'mailto:')]")


def test_the_page_shows_what_is_held() -> None:
    world = World()
    token = world.readers.active(cities=frozenset({"raahe"}), topics=frozenset({"osaajat"}))

    reply = ask(world.app(), f"{PATH}/{token}")

    assert "lukija1@raahe.example" in reply.words()
    assert "24.11.2026" in reply.words()
    assert held(reply, "cadence") == ["weekly"]
    assert held(reply, "language") == ["fi"]
    assert held(reply, "cities") == ["raahe"]
    assert held(reply, "topics") == ["osaajat"]


def test_a_choice_that_left_the_network_stays_until_it_is_taken_away() -> None:
    """The last city of a selection must not become every city by saving something else (S1)."""
    world = World()
    token = world.readers.active(cities=frozenset({"entinen"}), topics=frozenset({"vanha"}))
    shown = ask(world.app(), f"{PATH}/{token}")
    assert held(shown, "cities") == ["entinen"]
    assert held(shown, "topics") == ["vanha"]
    assert "Eivät ole enää mukana" in shown.words()

    kept = {"cities": held(shown, "cities"), "topics": held(shown, "topics")}
    press(world, token, step="save", language="sv", cadence="weekly", **kept)
    assert world.readers.known["1"].selection == Selection(
        language="sv",
        cadence=Cadence.WEEKLY,
        cities=frozenset({"entinen"}),
        topics=frozenset({"vanha"}),
    )

    strange = press(world, token, step="save", language="sv", cadence="weekly", cities=["muu"])
    assert strange.status == 422


def test_another_selection_is_saved_and_said() -> None:
    world = World()
    token = world.readers.active(cities=frozenset({"raahe"}))

    reply = press(world, token, step="save", language="sv", cadence="monthly", cities=["ahtari"])

    assert (reply.status, reply.headers["location"]) == (303, f"{PATH}/{token}?done=saved")
    assert world.readers.known["1"].selection == Selection(
        language="sv", cadence=Cadence.MONTHLY, cities=frozenset({"ahtari"})
    )
    said = ask(world.app(), reply.headers["location"])
    assert "Muutokset on tallennettu." in said.words()


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
def test_a_break_lasts_until_the_day_chosen_or_typed(typed: str, day: date) -> None:
    world = World()
    token = world.readers.active()

    assert press(world, token, step="pause", until=typed).status == 303
    assert world.readers.known["1"].until == day


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
def test_a_day_that_is_none_to_come_is_told_beside_its_field(typed: str, sentence: str) -> None:
    world = World()
    token = world.readers.active()

    reply = press(world, token, step="pause", until=typed)

    if sentence == "sama":
        assert reply.status == 303
        return
    assert reply.status == 422
    assert reply.page.get_element_by_id("until-wrong").text.startswith(sentence)
    assert reply.page.get_element_by_id("until").get("value") == typed
    assert world.readers.known["1"].until is None


def test_a_break_is_shown_and_ends_at_once_when_asked() -> None:
    world = World()
    token = world.readers.active()
    world.readers.known["1"].until = date(2026, 12, 24)
    page = ask(world.app(), f"{PATH}/{token}")
    assert "torstai 24. joulukuuta 2026" in page.words()

    press(world, token, step="resume")

    assert world.readers.known["1"].until is None
    assert not ask(world.app(), f"{PATH}/{token}").page.xpath("//button[@value='resume']")


def test_a_new_address_is_only_mailed_to() -> None:
    world = World()
    token = world.readers.active()

    reply = press(world, token, step="move", email="Uusi@Salo.Example")

    assert reply.headers["location"] == f"{PATH}/{token}?done=mailed"
    assert world.readers.mailed == [("Uusi@salo.example", "address-1")]
    assert world.readers.known["1"].address == "lukija1@raahe.example"


def test_a_new_address_that_is_none_is_told_beside_its_field() -> None:
    world = World()
    token = world.readers.active()

    reply = press(world, token, step="move", email="uusi")

    assert reply.status == 422
    assert reply.page.get_element_by_id("email-wrong").text == "Tarkista sähköpostiosoite."


def test_moving_takes_from_the_turns_of_the_network() -> None:
    """S2: this door writes to strangers, too."""
    world = World()
    token, app = world.readers.active(), world.app()
    form = {"step": "move", "email": "uusi@salo.example"}
    statuses = [ask(app, f"{PATH}/{token}", form=form).status for _ in range(21)]

    assert statuses == [303] * 20 + [429]


def test_everything_held_comes_as_a_file_that_no_cache_keeps() -> None:
    world = World()
    token = world.readers.active()

    reply = ask(world.app(), f"{PATH}/{token}/export", method="POST")

    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["content-disposition"] == 'attachment; filename="newsletter.json"'
    assert reply.headers["cache-control"] == "no-store"
    assert json.loads(reply.body) == {"address": "lukija1@raahe.example"}


def test_erasing_is_explained_done_and_leaves_nothing_behind_the_link() -> None:
    world = World()
    token = world.readers.active()
    asked = ask(world.app(), f"{PATH}/{token}/erase")
    assert "730 päiväksi" in asked.words()
    assert world.readers.asked == []

    done = ask(world.app(), f"{PATH}/{token}/erase", method="POST")

    assert "Tietosi on poistettu" in done.words()
    assert world.readers.known == {}
    assert token not in done.text
    assert ask(world.app(), f"{PATH}/{token}").status == 404
    assert ask(world.app(), f"{PATH}/{token}/erase", method="POST").status == 404


@pytest.mark.parametrize("path", ["", "/export", "/erase"])
@pytest.mark.parametrize("token", ["unsubscribe-1", "confirm-1", "preferences-9", "%"])
def test_a_token_that_lets_out_opens_nothing_else(path: str, token: str) -> None:
    """E6: a forwarded mail can unsubscribe its reader, not read, export or erase them."""
    world = World()
    world.readers.active()
    form = {"step": "save", "language": "fi", "cadence": "weekly"}

    reply = ask(world.app(), f"{PATH}/{token}{path}", form=form)

    assert reply.status == 404
    assert "lukija1" not in reply.text
    assert world.readers.known["1"].address == "lukija1@raahe.example"


@pytest.mark.parametrize("path", ["", "/erase"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(path: str, method: str) -> None:
    world = World()
    token = world.readers.active()

    assert ask(world.app(), f"{PATH}/{token}{path}", method=method).status == 200
    assert world.readers.asked == []


def test_the_file_is_never_given_to_a_look() -> None:
    world = World()
    token = world.readers.active()

    assert ask(world.app(), f"{PATH}/{token}/export").status == 405


def test_a_button_that_does_not_exist_does_nothing() -> None:
    world = World()
    token = world.readers.active()

    assert press(world, token, step="burn").status == 404
    assert world.readers.asked == []


@pytest.mark.parametrize("path", ["", "/erase"])
def test_the_page_is_kept_nowhere_and_tells_nobody(path: str) -> None:
    """S7."""
    world = World()
    token = world.readers.active()
    headers = ask(world.app(), f"{PATH}/{token}{path}").headers

    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-robots-tag"] == "noindex"


def test_the_answer_to_a_button_is_kept_nowhere_either() -> None:
    """S7: the answer to a button names the key, too."""
    world = World()
    token = world.readers.active()

    reply = press(world, token, step="save", language="sv", cadence="weekly")

    assert token in reply.headers["location"]
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("done", ["burnt", "<script>", "saved<"])
def test_only_what_was_done_is_said(done: str) -> None:
    world = World()
    token = world.readers.active()

    reply = ask(world.app(), f"{PATH}/{token}?done={done}")

    assert reply.status == 200
    assert not reply.page.xpath("//*[@role='status']")


def test_a_new_selection_that_cannot_be_is_told_and_kept_as_it_was_sent() -> None:
    world = World()
    token = world.readers.active()

    reply = press(world, token, step="save", language="fi", cadence="", cities=["raahe"])

    assert reply.status == 422
    assert reply.page.get_element_by_id("cadence-wrong").text
    assert held(reply, "cities") == ["raahe"]
    assert world.readers.asked == []


def test_the_next_newsletter_is_said_and_after_a_break_the_one_then() -> None:
    world = World()
    token = world.readers.active()
    assert "maanantai 30. marraskuuta 2026" in ask(world.app(), f"{PATH}/{token}").words()
    world.readers.known["1"].until = date(2026, 12, 14)
    shown = ask(world.app(), f"{PATH}/{token}").words()
    assert shown.count("maanantai 14. joulukuuta 2026") == 2
    assert "30. marraskuuta" not in shown


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("why", SuppressedBecause)
def test_whoever_is_not_mailed_is_told_why_and_whom_to_ask(
    language: str, why: SuppressedBecause
) -> None:
    world = World()
    token = world.readers.active()
    world.readers.known["1"].stopped = Stopped(why=why, day=date(2026, 11, 20))

    reply = ask(world.app(), f"/{language}/preferences/{token}")

    (note,) = reply.page.find_class("stopped")
    assert note.xpath(".//a[starts-with(@href, 'mailto:')]")
    assert "20" in note.text_content()
    assert "30" not in reply.page.xpath("string(//dl)"), "no newsletter is promised"


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_left_sees_what_is_held_and_the_ways_from_there(language: str) -> None:
    world = World()
    token = world.readers.active()
    world.readers.known["1"].gone = True
    own = f"/{language}/preferences/{token}"

    reply = ask(world.app(), own)

    assert reply.status == 200
    assert "lukija1@raahe.example" in reply.words()
    assert reply.page.xpath("//main//a[contains(@href, 'subscribe')]")
    assert reply.page.xpath("//main//form/@action") == [f"{own}/export"]
    assert ask(world.app(), f"{own}/erase").status == 200
    again = ask(world.app(), own, form={"step": "resume"})
    assert again.status == 410
    assert again.page.xpath("//h1")[0].text == ALREADY_LEFT[language]
    assert world.readers.asked == []


def test_whoever_left_and_is_not_mailed_is_not_sent_to_a_form_that_leads_nowhere() -> None:
    world = World()
    token = world.readers.active()
    person = world.readers.known["1"]
    person.gone = True
    person.stopped = Stopped(why=SuppressedBecause.COMPLAINT, day=date(2026, 11, 20))

    reply = ask(world.app(), f"{PATH}/{token}")

    assert reply.page.find_class("stopped")
    assert not reply.page.xpath("//main//a[contains(@href, 'subscribe')]")
