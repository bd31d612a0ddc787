"""Links that confirm: a page with a button; a look changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from syndicator.model import Cadence, EmailKind, Selection, SubscriberState
from syndicator.pipeline.people import change_address, leave
from tests.builders import LANGUAGES
from tests.pipeline.readers import ADDRESS, Readers
from tests.publish.sites import digest, site
from tests.web.asgi import ask
from tests.web.worlds import World

OTHER = "uusi@raahe.example"


def confirm_link(readers: Readers, **changes: object) -> str:
    """Let somebody fill the form; return the token mailed to them."""
    chosen = Selection(**({"language": "fi", "cadence": Cadence.WEEKLY} | changes))  # type: ignore[arg-type]
    readers.sign_up(ADDRESS, chosen)
    return readers.link(EmailKind.CONFIRM)


def address_link(readers: Readers) -> str:
    """Let a subscriber ask for a change of address; return the token mailed to the new one."""
    readers.subscribed()
    change_address.request(readers.subscriptions, readers.preferences_link(), OTHER)
    return readers.link(EmailKind.NEW_ADDRESS)


LINKS: dict[str, Callable[[Readers], str]] = {"confirm": confirm_link, "address": address_link}


def state_of(readers: Readers, address: str = ADDRESS) -> SubscriberState | None:
    subscriber = readers.subscriber(address)
    return subscriber.state if subscriber else None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", LINKS)
def test_looking_changes_nothing(world: World, readers: Readers, method: str, path: str) -> None:
    token = LINKS[path](readers)
    before = readers.rows()

    reply = ask(world.app(), f"/fi/{path}/{token}", method=method)

    assert reply.status == 200
    assert readers.rows() == before


def test_the_page_shows_what_would_be_confirmed(world: World, readers: Readers) -> None:
    cities, topics = frozenset({"raahe", "ahtari"}), frozenset({"osaajat"})
    token = confirm_link(readers, cities=cities, topics=topics)

    reply = ask(world.app(), f"/sv/confirm/{token}")

    words = reply.words()
    assert "En gång i veckan" in words
    assert "Brahestad och Etseri" in words
    assert "Kompetens" in words
    assert [button.text for button in reply.page.xpath("//main//button")] == [
        "Bekräfta prenumerationen"
    ]
    assert ADDRESS not in reply.text


def test_the_button_confirms_and_the_page_says_when_the_next_one_comes(
    world: World, readers: Readers
) -> None:
    token = confirm_link(readers)

    reply = ask(world.app(), f"/fi/confirm/{token}", method="POST")

    assert reply.status == 200
    assert state_of(readers) is SubscriberState.ACTIVE
    assert "maanantai 30. marraskuuta 2026" in reply.words()
    assert reply.page.xpath("//main//a[@href='/fi/preferences']")


def test_confirming_again_says_the_same(world: World, readers: Readers) -> None:
    token = confirm_link(readers)
    first = ask(world.app(), f"/fi/confirm/{token}", method="POST")
    again = ask(world.app(), f"/fi/confirm/{token}", method="POST")

    assert (first.status, first.body) == (again.status, again.body)


def test_a_cadence_without_a_day_promises_none(world: World, readers: Readers) -> None:
    world.site = site(digests=(digest(),))
    token = confirm_link(readers, cadence=Cadence.MONTHLY)

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
    world: World, readers: Readers, path: str, since: str, language: str
) -> None:
    readers.sign_up()
    app, confirm = world.app(), readers.link(EmailKind.CONFIRM)
    ask(app, f"/fi/confirm/{confirm}", method="POST")
    subscriber, preferences = readers.subscriber(), readers.preferences_link()
    assert subscriber is not None
    change_address.request(readers.subscriptions, preferences, OTHER)
    tokens = {"confirm": confirm, "preferences": preferences}
    tokens["address"] = readers.link(EmailKind.NEW_ADDRESS)
    if since == "left":
        leave.leave(readers.subscriptions, readers.way_out(subscriber))
    elif since == "elsewhere" or path == "address":
        ask(app, f"/fi/address/{tokens['address']}", method="POST")

    reply = ask(app, f"/{language}/{path}/{tokens[path]}")

    assert reply.status == (200 if since == "done" else 410)
    assert reply.page.xpath("//h1")[0].text == USED[path, since, language]
    assert not reply.page.xpath("//main//form")
    assert ADDRESS not in reply.text


@pytest.mark.parametrize("path", LINKS)
def test_the_button_of_a_link_that_does_nothing_any_more_says_so_too(
    world: World, readers: Readers, path: str
) -> None:
    token = LINKS[path](readers)
    subscriber = readers.subscriber()
    assert subscriber is not None
    leave.leave(readers.subscriptions, readers.way_out(subscriber))

    reply = ask(world.app(), f"/fi/{path}/{token}", method="POST")

    assert reply.status == 410
    assert reply.page.xpath("//h1")[0].text == "Tilaus on jo peruttu"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["confirm", "address", "preferences"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", ["late", "A" * 700, '"><script>'])
def test_a_link_that_leads_nowhere_says_so_and_shows_the_ways_on(
    world: World, language: str, path: str, method: str, token: str
) -> None:
    reply = ask(world.app(), f"/{language}/{path}/{token}", method=method)

    assert reply.status == 404
    hrefs = reply.page.xpath("//main//a/@href")
    assert hrefs == [f"/{language}/subscribe", f"/{language}/preferences"]
    assert "<script" not in reply.text
    assert reply.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["confirm", "address", "preferences"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_way_out_leads_nowhere_else(
    world: World, readers: Readers, path: str, method: str
) -> None:
    token = readers.way_out(readers.subscribed())

    assert ask(world.app(), f"/fi/{path}/{token}", method=method).status == 404


@pytest.mark.parametrize("path", [*LINKS, "preferences"])
def test_another_site_cannot_press_the_button(world: World, readers: Readers, path: str) -> None:
    """S4."""
    token = LINKS[path](readers) if path in LINKS else "x"
    before = readers.rows()
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://paha.example"}):
        reply = ask(world.app(), f"/fi/{path}/{token}", method="POST", headers=headers)
        assert reply.status == 403
    assert readers.rows() == before


def test_an_older_browser_on_a_page_without_a_referrer_can(world: World, readers: Readers) -> None:
    """Such a page makes a browser say ``Origin: null``."""
    token = confirm_link(readers)

    reply = ask(world.app(), f"/fi/confirm/{token}", method="POST", headers={"origin": "null"})

    assert reply.status == 200
    assert state_of(readers) is SubscriberState.ACTIVE


@pytest.mark.parametrize("purpose", ["confirm", "preferences", "unsubscribe"])
def test_a_link_for_something_else_shows_no_button_to_move(
    world: World, readers: Readers, purpose: str
) -> None:
    """E6: a forwarded mail does not even tell whether its reader is still here."""
    readers.sign_up()
    tokens = {"confirm": readers.link(EmailKind.CONFIRM)}
    ask(world.app(), f"/fi/confirm/{tokens['confirm']}", method="POST")
    subscriber = readers.subscriber()
    assert subscriber is not None
    tokens["unsubscribe"] = readers.way_out(subscriber)
    tokens["preferences"] = readers.preferences_link()
    change_address.request(readers.subscriptions, tokens["preferences"], OTHER)
    new_address = readers.link(EmailKind.NEW_ADDRESS)

    assert ask(world.app(), f"/fi/address/{new_address}").status == 200
    assert ask(world.app(), f"/fi/address/{tokens[purpose]}").status == 404


def test_a_new_address_is_taken_by_its_own_link_only(world: World, readers: Readers) -> None:
    readers.subscribed()
    token = readers.preferences_link()
    change_address.request(readers.subscriptions, token, OTHER)
    new_address = readers.link(EmailKind.NEW_ADDRESS)

    assert ask(world.app(), f"/fi/address/{token}", method="POST").status == 404
    assert [subscriber.address for subscriber in readers.subscribers()] == [ADDRESS]

    reply = ask(world.app(), f"/fi/address/{new_address}", method="POST")
    assert "Osoite on vaihdettu" in reply.words()
    assert [subscriber.address for subscriber in readers.subscribers()] == [OTHER]
