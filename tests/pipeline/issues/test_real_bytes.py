"""What digest renders, as deliver sends it and preflight reads it: the three agree."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.deliver.email.message import Envelope, message, template
from syndicator.digest.preflight import Sending, preflight
from syndicator.digest.rendered import LARGEST, wire_size
from syndicator.model import UNSUBSCRIBE_MARK, Delivery, Mail, Post
from syndicator.subscribe.tokens import TOKEN_LENGTH, unsubscribe_token
from tests.builders import LANGUAGES, NOW
from tests.digest.issues import BASE, an_issue, mail_of, post_from, some_posts

READER = "5f0f6a52-7b1c-4a57-9a39-0c64a6c7d001"
TOKEN = unsubscribe_token(READER, b"k" * 32)


def sent(mail: Mail) -> bytes:
    """Return the mail as one reader gets it."""
    envelope = Envelope(
        sender="kooste@seutu.fi",
        sender_name="Sujuvan elämän seutukaupungit",
        host="seutu.fi",
        list_name="Sujuvan elämän seutukaupungit: Viikkokooste",
        list_id=f"{mail.language}.weekly.digest",
        archive_url=f"{BASE}/{mail.language}/issues/",
        leave_url=f"{BASE}/{mail.language}/unsubscribe/",
        mailbox="palautukset@seutu.fi",
        feedback=f"2026-W47:{mail.language}.weekly:digest:seutufi",
    )
    delivery = Delivery(
        id=12,
        issue=7,
        variant=1,
        reader=READER,
        address="lukija@esimerkki.fi",
        address_hash="0f",
        language=mail.language,
    )
    made = template(mail, envelope=envelope, mark=UNSUBSCRIBE_MARK)
    return message(made, delivery=delivery, token=TOKEN, date=NOW)


def sending(language: str) -> Sending:
    return Sending(sender="kooste@seutu.fi", host="seutu.fi", base_url=BASE, language=language)


def encoded_html(raw: bytes) -> int:
    """Return how many bytes the HTML takes as sent."""
    parsed = message_from_bytes(raw, policy=policy.SMTP)
    (html,) = (part for part in parsed.walk() if part.get_content_type() == "text/html")
    carried = str(html.get_payload()).replace("\r\n", "\n")
    return len(carried) + carried.count("\n")


def test_a_mark_is_as_long_as_a_token() -> None:
    """Or what was measured with one would be another size with the other."""
    assert len(UNSUBSCRIBE_MARK) == TOKEN_LENGTH


@settings(max_examples=60)
@given(some_posts.filter(bool), st.sampled_from(LANGUAGES))
def test_whatever_posts_say_the_message_has_no_fault(
    posts: tuple[Post, ...], language: str
) -> None:
    """E1-E8."""
    mail = mail_of(an_issue(*posts), language=language, most_of_a_city=2)
    raw = sent(mail)

    assert preflight(raw, sending=sending(language)) == ()
    assert raw.count(TOKEN.encode()) == 4  # twice in the head, once in each part
    assert encoded_html(raw) <= wire_size(mail.html) + 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_sixty_posts_stay_under_80_kb_as_encoded(language: str) -> None:
    """E7."""
    title = "Sähköiset palvelut ja hyvä arki " * 6 + "Raahessa"
    posts = [
        post_from(f"kaupunki{number % 20}", number, title=title, excerpt="Öljyä ja äyriä. " * 18)
        for number in range(1, 61)
    ]
    raw = sent(mail_of(an_issue(*posts), language=language))

    assert encoded_html(raw) <= LARGEST
    assert preflight(raw, sending=sending(language)) == ()
    assert all(f"/{number}".encode() in raw for number in range(1, 61))
