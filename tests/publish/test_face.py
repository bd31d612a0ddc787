"""What a person sees who opens a feed in a browser."""

from __future__ import annotations

from lxml import etree

from syndicator.model import Channel, Scope
from tests.found import child
from tests.publish.checklist import LANG, XHTML
from tests.publish.formats import to_atom, to_rss
from tests.publish.samples import NOON, a_masthead, a_post, an_edition


def face_of(body: bytes) -> etree._Element:
    """Return the block for people."""
    return next(etree.fromstring(body).iter(f"{XHTML}div"))


def in_swedish() -> etree._Element:
    """Return the face of the Swedish feed with one Finnish post."""
    edition = an_edition(a_post(language="fi"), channel=Channel(scope=Scope.LANGUAGE, value="sv"))
    return face_of(to_rss(edition, masthead=a_masthead()).body)


def test_it_says_what_a_feed_is_in_every_language_its_own_first() -> None:
    """O3, promise 9: fi and sv complete and equal, en too."""
    paragraphs = [p for p in in_swedish().findall(f"{XHTML}p") if p.get(LANG)]

    assert [p.get(LANG) for p in paragraphs] == ["sv", "fi", "en"]
    assert [child(p, f"{XHTML}a").get("href") for p in paragraphs] == [
        "https://seutu.example/sv/language/sv/",
        "https://seutu.example/fi/language/sv/",
        "https://seutu.example/en/language/sv/",
    ]


def test_it_names_no_page_in_a_language_the_network_does_not_speak() -> None:
    def spoken(*languages: str) -> list[str | None]:
        body = to_rss(an_edition(), masthead=a_masthead(languages=languages)).body
        return [p.get(LANG) for p in face_of(body).findall(f"{XHTML}p") if p.get(LANG)]

    assert spoken("sv", "fi") == ["sv", "fi"]


def test_it_has_one_heading_and_the_address_to_copy() -> None:
    face = in_swedish()

    assert [h.text for h in face.iter(f"{XHTML}h1")] == [
        "Sujuvan elämän seutukaupungit – på svenska"
    ]
    assert [code.text for code in face.iter(f"{XHTML}code")] == [
        "https://seutu.example/sv/feed.xml"
    ]


def test_every_post_is_a_link_in_its_own_language_with_blog_and_day() -> None:
    """The day is that of the town: this post was made after midnight there."""
    late = NOON.replace(hour=22, minute=30)
    edition = an_edition(a_post(language="sv", published=late, recency=late, updated=late))
    row = next(face_of(to_atom(edition, masthead=a_masthead()).body).iter(f"{XHTML}li"))
    link = child(row, f"{XHTML}a")

    assert (link.text, link.get("href"), link.get(LANG)) == (
        "Uimahalli avaa ovensa 1. kerran",
        "https://blogi.raahe.example/1/",
        "sv",
    )
    assert "".join(map(str, child(row, f"{XHTML}p").itertext())) == "Raahen blogi, 25.11.2026"


def test_it_is_the_same_in_rss_and_atom_but_for_the_address() -> None:
    edition = an_edition(a_post())
    rss = etree.tostring(face_of(to_rss(edition, masthead=a_masthead()).body)).strip()
    atom = etree.tostring(face_of(to_atom(edition, masthead=a_masthead()).body)).strip()

    def words(body: bytes) -> list[str]:
        texts = map(str, etree.fromstring(body).itertext())
        return [text.strip() for text in texts if text.strip()]

    assert [w for w in words(rss) if "feed.xml" not in w] == [
        w for w in words(atom) if "atom.xml" not in w
    ]
