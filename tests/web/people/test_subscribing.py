"""The sign-up form: what it asks, what it takes, and the one answer it gives."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from syndicator.model import Cadence, Selection, SubscriberState
from syndicator.subscribe.consent import sentence, text_version
from tests.builders import LANGUAGES, LOCALES
from tests.pipeline.readers import ADDRESS, Readers
from tests.publish.sites import site
from tests.web.asgi import Reply, ask
from tests.web.worlds import World

GIVEN: dict[str, str | list[str]] = {
    "email": "Maija@Raahe.Example",
    "language": "fi",
    "cadence": "weekly",
    "website": "",
}


def boxes(reply: Reply, kind: str) -> list[str]:
    return [str(value) for value in reply.page.xpath(f"//input[@type='{kind}']/@value")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_asks_for_nothing_but_what_is_needed(world: World, language: str) -> None:
    """S1: address, language, cadence, cities, topics; the rest is a trap for programs."""
    page = ask(world.app(), f"/{language}/subscribe").page
    (form,) = page.xpath("//form")

    assert set(form.xpath(".//@name")) == {
        *("email", "language", "cadence", "cities", "topics", "website"),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_chosen_beforehand_but_the_language_of_the_page(
    world: World, language: str
) -> None:
    page = ask(world.app(), f"/{language}/subscribe").page

    assert page.xpath("//input[@checked]/@value") == [language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_agreed_to_stands_by_the_button_with_the_way_to_the_notice(
    world: World, language: str
) -> None:
    page = ask(world.app(), f"/{language}/subscribe").page
    (place,) = page.xpath("//div[contains(@class, 'agree')]")

    assert sentence(LOCALES[language]) in place.text_content()
    assert place.xpath(".//a/@href") == [f"/{language}/privacy/"]
    assert place.xpath(".//button")


def test_the_cities_stand_under_their_regions_each_with_its_words(world: World) -> None:
    page = ask(world.app(), "/sv/subscribe").page
    regions = page.xpath("//details//fieldset")

    assert [region.xpath("string(legend)") for region in regions] == [
        "Södra Österbotten",
        "Övriga städer",
    ]
    assert [label.strip() for label in regions[1].xpath(".//label/text()")] == [
        "Brahestad",
        "Raseborg",
    ]
    for box in page.xpath("//input[@name='cities']"):
        assert page.xpath(f"//label[@for='{box.get('id')}']")


def test_a_filled_form_becomes_a_request_with_the_words_that_were_seen(
    world: World, readers: Readers
) -> None:
    filled = GIVEN | {"cadence": "monthly", "cities": ["raahe", "ahtari"], "topics": ["osaajat"]}

    reply = ask(world.app(), "/sv/subscribe", form=filled)

    assert (reply.status, reply.headers["location"]) == (303, "/sv/subscribe/sent")
    (subscriber,), (consent,) = readers.subscribers(), readers.consents()
    assert subscriber.address == "Maija@raahe.example"
    assert subscriber.state is SubscriberState.PENDING
    assert subscriber.selection == Selection(
        language="fi",
        cadence=Cadence.MONTHLY,
        cities=frozenset({"raahe", "ahtari"}),
        topics=frozenset({"osaajat"}),
    )
    assert (consent.page, consent.text_version) == ("/sv/subscribe", text_version(LOCALES["sv"]))


def test_no_city_chosen_is_every_city(world: World, readers: Readers) -> None:
    ask(world.app(), "/fi/subscribe", form=GIVEN)

    assert readers.subscribers()[0].selection.cities == frozenset()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_answer_says_what_to_do_if_no_mail_comes(world: World, language: str) -> None:
    reply = ask(world.app(), f"/{language}/subscribe/sent")

    assert reply.status == 200
    assert reply.page.xpath(f"//main//a[@href='/{language}/subscribe']")
    assert reply.page.xpath("//main//a[starts-with(@href, 'mailto:')]")
    assert len(reply.page.xpath("//main//li")) == 5


def test_known_and_unknown_addresses_get_the_same_answer(world: World, readers: Readers) -> None:
    """S2: not a byte tells whether somebody subscribes."""
    readers.subscribed(ADDRESS)
    app = world.app()
    known = ask(app, "/fi/subscribe", form=GIVEN | {"email": ADDRESS})
    unknown = ask(app, "/fi/subscribe", form=GIVEN | {"email": "uusi@raahe.example"})

    assert (known.status, known.headers, known.body) == (
        unknown.status,
        unknown.headers,
        unknown.body,
    )


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"email": ""}, "email", "Anna sähköpostiosoite."),
        ({"email": "  "}, "email", "Anna sähköpostiosoite."),
        ({"email": "maija"}, "email", "Tarkista sähköpostiosoite."),
        ({"email": "maija@raahe.example\nBcc: x@y.fi"}, "email", "Tarkista sähköpostiosoite."),
        ({"email": "maija@raahe.example\r\n\r\nHei"}, "email", "Tarkista sähköpostiosoite."),
        ({"email": "maija@raahe.example\0"}, "email", "Tarkista sähköpostiosoite."),
        ({"email": f"{'a' * 65}@raahe.example"}, "email", "Tarkista sähköpostiosoite."),
        ({"email": "a@b.fi, c@d.fi"}, "email", "Tarkista sähköpostiosoite."),
        ({"email": "<maija@raahe.example>"}, "email", "Tarkista sähköpostiosoite."),
        ({"email": "mäija@raahe.example"}, "email", "Tarkista sähköpostiosoite."),
        ({"language": ""}, "language", "Valitse kirjeen kieli."),
        ({"language": "de"}, "language", "Valitse kirjeen kieli."),
        ({"cadence": ""}, "cadence", "Valitse, kuinka usein haluat kirjeen."),
        ({"cadence": "hourly"}, "cadence", "Valitse, kuinka usein haluat kirjeen."),
        ({"cities": ["raahe", "helsinki"]}, "cities", "Valitse luettelosta."),
        ({"topics": ["'; DROP TABLE"]}, "topics", "Valitse luettelosta."),
        ({"website": "http://spam.example"}, "website", "Tämän kentän on oltava tyhjä."),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_above_the_form(
    world: World,
    readers: Readers,
    changed: dict[str, str | list[str]],
    field: str,
    sentence: str,
) -> None:
    reply = ask(world.app(), "/fi/subscribe", form=GIVEN | changed)

    assert reply.status == 422
    assert reply.page.get_element_by_id(f"{field}-wrong").text.startswith(sentence)
    (link,) = reply.page.xpath("//div[@role='alert']//a")
    assert link.text.startswith(sentence)
    assert reply.page.get_element_by_id(link.get("href").removeprefix("#")) is not None
    assert readers.subscribers() == []


def test_nothing_typed_is_lost_over_a_mistake(world: World) -> None:
    filled = GIVEN | {"email": "maija", "cadence": "monthly", "cities": ["raahe"]}
    page = ask(world.app(), "/fi/subscribe", form=filled).page

    assert page.get_element_by_id("email").get("value") == "maija"
    assert page.xpath("//input[@checked]/@value") == ["monthly", "fi", "raahe"]
    assert page.xpath("//details[@open]//input[@checked]/@value") == ["raahe"]


def test_what_was_typed_is_never_markup(world: World) -> None:
    reply = ask(world.app(), "/fi/subscribe", form=GIVEN | {"email": '"><script>x</script>'})

    assert "<script" not in reply.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"email=" + b"a" * 20_000, 413),
        (b"&".join(b"cities=raahe" for _ in range(400)), 413),
        (b"\xff\xfe\x00email=\xe4", 422),
        (b"email=%ff%fe%00&cadence=weekly&language=fi", 422),
        (b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na@b.fi\r\n--x--', 422),
        (b'{"email": "a@b.fi"}', 422),
        (b"", 422),
    ],
)
def test_a_body_that_is_no_form_of_ours_is_refused_quietly(
    world: World, readers: Readers, body: bytes, status: int
) -> None:
    reply = ask(world.app(), "/fi/subscribe", method="POST", body=body)

    assert reply.status == status
    assert readers.subscribers() == []


@pytest.mark.parametrize("path", ["subscribe", "preferences"])
def test_a_form_from_another_site_is_refused(world: World, readers: Readers, path: str) -> None:
    """S4."""
    for headers in (
        {"sec-fetch-site": "cross-site"},
        {"origin": "https://paha.example"},
        {"origin": "null"},
    ):
        reply = ask(world.app(), f"/fi/{path}", form=GIVEN, headers=headers)

        assert reply.status == 403
    assert readers.subscribers() == []


def test_a_network_that_asks_too_often_waits_whatever_the_door(world: World) -> None:
    """S2: one bucket for every door through which somebody may be written to."""
    app = world.app()
    for _ in range(10):
        assert ask(app, "/fi/subscribe", form=GIVEN).status == 303
        assert ask(app, "/sv/preferences", form=GIVEN).status == 303

    refused = ask(app, "/en/subscribe", form=GIVEN, client="192.0.2.77")
    assert refused.status == 429
    assert refused.headers["retry-after"] == "30"
    assert "Try again in 30 seconds." in refused.words()
    assert ask(app, "/fi/preferences", form=GIVEN).status == 429
    assert ask(app, "/fi/subscribe", form=GIVEN, client="198.51.100.1").status == 303

    world.seconds += timedelta(seconds=31).total_seconds()
    assert ask(app, "/fi/subscribe", form=GIVEN).status == 303


@pytest.mark.parametrize("path", ["/fi/subscribe", "/fi/subscribe/sent"])
def test_without_a_relay_the_page_says_that_emails_wait(world: World, path: str) -> None:
    assert "lähetys ei ole vielä alkanut" not in ask(world.app(), path).words()
    world.emails_leave = False
    assert "lähetys ei ole vielä alkanut" in ask(world.app(), path).words()


def test_without_a_relay_the_request_is_kept_all_the_same(world: World, readers: Readers) -> None:
    world.emails_leave = False

    assert ask(world.app(), "/fi/subscribe", form=GIVEN).status == 303
    assert len(readers.subscribers()) == 1


@pytest.mark.parametrize("path", ["subscribe", "subscribe/sent", "embed"])
def test_where_there_is_no_newsletter_there_is_no_form(
    world: World, readers: Readers, path: str
) -> None:
    world.site = site(digests=())

    assert ask(world.app(), f"/fi/{path}").status == 404
    assert ask(world.app(), "/fi/subscribe", form=GIVEN).status == 404
    assert readers.subscribers() == []


def test_the_reader_is_led_to_the_form_of_their_language(world: World) -> None:
    reply = ask(world.app(), "/subscribe", headers={"accept-language": "sv-FI, fi;q=0.5"})

    assert (reply.status, reply.headers["location"]) == (302, "/sv/subscribe")


@pytest.mark.parametrize("path", ["status", "subscribe"])
def test_every_page_leads_to_the_form(world: World, path: str) -> None:
    page = ask(world.app(), f"/fi/{path}").page

    assert page.xpath("//nav[@class='main']//a[@href='/fi/subscribe']/text()") == [
        "Tilaa uutiskirje"
    ]


def test_whoever_hangs_up_amid_a_form_asked_for_nothing_and_leaves_no_traceback(
    world: World, readers: Readers
) -> None:
    """An error with a traceback is what a person should look at; this anybody can do."""

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(_: object) -> None:
        """Nobody hears it."""

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/fi/subscribe",
        "query_string": b"",
        "headers": [],
        "client": ("192.0.2.1", 5),
    }
    asyncio.run(world.app()(scope, receive, send))

    assert readers.subscribers() == []
