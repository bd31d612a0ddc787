"""Pages as artefacts: languages, headings, links, and nothing that a stranger could slip in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from syndicator.model import Artefact, Channel, Image, Kind, Scope, Source, SourceState, web_address
from syndicator.publish.issues import archive
from syndicator.publish.page import pages, standing
from syndicator.publish.page_site import Site, fingerprint, gathered
from tests.builders import LANGUAGES
from tests.publish.samples import a_masthead
from tests.publish.sites import NOON, edition, origin, post, site
from tests.publish.sites import gathered as one_gathered

CHANNELS = (
    Channel(),
    Channel(month="2026-11"),
    Channel(scope=Scope.LANGUAGE, value="sv"),
    Channel(scope=Scope.CITY, value="raahe"),
    Channel(scope=Scope.CITY, value="ahtari"),
    Channel(scope=Scope.TOPIC, value="osaajat"),
)


def everything(own: Site | None = None) -> Iterator[Artefact]:
    own = own or site()
    for channel in CHANNELS:
        made = edition(post(1), post(2, language="sv"), channel=channel, months=("2026-11",))
        yield from pages(made, site=own)
    for language in LANGUAGES:
        past = edition(channel=Channel(scope=Scope.ISSUES, value=language))
        made_of_past = archive(past, site=own, masthead=a_masthead()).artefacts
        yield from (page for page in made_of_past if page.path.endswith(".html"))
    yield from standing(own, modified=NOON)


def tree(artefact: Artefact) -> html.HtmlElement:
    return html.document_fromstring(artefact.body.decode())


def front(*posts: object, language: str = "fi", own: Site | None = None) -> html.HtmlElement:
    made = pages(edition(*posts), site=own or site())  # type: ignore[arg-type]
    return tree(next(page for page in made if page.path == f"{language}/index.html"))


PUBLISHED = tuple(everything())
HTML = [page for page in PUBLISHED if page.content_type.startswith("text/html")]
BY_PATH = pytest.mark.parametrize("page", HTML, ids=lambda page: page.path)


@BY_PATH
def test_every_page_names_its_language(page: Artefact) -> None:
    """Promise 9; WCAG 3.1.1."""
    language = page.path.partition("/")[0] if "/" in page.path else "fi"

    assert tree(page).get("lang") == language


@BY_PATH
def test_headings_begin_with_one_and_never_skip_a_level(page: Artefact) -> None:
    """S6; WCAG 1.3.1."""
    levels = [int(one.tag[1]) for one in tree(page).xpath("//h1|//h2|//h3|//h4|//h5|//h6")]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(lower <= higher + 1 for higher, lower in pairwise(levels))


@BY_PATH
def test_every_page_tells_where_the_feeds_are(page: Artefact) -> None:
    """O5: alternate links in every page's head."""
    links = tree(page).xpath("//head/link[@rel='alternate'][@type]")
    combined = {(link.get("type"), link.get("href")) for link in links}

    assert combined >= {
        ("application/rss+xml", "/feed.xml"),
        ("application/atom+xml", "/atom.xml"),
        ("application/feed+json", "/feed.json"),
    }
    assert all(link.get("title") for link in links)


@BY_PATH
def test_every_page_leads_to_itself_in_the_other_languages(page: Artefact) -> None:
    hreflangs = tree(page).xpath("//head/link[@hreflang]/@hreflang")

    assert hreflangs == list(LANGUAGES)


@BY_PATH
def test_no_page_asks_anything_of_another_host(page: Artefact) -> None:
    """S4: no third-party request; no script at all."""
    parsed = tree(page)
    loaded = parsed.xpath(
        "//img/@src|//script|//iframe|//link[@rel='stylesheet' or @rel='icon']/@href"
    )

    assert loaded
    assert all(str(address).startswith("/") for address in loaded)
    assert parsed.xpath("//@style|//style|//@onclick") == []


@BY_PATH
def test_every_image_and_field_has_its_words(page: Artefact) -> None:
    """WCAG 1.1.1, 4.1.2."""
    parsed = tree(page)

    assert all(image.get("alt") is not None for image in parsed.xpath("//img"))
    assert all(
        link.text_content().strip() or link.xpath(".//img[@alt!='']")
        for link in parsed.xpath("//a")
    )


@BY_PATH
def test_every_link_within_the_site_leads_to_something_published(page: Artefact) -> None:
    paths = {artefact.path for artefact in PUBLISHED}
    made = ("status", "register", "subscribe", "preferences", "embed")
    dynamic = {f"{language}/{name}" for language in LANGUAGES for name in made}
    ours = {"feed.xml", "atom.xml", "feed.json", "sources.opml"}
    for link in tree(page).xpath("//a/@href|//img/@src|//link[not(@hreflang)]/@href"):
        if not str(link).startswith("/"):
            continue
        path = str(link)[1:].partition("?")[0].partition("#")[0]
        stored = f"{path}index.html" if path.endswith("/") or not path else path
        known = stored in paths or path in dynamic or path.rpartition("/")[2] in ours
        assert known or _of_a_channel_not_made_here(path), link


def _of_a_channel_not_made_here(path: str) -> bool:
    return any(path.endswith(end) for end in ("/raasepori/", "language/fi/", "language/en/"))


def test_a_post_speaks_its_own_language() -> None:
    """Promise 9; WCAG 3.1.2: title and excerpt carry the post's lang, and the list says so."""
    page = front(post(1, language="sv", title="Torget förnyas", excerpt="I vår."))

    (title,) = page.xpath("//article//h3")
    assert title.get("lang") == "sv"
    assert page.xpath("//p[@class='excerpt']/@lang") == ["sv"]
    assert page.xpath("//span[@class='mark']/text()") == ["ruotsiksi"]
    assert title.xpath("a/text()") == ["Torget förnyas"]
    assert front(post(1, language="sv"), language="sv").xpath("//span[@class='mark']") == []


def test_a_post_that_does_not_say_speaks_its_citys_language() -> None:
    page = front(post(1, language=None, origin=origin(city="raasepori")))

    assert page.xpath("//article//h3/@lang") == ["sv"]


def test_a_language_that_is_none_is_not_written_down() -> None:
    page = front(post(1, language='x" onclick="', origin=origin(city=None)))

    assert page.xpath("//article//h3/@lang") == []


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "", "//raahe.example/", "https://[", "https:"],
)
def test_a_post_never_leads_where_a_link_must_not(url: str) -> None:
    """P8, at the last door."""
    page = front(post(1, url=url))

    assert page.xpath("//article//h3/a") == []
    assert page.xpath("//article//h3/text()") == ["Kirjoitus 1"]


@given(
    text=st.text(
        alphabet=st.characters(codec="utf-8", exclude_characters="\0\r\x0c\x0b\x1c\x1d\x1e\x1f"),
        min_size=1,
    )
)
def test_whatever_a_title_holds_is_text(text: str) -> None:
    """P8, P9: nothing from a feed becomes markup."""
    body = pages(edition(post(1, title=f"<script>{text}</script>")), site=site())[0].body.decode()

    assert "<script" not in body


def test_an_address_must_have_a_host() -> None:
    assert web_address("https://raahe.example/a") == "https://raahe.example/a"
    assert web_address("http:///a") == ""


def test_a_list_shows_no_picture_and_no_whole_text() -> None:
    """S4: a picture would send readers' addresses to the server it lies on."""
    page = front(
        post(
            1,
            content_html="<p>Koko teksti.</p><img src='https://raahe.example/k.png'>",
            image=Image(url="https://raahe.example/k.png", alt="Tori"),
        )
    )

    assert "Koko teksti" not in page.text_content()
    assert page.xpath("//article//img") == []


def test_no_line_of_a_list_ends_within_a_number() -> None:
    shown = front(post(1, title="Yli 9 000 kävijää", excerpt="Se maksoi 1 120 000 euroa."))

    text = str(shown.text_content())
    assert "Yli 9\u00a0000 kävijää" in text
    assert "Se maksoi 1\u00a0120\u00a0000 euroa." in text


def test_times_are_days_in_the_networks_zone() -> None:
    """No relative time: the page must stay true as long as no post changes."""
    late = NOON.replace(hour=22, minute=30)
    page = front(post(1, published=late, updated=late))

    (time,) = page.xpath("//article//time")
    assert (time.get("datetime"), time.text) == ("2026-11-25", "25.11.2026")


def test_a_later_edit_is_told() -> None:
    page = front(post(1, updated=NOON + timedelta(days=2)))

    assert "Päivitetty 26.11.2026" in page.text_content()
    assert "Päivitetty" not in front(post(1)).text_content()


def test_a_story_told_twice_names_both_and_its_translation() -> None:
    """P3."""
    page = front(
        post(
            1,
            others=(origin(city="ahtari"), origin(city="raahe")),
            translations=(("sv", "https://raahe.example/sv/1"), ("sv", "javascript:x")),
        )
    )

    words = " ".join(page.text_content().split())
    assert "Julkaistu myös: Ähtäri" in words
    assert "Ähtäri, Raahe" not in words
    assert page.xpath("//a[@hreflang='sv']/@href")[-1] == "https://raahe.example/sv/1"


def test_a_city_without_a_source_waits_and_is_asked_to_register() -> None:
    channel = Channel(scope=Scope.CITY, value="ahtari")
    page = tree(pages(edition(channel=channel), site=site())[0])

    assert "Kaupunki ei ole vielä ilmoittanut blogiaan" in page.text_content()
    assert page.xpath("//a[@class='button']/@href") == ["/fi/register"]


def test_a_citys_page_names_its_own_feeds_first() -> None:
    """O5."""
    channel = Channel(scope=Scope.CITY, value="raahe")
    page = tree(pages(edition(post(1), channel=channel), site=site())[0])

    feeds = page.xpath("//head/link[@rel='alternate'][@type]/@href")
    assert feeds[:3] == ["/city/raahe/feed.xml", "/city/raahe/atom.xml", "/city/raahe/feed.json"]
    assert page.xpath("//main//a[@href='/city/raahe/feed.xml']")


def test_all_cities_are_listed_and_those_without_a_feed_apart() -> None:
    page = next(
        one for one in standing(site(), modified=NOON) if one.path == "sv/cities/index.html"
    )
    sections = tree(page).xpath("//main//ul[@class='columns']")

    names = [[a.text for a in section.xpath(".//a")] for section in sections]
    assert names == [["Brahestad"], ["Etseri", "Raseborg"]]


def test_months_of_other_channels_have_no_page() -> None:
    channel = Channel(scope=Scope.CITY, value="raahe", month="2026-11")

    assert pages(edition(post(1), channel=channel), site=site()) == ()


def test_the_archive_lists_its_months_by_year() -> None:
    made = pages(edition(months=("2026-11", "2026-02", "2025-12")), site=site())
    page = tree(next(one for one in made if one.path == "fi/archive/index.html"))

    assert page.xpath("//main//h2/text()") == ["2026", "2025"]
    assert page.xpath("//main//li/a/text()") == [
        "marraskuu 2026",
        "helmikuu 2026",
        "joulukuu 2025",
    ]


def test_same_edition_same_bytes() -> None:
    """Promise 3."""
    first = {page.path: page.etag for page in everything(site())}
    second = {page.path: page.etag for page in everything(site())}

    assert first == second


def test_no_path_is_a_feeds_or_another_pages() -> None:
    paths = [page.path for page in PUBLISHED]

    assert len(set(paths)) == len(paths)
    assert not any(path.endswith((".xml", ".json", ".opml")) for path in paths)


def test_the_stylesheets_address_changes_with_its_text(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "style.css").write_text("body { color: black }")
    own = site(templates=(tmp_path,))

    before = front(post(1)).xpath("//link[@rel='stylesheet']/@href")
    assert front(post(1), own=own).xpath("//link[@rel='stylesheet']/@href") != before


def test_an_operator_replaces_one_template_and_keeps_the_rest(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "about.html").write_text(
        '{% extends "site/layout.html" %}{% block main %}<h1>Oma</h1>{% endblock %}'
    )
    made = {page.path: page for page in standing(site(templates=(tmp_path,)), modified=NOON)}

    assert tree(made["fi/about/index.html"]).findtext(".//h1") == "Oma"
    assert tree(made["fi/cities/index.html"]).findtext(".//h1") == "Kaikki kaupungit"


def test_the_fingerprint_changes_with_what_pages_show_and_with_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "about.html").write_text("<h1>Oma</h1>")
    plain = fingerprint(site())

    assert fingerprint(site()) == plain
    assert fingerprint(site(sources=(one_gathered(city="ahtari"),))) != plain
    assert fingerprint(site(base_url="https://toinen.example")) != plain
    assert fingerprint(site(templates=(tmp_path,))) != plain


def test_a_sources_health_is_nothing_the_pages_show() -> None:
    well = _source(1)
    ill = _source(1, failures=9, last_success_at=NOON)

    assert gathered([well]) == gathered([ill])


def test_only_what_is_pulled_is_named() -> None:
    sources = [_source(n, state=state) for n, state in enumerate(SourceState)]

    assert {one.key for one in gathered(sources)} == {
        source.key for source in sources if source.state in (SourceState.ACTIVE, SourceState.HELD)
    }


def test_a_template_with_a_hole_is_an_error() -> None:
    from jinja2 import UndefinedError

    with pytest.raises(UndefinedError):
        site().templates.from_string("{{ nobody_gave_this }}").render()


def _source(n: int, **changes: object) -> Source:
    from syndicator.model import Licence

    facts: dict[str, object] = {
        "id": n,
        "key": f"s{n}",
        "url": f"https://raahe.example/{n}",
        "city": "raahe",
        "kind": Kind.BLOG,
        "licence": Licence.EXCERPT,
        "state": SourceState.ACTIVE,
    }
    return Source(**(facts | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("fi", "marraskuu 2026, osa 2"),
        ("sv", "november 2026, del 2"),
        ("en", "November 2026, part 2"),
    ],
)
def test_a_part_of_a_month_has_a_page_that_the_archive_names(language: str, name: str) -> None:
    channel = Channel(month="2026-11", part=2)
    own = pages(edition(post(1), channel=channel, months=("2026-11-2", "2026-11")), site=site())
    listed = pages(edition(months=("2026-11-2", "2026-11")), site=site())

    (page,) = (one for one in own if one.path == f"{language}/archive/2026-11-2/index.html")
    assert name in str(tree(page).xpath("string(//h1)"))
    archive = tree(next(one for one in listed if one.path == f"{language}/archive/index.html"))
    (link,) = archive.xpath(f"//main//li/a[.='{name}']")
    assert link.get("href").endswith("archive/2026-11-2/")
