"""The whole way of a subscriber, in a browser without JavaScript, with real letters.

Sign up, read the mail, confirm, change, take a break, move, leave by a mail program and by the
page, be forgotten: the real app, its database and a real SMTP server, all on loopback.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, Page
from starlette.types import ASGIApp

from syndicator.app import App, opened
from syndicator.app.website import website
from syndicator.config import load
from syndicator.model import Cadence, Subscriber, SubscriberState
from syndicator.pipeline.data_folder import keyring
from syndicator.pipeline.feeds.publish import publish
from syndicator.pipeline.people.transactional import send_emails
from syndicator.store.people import subscribers
from syndicator.subscribe.tokens import unsubscribe_token
from syndicator.tasks import transactional_sender
from tests.deliver.email.test_smtp import Post, open_post
from tests.web.serving import serving

MAIJA = "maija@raahe.fi"
MATTI = "matti@salo.fi"


@dataclass
class Clock:
    """Stands still until it is moved."""

    at: datetime = datetime(2026, 11, 24, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@dataclass(kw_only=True)
class Service:
    """The running service, and the post office that takes its letters."""

    app: App
    address: str
    clock: Clock
    post: Post
    read: int = field(default=0)

    def email(self, to: str) -> str:
        """Send what waits, and return the link in the one letter that came."""
        send_emails(transactional_sender(self.app.editorial, jitter=self.app.jitter))
        ((_, recipients, raw),) = self.post.taken[self.read :]
        self.read += 1
        body = message_from_bytes(raw or b"", policy=policy.default).get_body(("plain",))
        assert body is not None
        assert recipients == [to]
        link = next(word for word in body.get_content().split() if self.address in word)
        self.clock.at += timedelta(minutes=20)
        return str(link)

    def subscriber(self, address: str) -> Subscriber | None:
        with self.app.database.read() as tx:
            return subscribers.by_hash(tx, self.app.subscriptions.hash_of(address))

    def unsubscribe_link(self, of: Subscriber, language: str = "fi") -> str:
        """Return what stands in the List-Unsubscribe of their newsletters."""
        key = keyring(self.app.settings.deployment.data_dir).unsubscribe
        return f"{self.address}/{language}/unsubscribe/{unsubscribe_token(of.public_id, key)}"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    post, clock = Post(), Clock()
    apps: list[App] = []
    with ExitStack() as stack:
        port = stack.enter_context(open_post(post))

        def build(address: str) -> ASGIApp:
            settings = load(
                {
                    "SYNDICATOR_DATA": str(tmp_path),
                    "SYNDICATOR_BASE_URL": address,
                    "SYNDICATOR_SMTP_URL": f"smtp://127.0.0.1:{port}",
                }
            )
            app = stack.enter_context(opened(settings, clock=clock))
            # Letters wait while addresses are examples; here somebody reads them all the same.
            apps.append(replace(app, sends_emails=True))
            publish(app.publisher)
            return website(apps[0])

        address = stack.enter_context(serving(build))
        yield Service(app=apps[0], address=address, clock=clock, post=post)


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    context = browser.new_context(
        base_url=service.address,
        java_script_enabled=False,
        locale="fi-FI",
        viewport={"width": 320, "height": 640},
    )
    yield context.new_page()
    context.close()


def arrive(page: Page, heading: str) -> None:
    """Wait for the page of this heading."""
    page.get_by_role("heading", level=1, name=heading, exact=True).wait_for()


def sign_up(page: Page, service: Service, address: str) -> None:
    page.goto("/fi/subscribe")
    page.get_by_label("Sähköpostiosoite").fill(address)
    page.get_by_label("Kerran viikossa").check()
    page.get_by_role("button", name="Tilaa", exact=True).click()
    arrive(page, "Tarkista sähköpostisi")
    page.goto(service.email(address))
    page.get_by_role("button", name="Vahvista tilaus").click()
    arrive(page, "Tilaus on vahvistettu")


def own_page(page: Page, service: Service, address: str) -> None:
    page.goto("/fi/preferences")
    page.get_by_label("Sähköpostiosoite").fill(address)
    page.get_by_role("button", name="Lähetä linkki").click()
    arrive(page, "Tarkista sähköpostisi")
    page.goto(service.email(address))


def test_somebody_signs_up_by_keyboard_alone(page: Page, service: Service) -> None:
    """S1, S6; domain law: double opt-in."""
    page.goto("/fi/")
    page.get_by_role("link", name="Tilaa uutiskirje").first.focus()
    page.keyboard.press("Enter")
    arrive(page, "Tilaa uutiskirje")
    page.get_by_label("Sähköpostiosoite").focus()
    page.keyboard.type(MAIJA)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_label("Raahe", exact=True).focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Tilaa", exact=True).focus()
    page.keyboard.press("Enter")
    arrive(page, "Tarkista sähköpostisi")

    page.goto(service.email(MAIJA))
    asked = service.subscriber(MAIJA)
    assert asked is not None
    assert asked.state is SubscriberState.PENDING
    arrive(page, "Bekräfta prenumerationen på nyhetsbrevet")
    page.get_by_role("button", name="Bekräfta prenumerationen").focus()
    page.keyboard.press("Enter")

    arrive(page, "Prenumerationen är bekräftad")
    assert "måndag 30 november 2026" in page.locator("main").inner_text()
    subscriber = service.subscriber(MAIJA)
    assert subscriber is not None
    assert subscriber.state is SubscriberState.ACTIVE
    assert subscriber.selection.language == "sv"
    assert subscriber.selection.cities == {"raahe"}


def test_a_subscriber_changes_pauses_moves_and_reads_what_is_held(
    page: Page, service: Service
) -> None:
    sign_up(page, service, MAIJA)
    own_page(page, service, MAIJA)
    page.locator("summary").click()
    page.get_by_label("Salo", exact=True).check()
    page.get_by_label("Kerran kuukaudessa").check()
    page.get_by_role("button", name="Tallenna").click()
    page.get_by_text("Muutokset on tallennettu.").wait_for()

    page.locator("#until").fill("2026-12-24")
    page.get_by_role("button", name="Aloita tauko").click()
    page.get_by_text("Tauko on alkanut.").wait_for()
    assert "torstai 24. joulukuuta 2026" in page.locator("main").inner_text()
    page.get_by_role("button", name="Lopeta tauko nyt").click()
    page.get_by_text("Tauko on päättynyt.").wait_for()
    assert "torstai 24. joulukuuta 2026" not in page.locator("main").inner_text()

    with page.expect_download() as given:
        page.get_by_role("button", name="Lataa tiedot").click()
    held = json.loads(Path(given.value.path()).read_text("utf-8"))
    assert MAIJA in json.dumps(held)

    page.get_by_label("Uusi sähköpostiosoite").fill(MATTI)
    page.get_by_role("button", name="Vaihda osoite").click()
    page.get_by_text("Tarkista uuden osoitteesi sähköposti").wait_for()
    page.goto(service.email(MATTI))
    page.get_by_role("button", name="Vahvista osoite").click()
    arrive(page, "Osoite on vaihdettu")
    moved = service.subscriber(MATTI)
    assert moved is not None
    assert (moved.selection.cities, moved.selection.cadence) == (
        frozenset({"salo"}),
        Cadence.MONTHLY,
    )
    assert service.subscriber(MAIJA) is None


def test_a_mail_program_lets_its_reader_out(page: Page, service: Service) -> None:
    """E5: RFC 8058, without a cookie, from anywhere, again and again."""
    sign_up(page, service, MAIJA)
    subscriber = service.subscriber(MAIJA)
    assert subscriber is not None
    link = service.unsubscribe_link(subscriber)
    headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    for _ in range(2):
        press = Request(link, data=b"List-Unsubscribe=One-Click", headers=headers)
        with urlopen(press) as reply:
            assert reply.status == 200
            assert reply.url == link
    left = service.subscriber(MAIJA)
    assert left is not None
    assert left.state is SubscriberState.LEFT


def test_the_page_lets_out_whatever_its_language_and_leads_back(
    page: Page, service: Service
) -> None:
    sign_up(page, service, MAIJA)
    subscriber = service.subscriber(MAIJA)
    assert subscriber is not None
    page.goto(service.unsubscribe_link(subscriber, language="sv"))
    still = service.subscriber(MAIJA)
    assert still is not None
    assert still.state is SubscriberState.ACTIVE

    page.get_by_role("button", name="Avsluta prenumerationen").click()
    arrive(page, "Prenumerationen är avslutad")
    page.get_by_role("link", name="Prenumerera på nytt").click()
    arrive(page, "Prenumerera på nyhetsbrevet")
    assert page.url == f"{service.address}/sv/subscribe"


def test_a_newsletter_passed_on_opens_nothing_but_the_way_out(page: Page, service: Service) -> None:
    """E6."""
    sign_up(page, service, MAIJA)
    subscriber = service.subscriber(MAIJA)
    assert subscriber is not None
    token = service.unsubscribe_link(subscriber).rpartition("/")[2]
    for path in ("preferences", "confirm", "address"):
        page.goto(f"/fi/{path}/{token}")
        if page.locator("main form").count():
            page.locator("main form button").first.click()
        arrive(page, "Linkki ei enää toimi")
        assert MAIJA not in page.content()


def test_a_subscriber_is_forgotten_and_the_link_is_dead(page: Page, service: Service) -> None:
    sign_up(page, service, MAIJA)
    own_page(page, service, MAIJA)
    link = page.url
    page.get_by_role("link", name="Poista tietoni").click()
    arrive(page, "Poistetaanko tietosi?")
    assert service.subscriber(MAIJA) is not None
    page.get_by_role("button", name="Poista tietoni").click()

    arrive(page, "Tietosi on poistettu")
    assert service.subscriber(MAIJA) is None
    page.goto(link)
    arrive(page, "Linkki ei enää toimi")


def test_a_letter_that_was_read_by_a_scanner_is_as_good_as_new(
    page: Page, service: Service
) -> None:
    """Scanners open every link of a mail before its reader does."""
    page.goto("/fi/subscribe")
    page.get_by_label("Sähköpostiosoite").fill(MAIJA)
    page.get_by_label("Kerran viikossa").check()
    page.get_by_role("button", name="Tilaa", exact=True).click()
    arrive(page, "Tarkista sähköpostisi")
    link = service.email(MAIJA)
    for method in ("GET", "HEAD", "GET"):
        with urlopen(Request(link, method=method)) as reply:
            assert reply.status == 200
    asked = service.subscriber(MAIJA)
    assert asked is not None
    assert asked.state is SubscriberState.PENDING
