"""The DNS of the domains our mail leaves under, asked for and judged (``records``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from syndicator.deliver.email import records
from syndicator.deliver.email.findings import unchecked
from syndicator.errors import NamesAway
from syndicator.model import Finding


class Names(Protocol):
    """Answers what stands in the DNS; each call raises ``NamesAway`` if no name server does."""

    def texts(self, name: str) -> Sequence[str]:
        """Return the TXT records at a name."""

    def exchangers(self, name: str) -> tuple[str, ...]:
        """Return the hosts that take mail for a domain; one named ``""`` is none."""

    def has_address(self, name: str) -> bool:
        """Return whether a host has an address."""


def sender_domain(
    names: Names, domain: str, *, envelope: str, selector: str | None
) -> list[Finding]:
    """Return what stands in the DNS for the domain of a digest's sender.

    Args:
        envelope: the domain reports come back to.
        selector: where the key is that mail is signed with; ``None`` if we do not know.
    """
    findings = [_asked(domain, lambda: _exchangers(names, domain, what="answers of readers"))]
    if selector is None:
        findings.append(
            unchecked(
                f"DKIM of {domain}",
                "which key the relay signs with is not known here",
                "set SYNDICATOR_DKIM_SELECTOR to its selector, or look for d= and s= in the "
                "DKIM-Signature of a mail that arrived",
            )
        )
    else:
        key = f"{selector}._domainkey.{domain}"
        findings.append(_asked(domain, lambda: records.dkim(domain, selector, names.texts(key))))
    findings.append(_asked(domain, lambda: _dmarc(names, domain, envelope=envelope)))
    return findings


def envelope_domain(names: Names, domain: str) -> list[Finding]:
    """Return what stands in the DNS for the domain that reports come back to."""
    return [
        _asked(domain, lambda: records.spf(domain, names.texts(domain), ask=names.texts)),
        unchecked(
            f"SPF of {domain}",
            "which addresses your relay sends from cannot be seen from here",
            "ask its operator whether this record covers them",
        ),
        _asked(domain, lambda: _exchangers(names, domain, what="reports of failure")),
    ]


def _exchangers(names: Names, domain: str, *, what: str) -> Finding:
    hosts = names.exchangers(domain)
    asked = hosts or (domain,)
    reached = {host for host in asked if host and names.has_address(host)}
    return records.exchangers(domain, hosts, reached=reached, what=what)


def _dmarc(names: Names, domain: str, *, envelope: str) -> Finding:
    for place in records.policy_places(domain):
        policies = [text for text in names.texts(place) if records.is_policy(text)]
        if policies:
            return records.dmarc(domain, (place, policies), envelope=envelope)
    return records.dmarc(domain, None, envelope=envelope)


def _asked(domain: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except NamesAway as error:
        return records.not_asked(domain, str(error))
