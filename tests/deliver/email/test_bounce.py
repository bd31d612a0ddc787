"""What comes back: samples beside what is to be read in them, and any bytes at all (E10)."""

from __future__ import annotations

import re
import signal
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syndicator.deliver.email.bounce import (
    LONGEST,
    Bounce,
    Leave,
    Report,
    Unknown,
    Weight,
    read,
    weight_of,
)
from syndicator.deliver.email.replies import LONGEST as LONGEST_WORDS
from syndicator.model import Tag, TagKind

SAMPLES = Path(__file__).parents[2] / "data" / "bounces"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.eml"))
SIGNATURE = "0123456789ab"
TOKEN = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdEf"


def tag_of(recipient: str) -> Tag | None:
    """Stands for the signed address: one signature is genuine."""
    found = re.search(rf"\+(\d+)-{SIGNATURE}@", recipient)
    if found is None:
        return None
    return Tag(kind=TagKind.DELIVERY, id=int(found[1]), address="0f")


def understood(message: bytes) -> Report:
    return read(message, tag_of=tag_of, host="koosteet.example")


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.eml").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_read_as_is_said_beside_it(name: str) -> None:
    expected = tomllib.loads((SAMPLES / f"{name}.toml").read_text("utf-8"))
    found = understood(sample(name))

    assert type(found).__name__.lower() == expected.pop("kind")
    assert told(found).items() >= expected.items() - {("says", expected.get("says"))}
    if isinstance(found, Bounce):
        assert expected.get("says", "") in found.detail
        assert found.status == expected.get("status")


def told(found: Report) -> dict[str, Any]:
    """Return what a sample may say of a report; what is not there is left out."""
    assert is_dataclass(found)
    facts = asdict(found)
    trace = facts.pop("trace", {})
    facts |= {"named": trace["named"]} if trace.get("named") else {}
    facts |= {"delivery": trace["tag"]["id"]} if trace.get("tag") else {}
    facts["token"] = trace.get("token") == TOKEN
    if isinstance(found, Leave):
        facts["leaves"] = found.token
    return facts


@pytest.mark.parametrize("name", NAMES)
def test_no_sample_is_traced_further_than_it_says(name: str) -> None:
    expected = tomllib.loads((SAMPLES / f"{name}.toml").read_text("utf-8"))
    facts = told(understood(sample(name)))

    assert facts.get("delivery") == expected.get("delivery")
    assert facts.get("named") == expected.get("named")


@pytest.mark.parametrize("name", NAMES)
def test_no_address_is_kept_in_what_a_server_said(name: str) -> None:
    found = understood(sample(name))
    if isinstance(found, Bounce):
        assert "@" not in found.detail
        assert len(found.detail) <= LONGEST_WORDS


@pytest.mark.parametrize(
    ("status", "weight"),
    [
        ((5, 1, 1), Weight.HARD),
        ((5, 1, 2), Weight.HARD),
        ((5, 1, 7), Weight.OURS),
        ((4, 1, 1), Weight.SOFT),
        ((5, 2, 1), Weight.SOFT),
        ((5, 2, 2), Weight.SOFT),
        ((4, 7, 0), Weight.OURS),
        ((5, 7, 1), Weight.OURS),
        ((5, 7, 18), Weight.HARD),
        ((5, 5, 2), Weight.OURS),
        (None, Weight.SOFT),
    ],
)
def test_only_an_address_that_does_not_exist_is_a_hard_bounce(
    status: tuple[int, int, int] | None, weight: Weight
) -> None:
    """Promise 6."""
    assert weight_of(status, "no") is weight


def test_words_of_spam_never_make_a_failure_graver() -> None:
    for status in ((5, 0, 0), (5, 2, 1), (5, 4, 1), None):
        assert weight_of(status, "rejected as spam") is Weight.OURS
    assert weight_of((5, 1, 1), "no such user, see our spam policy") is Weight.HARD


@pytest.mark.parametrize("depth", [60, 3000])
def test_parts_within_parts_cost_nothing_but_themselves(depth: int) -> None:
    inner = "".join(
        f'Content-Type: multipart/mixed; boundary="b{at}"\n\n--b{at}\n' for at in range(depth)
    )
    assert understood(f"From: MAILER-DAEMON@x\n{inner}".encode()) == Unknown()


def test_only_the_beginning_of_a_huge_message_is_read() -> None:
    late = b"Subject: hei\n\n" + b"x" * LONGEST + sample("postfix-unknown-user")
    assert understood(late) == Unknown()


@given(st.binary(max_size=2000))
def test_no_bytes_stop_the_reader(message: bytes) -> None:
    assert isinstance(understood(message), Report)


ODD_FIELDS = [
    "Content-Type: multipart/report; boundary=b",
    "Content-Type: multipart/mixed; boundary=b; a*=1; a*1=2",
    "Content-Type: message/delivery-status",
    "Content-Type: message/rfc822",
    "Content-Type: message/feedback-report",
    "Content-Type: text/plain; charset*=xyz''%ff",
    "Content-Type: text/plain; charset=a\0b",
    "Content-Type: text/plain; charset=hex",
    "Content-Type: text/html; charset=\xe4",
    "Content-Type: text/rfc822-headers; x*0=1; x*=2",
    "Content-Transfer-Encoding: b\xe4se64",
    "Content-Transfer-Encoding: base64",
    "Content-Transfer-Encoding: x-uuencode",
    "Subject: =?punycode?q?a-b9b9?= =?idna?q?xn--a?= =?a\0b?q?x?=",
    "Subject: unsubscribe-\xe4",
    "Action: failed",
    "Diagnostic-Code: smtp; =?utf-8?b?!!?=",
    "",
    "--b",
    "--b--",
    "\xe4",
]


@given(st.lists(st.sampled_from(ODD_FIELDS), max_size=24))
@example([ODD_FIELDS[5], "", "\xe4"])
@example([ODD_FIELDS[6], "", "\xe4"])
@example([ODD_FIELDS[1], "", "--b"])
@example([ODD_FIELDS[2], ODD_FIELDS[10], "", "Action: failed"])
def test_no_form_of_mail_stops_the_reader(lines: list[str]) -> None:
    """Each of these is one that Python's own parser fails at somewhere."""
    assert isinstance(understood("\n".join(lines).encode("latin-1")), Report)


@contextmanager
def not_for_ever() -> Iterator[None]:
    """Fail where the block takes the square of its input: minutes then, or hours."""

    def stop(*_: object) -> None:
        raise AssertionError("it takes the square of what it is given")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(20)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def nested(depth: int) -> str:
    return "".join(
        f"Content-Type: multipart/mixed; boundary=b{at}\n\n--b{at}\n" for at in range(depth)
    )


@pytest.mark.parametrize(
    ("before", "again"),
    [
        ("From: mailer-daemon@x\n\n", "\n"),
        ("From: mailer-daemon@x\n\n", ">\n"),
        ("From: mailer-daemon@x\nContent-Type: text/html\n\n", "<"),
        ("Subject: ", "=?a?q?x"),
        ("Subject: ", "=?utf-8?q?x?= "),
        ("Content-Type: multipart/report", ";"),
        ('Content-Type: multipart/report; a="', ";"),
        ("Content-Type: message/delivery-status\n\nDiagnostic-Code: ", "=?a?q?x"),
        ("Content-Type: message/delivery-status\n\n", "a: b\n\n"),
        ("Content-Type: multipart/mixed; boundary=b\n\n", "--b\n"),
        (nested(200), "\n"),
    ],
)
def test_no_message_takes_longer_than_its_length(before: str, again: str) -> None:
    """Whoever writes to the mailbox of reports would else stop the one who reads it."""
    with not_for_ever():
        report = understood((before + again * (1 << 20))[: 1 << 20].encode())

    assert report == Unknown()


@given(st.sampled_from(NAMES), st.data())
def test_no_damage_to_a_report_stops_the_reader(name: str, data: st.DataObject) -> None:
    message = bytearray(sample(name))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(message)))
        cut = data.draw(st.integers(0, 40))
        message[at : at + cut] = data.draw(st.binary(max_size=20))
    found = understood(bytes(message))
    if isinstance(found, Bounce):
        tag = found.trace.tag
        assert tag is None or tag.id == 12, "no damage makes another reader's proof"
