"""Out in one click (E5): by a mail program's button, by the page, for everybody alike."""

from __future__ import annotations

from uuid import UUID

import pytest

from syndicator.model import SubscriberState
from syndicator.subscribe.tokens import sample_token, unsubscribe_token
from tests.builders import LANGUAGES
from tests.pipeline.readers import KEY, Readers
from tests.web.asgi import Reply, ask
from tests.web.worlds import World

NOBODY = unsubscribe_token(str(UUID(int=99)), KEY)
SAMPLE = sample_token("an issue")
ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def way_out(readers: Readers) -> str:
    """The way out in the newsletters of the only subscriber."""
    return readers.way_out(readers.subscribed())


def active(readers: Readers) -> bool:
    subscriber = readers.subscriber()
    assert subscriber is not None
    return subscriber.state is SubscriberState.ACTIVE


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
    world: World, readers: Readers, way_out: str, headers: dict[str, str]
) -> None:
    """RFC 8058 3.2: no cookie, no redirect, whatever the origin."""
    reply = one_click(world, f"/fi/unsubscribe/{way_out}", **headers)

    assert reply.status == 200
    assert "location" not in reply.headers
    assert "set-cookie" not in reply.headers
    assert not active(readers)


def test_again_is_as_fine_as_the_first_time(world: World, way_out: str) -> None:
    first = one_click(world, f"/fi/unsubscribe/{way_out}")
    again = one_click(world, f"/fi/unsubscribe/{way_out}")

    assert (first.status, first.body) == (again.status, again.body)


@pytest.mark.parametrize("token", [NOBODY, "x", "sample", "A" * 5000, "%C3%A4%00", '">', "..", "€"])
def test_a_mail_program_with_a_token_of_nobody_gets_its_200(
    world: World, readers: Readers, token: str
) -> None:
    """RFC 8058: a program reads only the status, and reports what is not 2xx as a broken list."""
    readers.subscribed()

    reply = one_click(world, f"/fi/unsubscribe/{token}")

    assert reply.status == 200
    assert active(readers)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_of_the_address_works_and_speaks_its_own(
    world: World, readers: Readers, way_out: str, language: str
) -> None:
    reply = one_click(world, f"/{language}/unsubscribe/{way_out}")

    assert reply.status == 200
    assert reply.page.get("lang") == language
    assert not active(readers)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(world: World, readers: Readers, way_out: str, method: str) -> None:
    """Scanners open every link of a mail."""
    before = readers.rows()

    reply = ask(world.app(), f"/fi/unsubscribe/{way_out}", method=method)

    assert reply.status == 200
    assert readers.rows() == before


NOT_DONE = {
    ("fi", "cut"): ("Linkki on vajaa", "Mitään ei muutettu"),
    ("sv", "cut"): ("Länken är ofullständig", "Ingenting ändrades"),
    ("en", "cut"): ("The link is incomplete", "Nothing was changed"),
    ("fi", SAMPLE): ("Linkki on mallista", "Mitään ei muutettu"),
    ("sv", SAMPLE): ("Länken är från ett exempel", "Ingenting ändrades"),
    ("en", SAMPLE): ("This link is a sample", "Nothing was changed"),
}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(("language", "token"), NOT_DONE)
def test_a_link_that_ends_no_subscription_says_why_and_where_to_get_one(
    world: World, readers: Readers, language: str, token: str, method: str
) -> None:
    """A person who reads "you have unsubscribed" believes it, and the mails go on."""
    readers.subscribed()

    reply = ask(world.app(), f"/{language}/unsubscribe/{token}", method=method, headers=FORM)

    title, unchanged = NOT_DONE[language, token]
    assert reply.page.xpath("//h1")[0].text == title
    assert unchanged in reply.words()
    assert not reply.page.xpath("//main//form")
    assert reply.page.xpath(f"//main//a[@href='/{language}/preferences']")
    assert active(readers)


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("fi", "Tilaus on jo peruttu"),
        ("sv", "Prenumerationen är redan avslutad"),
        ("en", "You have already unsubscribed"),
    ],
)
@pytest.mark.parametrize("erased", [False, True])
def test_a_used_link_says_that_its_reader_has_unsubscribed_already(
    world: World, way_out: str, language: str, title: str, *, erased: bool
) -> None:
    """Whoever was erased since is told the same."""
    one_click(world, f"/fi/unsubscribe/{way_out}")
    token = NOBODY if erased else way_out

    page = ask(world.app(), f"/{language}/unsubscribe/{token}").page

    assert page.xpath("//h1")[0].text == title
    assert not page.xpath("//main//form")


def test_the_page_of_a_reader_shows_one_button(world: World, way_out: str) -> None:
    page = ask(world.app(), f"/fi/unsubscribe/{way_out}").page

    (form,) = page.xpath("//main//form")
    assert form.get("method") == "post"
    assert form.get("action") is None
    assert [button.text for button in form.xpath(".//button")] == ["Peru tilaus"]


def test_the_page_s_own_button_does_it_and_leads_back(
    world: World, readers: Readers, way_out: str
) -> None:
    reply = ask(world.app(), f"/sv/unsubscribe/{way_out}", method="POST", headers=FORM)

    assert reply.status == 200
    assert not active(readers)
    assert reply.page.xpath("//main//a[@href='/sv/subscribe']")
    assert "Ändrade du dig?" in reply.words()


@pytest.mark.parametrize(
    "body",
    [b"", b"x" * 1_000_000, b"\xff\xfe", b"a=1&" * 1000, b"List-Unsubscribe=Many-Clicks"],
)
def test_whatever_the_body_the_token_is_enough(
    world: World, readers: Readers, way_out: str, body: bytes
) -> None:
    """RFC 8058 also lets programs send multipart; a proxy may send nothing at all."""
    reply = ask(world.app(), f"/fi/unsubscribe/{way_out}", method="POST", body=body)

    assert reply.status == 200
    assert not active(readers)


def test_no_network_is_ever_too_busy_to_let_people_out(world: World, way_out: str) -> None:
    """A mail provider presses for thousands of readers from one network."""
    app = world.app()
    path = f"/fi/unsubscribe/{way_out}"

    assert {ask(app, path, method="POST", body=ONE_CLICK).status for _ in range(60)} == {200}


def test_a_page_with_a_token_tells_nobody_where_its_reader_came_from(
    world: World, way_out: str
) -> None:
    """S7; E6: the address is a key."""
    for reply in (
        ask(world.app(), f"/fi/unsubscribe/{way_out}"),
        one_click(world, f"/fi/unsubscribe/{way_out}"),
    ):
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["x-robots-tag"] == "noindex"
        assert reply.page.xpath("//meta[@name='robots'][@content='noindex']")
        assert not reply.page.xpath("//link[@rel='canonical']")
        loaded = reply.page.xpath("//img/@src|//link[@rel='stylesheet' or @rel='icon']/@href")
        assert all(str(address).startswith("/") for address in loaded)
        assert not reply.page.xpath("//script|//iframe")
