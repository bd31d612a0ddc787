"""What a word processor leaves in pasted text (P8, P10)."""

from __future__ import annotations

import re

import pytest

from syndicator.parse.clean import clean_html


def cleaned(markup: str) -> str:
    return clean_html(markup, bases=("https://blogi.example/2026/juttu",)).html


WORD = (
    "Normal 0 false false false EN-US X-NONE X-NONE MicrosoftInternetExplorer4"
    ' /* Style Definitions */ table.MsoNormalTable {mso-style-name:"Table Normal";'
    ' mso-style-parent:""; font-family:"Times New Roman","serif";}'
)


@pytest.mark.parametrize(
    "pasted",
    [
        f"<!--[if gte mso 9]><xml><w:Zoom>0</w:Zoom></xml><![endif]--><!--[if gte mso 10]>"
        f"<style>{WORD}</style><![endif]-->",
        f"<!--[if gte mso 9]><xml>{WORD}</xml><![endif]&#8211;>",
        "<xml><w:WordDocument><w:View>Normal</w:View><w:Zoom>0</w:Zoom></w:WordDocument></xml>",
        f"&lt;!--[if gte mso 9]&gt;&lt;xml&gt; {WORD} &lt;![endif]--&gt;",
        '&lt;?xml:namespace prefix = o ns = "urn:schemas-microsoft-com:office:office" /&gt;',
        WORD,
        WORD.replace(" ", "&nbsp;", 5).replace("/*", "<br />/*"),
        "Normal 0 21 false false false",
        "<o:p></o:p>",
    ],
)
def test_what_a_word_processor_leaves_is_no_text(pasted: str) -> None:
    """P8: hidden, escaped, bare, or in a comment whose end became a dash"""
    found = clean_html(f"<p>{pasted}</p><p>Silta <em>avataan</em>.</p>").html
    assert re.sub(r"<p>(?:\s|<br>)*</p>", "", found).strip() == "<p>Silta <em>avataan</em>.</p>"


def test_text_about_word_processors_stays() -> None:
    text = "<p>Normal 0 means nothing. Use mso-line-height-rule in table {} rules.</p>"
    assert cleaned(text) == text
