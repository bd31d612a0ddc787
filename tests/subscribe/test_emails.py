"""Letters in words: complete in each language, with a link only their reader gets."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from syndicator.config import resource
from syndicator.model import EmailKind, Mail, TransactionalEmail
from syndicator.subscribe.email_tokens import LASTS, EmailTokens
from syndicator.subscribe.emails import PAGES, EmailMeta, mail
from syndicator.subscribe.tokens import Tokens, unsubscribe_token
from syndicator.templates import environment
from tests.builders import LANGUAGES, LOCALES, NOW

KEY = b"u" * 32
TOKENS = EmailTokens(Tokens(b"s" * 32), unsubscribe_keys=(KEY,))
WHO = str(UUID(int=7))
META = EmailMeta(
    title="Sujuvan elämän <seutukaupungit>",
    names={"fi": "Verkosto", "sv": "Nätverket", "en": "Network"},
    organisation="Kuntaliitto & co",
    contact="toimitus@example.org",
    base_url="https://blogit.example.org",
    zone=ZoneInfo("Europe/Helsinki"),
    locales=LOCALES,
)

every_email = pytest.mark.parametrize("kind", PAGES)
every_language = pytest.mark.parametrize("language", LANGUAGES)


def an_email(kind: EmailKind = EmailKind.CONFIRM, language: str = "fi") -> TransactionalEmail:
    return TransactionalEmail(
        id=12,
        kind=kind,
        address="maija@raahe.fi",
        address_hash="ab" * 32,
        language=language,
        at=NOW,
        subscriber=WHO,
        facts={"typed": "<b>Click here</b>"},
    )


def written(email: TransactionalEmail) -> Mail:
    templates = environment(resource("templates"))
    return mail(email, meta=META, tokens=TOKENS, templates=templates)


class Page(HTMLParser):
    """Collects what a page says, and where it leads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.languages: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.languages += [told["lang"] or ""] if "lang" in told else []
        self.links += [told["href"] or ""] if tag == "a" else []
        self.loads += [told["src"] or ""] if "src" in told else []

    def handle_data(self, data: str) -> None:
        self.text += data


@every_email
@every_language
def test_a_letter_is_in_its_readers_language_and_leads_to_its_page(
    kind: EmailKind, language: str
) -> None:
    """fi and sv are complete and equal, en too (promise 9)."""
    email = an_email(kind, language)
    made = written(email)
    key = f"/{TOKENS.sign(email)}" if kind in LASTS else ""
    url = f"https://blogit.example.org/{language}/{PAGES[kind]}{key}"
    page = Page(made.html)
    assert url in page.links
    assert url in made.text.splitlines()
    assert set(page.languages) == {language}
    assert f"https://blogit.example.org/{language}/privacy/" in page.links
    assert page.loads == []
    assert "http" not in made.subject
    assert "\n" not in made.subject


@every_language
def test_letters_in_another_language_say_something_else(language: str) -> None:
    texts = {written(an_email(kind, language)).text for kind in PAGES}
    assert len(texts) == len(PAGES)
    for other in set(LANGUAGES) - {language}:
        assert texts.isdisjoint({written(an_email(kind, other)).text for kind in PAGES})


@every_email
def test_nothing_from_the_form_stands_in_an_email(kind: EmailKind) -> None:
    """No text from the form in the mail (S2); no address either."""
    made = written(an_email(kind))
    for part in (made.subject, made.text, unescape(made.html)):
        assert "Click here" not in part
        assert "maija" not in part


@every_email
def test_what_the_operator_configured_is_escaped_in_html_alone(kind: EmailKind) -> None:
    made = written(an_email(kind))
    assert "<seutukaupungit>" in made.subject
    assert "<seutukaupungit>" in made.text
    assert "<seutukaupungit>" not in made.html
    assert "<seutukaupungit>" in Page(made.html).text


@every_email
def test_the_text_part_is_written_for_reading(kind: EmailKind) -> None:
    for language in LANGUAGES:
        lines = written(an_email(kind, language)).text.splitlines()
        assert [line for line in lines if len(line) > 72 and "https://" not in line] == []


@every_language
def test_a_letter_to_an_old_address_says_when_it_was_left_and_holds_no_key(language: str) -> None:
    """Whoever took the subscription reads that mailbox, too: it must not help them."""
    made = written(replace(an_email(EmailKind.MOVED, language), subscriber=None))
    day = {
        "fi": "24.11.2026 klo 9.00",
        "sv": "24.11.2026 kl. 9.00",
        "en": "24 November 2026 at 9:00",
    }
    assert day[language] in " ".join(made.text.split())
    assert day[language] in " ".join(Page(made.html).text.split())
    root = f"https://blogit.example.org/{language}"
    ours = {f"{root}/subscribe", f"{root}/privacy/", "mailto:toimitus@example.org"}
    assert set(Page(made.html).links) == ours


# --- what the links say ---------------------------------------------------------------------------


def test_a_token_says_who_asked_in_which_letter_and_when() -> None:
    said = TOKENS.confirmation(TOKENS.sign(an_email()), now=NOW)
    assert said is not None
    assert (said.subscriber, said.email, said.at) == (WHO, 12, NOW)
    assert said.was_mailed_to("ab" * 32)
    assert not said.was_mailed_to("cd" * 32)


@pytest.mark.parametrize(("kind", "days"), [("confirm", 7), ("link", 1), ("new_address", 7)])
def test_a_link_lasts_as_long_as_its_letter_says(kind: str, days: int) -> None:
    email = an_email(EmailKind(kind), "en")
    assert f"works for {days} day" in written(email).text
    token, late = TOKENS.sign(email), NOW + timedelta(days=days)
    pages = (TOKENS.confirmation, TOKENS.holder, TOKENS.new_address)

    def read(now: datetime) -> list[str]:
        return [said.subscriber for page in pages if (said := page(token, now=now))]

    assert read(late - timedelta(seconds=1)) == [WHO]
    assert read(late) == []


def test_each_token_is_read_by_its_own_page_alone() -> None:
    tokens = {kind: TOKENS.sign(an_email(kind)) for kind in LASTS}
    readers = {
        EmailKind.CONFIRM: TOKENS.confirmation,
        EmailKind.LINK: TOKENS.holder,
        EmailKind.NEW_ADDRESS: TOKENS.new_address,
    }
    for kind, token in tokens.items():
        read = {page for page, reader in readers.items() if reader(token, now=NOW) is not None}
        # Whoever left sees what is held by the same page.
        assert read == {EmailKind.LINK if kind is EmailKind.LEFT else kind}
    assert TOKENS.leaver(tokens[EmailKind.LINK], now=NOW) == WHO
    assert TOKENS.leaver(tokens[EmailKind.CONFIRM], now=NOW) is None
    assert TOKENS.leaver(unsubscribe_token(WHO, KEY), now=NOW + timedelta(days=9999)) == WHO
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{60,140}", token) for token in tokens.values())


@pytest.mark.parametrize("name", ["layout.html", "desk.html", "review/body.html"])
def test_letters_wear_the_colours_of_the_digest(name: str) -> None:
    """Whoever knows the one trusts the other; the ground of an editor's note alone is its own."""
    shipped = resource("templates")
    digest, letters = (
        set(re.findall(r"#[0-9a-f]{6}\b", (shipped / path).read_text()))
        for path in ("digest/body.html", f"email/{name}")
    )

    assert letters - digest <= {"#dfe9ec"}
