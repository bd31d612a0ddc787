"""How a relay receives us, from a real server on loopback, and what is to be said of it."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from syndicator.deliver.email.relay_check import welcomed
from syndicator.deliver.email.smtp import Welcome, welcome
from syndicator.errors import TemporaryFailure
from syndicator.model import Severity
from tests.builders import NOW
from tests.deliver.email.test_smtp import Post, open_post
from tests.test_whole_way import free_port

NAME = "koosteet.example"
SENDERS = ("kooste@koosteet.example", "palautus@koosteet.example")
ENDS = datetime(2027, 6, 1, tzinfo=UTC)


def test_a_relay_in_clear_says_what_it_offers_and_gets_no_mail() -> None:
    post = Post()
    with open_post(post, data_size_limit=1_000_000) as port:
        found = welcome(f"smtp://127.0.0.1:{port}", name=NAME, senders=SENDERS)

    assert (found.tls, found.until, found.refused) == (None, None, {})
    assert found.extensions["size"] == "1000000"
    assert post.taken == []


def test_a_sender_it_refuses_is_named_with_its_answer() -> None:
    with open_post(Post(sender="550 5.7.1 not yours")) as port:
        found = welcome(f"smtp://127.0.0.1:{port}", name=NAME, senders=SENDERS)

    assert found.refused == dict.fromkeys(SENDERS, "550 5.7.1 not yours")


def test_starttls_is_spoken_and_its_certificate_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", not_after=ENDS).configure_cert(tls)
    with open_post(Post(), tls_context=tls) as port:
        found = welcome(f"smtp://127.0.0.1:{port}", name=NAME, senders=())

    assert found.tls in ("TLSv1.2", "TLSv1.3")
    assert found.until == ENDS


def test_a_certificate_of_somebody_else_and_nobody_at_all_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(tls)
    with (
        open_post(Post(), tls_context=tls) as port,
        pytest.raises(TemporaryFailure, match="certificate verify failed"),
    ):
        welcome(f"smtp://127.0.0.1:{port}", name=NAME, senders=())

    with pytest.raises(TemporaryFailure, match="refused"):
        welcome(f"smtp://127.0.0.1:{free_port()}", name=NAME, senders=())


def a_welcome(**changes: object) -> Welcome:
    given: dict[str, object] = {
        "tls": "TLSv1.3",
        "until": NOW + timedelta(days=90),
        "extensions": {"size": "10485760", "pipelining": ""},
        "refused": {},
    }
    return Welcome(**(given | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "here", "said"),
    [
        ({"tls": None, "until": None}, False, (Severity.ERROR, "in clear")),
        ({"tls": "TLSv1.1"}, False, (Severity.ERROR, "TLSv1.1")),
        ({"until": NOW + timedelta(days=13)}, False, (Severity.NOTE, "2026-12-07")),
        ({"extensions": {"auth": "PLAIN", "pipelining": ""}}, False, (Severity.NOTE, "login")),
        ({"extensions": {"size": "100000", "pipelining": ""}}, False, (Severity.ERROR, "100,000")),
        ({"extensions": {}}, False, (Severity.NOTE, "PIPELINING")),
        ({"refused": {"a@b.fi": "550 no"}}, False, (Severity.ERROR, "a@b.fi: 550 no")),
        ({"tls": None, "until": None}, True, None),
        ({"extensions": {"size": "0", "pipelining": ""}}, False, None),
        ({}, False, None),
    ],
)
def test_what_could_be_better_and_what_is_wrong_is_said_and_no_more(
    changes: dict[str, object], here: bool, said: tuple[Severity, str] | None
) -> None:
    found = welcomed("relay", a_welcome(**changes), here=here, has_user=False, now=NOW)
    amiss = [one for one in found if one.severity is not Severity.OK]

    assert [one.severity for one in amiss] == ([said[0]] if said else [])
    assert all(said and said[1] in one.fact and one.advice for one in amiss)


def test_a_login_that_works_is_fine() -> None:
    found = a_welcome(extensions={"auth": "PLAIN", "pipelining": ""})

    said = welcomed("relay", found, here=False, has_user=True, now=NOW)
    assert {one.severity for one in said} == {Severity.OK}
