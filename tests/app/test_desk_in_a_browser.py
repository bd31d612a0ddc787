"""The editor's way in a real browser, without JavaScript, into a real SMTP server."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from syndicator.app import App
from syndicator.app.website import website
from syndicator.demo import catcher
from syndicator.model import IssueState
from syndicator.pipeline.feeds.publish import publish
from syndicator.pipeline.issues.advance import advance
from syndicator.pipeline.issues.send import deliver
from tests.app.test_editors import SLOT, Office, link, office_of

NARROW: ViewportSize = {"width": 320, "height": 640}


@pytest.fixture
def caught(tmp_path: Path) -> Path:
    return tmp_path / "mail"


@pytest.fixture
def office(tmp_path: Path, caught: Path) -> Iterator[Office]:
    with catcher.catching(caught, host="127.0.0.1") as port:
        yield from office_of(tmp_path / "data", smtp_url=f"smtp://127.0.0.1:{port}")


@pytest.fixture
def browser(must_not_skip: bool) -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        if must_not_skip:
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed: the desk was not seen in a browser")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@contextmanager
def served(app: App) -> Iterator[str]:
    """Yield the address at which the whole web of this app answers."""
    publish(app.publisher)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        config = uvicorn.Config(website(app), log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def plain(browser: Browser, base_url: str) -> Page:
    context = browser.new_context(
        base_url=base_url, java_script_enabled=False, viewport=NARROW, locale="fi-FI"
    )
    return context.new_page()


def test_an_editor_greets_approves_and_the_readers_get_exactly_that(
    office: Office, browser: Browser, caught: Path
) -> None:
    path = link(office.post()[0][1])
    with served(office.app) as address:
        page = plain(browser, address)
        page.goto(path)
        assert page.frame_locator("iframe").get_by_role("link", name="Kirjoitus yksi").is_visible()
        page.get_by_label("Tervehdys").first.fill("Hyvää adventtia!")
        page.get_by_label("Kirjoitus kaksi").check()
        page.get_by_role("button", name="Tallenna uusi versio").click()
        page.get_by_role("button", name="Hyväksy").click()
        assert "Hyväksytty." in page.inner_text("main")

    office.clock.at = SLOT
    (issue,) = [office.issue()] if advance(office.app.editorial) else []
    assert office.app.newsletter is not None
    deliver(office.app.newsletter, issue.id)

    assert office.issue().state is IssueState.SENT
    mails = [path.read_bytes() for path in caught.glob("*.eml")]
    assert len(mails) == 3
    assert sum("Hyvää adventtia!".encode() in _decoded(mail) for mail in mails) == 2
    assert not any(b"Kirjoitus kaksi" in _decoded(mail) for mail in mails)


def test_an_editor_stops_an_issue_and_nobody_gets_it(office: Office, browser: Browser) -> None:
    path = link(office.post()[0][1])
    with served(office.app) as address:
        page = plain(browser, address)
        page.goto(path)
        page.get_by_role("button", name="Pysäytä").click()
        assert "Pysäytetty." in page.inner_text("main")
        assert page.get_by_role("button").count() == 0

    office.clock.at = SLOT
    assert advance(office.app.editorial) == ()


def test_the_desk_fits_a_narrow_screen_and_breaks_no_rule_of_its_own(
    office: Office, browser: Browser
) -> None:
    """S4, S6: reflow at 320 px, nothing refused by our policy, nobody else asked."""
    path = link(office.post()[0][1])
    with served(office.app) as address:
        context = browser.new_context(base_url=address, viewport=NARROW)
        page = context.new_page()
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path)
        page.wait_for_load_state("networkidle")
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")

    assert not wide
    assert said == []
    assert [url for url in asked if not url.startswith(address)] == []


def _decoded(raw: bytes) -> bytes:
    message = message_from_bytes(raw, policy=SMTP)
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).encode()
