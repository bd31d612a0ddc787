"""``mail check``: everything that mail needs outside this program, looked at once."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from syndicator.config import Placeholder, Settings, is_loopback, placeholders_in_mail
from syndicator.config.placeholders import is_reserved
from syndicator.config.settings import MailPlan
from syndicator.deliver.email import domain_check, relay_check
from syndicator.deliver.email.findings import fault, note, ok, unchecked
from syndicator.deliver.email.mailbox import Mailbox
from syndicator.deliver.email.smtp import welcome
from syndicator.errors import MailboxAway, TemporaryFailure
from syndicator.model import Clock, Finding, NoticeKind
from syndicator.store import notices
from syndicator.store.db.database import Database


def check_mail(settings: Settings, *, names: domain_check.Names, now: Clock) -> Iterator[Finding]:
    """Yield everything that was looked at, in the order of a mail's way out and back."""
    yield from _examples(settings)
    yield from _relays(settings, now=now)
    yield from _domains(settings, names)
    yield from _way_back(settings)


def forget_refusals(database: Database) -> None:
    """Take back that mail was refused for our own fault, or came back: nothing is wrong now."""
    with database.write() as tx:
        notices.clear_all(tx, [(NoticeKind.MAIL_REFUSED, ""), (NoticeKind.EMAIL_RETURNED, "")])


def _examples(settings: Settings) -> Iterator[Finding]:
    examples = dict.fromkeys(
        example for plan in settings.digests for example in placeholders_in_mail(settings, plan)
    )
    bounces = settings.mail.bounces
    if bounces is not None and is_reserved(_domain(bounces)):
        examples[Placeholder(key="mail.bounces", value=bounces)] = None
    for example in examples:
        key, value = example.key, example.value
        if example.insecure:
            fact = f"{value} is not https: who carries a reader's request could act for them"
            yield fault(key, fact, "no mail leaves before it begins with https://")
        else:
            fact = f"still is the example {value}"
            yield fault(key, fact, "no mail leaves before it is your own")


def _relays(settings: Settings, *, now: Clock) -> Iterator[Finding]:
    first, standby = settings.deployment.smtp_url, settings.deployment.smtp_standby_url
    if first is None:
        yield fault("relay", "none is set", "set SYNDICATOR_SMTP_URL; no mail leaves without")
    for what, url in (("relay", first), ("stand-by", standby)):
        if url is not None:
            yield from _relay(settings, f"{what} {_host(url)}", url, now=now())


def _relay(settings: Settings, about: str, url: str, *, now: datetime) -> Iterator[Finding]:
    senders = dict.fromkeys(settings.mail.bounces or plan.sender for plan in settings.digests)
    try:
        greeting = welcome(url, name=settings.network.id_domain, senders=tuple(senders))
    except TemporaryFailure as error:
        yield fault(about, f"it cannot be used: {error.reply}", _hint(error.reply))
        return
    yield from relay_check.welcomed(
        about,
        greeting,
        here=is_loopback(_host(url)),
        has_user=bool(urlsplit(url).username),
        now=now,
    )


def _hint(reply: str) -> str:
    if "certificate" in reply.lower():
        return (
            "its certificate must name this host and come from an authority this machine trusts; "
            "SSL_CERT_FILE names others to trust"
        )
    return "see that host, port, user and password are right and no firewall stands between"


def _domains(settings: Settings, names: domain_check.Names) -> Iterator[Finding]:
    pairs = dict.fromkeys(
        (_domain(plan.sender), _domain(settings.mail.bounces or plan.sender))
        for plan in settings.digests
    )
    for sender, envelope in pairs:
        if is_reserved(sender):
            yield unchecked(f"DNS of {sender}", "is an example, nobody's", "set your own sender")
            continue
        selector = settings.deployment.dkim_selector
        yield from domain_check.sender_domain(names, sender, envelope=envelope, selector=selector)
    for envelope in dict.fromkeys(envelope for _, envelope in pairs):
        if not is_reserved(envelope):
            yield from domain_check.envelope_domain(names, envelope)


def _way_back(settings: Settings) -> Iterator[Finding]:
    yield _plus(settings.mail)
    url = settings.deployment.imap_url
    if url is None:
        yield note(
            "reports",
            "no mailbox is set",
            "set SYNDICATOR_IMAP_URL, or have your mail server run `syndicator bounce`",
        )
        return
    about = f"mailbox {_host(url)}"
    try:
        with Mailbox(url, trust=ssl.create_default_context()) as mailbox:
            yield ok(about, f"it can be read; {mailbox.count} messages lie there")
    except MailboxAway as error:
        yield fault(about, f"it cannot be read: {error}", _hint(str(error)))


def _plus(mail: MailPlan) -> Finding:
    if mail.bounces is None:
        return note(
            "reports",
            "bounces is not set: they come to each digest's sender",
            "set bounces in [mail] to a mailbox of its own, so that each report tells whose it is",
        )
    local, _, host = mail.bounces.rpartition("@")
    return unchecked(
        "reports",
        f"whether {local}+anything@{host} reaches the mailbox cannot be seen from here",
        "add --send: it mails there and looks",
    )


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
