"""A city's door: form, look, preview, confirm."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from syndicator.errors import FetchFailed
from syndicator.model import Licence, Reason, Request, Response
from tests.builders import LANGUAGES
from tests.pipeline.world import Web
from tests.publish.sites import NOON
from tests.web.asgi import Reply, ask, asking
from tests.web.worlds import World, source

BLOG = "https://blogi.raahe.example/"
GIVEN = {
    "city": "raahe",
    "other": "",
    "url": BLOG,
    "contact": "Maija@Raahe.Example",
    "licence": "excerpt",
    "website": "",
    "step": "look",
}


def item(n: int, *, published: datetime | None = NOON) -> str:
    """Return a post of a feed."""
    date = f"<pubDate>{format_datetime(published)}</pubDate>" if published else ""
    return (
        f"<item><title>Kirjoitus {n}</title><guid isPermaLink='false'>{n}</guid>"
        f"<link>{BLOG}{n}</link>{date}<description>Tori uudistuu.</description></item>"
    )


def a_blog(*items: str, url: str = BLOG) -> Response:
    """Return what a blog answers that leads to its feed."""
    body = (
        "<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel>"
        f"<title>Raahen blogi</title><link>{url}</link><description>x</description>"
        f"<language>fi</language>{''.join(items)}</channel></rss>"
    )
    headers = {"content-type": "application/rss+xml"}
    return Response(url=f"{url}feed/", status=200, headers=headers, body=body.encode())


@pytest.fixture
def world(world: World) -> World:
    world.web.answers[BLOG] = a_blog()
    return world


class Dripping(Web):
    """A web where whatever is asked for at one address comes only when it is let."""

    def __init__(self, slow: str) -> None:
        super().__init__()
        self.slow = slow
        self.comes = threading.Event()

    def get(self, request: Request) -> Response:
        response = super().get(request)
        if request.url == self.slow:
            assert self.comes.wait(20)
        return response


def carried(reply: Reply) -> str:
    return str(reply.page.xpath("//input[@name='claim']/@value")[0])


def test_a_city_sees_what_readers_would_see_before_anything_is_kept(world: World) -> None:
    world.web.answers[BLOG] = a_blog(item(1), item(2, published=None))

    reply = ask(world.app(), "/fi/register", form=GIVEN)

    assert reply.status == 200
    words = reply.words()
    assert "Näin lukijat näkevät kirjoitukset" in words
    assert f"{BLOG}feed/" in words
    assert "2 kirjoitusta" in words
    assert "Kirjoitus 1" in words
    assert "24.11.2026" in words
    assert "ei päivää" in words
    assert "Kirjoitukselta puuttuu julkaisupäivä." in words
    assert world.registrations() == []


def test_confirming_keeps_the_claim_pending_and_says_so(world: World) -> None:
    app = world.app()
    preview = ask(app, "/sv/register", form=GIVEN)

    reply = ask(app, "/sv/register", form={"claim": carried(preview), "step": "confirm"})

    assert (reply.status, reply.headers["location"]) == (303, "/sv/register/pending")
    (registration,) = world.registrations()
    assert registration.city == "raahe"
    assert registration.city_name == "Brahestad"
    assert registration.url == f"{BLOG}feed/"
    assert registration.contact == "Maija@raahe.example"
    assert registration.licence is Licence.EXCERPT
    assert "Väntar på godkännande" in ask(app, "/sv/register/pending").words()


def test_a_feed_we_know_is_not_kept_twice(world: World) -> None:
    world.add_sources(source(url=f"{BLOG}feed/"))
    app = world.app()
    preview = ask(app, "/fi/register", form=GIVEN)

    reply = ask(app, "/fi/register", form={"claim": carried(preview), "step": "confirm"})

    assert reply.headers["location"] == "/fi/register/known"
    assert "Syöte on jo ilmoitettu" in ask(app, "/fi/register/known").words()
    assert world.registrations() == []


def test_the_feed_is_looked_at_once(world: World) -> None:
    app = world.app()
    preview = ask(app, "/fi/register", form=GIVEN)
    ask(app, "/fi/register", form={"claim": carried(preview), "step": "confirm"})

    assert world.fetched == [BLOG]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", Reason)
def test_a_look_that_fails_says_why_beside_the_address(
    world: World, language: str, reason: Reason
) -> None:
    world.web.answers[BLOG] = FetchFailed(BLOG, reason=reason, detail="what the server said")

    reply = ask(world.app(), f"/{language}/register", form=GIVEN)

    assert reply.status == 422
    field = reply.page.get_element_by_id("url")
    assert field.get("aria-invalid") == "true"
    assert "url-wrong" in field.get("aria-describedby")
    assert len(reply.page.get_element_by_id("url-wrong").text) > 20
    assert field.get("value") == BLOG
    assert "what the server said" in reply.words()


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"city": ""}, "city", "Valitse kaupunki tai kirjoita sen nimi."),
        ({"city": "helsinki"}, "city", "Valitse kaupunki tai kirjoita sen nimi."),
        ({"city": "other"}, "other", "Valitse kaupunki tai kirjoita sen nimi."),
        ({"other": "x" * 300}, "other", "Teksti on liian pitkä."),
        ({"url": ""}, "url", "Anna blogin tai syötteen osoite."),
        ({"url": "javascript:alert(1)"}, "url", "Tarkista osoite."),
        ({"url": "ftp://raahe.example/"}, "url", "Tarkista osoite."),
        ({"contact": ""}, "contact", "Anna sähköpostiosoite."),
        ({"contact": "maija"}, "contact", "Tarkista sähköpostiosoite."),
        ({"licence": ""}, "licence", "Valitse, mitä saamme julkaista."),
        ({"website": "http://spam.example"}, "website", "Tämän kentän on oltava tyhjä."),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_nothing_is_fetched(
    world: World, changed: dict[str, str], field: str, sentence: str
) -> None:
    reply = ask(world.app(), "/fi/register", form=GIVEN | changed)

    assert reply.status == 422
    assert reply.page.get_element_by_id(f"{field}-wrong").text.startswith(sentence)
    (link,) = reply.page.xpath("//div[@role='alert']//a/@href")
    assert reply.page.get_element_by_id(link.removeprefix("#")).tag in ("input", "select")
    assert world.fetched == []


def test_what_was_typed_is_never_markup(world: World) -> None:
    reply = ask(world.app(), "/fi/register", form=GIVEN | {"url": '"><script>x</script>'})

    assert "<script" not in reply.text
    assert reply.page.get_element_by_id("url").get("value") == '"><script>x</script>'


def test_a_city_outside_the_list_is_taken_by_its_name(world: World) -> None:
    app = world.app()
    given = GIVEN | {"city": "other", "other": " Uusikunta "}
    preview = ask(app, "/fi/register", form=given)
    ask(app, "/fi/register", form={"claim": carried(preview), "step": "confirm"})

    (registration,) = world.registrations()
    assert (registration.city, registration.city_name) == (None, "Uusikunta")


def test_the_way_back_to_the_form_loses_nothing(world: World) -> None:
    app = world.app()
    preview = ask(app, "/fi/register", form=GIVEN)

    reply = ask(app, "/fi/register", form={"claim": carried(preview), "step": "change"})

    page = reply.page
    assert reply.status == 200
    assert page.get_element_by_id("url").get("value") == BLOG
    assert page.get_element_by_id("contact").get("value") == "Maija@raahe.example"
    assert page.xpath("//option[@selected]/@value") == ["raahe"]
    assert page.xpath("//input[@checked]/@value") == ["excerpt"]


@pytest.mark.parametrize("spoil", [lambda sign: sign[:-2] + "xx", lambda _: "", lambda _: "a.b"])
def test_a_claim_nobody_looked_at_cannot_be_confirmed(world: World, spoil: object) -> None:
    app = world.app()
    sign = carried(ask(app, "/fi/register", form=GIVEN))

    form = {"claim": spoil(sign), "step": "confirm"}  # type: ignore[operator]
    reply = ask(app, "/fi/register", form=form)

    assert reply.status == 422
    assert "Tarkistus on vanhentunut." in reply.words()
    assert world.registrations() == []


def test_a_preview_that_lay_open_too_long_is_looked_at_again(world: World) -> None:
    app = world.app()
    sign = carried(ask(app, "/fi/register", form=GIVEN))
    world.now = NOON + timedelta(minutes=61)

    reply = ask(app, "/fi/register", form={"claim": sign, "step": "confirm"})

    assert reply.status == 422
    assert world.registrations() == []


def test_another_site_cannot_send_the_form(world: World) -> None:
    """S4."""
    reply = ask(world.app(), "/fi/register", form=GIVEN, headers={"Sec-Fetch-Site": "cross-site"})

    assert reply.status == 403
    assert world.fetched == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("fi", "Yritä uudelleen 2 minuutin kuluttua."),
        ("sv", "Försök igen om 2 minuter."),
        ("en", "Try again in 2 minutes."),
    ],
)
def test_a_network_that_asks_too_often_reads_how_long_to_wait_and_others_go_on(
    world: World, language: str, sentence: str
) -> None:
    """Rate-limited per network."""
    app = world.app()
    path = f"/{language}/register"
    statuses = [ask(app, path, form=GIVEN).status for _ in range(9)]

    assert statuses == [200] * 8 + [429]
    refused = ask(app, path, form=GIVEN, client="192.0.2.99")
    assert refused.status == 429
    assert refused.headers["retry-after"] == "120"
    assert sentence in refused.words()
    assert refused.page.get_element_by_id("url").get("value") == BLOG, "nothing is typed twice"
    assert ask(app, path, form=GIVEN, client="198.51.100.1").status == 200


def test_sending_a_registration_whose_preview_succeeded_is_never_too_often(world: World) -> None:
    app = world.app()
    previews = [ask(app, "/fi/register", form=GIVEN) for _ in range(8)]
    assert ask(app, "/fi/register", form=GIVEN).status == 429

    form = {"claim": carried(previews[-1]), "step": "confirm"}
    assert {ask(app, "/fi/register", form=form).status for _ in range(3)} == {303}
    change = {"claim": carried(previews[-1]), "step": "change"}
    assert ask(app, "/fi/register", form=change).status == 200


def test_a_mistake_in_the_form_costs_none_of_the_looks(world: World) -> None:
    app = world.app()
    for _ in range(20):
        assert ask(app, "/fi/register", form=GIVEN | {"contact": ""}).status == 422

    assert ask(app, "/fi/register", form=GIVEN).status == 200


@pytest.mark.parametrize("body", [b"url=" + b"a" * 20_000, b"&".join(b"a=1" for _ in range(400))])
def test_a_body_larger_than_any_form_is_refused(world: World, body: bytes) -> None:
    reply = ask(world.app(), "/fi/register", method="POST", body=body)

    assert reply.status == 413
    assert "Lähetys on liian suuri" in reply.words()


def test_reading_the_form_changes_nothing(world: World) -> None:
    assert ask(world.app(), f"/fi/register?url={BLOG}&step=confirm").status == 200
    assert (world.fetched, world.registrations()) == ([], [])


def test_the_grant_is_never_chosen_beforehand(world: World) -> None:
    """A licence is what somebody chose."""
    page = ask(world.app(), "/fi/register").page

    assert page.xpath("//input[@checked]") == []


def test_excerpts_are_not_previewed_where_only_a_link_is_granted(world: World) -> None:
    world.web.answers[BLOG] = a_blog(item(1))

    reply = ask(world.app(), "/fi/register", form=GIVEN | {"licence": "link"})

    assert "Kirjoitus 1" in reply.words()
    assert "Tori uudistuu." not in reply.words()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("fi", "Yritä uudelleen 30 sekunnin kuluttua."),
        ("sv", "Försök igen om 30 sekunder."),
        ("en", "Try again in 30 seconds."),
    ],
)
def test_looks_of_one_network_that_never_end_keep_no_other_waiting(
    world: World, language: str, sentence: str
) -> None:
    """Four dripping looks of one network kept all others waiting for 150 s."""
    salo = "https://blogi.salo.example/"
    world.web = web = Dripping(BLOG)
    web.answers |= {BLOG: a_blog(), salo: a_blog(url=salo)}
    app = world.app(queue_patience=timedelta(seconds=0.1))
    path = f"/{language}/register"

    async def asked() -> tuple[list[Reply], Reply]:
        hostile = [
            asyncio.create_task(asking(app, path, form=GIVEN, client="192.0.2.1")) for _ in range(4)
        ]
        try:
            async with asyncio.timeout(10):
                done, _ = await asyncio.wait(hostile, return_when=asyncio.FIRST_COMPLETED)
                honest = GIVEN | {"url": salo}
                other = await asking(app, path, form=honest, client="198.51.100.1")
        finally:
            web.comes.set()
        await asyncio.gather(*hostile)
        return [await task for task in done], other

    refused, other = asyncio.run(asked())

    assert other.status == 200
    assert world.fetched.count(BLOG) == 1
    for reply in refused:
        assert (reply.status, reply.headers["retry-after"]) == (503, "30")
        assert sentence in reply.words()
        assert reply.page.get_element_by_id("url").get("value") == BLOG, "nothing is typed twice"


def test_a_look_for_which_there_was_no_turn_costs_none(world: World) -> None:
    world.web = web = Dripping(BLOG)
    web.answers[BLOG] = a_blog()
    app = world.app(queue_patience=timedelta())

    async def asked() -> list[int]:
        many = [asyncio.create_task(asking(app, "/fi/register", form=GIVEN)) for _ in range(20)]
        async with asyncio.timeout(10):
            while sum(task.done() for task in many) < 19:
                await asyncio.wait(
                    [task for task in many if not task.done()], return_when=asyncio.FIRST_COMPLETED
                )
        web.comes.set()
        return [(await task).status for task in many]

    assert sorted(asyncio.run(asked())) == [200] + [503] * 19
    assert ask(app, "/fi/register", form=GIVEN).status == 200
