"""Nothing leaves that breaks a rule of mail: one broken message for each, and a good one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syndicator.digest.preflight import Sending, preflight
from syndicator.model import UNSUBSCRIBE_MARK, Finding, Mail, Post, Severity
from tests.builders import LANGUAGES, NOW
from tests.digest.issues import BASE, an_issue, mail_of, post_from, some_posts

TOKEN = "abcDEF0123456789_-" * 2 + "01234567"
SENDING = Sending(sender="kooste@seutu.fi", host="koosteet.seutu.fi", base_url=BASE, language="fi")

Change = Callable[[EmailMessage], object]


def message_of(mail: Mail, *, change: Change = lambda _: None) -> bytes:
    """Return a mail as a message to somebody, its headers in order, after ``change``."""
    policy = SMTP.clone(max_line_length=900)
    message = EmailMessage(policy=policy)
    way_out = f"{BASE}/{mail.language}/unsubscribe/{TOKEN}"
    message["From"] = Address("Sujuvan elämän seutukaupungit", addr_spec="kooste@seutu.fi")
    message["To"] = "lukija@esimerkki.fi"
    message["Date"] = format_datetime(NOW)
    message["Message-ID"] = "<7.12@koosteet.seutu.fi>"
    message["Subject"] = mail.subject.replace("\xa0", " ")[:40]
    message["List-Id"] = "Seutukaupungit <weekly.koosteet.seutu.fi>"
    message["List-Unsubscribe"] = f"<{way_out}>, <mailto:kooste@seutu.fi?subject=unsubscribe>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["List-Archive"] = f"<{BASE}/fi/issues/>"
    message["Feedback-ID"] = "7:weekly:seutu"
    message["Precedence"] = "bulk"
    message.set_content(mail.text.replace(UNSUBSCRIBE_MARK, TOKEN), cte="quoted-printable")
    message.add_alternative(
        mail.html.replace(UNSUBSCRIBE_MARK, TOKEN), subtype="html", cte="quoted-printable"
    )
    change(message)
    return message.as_bytes()


GOOD = mail_of(an_issue(post_from("raahe", 1), post_from("lohja", 2, language="sv")))


def broken_rules(raw: bytes, sending: Sending = SENDING) -> set[str]:
    return {finding.about for finding in preflight(raw, sending=sending)}


def facts(raw: bytes, sending: Sending = SENDING) -> str:
    return "; ".join(finding.fact for finding in preflight(raw, sending=sending))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_good_message_has_no_finding(language: str) -> None:
    mail = mail_of(
        an_issue(post_from("raahe", 1), post_from("lohja", 2), greetings={language: "Hei\n\nhei"}),
        language=language,
        most_of_a_city=1,
    )

    assert preflight(message_of(mail), sending=replace(SENDING, language=language)) == ()


@settings(max_examples=25)
@given(some_posts.filter(bool))
def test_what_we_render_has_no_finding_whatever_the_posts_say(posts: tuple[Post, ...]) -> None:
    assert preflight(message_of(mail_of(an_issue(*posts))), sending=SENDING) == ()


SLY = st.lists(
    st.sampled_from(
        [
            *("{{ nimi }}", "{%", "{#", "<!-- x -->", "<![endif]-->", "</td></tr></table>"),
            *(
                "<style>.foot{display:none}</style>",
                "=?utf-8?q?=0ABcc:_a?=",
                ".",
                "From ",
                "\ufffd",
            ),
            *(
                "\u202e",
                "\u200b",
                "\x85",
                "👩\u200d🚀",
                "=cmd|'/c calc'!A0",
                "{n}",
                "{city}",
                "&#84;",
            ),
            *(
                f"{BASE}/fi/unsubscribe/{'A' * 44}",
                f"{BASE}/sv/unsubscribe/",
                "List-Unsubscribe: <x>",
            ),
            *(
                UNSUBSCRIBE_MARK,
                UNSUBSCRIBE_MARK[:9],
                UNSUBSCRIBE_MARK[9:],
                UNSUBSCRIBE_MARK.upper(),
            ),
            *("\t", "\r\nBcc: a@b.fi", " ", "x" * 1200, '"><img src=x onerror=alert(1)>'),
        ]
    ),
    min_size=1,
    max_size=6,
).map("".join)


@settings(max_examples=60)
@given(title=SLY, excerpt=SLY, told_as=SLY, host=SLY, path=SLY)
def test_no_post_stops_the_issue_or_learns_a_readers_token(
    title: str, excerpt: str, told_as: str, host: str, path: str
) -> None:
    """Promise 1; E6."""
    of_no_city = replace(post_from(None).origin, city=None, key="muu", title=f"Muu {told_as}")
    sly = [
        post_from("raahe", 1, title=f"{title}.", excerpt=excerpt, url=f"https://muu.fi/{path}"),
        post_from("raahe", 2, title=f"{title}.", url=f"https://{host}.muu.fi/"),
        post_from(None, 3, title=f"{title}.", origin=of_no_city, url=path, language=excerpt),
    ]
    mail = mail_of(an_issue(*sly, post_from("lohja", 4)))

    assert not any(finding.refuses for finding in preflight(message_of(mail), sending=SENDING))
    assert (mail.text.count(UNSUBSCRIBE_MARK), mail.html.count(UNSUBSCRIBE_MARK)) == (1, 1)


def without(name: str) -> Change:
    return lambda message: message.__delitem__(name)


def other(name: str, value: str) -> Change:
    def change(message: EmailMessage) -> None:
        del message[name]
        message[name] = value

    return change


def more(name: str, value: str) -> Change:
    return lambda message: message.__setitem__(name, value)


WAY_OUT = f"<{BASE}/fi/unsubscribe/{TOKEN}>"


@pytest.mark.parametrize(
    ("rule", "fact", "change"),
    [
        ("E1", "header that is not ours: x-evil", more("X-Evil", "1")),
        ("E1", "header that is not ours: bcc", more("Bcc", "toinen@esimerkki.fi")),
        ("E3", "From is toinen@muu.fi", other("From", "toinen@muu.fi")),
        ("E3", "2 recipients", other("To", "a@esimerkki.fi, b@esimerkki.fi")),
        ("E3", "Message-ID does not end", other("Message-ID", "<7.12@localhost>")),
        ("E3", "Date is missing", without("Date")),
        ("E3", "Subject is missing", without("Subject")),
        ("E4", "List-Id is missing", without("List-Id")),
        ("E4", "List-Id does not end", other("List-Id", "Seutukaupungit")),
        ("E4", "List-Unsubscribe is missing", without("List-Unsubscribe")),
        ("E4", "has no mailto", other("List-Unsubscribe", WAY_OUT)),
        ("E4", "Post is missing", without("List-Unsubscribe-Post")),
        ("E4", "Post is not", other("List-Unsubscribe-Post", "yes")),
        ("E4", "Feedback-ID is missing", without("Feedback-ID")),
        ("E4", "List-Archive is missing", without("List-Archive")),
        ("E4", "Precedence is missing", without("Precedence")),
        ("E4", "not cover list-unsubscribe", more("DKIM-Signature", "v=1; h=from:to; b=x")),
        ("E5", "has no way out", other("List-Unsubscribe", "<mailto:a@seutu.fi>")),
        ("E5", "has no way out", other("List-Unsubscribe", f"<{BASE}/fi/unsubscribe/1>")),
    ],
)
def test_a_fault_of_the_head_is_found(rule: str, fact: str, change: Change) -> None:
    raw = message_of(GOOD, change=change)

    assert fact in facts(raw)
    assert rule in broken_rules(raw)
    assert any(finding.refuses for finding in preflight(raw, sending=SENDING))


@pytest.mark.parametrize(
    ("rule", "fact", "before", "after"),
    [
        ("E1", "text part lacks: https://muu.fi/", "</h1>", '</h1><a href="https://muu.fi/">x</a>'),
        ("E5", "HTML has 0 ways out", "/fi/unsubscribe/", "/fi/muu/"),
        ("E5", "HTML has 2 ways out", "</h1>", f"</h1>{BASE}/fi/unsubscribe/{TOKEN}"),
        ("E6", "token stands elsewhere", "</h1>", f"</h1>https://muu.fi/?t={TOKEN}"),
        ("E6", "still has a mark", "</h1>", f"</h1>{UNSUBSCRIBE_MARK[:-1]}-"),
        ("E7", "bytes of HTML", "</h1>", f"</h1>{'ä' * 14_000}"),
        ("E8", "does not say that it is in fi", '<html lang="fi">', "<html>"),
        ("E8", "has no title", "<title>", "<title></title><x>"),
        ("E8", "0 headings of the first", "h1", "h2"),
        ("E8", "skips a level", "h2", "h4"),
        ("E8", "role=presentation", 'role="presentation"', ""),
        ("E8", "a <script>", "</h1>", "</h1><script>1</script>"),
        ("E8", "would run a script", "<h1", '<h1 onclick="x"'),
        ("E8", "words for it", "</h1>", '</h1><img src="cid:1">'),
        ("E8", "tells who reads", "</h1>", '</h1><img alt="" src="https://muu.fi/p.gif">'),
        ("E8", "fetched", "</title>", '</title><link rel="stylesheet" href="https://muu.fi/a">'),
        ("E8", "leads nowhere", 'href="https://blogi.raahe.fi/1"', 'href="javascript:1"'),
        ("E8", "link without words", ">Uimahalli avaa ovensa 1. kerran<", "><"),
        ("E8", "template", "</h1>", "</h1>{{ nimi }}"),
        ("E8", "mark of a template", "</h1>", "</h1><!-- x -->"),
        ("E6", "not this reader's", "</h1>", f"</h1>{BASE}/sv/unsubscribe/{'A' * 44}"),
        ("E8", "no dark rule", "!important", ""),
    ],
)
def test_a_fault_of_the_html_is_found(rule: str, fact: str, before: str, after: str) -> None:
    assert before in GOOD.html
    html = GOOD.html.replace(before, after)
    if before == "</h1>" and UNSUBSCRIBE_MARK in after:
        raw = message_of(GOOD).replace(b"</h1>", f"</h1>{UNSUBSCRIBE_MARK}=\r\n".encode())
    else:
        raw = message_of(replace(GOOD, html=html))

    assert fact in facts(raw)
    assert rule in broken_rules(raw)


def alone(message: EmailMessage) -> None:
    parts: list[Message | str] = [*message.iter_parts()]
    message.set_payload(parts[:1])


def swapped(message: EmailMessage) -> None:
    parts: list[Message | str] = [*message.iter_parts()]
    message.set_payload(parts[::-1])


@pytest.mark.parametrize("change", [alone, swapped])
def test_text_comes_first_and_html_last(change: Change) -> None:
    """E1."""
    assert "instead of text, then HTML" in facts(message_of(GOOD, change=change))


@pytest.mark.parametrize(
    ("rule", "fact", "before", "after"),
    [
        ("E1", "NUL", b"Subject: ", b"Subject: \x00"),
        ("E1", "CRLF", b"Precedence: bulk\r\n", b"Precedence: bulk\n"),
        ("E1", "over 998", b"Feedback-ID: ", b"Feedback-ID: " + b"x" * 1000),
        ("E1", "8BITMIME", b"Feedback-ID: ", "Feedback-ID: ä".encode()),
        (
            "E1",
            "encoded word of",
            b"Feedback-ID: ",
            b"Feedback-ID: =?utf-8?q?" + b"a" * 80 + b"?= ",
        ),
        ("E1", "stands 2 times", b"Precedence:", b"To: toinen@esimerkki.fi\r\nPrecedence:"),
        ("E2", "List-Unsubscribe is folded", b", <mailto:", b",\r\n <mailto:"),
        ("E1", "not UTF-8", b'text/html; charset="utf-8"', b'text/html; charset="latin-1"'),
        ("E1", "sent as 8bit", b"quoted-printable", b"8bit"),
        ("E3", "no time zone", b" +0000", b" -0000"),
        ("E3", "is no date", b"Date: ", b"Date: eilen "),
    ],
)
def test_a_fault_of_the_bytes_is_found(rule: str, fact: str, before: bytes, after: bytes) -> None:
    good = message_of(GOOD)
    assert before in good
    raw = good.replace(before, after, 1)

    assert fact in facts(raw)
    assert rule in broken_rules(raw)


def test_what_still_is_an_example_is_refused_except_at_home() -> None:
    """Nothing real is mailed under a name that nobody owns."""
    away = replace(SENDING, examples=("digest[1].sender",))
    home = replace(away, base_url="http://127.0.0.1:8000")
    raw = message_of(GOOD)

    (refused,) = preflight(raw, sending=away)
    assert refused == Finding(about="E3", fact="digest[1].sender still is an example")
    assert preflight(raw, sending=home)[0].severity is Severity.WARNING


def test_the_one_click_header_is_missed_except_at_home() -> None:
    """E4: it stands beside an address of https alone, and a machine's own pages have none."""
    home = replace(SENDING, base_url="http://127.0.0.1:8000")
    raw = message_of(GOOD, change=without("List-Unsubscribe-Post"))

    def severities(sending: Sending) -> set[Severity]:
        fact = "List-Unsubscribe-Post is missing"
        return {
            finding.severity for finding in preflight(raw, sending=sending) if finding.fact == fact
        }

    assert severities(SENDING) == {Severity.ERROR}
    assert severities(home) == {Severity.WARNING}


@pytest.mark.parametrize(
    ("base_url", "severity"),
    [("http://koosteet.example", Severity.ERROR), ("http://127.0.0.1:8000", Severity.WARNING)],
)
def test_a_one_click_way_out_that_is_not_https_is_refused_except_at_home(
    base_url: str, severity: Severity
) -> None:
    """E4, RFC 8058 3.1: no mailbox provider offers it, and who clicks is overheard."""
    raw = message_of(GOOD).replace(BASE.encode(), base_url.encode())
    sending = replace(SENDING, base_url=base_url)

    wrong = Finding(about="E4", fact="the one-click way out is not https", severity=severity)
    assert wrong in preflight(raw, sending=sending)


def test_a_message_without_a_signature_is_a_fault_only_where_we_sign() -> None:
    """E4: DKIM by the relay is the default."""
    assert "it is not signed" in facts(message_of(GOOD), replace(SENDING, signs=True))


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"\xff" * 50, b"To: \r\n\r\nx"])
def test_what_is_no_message_is_refused_not_raised(raw: bytes) -> None:
    assert any(finding.refuses for finding in preflight(raw, sending=SENDING))
