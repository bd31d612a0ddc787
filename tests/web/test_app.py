"""What stands around the pages: safety headers, languages, errors, probes."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from tests.builders import LANGUAGES
from tests.publish.sites import network, site
from tests.web.asgi import ask
from tests.web.worlds import World, source


@pytest.fixture
def world(world: World) -> World:
    world.publish("feed.xml", b"<rss/>")
    world.publish("fi/index.html", b"<p>", content_type="text/html; charset=utf-8")
    return world


@pytest.mark.parametrize(
    "path", ["/", "/fi/", "/feed.xml", "/fi/status", "/fi/register", "/healthz", "/nope"]
)
def test_every_answer_forbids_what_no_page_of_ours_does(world: World, path: str) -> None:
    """S4: CSP without inline scripts or styles, nosniff, no frames, HSTS behind https."""
    headers = ask(world.app(), path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert headers["strict-transport-security"] == "max-age=31536000"


def test_a_site_without_https_promises_none(world: World) -> None:
    world.site = site(base_url="http://127.0.0.1:8000")

    for path in ("/feed.xml", "/fi/status"):
        assert "strict-transport-security" not in ask(world.app(), path).headers


@pytest.mark.parametrize(
    ("path", "wanted", "leads_to"),
    [
        ("/", "sv-FI, fi;q=0.5", "/sv/"),
        ("/", "", "/fi/"),
        ("/status", "en", "/en/status"),
        ("/register", "sv", "/sv/register"),
    ],
)
def test_an_address_without_a_language_leads_to_the_readers_own(
    world: World, path: str, wanted: str, leads_to: str
) -> None:
    reply = ask(world.app(), path, headers={"Accept-Language": wanted})

    assert (reply.status, reply.headers["location"]) == (302, leads_to)
    assert reply.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("path", "wanted", "language", "title"),
    [
        ("/fi/nope", "sv", "fi", "Sivua ei löytynyt"),
        ("/sv/nope", "", "sv", "Sidan hittades inte"),
        ("/nope", "en", "en", "Page not found"),
    ],
)
def test_what_is_not_there_says_so_in_the_readers_language(
    world: World, path: str, wanted: str, language: str, title: str
) -> None:
    reply = ask(world.app(), path, headers={"Accept-Language": wanted})

    assert reply.status == 404
    assert reply.page.get("lang") == language
    assert reply.page.findtext(".//h1") == title


def test_a_page_that_takes_no_form_says_so(world: World) -> None:
    reply = ask(world.app(), "/fi/status", method="POST")

    assert reply.status == 405
    assert "GET" in reply.headers["allow"]
    assert "Osoite ei ota tätä vastaan" in reply.text


def test_our_own_fault_is_a_quiet_page_and_still_loud_in_the_log(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site/status.html").write_text("{{ 'burns'.nothing_of_the_kind }}")
    world.site = site(templates=(tmp_path,))
    app = world.app()
    replies = []

    async def keep(message: object) -> None:
        replies.append(message)

    with pytest.raises(UndefinedError, match="nothing_of_the_kind"):
        _ask_raw(app, keep)
    start = replies[0]
    assert isinstance(start, dict)
    assert start["status"] == 500
    body = b"".join(
        message.get("body", b"") for message in replies[1:] if isinstance(message, dict)
    )
    assert "Det har uppstått ett fel i tjänsten" in body.decode()
    assert b"nothing_of" not in body


def test_a_missing_last_slash_is_added(world: World) -> None:
    reply = ask(world.app(), "/fi")

    assert (reply.status, reply.headers["location"]) == (308, "/fi/")


def test_a_site_in_a_folder_keeps_it_in_every_address(world: World) -> None:
    world.site = site(
        base_url="https://liitto.example/blogit",
        network=network(base_url="https://liitto.example/blogit"),
    )

    assert ask(world.app(), "/").headers["location"] == "/blogit/fi/"
    links = ask(world.app(), "/fi/status").page.iterlinks()
    inside = [link for _, _, link, _ in links if link.startswith("/")]
    assert inside
    assert all(link.startswith("/blogit/") for link in inside)


def test_the_process_is_alive_whatever_the_database_does(world: World) -> None:
    with world.database.write() as tx:
        newest = tx.connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        tx.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")

    assert ask(world.app(), "/healthz").status == 200
    ready = ask(world.app(), "/readyz")
    assert ready.status == 503
    assert "syndicator db upgrade" in ready.text

    with world.database.write() as tx:
        update = f"UPDATE alembic_version SET version_num = '{newest}'"
        tx.connection.exec_driver_sql(update)
    assert ask(world.app(), "/readyz").status == 200


def test_figures_are_told_to_prometheus(world: World) -> None:
    world.add_sources(source(1), source(2), source(3))

    assert 'syndicator_sources{state="active"} 3.0' in ask(world.app(), "/metrics").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_made_pages_are_never_kept_by_a_cache(world: World, language: str) -> None:
    reply = ask(world.app(), f"/{language}/status")

    assert reply.headers["cache-control"] == "no-cache"
    assert reply.headers["content-language"] == language


def _ask_raw(app: object, keep: object) -> None:
    import asyncio

    from tests.web.asgi import asking

    async def wrapped(scope: object, receive: object, send: object) -> None:
        del send
        await app(scope, receive, keep)  # type: ignore[operator]

    asyncio.run(asking(wrapped, "/sv/status"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_that_needs_a_database_that_is_away_says_so(
    world: World, tmp_path: Path, language: str
) -> None:
    app = world.app()
    assert ask(app, f"/{language}/status").status == 200
    world.database.close()
    (tmp_path / "store").rename(tmp_path / "elsewhere")
    world.seconds += 60

    reply = ask(app, f"/{language}/status")

    assert (reply.status, reply.headers["retry-after"]) == (503, "60")
    assert reply.page.get("lang") == language
    assert "unable" not in reply.text
