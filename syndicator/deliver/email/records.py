"""What the records of a sending domain mean for mail that leaves under its name.

SPF says which machines may send for the envelope's domain, DKIM holds the key that signatures are
checked with, DMARC says what becomes of mail that fits neither. Texts of records in, findings out.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Mapping, Sequence, Set

from syndicator.deliver.email.findings import fault, note, ok, unchecked
from syndicator.model import Finding

MOST_LOOKUPS = 10
"""Questions an SPF record may cost whoever checks it (RFC 7208 4.6.4)."""

SHORT_KEY = 250
"""Bytes (DER) of a public RSA key: one of 2048 bits has more, one of 1024 bits fewer."""

_COSTS = re.compile(r"[+?~-]?(?:include:|a(?:[:/]|$)|mx(?:[:/]|$)|ptr(?:[:/]|$)|exists:)|redirect=")
_FOLLOWED = re.compile(r"(?:[+?~-]?include:|redirect=)([^\s%]+)$")
_LAST = re.compile(r"([+?~-]?)all$")
_POLICIES = ("none", "quarantine", "reject")


def spf_records(texts: Sequence[str]) -> tuple[str, ...]:
    """Return those that are SPF."""
    return tuple(text for text in texts if text.lower().split(" ")[0] == "v=spf1")


def spf(domain: str, texts: Sequence[str], *, ask: Callable[[str], Sequence[str]]) -> Finding:
    """Return what the SPF of an envelope's domain comes to (RFC 7208).

    Args:
        texts: its TXT records.
        ask: gives the TXT records of another name, for what the record includes.
    """
    about, published = f"SPF of {domain}", spf_records(texts)
    if not published:
        return fault(
            about,
            "there is none",
            f"publish a TXT record at {domain}: v=spf1 include:(what your relay's operator names) "
            "-all; without it many receivers take the mail for forged",
        )
    if len(published) > 1:
        return fault(
            about, f"there are {len(published)} records", "join them: two are as bad as none"
        )
    lookups, empty = _followed(published[0], ask)
    if empty:
        return fault(
            about, f"it includes {empty}, which has no SPF record", "take it out or mend its name"
        )
    if lookups > MOST_LOOKUPS:
        return fault(
            about,
            f"it takes more than {MOST_LOOKUPS} questions to the DNS, and receivers stop there",
            "name networks (ip4:, ip6:) instead of including others",
        )
    return _spf_end(about, published[0])


def _spf_end(about: str, record: str) -> Finding:
    terms = record.lower().split()
    ends = next((end[1] for term in terms if (end := _LAST.match(term))), None)
    if ends in ("", "+"):
        return fault(about, f"{record!r} lets everybody send", "end it with -all or ~all")
    if ends == "?" or (ends is None and not any(term.startswith("redirect=") for term in terms)):
        return note(about, f"{record!r} forbids nobody", "end it with -all or ~all")
    return ok(about, repr(record))


def _followed(record: str, ask: Callable[[str], Sequence[str]]) -> tuple[int, str | None]:
    """Return how many questions a record costs, counted no further than one too many, and the
    first name it includes in vain."""
    waiting, count = [record], 0
    while waiting and count <= MOST_LOOKUPS:
        for term in waiting.pop().lower().split()[1:]:
            count += bool(_COSTS.match(term))
            followed = _FOLLOWED.match(term)
            if followed and count <= MOST_LOOKUPS:
                inner = spf_records(ask(followed[1]))
                if not inner:
                    return count, followed[1]
                waiting.append(inner[0])
    return count, None


def dkim(domain: str, selector: str, texts: Sequence[str]) -> Finding:
    """Return what the key at a selector comes to (RFC 6376, RFC 8301)."""
    about = f"DKIM of {domain}, selector {selector}"
    where = f"{selector}._domainkey.{domain}"
    published = [tags for tags in map(tags_of, texts) if "p" in tags]
    if not published:
        return fault(
            about, "there is no key", f"publish the TXT record at {where} that your relay names"
        )
    if len(published) > 1:
        return fault(about, f"there are {len(published)} keys", f"leave one TXT record at {where}")
    tags = published[0]
    if tags.get("v", "DKIM1") != "DKIM1":
        return fault(about, f"its version is {tags['v']}", "let it begin with v=DKIM1")
    return _key(about, tags)


def _key(about: str, tags: Mapping[str, str]) -> Finding:
    try:
        key = b64decode(tags["p"], validate=True)
    except NotBase64:
        return fault(about, "the key cannot be read", "copy it again: letters were lost or added")
    if not key:
        return fault(about, "the key was withdrawn (p= is empty)", "publish the newest key")
    if tags.get("k", "rsa") == "rsa" and len(key) < SHORT_KEY:
        return note(about, "the key is shorter than 2048 bits", "make a longer one")
    if "y" in tags.get("t", "").split(":"):
        return note(about, "it says that it is a test (t=y)", "take t=y out once mail is signed")
    return ok(about, f"a key is there ({tags.get('k', 'rsa')})")


def dmarc(domain: str, published: tuple[str, Sequence[str]] | None, *, envelope: str) -> Finding:
    """Return what the policy for a sender's domain comes to (RFC 7489).

    Args:
        published: where a policy is, at the domain or above it, and the records there.
        envelope: the domain reports come back to, which SPF is asked for.
    """
    about = f"DMARC of {domain}"
    if published is None:
        return fault(
            about,
            "there is no policy",
            f"publish a TXT record at _dmarc.{domain}: v=DMARC1; p=none; rua=mailto:(an address "
            "that reads reports); large receivers ask for one",
        )
    where, records = published
    if len(records) > 1:
        return fault(about, f"there are {len(records)} policies at {where}", "leave one")
    tags = tags_of(records[0])
    policy = tags.get("p", "").lower()
    if policy not in _POLICIES:
        return fault(about, f"{records[0]!r} has no policy", "say p=none, p=quarantine or p=reject")
    strict = tags.get("aspf", "r").lower() == "s"
    if envelope != domain and (strict or not _aligned(domain, envelope, where)):
        return note(
            about,
            f"p={policy}, and SPF is of {envelope}, which it does not take for {domain}",
            "then every mail must be signed (DKIM) by the sender's domain: have the relay do so",
        )
    if policy == "none":
        return note(about, "p=none: forged mail is let through", "go on to p=quarantine in time")
    return ok(about, f"p={policy} (at {where})")


def is_policy(text: str) -> bool:
    """Return whether a TXT record is a DMARC policy."""
    return bool(re.match(r"v\s*=\s*DMARC1\s*(;|$)", text.strip()))


def policy_places(domain: str) -> tuple[str, ...]:
    """Return where the policy for a domain may stand: there, or at a domain above it."""
    labels = domain.split(".")
    return tuple(f"_dmarc.{'.'.join(labels[at:])}" for at in range(max(1, len(labels) - 1)))


def _aligned(domain: str, envelope: str, where: str) -> bool:
    """Return whether both belong to one organisation, as far as names show it."""
    above = where.removeprefix("_dmarc.")
    return any(
        inner == outer or inner.endswith(f".{outer}")
        for inner, outer in ((envelope, domain), (domain, envelope), (envelope, above))
    )


def exchangers(domain: str, hosts: Sequence[str], *, reached: Set[str], what: str) -> Finding:
    """Return whether mail to a domain finds a server (RFC 5321 5.1, RFC 7505).

    Args:
        reached: the hosts that have an address; the domain itself if it has one, which stands
            for an MX where none is named.
        what: which mail it is about, such as "reports".
    """
    about = f"MX of {domain}"
    if hosts == ("",):
        return fault(about, "it says that it takes no mail", f"{what} cannot arrive: publish an MX")
    lost = ", ".join(host for host in hosts if host not in reached)
    if hosts and not reached:
        advice = f"{what} cannot arrive: name a host that has one"
        return fault(about, f"{lost}: there is no address of it", advice)
    if lost:
        return note(about, f"{lost}: there is no address of it", "take it out of the MX records")
    if hosts:
        return ok(about, ", ".join(hosts))
    if reached:
        return note(about, "there is none; its own address stands in", "publish an MX record")
    return fault(about, "there is none", f"{what} cannot arrive: publish an MX record")


def not_asked(domain: str, why: str) -> Finding:
    """Return that the DNS of a domain could not be looked at."""
    return unchecked(f"DNS of {domain}", why, "check it again later, or from another network")


def tags_of(text: str) -> dict[str, str]:
    """Return the tags of ``v=...; p=...``, as records and signatures write them.

    White space is none of any: a key or a signature is folded over lines (RFC 6376 3.2).
    """
    tags = (tag.partition("=") for tag in re.sub(r"\s+", "", text).split(";"))
    return {name: value for name, equals, value in tags if equals}
