"""The form that cities put on their own pages: as it is given out, and as it is taken."""

from __future__ import annotations

import pytest
from lxml import html

from syndicator.config import MailPlan
from syndicator.model import Cadence
from syndicator.subscribe.consent import sentence, text_version
from tests.builders import LANGUAGES, LOCALES
from tests.pipeline.readers import Readers
from tests.publish.sites import site
from tests.web.asgi import Reply, ask
from tests.web.worlds import World

PATH = "/fi/subscribe/embedded"
CITY = "https://www.raahe.example"
SITE = site(mail=MailPlan(form_origins=(CITY,)))
GIVEN = {"email": "m@raahe.example", "language": "fi", "cadence": "weekly", "website": ""}


@pytest.fixture
def world(readers: Readers) -> World:
    """A web that knows the site of one city."""
    return World(readers=readers, site=SITE)


def snippet(world: World, language: str = "fi") -> html.HtmlElement:
    """What a city copies, read as a browser would."""
    (code,) = ask(world.app(), f"/{language}/embed").page.xpath("//pre/code")
    return html.fragment_fromstring(code.text, create_parent="div")


def send(world: World, **headers: str) -> Reply:
    return ask(world.app(), PATH, form=GIVEN, headers=headers)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_snippet_is_plain_html_with_words_for_each_field(world: World, language: str) -> None:
    form = snippet(world, language)

    assert not form.xpath(".//script|.//style|.//@style|.//iframe|.//img|.//link|.//@onclick")
    for field in form.xpath(".//input[not(@type='hidden')]"):
        assert form.xpath(f".//label[@for='{field.get('id')}']")
    assert form.xpath("string(.//fieldset/legend)")
    assert sentence(LOCALES[language]) in form.text_content()
    assert form.xpath(".//form/@lang") == [language]
    assert form.xpath(".//form/@action") == [
        f"https://kaupungit.example/{language}/subscribe/embedded"
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_snippet_sends_is_taken(world: World, readers: Readers, language: str) -> None:
    form = snippet(world, language).xpath(".//form")[0]
    form.inputs["email"].value = "m@raahe.example"
    form.inputs["cadence"].value = "monthly"
    filled = dict(form.form_values())

    reply = ask(
        world.app(), f"/{language}/subscribe/embedded", form=filled, headers={"origin": CITY}
    )

    assert (reply.status, reply.headers["location"]) == (303, f"/{language}/subscribe/sent")
    (subscriber,), (consent,) = readers.subscribers(), readers.consents()
    selection = subscriber.selection
    assert (selection.language, selection.cadence) == (language, Cadence.MONTHLY)
    assert (consent.page, consent.text_version) == (CITY, text_version(LOCALES[language]))


def test_with_one_cadence_nothing_is_asked_about_it(world: World) -> None:
    world.site = site(digests=site().digests[:1])
    (code,) = ask(world.app(), "/fi/embed").page.xpath("//pre/code")
    form = html.fragment_fromstring(code.text, create_parent="div")

    assert form.xpath(".//input[@name='cadence'][@type='hidden']/@value") == ["weekly"]
    assert not form.xpath(".//fieldset")


@pytest.mark.parametrize("origin", [CITY, "https://WWW.RAAHE.example", "https://kaupungit.example"])
def test_sites_that_we_know_and_our_own_are_taken(
    world: World, readers: Readers, origin: str
) -> None:
    """S4."""
    headers = {"origin": origin, "sec-fetch-site": "cross-site"}
    if origin.endswith("kaupungit.example"):
        headers["sec-fetch-site"] = "same-origin"

    reply = send(world, **headers)

    assert reply.status == 303
    assert "set-cookie" not in reply.headers
    (consent,) = readers.consents()
    assert consent.page == ("/fi/embed" if "kaupungit" in origin else CITY)


@pytest.mark.parametrize("origin", ["https://paha.example", "x" * 5_000, "ftp://kaupungit.example"])
def test_the_ledger_never_says_what_a_program_wrote_into_its_origin(
    world: World, readers: Readers, origin: str
) -> None:
    """Evidence is what we know; a program may also say that it stands on our page."""
    send(world, origin=origin, **{"sec-fetch-site": "same-origin"})

    assert [consent.page for consent in readers.consents()] == ["/fi/embed"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://paha.example"},
        {"origin": f"{CITY}.paha.example"},
        {"origin": "http://www.raahe.example"},
        {"origin": "https://www.raahe.example:8443"},
        {"origin": "https://raahe.example"},
        {"origin": "https://kaupungit.example", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-origin"},
    ],
)
def test_a_site_we_do_not_know_is_refused_and_its_reader_led_to_our_form(
    world: World, readers: Readers, headers: dict[str, str]
) -> None:
    reply = send(world, **headers)

    assert reply.status == 403
    assert "/fi/subscribe" in reply.page.xpath("//main//a/@href")
    assert readers.subscribers() == []


def test_a_mistake_made_on_a_city_s_page_is_mended_on_ours(world: World, readers: Readers) -> None:
    reply = ask(world.app(), PATH, form=GIVEN | {"email": "m@"}, headers={"origin": CITY})

    assert reply.status == 422
    assert reply.page.xpath("//main//form/@action") == ["/fi/subscribe"]
    assert reply.page.get_element_by_id("email").get("value") == "m@"
    assert readers.subscribers() == []


def test_an_older_copy_of_the_form_tells_which_words_were_seen_there(
    world: World, readers: Readers
) -> None:
    older = "2025-01-fi-0123456789ab"
    ask(world.app(), PATH, form=GIVEN | {"words": older}, headers={"origin": CITY})

    assert readers.consents()[0].text_version == older


@pytest.mark.parametrize("words", ["", "x" * 500, "2025-01-fi-0123456789ab\n", "<b>"])
def test_words_that_we_never_gave_out_are_not_kept(
    world: World, readers: Readers, words: str
) -> None:
    ask(world.app(), PATH, form=GIVEN | {"words": words}, headers={"origin": CITY})

    assert readers.consents()[0].text_version == text_version(LOCALES["fi"])


def test_a_network_that_asks_too_often_waits_here_too(world: World) -> None:
    app = world.app()
    headers = {"origin": CITY}
    statuses = [ask(app, PATH, form=GIVEN, headers=headers).status for _ in range(21)]

    assert statuses == [303] * 20 + [429]


def test_a_body_larger_than_any_form_is_refused(world: World) -> None:
    reply = ask(world.app(), PATH, method="POST", body=b"a" * 20_000, headers={"origin": CITY})

    assert reply.status == 413


def test_the_page_says_how_a_city_makes_its_site_known(world: World) -> None:
    page = ask(world.app(), "/fi/embed").page

    assert "mailto:toimitus@kaupungit.example" in page.xpath("//main//a/@href")
