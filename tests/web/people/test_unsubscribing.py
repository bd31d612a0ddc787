"""Out in one click (E5): by a mail program's button, by the page, for everybody alike."""

from __future__ import annotations

import pytest

from syndicator.model import LANGUAGES
from tests.web.asgi import Reply, ask
from tests.web.worlds import World

ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def subscribed() -> tuple[World, str]:
    world = World()
    token = world.readers.active().replace("preferences", "unsubscribe")
    return world, token


def one_click(world: World, path: str, **headers: str) -> Reply:
    return ask(world.app(), path, method="POST", body=ONE_CLICK, headers={**FORM, **headers})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://mail.example"},
        {"sec-fetch-site": "cross-site", "origin": "https://mail.example"},
    ],
)
def test_a_mail_program_ends_the_subscription_from_anywhere_without_a_cookie(
    headers: dict[str, str],
) -> None:
    """RFC 8058 3.2: no cookie, no redirect, whatever the origin."""
    world, token = subscribed()

    reply = one_click(world, f"/fi/unsubscribe/{token}", **headers)

    assert reply.status == 200
    assert "location" not in reply.headers
    assert "set-cookie" not in reply.headers
    assert not world.readers.known["1"].active


def test_again_is_as_fine_as_the_first_time() -> None:
    world, token = subscribed()
    first = one_click(world, f"/fi/unsubscribe/{token}")
    again = one_click(world, f"/fi/unsubscribe/{token}")

    assert (first.status, first.body) == (again.status, again.body)


@pytest.mark.parametrize(
    "token", ["unsubscribe-99", "x", "confirm-1", "A" * 5000, "%C3%A4%00", '">', "..", "€"]
)
def test_a_mail_program_with_a_token_of_nobody_gets_its_200(token: str) -> None:
    """RFC 8058: a program reads only the status, and reports what is not 2xx as a broken list."""
    world, _ = subscribed()

    reply = one_click(world, f"/fi/unsubscribe/{token}")

    assert reply.status == 200
    assert world.readers.known["1"].active


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_of_the_address_works_and_speaks_its_own(language: str) -> None:
    world, token = subscribed()

    reply = one_click(world, f"/{language}/unsubscribe/{token}")

    assert reply.status == 200
    assert reply.page.get("lang") == language
    assert not world.readers.known["1"].active


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(method: str) -> None:
    """Scanners open every link of a mail."""
    world, token = subscribed()

    reply = ask(world.app(), f"/fi/unsubscribe/{token}", method=method)

    assert reply.status == 200
    assert world.readers.asked == []
    assert world.readers.known["1"].active


NOT_DONE = {
    ("fi", "unsubscr"): ("Linkki on vajaa", "Mitään ei muutettu"),
    ("sv", "unsubscr"): ("Länken är ofullständig", "Ingenting ändrades"),
    ("en", "unsubscr"): ("The link is incomplete", "Nothing was changed"),
    ("fi", "sample-1"): ("Linkki on mallista", "Mitään ei muutettu"),
    ("sv", "sample-1"): ("Länken är från ett exempel", "Ingenting ändrades"),
    ("en", "sample-1"): ("This link is a sample", "Nothing was changed"),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("language", "token"), NOT_DONE)
def test_a_link_that_ends_no_subscription_says_why_and_where_to_get_one(
    language: str, token: str, method: str
) -> None:
    """A person who reads "you have unsubscribed" believes it, and the mails go on."""
    world, _ = subscribed()

    reply = ask(world.app(), f"/{language}/unsubscribe/{token}", method=method, headers=FORM)

    title, unchanged = NOT_DONE[language, token]
    assert reply.page.xpath("//h1")[0].text == title
    assert unchanged in reply.words()
    assert not reply.page.xpath("//main//form")
    assert reply.page.xpath(f"//main//a[@href='/{language}/preferences']")
    assert world.readers.known["1"].active


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("fi", "Tilaus on jo peruttu"),
        ("sv", "Prenumerationen är redan avslutad"),
        ("en", "You have already unsubscribed"),
    ],
)
@pytest.mark.parametrize("token", ["unsubscribe-1", "unsubscribe-99"])
def test_a_used_link_says_that_its_reader_has_unsubscribed_already(
    language: str, title: str, token: str
) -> None:
    """Whoever was erased since is told the same."""
    world, way_out = subscribed()
    one_click(world, f"/fi/unsubscribe/{way_out}")

    page = ask(world.app(), f"/{language}/unsubscribe/{token}").page

    assert page.xpath("//h1")[0].text == title
    assert not page.xpath("//main//form")


def test_the_page_of_a_reader_shows_one_button() -> None:
    world, token = subscribed()
    page = ask(world.app(), f"/fi/unsubscribe/{token}").page

    (form,) = page.xpath("//main//form")
    assert form.get("method") == "post"
    assert form.get("action") is None
    assert [one.text for one in form.xpath(".//button")] == ["Peru tilaus"]


def test_the_page_s_own_button_does_it_and_leads_back() -> None:
    world, token = subscribed()

    reply = ask(world.app(), f"/sv/unsubscribe/{token}", method="POST", headers=FORM)

    assert reply.status == 200
    assert not world.readers.known["1"].active
    assert reply.page.xpath("//main//a[@href='/sv/subscribe']")
    assert "Ändrade du dig?" in reply.words()


@pytest.mark.parametrize(
    "body",
    [b"", b"x" * 1_000_000, b"\xff\xfe", b"a=1&" * 1000, b"List-Unsubscribe=Many-Clicks"],
)
def test_whatever_the_body_the_token_is_enough(body: bytes) -> None:
    """RFC 8058 also lets programs send multipart; a proxy may send nothing at all."""
    world, token = subscribed()

    reply = ask(world.app(), f"/fi/unsubscribe/{token}", method="POST", body=body)

    assert reply.status == 200
    assert not world.readers.known["1"].active


def test_no_network_is_ever_too_busy_to_let_people_out() -> None:
    """A mail provider presses for thousands of readers from one network."""
    world, token = subscribed()
    app = world.app()
    path = f"/fi/unsubscribe/{token}"

    assert {ask(app, path, method="POST", body=ONE_CLICK).status for _ in range(60)} == {200}


def test_a_page_with_a_token_tells_nobody_where_its_reader_came_from() -> None:
    """S7; E6: the address is a key."""
    world, token = subscribed()
    for reply in (
        ask(world.app(), f"/fi/unsubscribe/{token}"),
        one_click(world, f"/fi/unsubscribe/{token}"),
    ):
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["x-robots-tag"] == "noindex"
        assert reply.page.xpath("//meta[@name='robots'][@content='noindex']")
        assert not reply.page.xpath("//link[@rel='canonical']")
        loaded = reply.page.xpath("//img/@src|//link[@rel='stylesheet' or @rel='icon']/@href")
        assert all(str(one).startswith("/") for one in loaded)
        assert not reply.page.xpath("//script|//iframe")
