"""What the DNS of a sending domain means, from a name server on loopback."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta

import pytest

from syndicator.deliver.email.dns import Names
from syndicator.deliver.email.domain_check import envelope_domain, sender_domain
from syndicator.errors import NamesAway
from syndicator.model import Finding, Severity
from tests.deliver.email.names import FAILS, Zone, open_names

SENDER = "koosteet.fi"
ENVELOPE = "palautus.koosteet.fi"
KEY = b64encode(b"k" * 294).decode()
SHORT = b64encode(b"k" * 162).decode()


def quoted(text: str) -> str:
    """Return a text as a TXT record: a string in one has 255 letters at most."""
    return " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text) or 1, 200))


RIGHT: Zone = {
    (SENDER, "MX"): ["10 mx2.koosteet.fi.", "5 mx.koosteet.fi."],
    (f"s1._domainkey.{SENDER}", "TXT"): [quoted(f"v=DKIM1; k=rsa; p={KEY}")],
    (f"_dmarc.{SENDER}", "TXT"): ['"something else"', '"v=DMARC1; p=quarantine"'],
    (ENVELOPE, "MX"): ["10 mx.koosteet.fi."],
    ("mx.koosteet.fi", "A"): ["192.0.2.5"],
    ("mx2.koosteet.fi", "AAAA"): ["2001:db8::5"],
    (ENVELOPE, "TXT"): ['"site-verification=1"', '"v=spf1 include:spf.relay.fi -all"'],
    ("spf.relay.fi", "TXT"): ['"v=spf1 ip4:192.0.2.0/24 -all"'],
}


def looked_at(zone: Zone, *, selector: str | None = "s1") -> dict[str, Finding]:
    """Return the findings by what they are about, those that cannot be seen left out."""
    with open_names(zone) as port:
        names = Names(["127.0.0.1"], port=port, timeout=timedelta(seconds=3))
        found = [
            *sender_domain(names, SENDER, envelope=ENVELOPE, selector=selector),
            *envelope_domain(names, ENVELOPE),
        ]
    return {one.about: one for one in found if one.severity is not Severity.UNCHECKED}


def with_text(name: str, *texts: str) -> Zone:
    return {**RIGHT, (name, "TXT"): [quoted(text) for text in texts]}


def without(*names: str) -> Zone:
    return {where: found for where, found in RIGHT.items() if where[0] not in names}


def test_a_domain_where_everything_stands_is_fine() -> None:
    found = looked_at(RIGHT)

    assert {about: one.severity for about, one in found.items()} == {
        f"MX of {SENDER}": Severity.OK,
        f"DKIM of {SENDER}, selector s1": Severity.OK,
        f"DMARC of {SENDER}": Severity.OK,
        f"SPF of {ENVELOPE}": Severity.OK,
        f"MX of {ENVELOPE}": Severity.OK,
    }
    assert found[f"MX of {SENDER}"].fact == "mx.koosteet.fi, mx2.koosteet.fi"


def test_a_domain_where_nothing_stands_is_told_what_to_publish() -> None:
    found = looked_at({("fi", "NS"): ["ns.fi."]})

    assert {one.severity for one in found.values()} == {Severity.ERROR}
    assert "v=spf1 include:" in found[f"SPF of {ENVELOPE}"].advice
    assert f"_dmarc.{SENDER}: v=DMARC1; p=none" in found[f"DMARC of {SENDER}"].advice


@pytest.mark.parametrize(
    ("record", "verdict", "fact"),
    [
        ("v=spf1 ip4:192.0.2.1 ~all", Severity.OK, "~all"),
        ("v=spf1 redirect=spf.relay.fi", Severity.OK, "redirect="),
        ("v=spf1 ip4:192.0.2.1", Severity.NOTE, "forbids nobody"),
        ("v=spf1 mx ?all", Severity.NOTE, "forbids nobody"),
        ("v=spf1 mx +all", Severity.ERROR, "lets everybody send"),
        ("v=spf1 all", Severity.ERROR, "lets everybody send"),
        ("v=spf1 include:nobody.fi -all", Severity.ERROR, "includes nobody.fi"),
        ("v=spf1 " + "a:x.fi " * 11 + "-all", Severity.ERROR, "more than 10 questions"),
        ("v=spf1 " + "a:x.fi " * 10 + "-all", Severity.OK, "-all"),
        (f"v=spf1 include:{ENVELOPE} -all", Severity.ERROR, "more than 10 questions"),
        ("v=spf10 -all", Severity.ERROR, "there is none"),
    ],
)
def test_spf_is_judged(record: str, verdict: Severity, fact: str) -> None:
    found = looked_at(with_text(ENVELOPE, record))[f"SPF of {ENVELOPE}"]

    assert found.severity is verdict
    assert fact in found.fact


def test_two_spf_records_are_as_bad_as_none() -> None:
    found = looked_at(with_text(ENVELOPE, "v=spf1 -all", "v=spf1 mx -all"))

    assert found[f"SPF of {ENVELOPE}"].fact == "there are 2 records"


@pytest.mark.parametrize(
    ("texts", "verdict", "fact"),
    [
        (["v=DKIM1; k=ed25519; p=" + b64encode(b"k" * 32).decode()], Severity.OK, "ed25519"),
        (["p=" + KEY], Severity.OK, "rsa"),
        (["v=DKIM1; p="], Severity.ERROR, "withdrawn"),
        (["v=DKIM1; p=ab!"], Severity.ERROR, "cannot be read"),
        (["v=DKIM2; p=" + KEY], Severity.ERROR, "version"),
        (["v=DKIM1; p=" + SHORT], Severity.NOTE, "shorter than 2048"),
        (["v=DKIM1; t=y:s; p=" + KEY], Severity.NOTE, "a test"),
        (["p=" + KEY, "p=" + SHORT], Severity.ERROR, "2 keys"),
        (["hello"], Severity.ERROR, "there is no key"),
        (["v=spf1 exp=koosteet.fi -all"], Severity.ERROR, "there is no key"),
    ],
)
def test_dkim_is_judged(texts: list[str], verdict: Severity, fact: str) -> None:
    zone = with_text(f"s1._domainkey.{SENDER}", *texts)
    found = looked_at(zone)[f"DKIM of {SENDER}, selector s1"]

    assert found.severity is verdict
    assert fact in found.fact


@pytest.mark.parametrize(
    ("texts", "verdict", "fact"),
    [
        (["v=DMARC1; p=reject; aspf=r"], Severity.OK, "p=reject"),
        (["v=DMARC1;p=none"], Severity.NOTE, "forged mail is let through"),
        (["v=DMARC1; p=reject; aspf=s"], Severity.NOTE, f"SPF is of {ENVELOPE}"),
        (["v=DMARC1; sp=none"], Severity.ERROR, "has no policy"),
        (["v=DMARC1; p=all"], Severity.ERROR, "has no policy"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], Severity.ERROR, "2 policies"),
        (["v=DMARC10; p=none"], Severity.ERROR, "there is no policy"),
    ],
)
def test_dmarc_is_judged(texts: list[str], verdict: Severity, fact: str) -> None:
    found = looked_at(with_text(f"_dmarc.{SENDER}", *texts))[f"DMARC of {SENDER}"]

    assert found.severity is verdict
    assert fact in found.fact


def test_a_policy_of_the_organisation_holds_for_its_other_domains() -> None:
    with open_names(with_text("_dmarc.kaupunki.fi", "v=DMARC1; p=reject")) as port:
        names = Names(["127.0.0.1"], port=port)
        *_, found = sender_domain(
            names, "posti.kooste.kaupunki.fi", envelope="palautus.kaupunki.fi", selector=None
        )

    assert (found.severity, found.fact) == (Severity.OK, "p=reject (at _dmarc.kaupunki.fi)")


@pytest.mark.parametrize(
    ("zone", "verdict"),
    [
        ({**RIGHT, (SENDER, "MX"): ["0 ."]}, Severity.ERROR),
        ({**without(SENDER), (SENDER, "A"): ["192.0.2.1"]}, Severity.NOTE),
        ({**without(SENDER), (SENDER, "AAAA"): ["2001:db8::1"]}, Severity.NOTE),
        (without(SENDER), Severity.ERROR),
        (without("mx2.koosteet.fi"), Severity.NOTE),
        (without("mx.koosteet.fi", "mx2.koosteet.fi"), Severity.ERROR),
    ],
)
def test_a_domain_that_takes_no_mail_is_told(zone: Zone, verdict: Severity) -> None:
    assert looked_at(zone)[f"MX of {SENDER}"].severity is verdict


def test_what_a_server_could_not_find_out_is_not_taken_for_missing() -> None:
    with open_names({**RIGHT, (f"_dmarc.{SENDER}", "TXT"): FAILS}) as port:
        names = Names(["127.0.0.1"], port=port, timeout=timedelta(seconds=2))
        found = sender_domain(names, SENDER, envelope=ENVELOPE, selector="s1")

    assert [one.severity for one in found] == [Severity.OK, Severity.OK, Severity.UNCHECKED]
    assert "SERVFAIL" in found[-1].fact


def test_a_name_server_that_is_silent_is_waited_for_no_longer_than_said() -> None:
    with open_names(RIGHT) as port:
        pass
    names = Names(["127.0.0.1"], port=port, timeout=timedelta(seconds=0.3))

    with pytest.raises(NamesAway):
        names.texts(SENDER)


def test_a_name_that_can_be_none_is_told_and_no_crash() -> None:
    names = Names(["127.0.0.1"], port=9, timeout=timedelta(seconds=0.1))

    for name in ("a..fi", "x" * 70 + ".fi", "ä" * 80):
        with pytest.raises(NamesAway):
            names.texts(name)


def test_an_unknown_selector_is_said_to_be_unchecked() -> None:
    with open_names(RIGHT) as port:
        found = sender_domain(
            Names(["127.0.0.1"], port=port), SENDER, envelope=ENVELOPE, selector=None
        )

    assert [one.about for one in found if one.severity is Severity.UNCHECKED] == [
        f"DKIM of {SENDER}"
    ]
