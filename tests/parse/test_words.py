"""Titles and excerpts as plain text (P9, P10)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicator.parse.words import (
    LONGEST_EXCERPT,
    excerpt_of,
    headings_of,
    prose_of,
    shortened,
    text_of,
    title_of,
)


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("Kahvi &amp; pulla", "Kahvi & pulla"),
        ("Kahvi &amp;amp; pulla", "Kahvi & pulla"),
        ("S&auml;hk&ouml;bussit", "Sähköbussit"),
        ("S&amp;auml;hk&amp;#246;bussit", "Sähköbussit"),
        ("Uusi &#8211; vanha", "Uusi – vanha"),
        ("kaupungin&shy;hallitus", "kaupunginhallitus"),
        ("kaupungin\xadhallitus", "kaupunginhallitus"),
        ("<b>Uusi</b> <a href='/x'>silta</a>", "Uusi silta"),
        ("Eka<br/>toka", "Eka toka"),
        ("&lt;em&gt;Uusi&lt;/em&gt; silta", "Uusi silta"),
        ("Monta\n  riviä\tja\xa0väliä", "Monta riviä ja väliä"),
        ("A\u0308a\u0308nekoski", "Äänekoski"),
        ("Minä <3 Raahe", "Minä <3 Raahe"),
        ("Jos a < b ja b > c", "Jos a < b ja b > c"),
        ("AT&T ja R&D", "AT&T ja R&D"),
        ("\u200bPiilo\ufeff", "Piilo"),
        ("Ju\x08ttu", "Juttu"),
        ("Juttu\u061c\u2062", "Juttu"),
        ("&#x3164; &#x2800;\ufe0f", ""),
        ("\u3164 Juttu", "\u3164 Juttu"),
        ("\U000e0041\U000e007f", ""),
        ('Joe <acronym title="AJAX">AJAX</acronym> ja <dfn>HTML</dfn>', "Joe AJAX ja HTML"),
        ("<nobr>Uusi</nobr> <kbd>silta</kbd>", "Uusi silta"),
        ("Eka <br> toka", "Eka toka"),
        ("Use the &lt;br&gt; tag", "Use the <br> tag"),
        ("Die Rückkehr von <i> und <b>", "Die Rückkehr von <i> und <b>"),
        ("Uusi <b>silta", "Uusi silta"),
        ("  ", ""),
        ("<b></b>&nbsp;", ""),
    ],
)
def test_a_title_is_plain_text_on_one_line(written: str, title: str) -> None:
    """P9: entities decoded once or twice, tags and soft hyphens removed, NFC, no newline."""
    assert title_of(written).text == title


def test_html_in_a_title_is_told() -> None:
    assert title_of("Uusi <b>silta</b>").markup == "<b>"
    assert title_of("a < b & c").markup == ""
    assert title_of("The <br> tag").markup == ""


@given(st.text(max_size=700))
def test_every_title_is_one_tidy_line(written: str) -> None:
    """P9"""
    title = title_of(written).text
    assert title == " ".join(title.split())
    assert len(title) <= 500
    assert unicodedata.is_normalized("NFC", title) or len(title) == 500


def test_blocks_become_lines_and_nothing_else_does() -> None:
    markup = (
        "<h3>Otsikko</h3><p>Eka\n rivi<br>toka <b>ri</b>vi</p><ul><li>a</li><li>b &amp; c</li></ul>"
    )
    assert text_of(markup) == "Otsikko\nEka rivi\ntoka rivi\na\nb & c"
    assert text_of("<table><tr><td>1</td><td>2</td></tr></table>") == "1 2"


LONG = (
    "Kaupunki rakentaa uuden sillan joen yli. Työt alkavat maaliskuussa ja kestävät kaksi vuotta. "
    "Liikenne ohjataan työn aikana vanhan sillan kautta, ks. kartta sivun lopussa. "
    "Aikataulut muuttuvat, ks. Kesäkuun taulut, kun uusi kaista avataan kaikille kulkijoille, "
    "ja jalankulkijat pääsevät yli uutta siltaa pitkin jo ennen juhannusta."
)


def excerpt(summary: str, *, text: str = "", title: str = "Silta") -> str:
    return excerpt_of(summary, prose=text, title=title).text


@pytest.mark.parametrize(
    "residue",
    [
        " Lue lisää", " Lue lisää »", " […] Lue lisää", " lue lisää...", " Lue koko juttu ›",
        " Jatka lukemista", " Jatka lukemista “Silta rakennetaan”", " Läs mer", " Läs mera →",
        " Läs hela artikeln", " Fortsätt läsa", " Read more", " Continue reading →",
        " Continue reading Silta rakennetaan", " […]", " [...]",
        " (more…)", " [Lue lisää]",
        " The post Silta appeared first on Torin laidalta.",
        " The post Silta first appeared on Torin laidalta.",
        " Artikkeli Silta julkaistiin ensimmäisen kerran Torin laidalta.",
        " Artikkeli Silta ilmestyi ensin Torin laidalta.",
        " Inlägget Bron dök först upp på Torgbloggen.",
        " […] The post Silta appeared first on Torin laidalta.",
    ],
)  # fmt: skip
def test_invitations_to_read_on_are_no_part_of_an_excerpt(residue: str) -> None:
    """P10: no "Lue lisää", no link text residue"""
    found = excerpt_of(f"Silta rakennetaan.{residue}", prose="", title="Otsikko")
    assert found.text == "Silta rakennetaan."
    assert found.residue


@pytest.mark.parametrize(
    "whole",
    [
        "Kirjastossa voi lainata ja lue lisää -kortilla lukea.", "You should read more.",
        "Vi behöver läsa mer.", "Luetteloon lisättiin kymmenen uutta kohdetta.",
        "The post office appeared in the village first.", "Hintaan kuuluu kahvi.",
    ],
)  # fmt: skip
def test_sentences_about_reading_stay(whole: str) -> None:
    assert excerpt(whole) == whole


def test_a_summary_that_breaks_off_goes_on_from_the_text() -> None:
    """P10"""
    summary = "Kaupunki rakentaa uuden sillan joen yli. Työt alkavat […]"
    assert excerpt(summary, text=LONG).startswith(
        "Kaupunki rakentaa uuden sillan joen yli. Työt alkavat maaliskuussa"
    )
    assert excerpt(summary, text="Jotain muuta.") == ("Kaupunki rakentaa uuden sillan joen yli."), (
        "the whole sentences of it are enough"
    )
    assert excerpt("Kaupunki rakentaa […]") == "Kaupunki rakentaa…"


def test_without_a_summary_the_first_sentences_stand_in() -> None:
    """P10: cut at a sentence, which "ks." does not end"""
    assert excerpt("", text=LONG) == LONG[: LONG.index(" Aikataulut")]


def test_one_endless_sentence_is_cut_at_a_word() -> None:
    """P10: cut at a word, with an ellipsis"""
    found = excerpt("sana " * 200)
    assert found.endswith("sana…")
    assert LONGEST_EXCERPT - 10 < len(found) <= LONGEST_EXCERPT


def test_the_title_is_not_said_twice() -> None:
    text = "Silta avataan torstaina Kaupunginjohtaja avaa sillan puolelta päivin. Kahvitarjoilu."
    assert excerpt(text, title="Silta avataan torstaina").startswith("Kaupunginjohtaja avaa")
    assert excerpt("Silta avataan.", title="Silta avataan") == "Silta avataan."


WORDS = st.lists(
    st.sampled_from(
        ["sana", "Lause.", "ks.", "24.", "…", "[…]", "Lue", "lisää", "“Hei!”", "x" * 90]
    ),
    max_size=80,
).map(" ".join)


@given(WORDS, WORDS)
def test_an_excerpt_is_never_longer_than_allowed(summary: str, text: str) -> None:
    """P10: 300 characters, on one line"""
    found = excerpt(summary, text=text)
    assert len(found) <= LONGEST_EXCERPT
    assert "\n" not in found
    assert "[…]" not in found[-6:]


@given(WORDS, st.integers(20, 200))
def test_shortening_keeps_the_beginning(text: str, limit: int) -> None:
    found = shortened(text, limit=limit)
    assert len(found) <= limit
    assert text.startswith(found.removesuffix("…"))


def test_marks_heaped_on_a_letter_are_cut_to_what_a_language_could_need() -> None:
    """P9: a title does not draw over the lines around it."""
    zalgo = "Z" + "\u0335\u0321\u0301\u0334\u0322" * 100 + "algo"

    assert title_of(zalgo).text == unicodedata.normalize("NFC", zalgo)[:5] + "algo"
    assert title_of("ệ và Ǭ̈̀").text == unicodedata.normalize("NFC", "ệ và Ǭ̈̀")


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("Silta&nbsp;avataan &amp; juhlitaan.", "Silta avataan & juhlitaan."),
        ('Lue <a href="https://a.fi/">päätös</a> tästä.', "Lue päätös tästä."),
        ("&lt;p&gt;Silta avataan.&lt;/p&gt;", "Silta avataan."),
        ("Luku a < b, ja <3 teille.", "Luku a < b, ja <3 teille."),
    ],
)
def test_an_excerpt_that_was_escaped_once_too_often_reads_as_meant(
    summary: str, expected: str
) -> None:
    assert excerpt(summary) == expected
    assert excerpt("", text=summary) == expected


def excerpt_of_post(content: str, *, summary: str = "", captions: tuple[str, ...] = ()) -> str:
    """Return the excerpt of a post whose cleaned HTML is ``content``."""
    prose = prose_of(content, captions=captions)
    return excerpt_of(
        prose_of(summary) if summary else prose, prose=prose, text=text_of(content),
        headings=headings_of(content), title="Otsikko",
    ).text  # fmt: skip


POST = "<p>Kaupunki rakentaa uuden sillan joen yli keväällä.</p><p>Työt alkavat huhtikuussa.</p>"
SENTENCES = "Kaupunki rakentaa uuden sillan joen yli keväällä. Työt alkavat huhtikuussa."


@pytest.mark.parametrize(
    "beside",
    [
        "<h3>Silta uusitaan</h3>", "<figure><figcaption>Kuva: Maija M</figcaption></figure>",
        "<p><strong>Silta uusitaan</strong></p>", "<table><tr><td>Tie</td><td>5</td></tr></table>",
        "<pre><code>x = 1</code></pre>", "<pre>" + "x " * 9_000 + "</pre>",
        '<ul><li><a href="#a">Alku</a></li></ul>',
        "<div><b>Silta uusitaan</b><br></div>",
    ],
)  # fmt: skip
def test_headings_captions_and_tables_do_not_run_into_the_sentences(beside: str) -> None:
    """P10: an excerpt is made of sentences."""
    assert excerpt_of_post(beside + POST) == SENTENCES
    assert excerpt_of_post(POST.replace("</p><p>", f"</p>{beside}<p>")) == SENTENCES


def test_a_bold_first_sentence_is_a_sentence() -> None:
    lead = "<p><strong>Silta avataan.</strong></p>"
    assert excerpt_of_post(lead + POST) == "Silta avataan. " + SENTENCES


def test_a_caption_that_only_its_class_marked_is_left_out() -> None:
    caption = "Kuva: Maija Mallikas"
    assert excerpt_of_post(f"<p>{caption}</p>{POST}", captions=(caption,)) == SENTENCES


@pytest.mark.parametrize(
    ("content", "excerpt"),
    [
        ("<p>Aika ti 24.11.</p><p>Paikka Kirjasto</p><p>Tervetuloa kaikki vanhat ja uudet!</p>",
         "Aika ti 24.11. Paikka Kirjasto – Tervetuloa kaikki vanhat ja uudet!"),
        ("<p>Torilla on tänäkin lauantaina paljon nähtävää:</p>"
         "<ul><li>Kahvia</li> <li>Kalaa</li></ul><p>Tule!</p>",
         "Torilla on tänäkin lauantaina paljon nähtävää: Kahvia, Kalaa – Tule!"),
        ("<p>Tässä ovat kaikkien vuorojen uudet ajat koko talvelle:</p>"
         "<table><tr><td>1</td></tr></table><p>Hyvää matkaa.</p>",
         "Tässä ovat kaikkien vuorojen uudet ajat koko talvelle… Hyvää matkaa."),
        ("<p>Rivi, jonka järjestelmä katkaisi kesken kaiken, koska se oli pitkä<br>Raahen torilla."
         "</p>",
         "Rivi, jonka järjestelmä katkaisi kesken kaiken, koska se oli pitkä Raahen torilla."),
        ("<h3>Silta</h3><p>Auki.</p>", "Silta – Auki."),
        ("<h3>Vain otsikko</h3>", "Vain otsikko"),
        ("<p>Katso</p><p>Katso</p><p>Silta avataan.</p>", "Katso – Silta avataan."),
    ],
)  # fmt: skip
def test_blocks_without_a_full_stop_are_told_apart(content: str, excerpt: str) -> None:
    """P10: by a dash, items of a list by a comma; a line break inside a sentence by nothing."""
    assert excerpt_of_post(content) == excerpt


@pytest.mark.parametrize(
    "summary",
    [
        "Silta uusitaan Kaupunki rakentaa uuden sillan joen yli keväällä.",
        "Silta uusitaan Kaupunki rakentaa uuden sillan […]",
        "Kaupunki rakentaa uuden sillan joen yli keväällä.Työt alkavat huhtikuussa.",
    ],
)
def test_a_summary_that_a_machine_cut_out_of_the_text_gives_way_to_its_sentences(
    summary: str,
) -> None:
    heading = "<h3>Silta uusitaan</h3>" if summary.startswith("Silta") else ""
    assert excerpt_of_post(heading + POST, summary=summary) == SENTENCES


def test_a_heading_inside_a_summary_of_other_words_is_left_out() -> None:
    content = POST + "<h3>Mitä seuraavaksi</h3><p>Kysely.</p>"
    summary = "Uusi silta tulee pian. Mitä seuraavaksi Kysely avataan asukkaille."
    assert excerpt_of_post(content, summary=summary) == (
        "Uusi silta tulee pian. Kysely avataan asukkaille."
    )


@pytest.mark.parametrize(
    ("summary", "excerpt"),
    [
        ("Kaupunki rakentaa uuden sillan joen yli, ja sen rinnalle tulee leveä kaista",
         "Kaupunki rakentaa uuden sillan joen yli, ja sen rinnalle tulee leveä kaista…"),
        ("Kaupunki rakentaa uuden sillan joen yli, ja sen rinnalle tulee pyörille varattu,",
         "Kaupunki rakentaa uuden sillan joen yli, ja sen rinnalle tulee pyörille varattu…"),
        ("Kaupunki rakentaa uuden sillan joen yli. Työt",
         "Kaupunki rakentaa uuden sillan joen yli."),
        ("Kaupunki rakentaa uuden sillan joen yli (ja samalla leveän kaistan kaikille pyörille)",
         "Kaupunki rakentaa uuden sillan joen yli (ja samalla leveän kaistan kaikille pyörille)"),
        ("Kaupunki rakentaa uuden sillan joen yli, ja moni sanoo: ”Se oli jo korkea aika”",
         "Kaupunki rakentaa uuden sillan joen yli, ja moni sanoo: ”Se oli jo korkea aika”"),
        ("Kaupunki rakentaa uuden sillan joen yli, katso https://raahe.example/silta/suunnitelma",
         "Kaupunki rakentaa uuden sillan joen yli, katso https://raahe.example/silta/suunnitelma"),
        ("Kirjasto, 1. kerros", "Kirjasto, 1. kerros"),
        ("…", ""),
    ],
)  # fmt: skip
def test_a_summary_that_ends_in_mid_sentence_says_so(summary: str, excerpt: str) -> None:
    """P10: with an ellipsis, or at the end of the sentence before; a label is no sentence."""
    assert excerpt_of(summary, prose="", title="Otsikko").text == excerpt


def test_a_summary_without_its_end_goes_on_from_the_text() -> None:
    assert excerpt_of_post(POST, summary="Kaupunki rakentaa uuden sillan jo") == SENTENCES


@pytest.mark.parametrize(
    "row",
    ["Jaa Facebookissa ", "Share this: Facebook X ", "Dela på Facebook Dela på X ", "Jaa tämä: ",
     "Click to share on Facebook (Opens in new window) Facebook "],
)  # fmt: skip
def test_words_of_share_buttons_neither_begin_nor_end_an_excerpt(row: str) -> None:
    assert excerpt(row + "Kaupunki avaa sillan.") == "Kaupunki avaa sillan."
    assert excerpt("Kaupunki avaa sillan. " + row) == "Kaupunki avaa sillan."


def test_a_sentence_about_sharing_may_begin_an_excerpt() -> None:
    assert excerpt("Jaa Facebookissa kuvasi sillasta.") == "Jaa Facebookissa kuvasi sillasta."


@given(st.lists(st.sampled_from(
    ["<h3>", "</h3>", "<p>", "</p>", "<li>", "</li>", "<br>", "Sana", " sana", "Lause. ", "loppu:",
     "<pre>", "</pre>", "<strong>", "</strong>", "&amp;", "24.", "<figcaption>", "</figcaption>"]
), max_size=40).map("".join))  # fmt: skip
def test_prose_is_one_tidy_line_of_words_that_stood_there(markup: str) -> None:
    prose = prose_of(markup)
    assert prose == " ".join(prose.split())
    assert set(prose) <= set(text_of(markup)) | set(" –,…")
