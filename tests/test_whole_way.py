"""The sentence, whole: from feeds.toml over real sockets to a feed and to mail in an inbox."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import lxml.etree
import lxml.html
import pytest

from syndicator.app import App, opened
from syndicator.app.parts import now
from syndicator.config import load
from syndicator.demo import blogs
from syndicator.demo.show import configured, served, show
from syndicator.model import Unchanged
from syndicator.pipeline.feeds.publish import publish
from syndicator.pipeline.feeds.pull_all import due, pull_all
from syndicator.store.feeds import artefacts
from tests.found import strings


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("demo")
    said: list[str] = []
    show(data_dir=folder, port=free_port(), once=True, echo=said.append)
    return folder, said


@pytest.fixture(scope="module")
def kept(shown: tuple[Path, list[str]]) -> Iterator[App]:
    folder, _ = shown
    settings = load(
        {"SYNDICATOR_CONFIG": str(folder / "feeds.toml"), "SYNDICATOR_DATA": str(folder)}
    )
    with opened(settings) as app:
        yield app


def caught(shown: tuple[Path, list[str]]) -> list[EmailMessage]:
    folder, _ = shown
    return [
        message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted((folder / "mail").glob("*.eml"))
    ]


def test_the_combined_feed_holds_a_post_of_every_blog_that_could_be_read(kept: App) -> None:
    with kept.database.read() as tx:
        feed = artefacts.load(tx, "feed.xml")

    assert feed is not None
    items = lxml.etree.fromstring(feed.body).findall("channel/item")
    assert {item.findtext("source") for item in items} == {
        "Raahen blogi",
        "Kristinestads blogg",
        "Kauhajoki kirjoittaa",
        "Lohjan blogi – Lojo blogg",
        "Jakobstad berättar",
    }


def test_every_reader_gets_one_mail_in_their_language(shown: tuple[Path, list[str]]) -> None:
    subjects = {mail["To"]: mail["Subject"] for mail in caught(shown)}

    assert len(caught(shown)) == 3
    assert subjects["lukija@example.org"].startswith("Viikkokooste, viikko")
    assert subjects["lasare@example.org"].startswith("Veckosammandrag, vecka")
    assert subjects["reader@example.org"].startswith("Weekly digest, week")


def test_a_mail_tells_the_same_posts_in_text_and_html(shown: tuple[Path, list[str]]) -> None:
    mail = next(mail for mail in caught(shown) if mail["To"] == "lukija@example.org")
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))

    assert text is not None
    assert html is not None
    for word in ("Terästä ja tuulta", "Nio lärlingar", "Järven jää"):
        assert word in text.get_content()
        assert word in html.get_content()


@pytest.mark.parametrize(
    ("reader", "sentence"),
    [
        ("lukija@example.org", "Lue uutiskirje selaimessa"),
        ("lasare@example.org", "Läs nyhetsbrevet i webbläsaren"),
        ("reader@example.org", "View in browser"),
    ],
)
def test_a_reader_can_open_the_issue_in_the_browser(
    kept: App, shown: tuple[Path, list[str]], reader: str, sentence: str
) -> None:
    """The page of the archive tells the same posts, in the same order."""
    html = next(mail for mail in caught(shown) if mail["To"] == reader).get_body(("html",))
    assert html is not None
    told = lxml.html.fromstring(html.get_content())
    (address,) = strings(told, f"//a[.='{sentence}']/@href")
    path = urlsplit(address).path.removeprefix("/")
    with kept.database.read() as tx:
        page = artefacts.load(tx, f"{path}index.html")

    assert page is not None
    titles = lxml.html.fromstring(page.body.decode()).xpath("//main//h3/a/text()")
    assert titles == told.xpath("//h3/a/text()")


def test_a_script_in_a_blog_reaches_neither_feed_nor_mail(
    kept: App, shown: tuple[Path, list[str]]
) -> None:
    with kept.database.read() as tx:
        published = b"".join(artefact.body for artefact in artefacts.iter_all(tx))

    assert b"alert('nej')" not in published
    assert not any("alert(" in mail.as_string() for mail in caught(shown))


def test_a_blog_that_answers_with_a_page_is_told_and_stops_nobody(
    shown: tuple[Path, list[str]],
) -> None:
    _, said = shown

    assert any("ahtari.html: not read (not_a_feed)" in line for line in said)


def test_pulling_unchanged_blogs_again_publishes_nothing(tmp_path: Path) -> None:
    with (
        served(blogs.serve(("127.0.0.1", 0), now=now())) as web,
        opened(configured(tmp_path, blogs=web, smtp_port=9, port=free_port())) as app,
    ):
        first = list(pull_all(app.puller, due(app.puller, early=True), early=True))
        publish(app.publisher)
        again = list(pull_all(app.puller, due(app.puller, early=True), early=True))

        assert any(pulled.changes.new for pulled in first)
        assert sum(isinstance(pulled.outcome, Unchanged) for pulled in again) == 5
        assert publish(app.publisher) == ()
