"""The pages in a real browser: by keyboard alone, without JavaScript, on a narrow screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page
from starlette.types import ASGIApp

from syndicator.model import (
    Channel,
    EmailKind,
    Reason,
    Scope,
    Source,
    SuppressedBecause,
)
from syndicator.pipeline.people import change_address, confirm, leave
from syndicator.publish.page import pages, standing
from syndicator.store.db.database import Database
from syndicator.subscribe.tokens import sample_token, unsubscribe_token
from tests.builders import HOME, LANGUAGES
from tests.pipeline.readers import KEY, WEEKLY, Readers
from tests.pipeline.world import Clock
from tests.publish.sites import NOON, edition, origin, post, site
from tests.web.feeds.test_registration import BLOG, a_blog, item
from tests.web.serving import serving
from tests.web.worlds import World, source

LONG = "Varhaiskasvatuksenpalvelutarpeenarviointijärjestelmäuudistushankeselvitystyöryhmä " * 3
PATHS = [
    f"/{language}/{path}"
    for language in LANGUAGES
    for path in (
        "",
        "archive/",
        "archive/2026-11/",
        "language/sv/",
        "city/raahe/",
        "city/ahtari/",
        "topic/osaajat/",
        "cities/",
        "feeds/",
        "about/",
        "accessibility/",
        "privacy/",
        "status",
        "register",
        "register/pending",
        "subscribe",
        "subscribe/sent",
        "confirm/{done}",
        "confirm/{ready}",
        "confirm/{moved}",
        "address/{new_address}",
        "preferences",
        "preferences/sent",
        "preferences/{preferences}",
        "preferences/{preferences}/erase",
        "preferences/{left}",
        "preferences/{stopped}",
        "unsubscribe/{way_out}",
        "unsubscribe/{nobody}",
        "unsubscribe/{sample}",
        "unsubscribe/cut",
        "embed",
        "nope",
    )
]


@dataclass(frozen=True)
class Served:
    address: str
    world: World
    tokens: Mapping[str, str]


@pytest.fixture(scope="module")
def served(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The whole web on a loopback port, with a small network and its subscribers in it."""
    worlds: list[World] = []
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(empty_sqlite, folder / "store")
    database = Database.open(None, data_dir=folder / "store", **HOME)
    readers = Readers(database=database, folder=folder, clock=Clock(NOON))
    tokens = _tokens(readers)

    def build(address: str) -> ASGIApp:
        worlds.append(_world(address, readers))
        return worlds[0].app()

    with serving(build) as address:
        yield Served(address, worlds[0], tokens)
    database.close()


@pytest.fixture
def plain(browser: Browser, served: Served) -> Iterator[Page]:
    """A narrow page without JavaScript."""
    context = browser.new_context(
        base_url=served.address,
        java_script_enabled=False,
        viewport={"width": 320, "height": 640},
    )
    yield context.new_page()
    context.close()


def test_no_page_is_wider_than_a_small_screen_or_asks_elsewhere(
    browser: Browser, served: Served
) -> None:
    """S4, S6; WCAG 1.4.10: reflow at 320 px; nothing refused by our own policy."""
    context = browser.new_context(base_url=served.address, viewport={"width": 320, "height": 640})
    page = context.new_page()
    asked: list[str] = []
    console: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: console.append(message.text))
    too_wide = []
    for path in PATHS:
        page.goto(path.format(**served.tokens))
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide.append(path)
    context.close()

    assert too_wide == []
    assert [url for url in asked if not url.startswith(served.address)] == []
    assert [text for text in console if "404" not in text and "410" not in text] == []


def test_the_first_key_leads_past_the_menu(plain: Page) -> None:
    """WCAG 2.4.1, 2.4.7."""
    plain.goto("/fi/")
    plain.keyboard.press("Tab")
    skip = plain.locator(":focus")

    assert skip.inner_text() == "Siirry pääsisältöön"
    box = skip.bounding_box()
    assert box is not None
    assert box["width"] > 100

    plain.keyboard.press("Enter")
    plain.keyboard.press("Tab")
    assert plain.locator("main :focus").count() == 1


def test_everything_that_can_be_pressed_is_reached_in_the_order_it_is_read(plain: Page) -> None:
    """WCAG 2.1.1, 2.4.3."""
    plain.goto("/sv/")
    expected = [
        link.get_attribute("href")
        for link in plain.locator("a").all()
        if link.is_visible() or link.get_attribute("class") == "skip"
    ]
    reached = []
    for _ in range(len(expected) + 10):
        plain.keyboard.press("Tab")
        focused = plain.locator(":focus")
        if not focused.count():
            break
        href = focused.get_attribute("href")
        if href:
            reached.append(href)

    assert reached[: len(expected)] == expected


def test_the_list_of_cities_opens_without_a_mouse(plain: Page) -> None:
    plain.goto("/fi/")
    city = plain.get_by_role("link", name="Ähtäri")
    assert not city.is_visible()

    plain.locator("summary").focus()
    plain.keyboard.press("Enter")

    assert city.is_visible()


def test_a_city_registers_by_keyboard_alone_without_javascript(plain: Page, served: Served) -> None:
    """S6: the whole way through the form."""
    served.world.web.answers[BLOG] = a_blog(item(1, published=None))
    plain.goto("/fi/register")
    plain.locator("#city").focus()
    for keys in ("Raahe", None, None, BLOG, None, "maija@raahe.example", None):
        if keys is None:
            plain.keyboard.press("Tab")
        else:
            plain.keyboard.type(keys)
    plain.keyboard.press("Space")
    plain.keyboard.press("Enter")
    plain.get_by_role("heading", name="Näin lukijat näkevät kirjoitukset").wait_for()

    confirm = plain.get_by_role("button", name="Lähetä ilmoitus")
    confirm.focus()
    plain.keyboard.press("Enter")
    plain.get_by_role("heading", name="Kiitos, ilmoitus on vastaanotettu").wait_for()

    (registration,) = served.world.registrations()
    assert (registration.city, registration.contact) == ("raahe", "maija@raahe.example")


def test_the_trap_for_programs_is_never_in_a_persons_way(plain: Page) -> None:
    plain.goto("/fi/register")

    assert plain.get_by_role("textbox", name="Jätä tämä kenttä tyhjäksi").count() == 0
    for _ in range(40):
        plain.keyboard.press("Tab")
        assert plain.locator("#website:focus").count() == 0


def test_the_list_of_mistakes_leads_to_each_field(plain: Page) -> None:
    """WCAG 3.3.1."""
    plain.goto("/sv/register")
    plain.get_by_role("button", name="Kontrollera flödet").click()
    plain.get_by_role("link", name="Ange en e-postadress.").click()
    plain.keyboard.press("Tab")

    # Following the fragment moves the point where Tab goes on from.
    assert plain.locator("#licence-excerpt:focus, #contact:focus").count() == 1


def _tokens(readers: Readers) -> Mapping[str, str]:
    """Return a link of each kind, by what is so of it, and of addresses as long as they get."""
    raahe = replace(WEEKLY, cities=frozenset({"raahe"}))
    subscriptions, tokens = readers.subscriptions, {}
    readers.sign_up(f"{'a' * 50}ready@raahe.example", raahe)
    tokens["ready"] = readers.link(EmailKind.CONFIRM)
    for name, out in (("done", False), ("moved", True)):
        readers.sign_up(f"{name}@raahe.example", raahe)
        tokens[name] = readers.link(EmailKind.CONFIRM)
        confirm.confirm(subscriptions, tokens[name])
        if out:
            link = readers.preferences_link(f"{name}@raahe.example")
            change_address.request(subscriptions, link, "elsewhere@raahe.example")
            change_address.confirm(subscriptions, readers.link(EmailKind.NEW_ADDRESS))
            readers.emails()
    for name in ("preferences", "left", "stopped"):
        address = f"{'a' * 50}{name}@raahe.example"
        subscriber = readers.subscribed(address, raahe)
        tokens[name] = readers.preferences_link(address)
        if name == "preferences":
            tokens["way_out"] = readers.way_out(subscriber)
            change_address.request(subscriptions, tokens[name], f"{'a' * 50}new@raahe.example")
            tokens["new_address"] = readers.link(EmailKind.NEW_ADDRESS)
        elif name == "left":
            leave.leave(subscriptions, tokens[name])
        else:
            leave.suppress(subscriptions, subscriber.address_hash, SuppressedBecause.HARD_BOUNCE)
    nobody = unsubscribe_token(str(UUID(int=99)), KEY)
    return tokens | {"nobody": nobody, "sample": sample_token("an issue")}


def _world(address: str, readers: Readers) -> World:
    own = site(base_url=address)
    world = World(readers=readers, site=own)
    world.add_sources(source(1), _failing())
    posts = (
        post(1, title=LONG[:200], excerpt=LONG),
        post(2, language="sv", origin=origin(city="raasepori")),
        post(3, origin=origin(city=None, title=LONG[:90])),
    )
    channels = [Channel(), Channel(month="2026-11"), Channel(scope=Scope.LANGUAGE, value="sv")]
    channels += [Channel(scope=Scope.CITY, value=city.slug) for city in own.cities]
    channels += [Channel(scope=Scope.TOPIC, value=topic.slug) for topic in own.topics]
    documents = [*standing(own, modified=NOON)]
    for channel in channels:
        documents += pages(edition(*posts, channel=channel, months=("2026-11",)), site=own)
    world.publish_all(*{document.path: document for document in documents}.values())
    return world


def _failing() -> Source:
    return source(
        2,
        reason=Reason.NOT_A_FEED,
        detail="text/html;" + "x" * 200,
        url="https://raahe.example/" + "a" * 200,
        failures=3,
        failing_since=NOON,
    )
