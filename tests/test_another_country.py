"""A network of another country and its languages, made from files alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic

import lxml.etree
import pytest

from syndicator.app import App, opened
from syndicator.app.website import website
from syndicator.config import load
from syndicator.errors import ConfigError
from syndicator.model import Cadence, EmailKind, TransactionalEmail
from syndicator.pipeline.data_folder import keyring
from syndicator.pipeline.feeds.publish import publish
from syndicator.pipeline.feeds.pull_all import due, pull_all
from syndicator.pipeline.issues.preview import preview, write_preview
from syndicator.pipeline.people.transactional_sender import subscriber_writers
from syndicator.store.feeds import artefacts
from tests.another_country import FEEDS, LANGUAGES, MARKS, catalogues, configured, served
from tests.builders import LOCALES
from tests.web.asgi import ask

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)

FINNISH = re.compile(
    r"Suom|Finland|Finnish|Finsk|Helsin|Traficom|tietosuoja|kirjoitu|viikko|\bklo\b|\bkl\.|"
    r"marraskuu|Kuntaliitto|inlägg|vecka",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The network, its feeds pulled and published."""
    folder = tmp_path_factory.mktemp("country")
    catalogues(folder / "templates")
    with served() as port:
        settings, began = configured(folder, port=port), monotonic()
        # It must go: a host that is busy is asked again a moment later.
        with opened(settings, clock=lambda: NOW + timedelta(seconds=monotonic() - began)) as app:
            for pulled in pull_all(app.puller, due(app.puller, early=True), early=True):
                assert pulled.failed is None
            publish(app.publisher)
            yield app


@pytest.fixture(scope="module")
def published(country: App) -> dict[str, bytes]:
    with country.database.read() as tx:
        return {artefact.path: artefact.body for artefact in artefacts.iter_all(tx)}


def page(published: dict[str, bytes], path: str) -> str:
    return published[path].decode()


def test_each_language_has_its_feeds_and_pages(published: dict[str, bytes]) -> None:
    for language in LANGUAGES:
        for path in ("index.html", "cities/index.html", "privacy/index.html", "issues/feed.xml"):
            assert f"{language}/{path}" in published
        assert f"{language}/feed.xml" in published
    assert not [path for path in published if path.startswith(("fi/", "sv/"))]


def test_a_post_is_in_the_feed_of_the_language_it_is_written_in(
    published: dict[str, bytes],
) -> None:
    titles = {
        language: [
            line.text
            for line in lxml.etree.fromstring(published[f"{language}/feed.xml"]).iter("title")
        ]
        for language in ("et", "pl")
    }

    assert titles["et"][-1] == "Uus kool avati Tartus"
    assert titles["pl"][-1] == "Nowa szkoła w mieście"


def test_a_date_without_a_zone_is_by_the_networks_clock(country: App) -> None:
    """Tallinn, two hours before UTC in winter."""
    with country.database.read() as tx:
        feed = artefacts.load(tx, "feed.xml")

    assert feed is not None
    assert b"Mon, 23 Nov 2026 06:30:00 +0000" in feed.body
    assert b"Mon, 23 Nov 2026 08:15:00 +0000" in feed.body


def test_names_stand_in_the_order_of_the_alphabet(country: App) -> None:
    """Estonian: s š z ž t u v w õ; English has no letters of its own and follows."""
    for language in ("et", "en"):
        form = ask(website(country), f"/{language}/subscribe").text
        cities = re.findall(r'name="cities" value="([a-z-]+)"', form)
        assert cities == ["suure-jaani", "zarja", "tartu", "voru", "oisu"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_dates_are_written_as_the_language_does(published: dict[str, bytes], language: str) -> None:
    written = {"et": "23.11.2026", "pl": "23.11.2026", "en": "23 November 2026"}[language]

    assert written in page(published, f"{language}/index.html")
    month = {"et": "november 2026", "pl": "listopad 2026", "en": "November 2026"}[language]
    assert month in page(published, f"{language}/archive/2026-11/index.html")


def test_a_number_takes_each_of_its_forms(country: App) -> None:
    polish = country.settings.locales["pl"]

    assert [polish.count("post.count", n) for n in (1, 2, 5, 22)] == [
        "1 wpis",
        "2 wpisy",
        "5 wpisów",
        "22 wpisy",
    ]
    assert set(polish.forms("post.count")) == {"one", "few", "many", "other"}


@pytest.mark.parametrize(
    ("language", "subject", "posts", "day"),
    [
        ("et", "Nädalakiri, 48. nädal 2026", "2 postitust, 2 linna", "23. november 2026"),
        ("pl", "Przegląd tygodnia, tydzień 48/2026", "2 wpisy, 2 miasta", "23 listopada 2026"),
        ("en", "Weekly digest, week 48/2026", "2 posts", "23 November 2026"),
    ],
)
def test_the_digest_speaks_each_language(
    country: App, tmp_path: Path, language: str, subject: str, posts: str, day: str
) -> None:
    plan = country.settings.digest(Cadence.WEEKLY)
    assert plan is not None
    editorial = country.editorial
    issue = preview(editorial, plan, day=date(2026, 11, 30))

    paths = write_preview(editorial, issue, language=language, out=tmp_path)
    html, text, _ = (path.read_text("utf-8") for path in paths)

    assert subject.replace(" ", "") in re.sub(r"\s", "", text)
    for part in (html, text):
        assert posts in part
        assert day in part
        assert FINNISH.search(part) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["subscribe", "register", "status", "preferences", "nothing"])
def test_a_page_made_at_once_speaks_each_language(country: App, path: str, language: str) -> None:
    reply = ask(website(country), f"/{language}/{path}")

    assert reply.status in (200, 404)
    assert f'<html lang="{language}"' in reply.text
    assert MARKS[language] in reply.text
    assert FINNISH.search(reply.text) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [EmailKind.CONFIRM, EmailKind.LINK, EmailKind.LEFT])
def test_a_letter_speaks_each_language(country: App, kind: EmailKind, language: str) -> None:
    email = TransactionalEmail(
        id=1,
        kind=kind,
        address="lugeja@linnad.example",
        address_hash="ab" * 32,
        language=language,
        at=NOW,
        subscriber="00000000-0000-0000-0000-000000000007",
        facts={},
    )

    keys = keyring(country.settings.deployment.data_dir)
    mail = subscriber_writers(country.settings, keys)[kind](email)

    assert mail.subject.startswith(MARKS[language])
    for part in (mail.text, mail.html):
        assert MARKS[language] in part
        assert FINNISH.search(part) is None


def test_no_finnish_word_is_left(published: dict[str, bytes]) -> None:
    """Nor any sentence of ours in Finnish or Swedish, of three words and more."""
    bodies = {path: body.decode() for path, body in published.items() if path != "icon.svg"}
    ours = [
        LOCALES[language]._texts.gettext(key)
        for language in ("fi", "sv")
        for key in LOCALES[language].keys
    ]
    long = [sentence for sentence in ours if sentence.count(" ") > 2 and "{" not in sentence]

    assert len(long) > 200
    for path, body in bodies.items():
        assert FINNISH.search(body) is None, path
        assert not [sentence for sentence in long if sentence in body], path


# --- what is wrong is said at the start -----------------------------------------------------------


def problems(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        configured(folder)
    return [str(problem) for problem in raised.value.problems]


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    catalogues(tmp_path / "templates")
    return tmp_path


def test_a_sentence_that_is_missing_is_said_with_language_file_and_key(folder: Path) -> None:
    path = folder / "templates/locales/pl/site.po"
    changed(path, 'msgid "nav.skip"', 'msgid "nav.skp"')

    (problem,) = problems(folder)

    assert str(path) in problem
    assert "nav.skip" in problem
    assert "is missing in pl" in problem


def test_a_language_that_ours_cannot_name_is_said(folder: Path) -> None:
    (folder / "templates/locales/en/country.po").unlink()

    said = problems(folder)

    assert any("post.in.pl" in problem and "is missing in en" in problem for problem in said)


def test_a_fact_that_no_sentence_is_given_is_said(folder: Path) -> None:
    path = folder / "templates/locales/pl/site.po"
    changed(path, "tydzień {week}/{year}", "tydzień {wek}/{year}")

    (problem,) = problems(folder)

    assert "week.name" in problem
    assert "{wek}" in problem


def test_a_number_without_one_of_its_forms_is_said(folder: Path) -> None:
    path = folder / "templates/locales/pl/site.po"
    changed(path, 'msgstr[2] "{n} wpisów"', 'msgstr[2] ""')

    (problem,) = problems(folder)

    assert "post.count" in problem
    assert "is empty" in problem


def test_a_language_without_any_words_is_said(folder: Path) -> None:
    config = FEEDS.replace('"en"]', '"en", "lv"]')
    (folder / "feeds.toml").write_text(config, "utf-8")

    with pytest.raises(ConfigError, match="has lv, in which there are no words; there are en, et"):
        load(
            {
                "SYNDICATOR_CONFIG": str(folder / "feeds.toml"),
                "SYNDICATOR_TEMPLATES": str(folder / "templates"),
            }
        )


@pytest.mark.parametrize(
    ("written", "fact"),
    [
        ('locale = "xx_YY"', "CLDR does not know"),
        ('shrt = "d.M.y"', "must be one of"),
        ('order = "a b c"', "are no rules"),
        ("locale =", "is not TOML"),
    ],
)
def test_formats_that_cannot_be_read_are_said(folder: Path, written: str, fact: str) -> None:
    (folder / "templates/locales/et/formats.toml").write_text(written, "utf-8")

    (problem,) = problems(folder)

    assert "formats.toml" in problem
    assert fact in problem


def test_words_of_ours_that_an_operator_changed_come_first(tmp_path: Path) -> None:
    own = tmp_path / "templates/locales/fi"
    own.mkdir(parents=True)
    (own / "own.po").write_text('msgid "nav.latest"\nmsgstr "Tuoreimmat"\n', "utf-8")
    changed_words = replace(LOCALES, folders=(tmp_path / "templates/locales",))

    assert changed_words["fi"].text("nav.latest") == "Tuoreimmat"
    assert changed_words["fi"].text("nav.cities") == LOCALES["fi"].text("nav.cities")
    assert changed_words.fingerprint(["fi"]) != LOCALES.fingerprint(["fi"])
