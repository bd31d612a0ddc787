"""The pages in a real browser: by keyboard alone, without JavaScript, on a narrow screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser, Page
from starlette.types import ASGIApp

from syndicator.model import (
    LANGUAGES,
    Channel,
    Fault,
    Reason,
    Scope,
    Source,
    SuppressedBecause,
)
from syndicator.publish.page import pages, standing
from syndicator.register.claim import Preview
from syndicator.subscribe.sign_up import Stopped
from syndicator.web.services import Health
from tests.publish.sites import NOON, edition, origin, post, site
from tests.web.feeds.test_registration import BLOG, entry, feed
from tests.web.readers import Readers
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
        "confirm/confirm-2",
        "confirm/confirm-5",
        "confirm/confirm-6",
        "address/address-1",
        "preferences",
        "preferences/sent",
        "preferences/preferences-1",
        "preferences/preferences-1/erase",
        "preferences/preferences-3",
        "preferences/preferences-4",
        "unsubscribe/unsubscribe-1",
        "unsubscribe/unsubscribe-99",
        "unsubscribe/sample-1",
        "unsubscribe/cut",
        "embed",
        "nope",
    )
]


@dataclass(frozen=True)
class Served:
    address: str
    world: World


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """The whole web on a loopback port, with a small network in it."""
    worlds: list[World] = []

    def build(address: str) -> ASGIApp:
        worlds.append(_world(address))
        return worlds[0].app()

    with serving(build) as address:
        yield Served(address, worlds[0])


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
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    too_wide = []
    for path in PATHS:
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide.append(path)
    context.close()

    assert too_wide == []
    assert [url for url in asked if not url.startswith(served.address)] == []
    assert [text for text in said if "404" not in text and "410" not in text] == []


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
    served.world.claims.clear()
    served.world.seen[BLOG] = Preview(
        url=f"{BLOG}feed/", feed=feed(entry(1), faults=(Fault(code="date_missing"),))
    )
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

    (claim,) = served.world.claims
    assert (claim.city, claim.contact) == ("raahe", "maija@raahe.example")


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


def _world(address: str) -> World:
    own = site(base_url=address)
    readers = Readers()
    readers.active(cities=frozenset({"raahe"}))
    readers.known["1"].address = f"{'a' * 60}@raahe.example"
    readers.known["2"] = readers.known["1"]
    stopped = Stopped(why=SuppressedBecause.HARD_BOUNCE, day=NOON.date())
    readers.known["3"] = replace(readers.known["1"], gone=True)
    readers.known["4"] = replace(readers.known["1"], stopped=stopped)
    readers.known["5"] = replace(readers.known["1"], active=False)
    readers.known["6"] = replace(readers.known["1"], elsewhere=True)
    world = World(readers=readers, site=own, health=Health(sources=(source(1), _failing())))
    posts = (
        post(1, title=LONG[:200], excerpt=LONG),
        post(2, language="sv", origin=origin(city="raasepori")),
        post(3, origin=origin(city=None, title=LONG[:90])),
    )
    channels = [Channel(), Channel(month="2026-11"), Channel(scope=Scope.LANGUAGE, value="sv")]
    channels += [Channel(scope=Scope.CITY, value=city.slug) for city in own.cities]
    channels += [Channel(scope=Scope.TOPIC, value=topic.slug) for topic in own.topics]
    made = [*standing(own, modified=NOON)]
    for channel in channels:
        made += pages(edition(*posts, channel=channel, months=("2026-11",)), site=own)
    world.artefacts.update({artefact.path: artefact for artefact in made})
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
