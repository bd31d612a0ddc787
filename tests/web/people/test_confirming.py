"""Links that confirm: a page with a button; a look changes nothing."""

from __future__ import annotations

import pytest

from syndicator.model import LANGUAGES, Cadence, Selection
from syndicator.subscribe.sign_up import Wish
from tests.web.asgi import ask
from tests.web.worlds import World


def asked(**changes: object) -> tuple[World, str]:
    """Somebody filled the form; return the token mailed to them."""
    world = World()
    chosen = Selection(**({"language": "fi", "cadence": Cadence.WEEKLY} | changes))  # type: ignore[arg-type]
    wish = Wish(address="m@raahe.example", selection=chosen, page="/fi/subscribe", text_version="x")
    world.readers.people().ask(wish)
    world.readers.asked.clear()
    return world, world.readers.mailed[-1][1]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["confirm", "address"])
def test_looking_changes_nothing(method: str, path: str) -> None:
    world, _ = asked()

    reply = ask(world.app(), f"/fi/{path}/{path}-1", method=method)

    assert reply.status == 200
    assert world.readers.asked == []
    assert not world.readers.known["1"].active


def test_the_page_shows_what_would_be_confirmed() -> None:
    world, token = asked(cities=frozenset({"raahe", "ahtari"}), topics=frozenset({"osaajat"}))

    reply = ask(world.app(), f"/sv/confirm/{token}")

    words = reply.words()
    assert "En gång i veckan" in words
    assert "Brahestad och Etseri" in words
    assert "Kompetens" in words
    assert [one.text for one in reply.page.xpath("//main//button")] == ["Bekräfta prenumerationen"]
    assert "m@raahe.example" not in reply.text


def test_the_button_confirms_and_the_page_says_when_the_next_one_comes() -> None:
    world, token = asked()

    reply = ask(world.app(), f"/fi/confirm/{token}", method="POST")

    assert reply.status == 200
    assert world.readers.known["1"].active
    assert "maanantai 30. marraskuuta 2026" in reply.words()
    assert reply.page.xpath("//main//a[@href='/fi/preferences']")


def test_confirming_again_says_the_same() -> None:
    world, token = asked()
    first = ask(world.app(), f"/fi/confirm/{token}", method="POST")
    again = ask(world.app(), f"/fi/confirm/{token}", method="POST")

    assert (first.status, first.body) == (again.status, again.body)


def test_a_cadence_without_a_day_promises_none() -> None:
    world, token = asked(cadence=Cadence.MONTHLY)

    reply = ask(world.app(), f"/fi/confirm/{token}", method="POST")

    assert reply.status == 200
    assert not reply.page.xpath("//main//time")


USED = {
    ("confirm", "done", "fi"): "Tilaus on jo vahvistettu",
    ("confirm", "done", "sv"): "Prenumerationen är redan bekräftad",
    ("confirm", "done", "en"): "Your subscription is already confirmed",
    ("address", "done", "fi"): "Osoite on jo vaihdettu",
    ("address", "done", "sv"): "Adressen är redan ändrad",
    ("address", "done", "en"): "Your address has already been changed",
    ("confirm", "left", "fi"): "Tilaus on jo peruttu",
    ("confirm", "left", "sv"): "Prenumerationen är redan avslutad",
    ("address", "left", "en"): "You have already unsubscribed",
    ("confirm", "elsewhere", "fi"): "Osoite on vaihdettu",
    ("preferences", "elsewhere", "sv"): "Adressen har ändrats",
    ("preferences", "elsewhere", "en"): "The address was changed",
}


@pytest.mark.parametrize(("path", "since", "language"), USED)
def test_a_used_link_says_what_is_so_and_shows_no_button(
    path: str, since: str, language: str
) -> None:
    world = World()
    world.readers.active()
    reader = world.readers.known["1"]
    reader.wants = reader.address if since == "done" else None
    reader.gone, reader.elsewhere = since == "left", since == "elsewhere"

    reply = ask(world.app(), f"/{language}/{path}/{path}-1")

    assert reply.status == (200 if since == "done" else 410)
    assert reply.page.xpath("//h1")[0].text == USED[path, since, language]
    assert not reply.page.xpath("//main//form")
    assert "lukija1" not in reply.text


@pytest.mark.parametrize("path", ["confirm", "address"])
def test_the_button_of_a_link_that_does_nothing_any_more_says_so_too(path: str) -> None:
    world = World()
    world.readers.active()
    world.readers.known["1"].gone = True

    reply = ask(world.app(), f"/fi/{path}/{path}-1", method="POST")

    assert reply.status == 410
    assert reply.page.xpath("//h1")[0].text == "Tilaus on jo peruttu"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["confirm", "address", "preferences"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", ["late", "unsubscribe-1", "A" * 700, '"><script>'])
def test_a_link_that_leads_nowhere_says_so_and_shows_the_ways_on(
    language: str, path: str, method: str, token: str
) -> None:
    world = World()

    reply = ask(world.app(), f"/{language}/{path}/{token}", method=method)

    assert reply.status == 404
    hrefs = reply.page.xpath("//main//a/@href")
    assert hrefs == [f"/{language}/subscribe", f"/{language}/preferences"]
    assert "<script" not in reply.text
    assert reply.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["confirm/confirm-1", "address/address-1", "preferences/x"])
def test_another_site_cannot_press_the_button(path: str) -> None:
    """S4."""
    world, _ = asked()
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://paha.example"}):
        assert ask(world.app(), f"/fi/{path}", method="POST", headers=headers).status == 403
    assert world.readers.asked == []


def test_an_older_browser_on_a_page_without_a_referrer_can() -> None:
    """Such a page makes a browser say ``Origin: null``."""
    world, token = asked()

    reply = ask(world.app(), f"/fi/confirm/{token}", method="POST", headers={"origin": "null"})

    assert reply.status == 200
    assert world.readers.known["1"].active


@pytest.mark.parametrize("purpose", ["confirm", "preferences", "unsubscribe"])
def test_a_link_for_something_else_shows_no_button_to_move(purpose: str) -> None:
    """E6: a forwarded mail does not even tell whether its reader is still here."""
    world, _ = asked()

    assert ask(world.app(), "/fi/address/address-1").status == 200
    assert ask(world.app(), f"/fi/address/{purpose}-1").status == 404


def test_a_new_address_is_taken_by_its_own_link_only() -> None:
    world, _ = asked()
    token = world.readers.active()
    world.readers.people().move(token, "uusi@raahe.example")
    moving = world.readers.mailed[-1][1]

    assert ask(world.app(), f"/fi/address/{token}", method="POST").status == 404
    assert world.readers.known["2"].address == "lukija2@raahe.example"

    reply = ask(world.app(), f"/fi/address/{moving}", method="POST")
    assert "Osoite on vaihdettu" in reply.words()
    assert world.readers.known["2"].address == "uusi@raahe.example"
