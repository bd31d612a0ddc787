"""``mail check --send``: one mail to our own mailbox, looked at when it has arrived."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta

from syndicator.config import DigestPlan, Settings, placeholders_in_mail
from syndicator.deliver.email.arrival import ABOUT, arrived, message_id
from syndicator.deliver.email.findings import fault, ok, unchecked
from syndicator.deliver.email.mailbox import Mailbox
from syndicator.deliver.email.message import message, template
from syndicator.errors import DeliveryFailed, KeyUnfit, MailboxAway
from syndicator.model import UNSUBSCRIBE_MARK, Clock, Delivery, Finding, Mail, Pause
from syndicator.pipeline.issues.issue_mails import envelope
from syndicator.pipeline.mail_relay import connections, signer_of
from syndicator.subscribe.tokens import sample_token

PATIENCE = timedelta(minutes=2)
"""How long a mail may be on its way. Greylisting takes longer, and is said to."""

POLL_EVERY = timedelta(seconds=4)
NEWEST = 30
"""Messages of the mailbox looked through, from the newest on."""

MOST_BYTES = 200_000

_WORDS = "This mail was sent by `syndicator mail check --send`, to see whether it arrives as sent."


def mail_ourselves(settings: Settings, *, now: Clock, pause: Pause) -> Iterator[Finding]:
    """Mail ourselves as each digest would be mailed, and yield findings about what arrives.

    Under each sender once. What was sent is taken out of the mailbox again.
    """
    if settings.deployment.smtp_url is None or settings.deployment.imap_url is None:
        yield unchecked(
            ABOUT,
            "it needs a relay and a mailbox",
            "set SYNDICATOR_SMTP_URL and SYNDICATOR_IMAP_URL",
        )
        return
    for plan in {plan.sender: plan for plan in settings.digests}.values():
        if placeholders_in_mail(settings, plan):
            yield unchecked(ABOUT, "nothing is sent under an example", "see above")
        else:
            yield from _mail_under(settings, plan, now=now, pause=pause)


def _mail_under(
    settings: Settings, plan: DigestPlan, *, now: Clock, pause: Pause
) -> Iterator[Finding]:
    began, to = now(), _recipient(settings, plan)
    try:
        sent = _message(settings, plan, to=to, at=began)
        with connections(settings, now).connect() as relay:
            relay.send(sent, sender=settings.mail.bounces or plan.sender, recipient=to)
        received = _awaited(settings, message_id(sent), now=now, pause=pause)
    except (DeliveryFailed, KeyUnfit, MailboxAway) as error:
        yield fault(ABOUT, f"it could not be sent or looked for: {error}", "see above")
        return
    if received is None:
        yield fault(
            ABOUT,
            f"{to} did not have it within {PATIENCE.seconds} seconds",
            "see that the mailbox takes what stands after a plus sign, and look for it in the "
            "relay's log, in the junk folder, and once more in a quarter of an hour",
        )
        return
    seconds = round((now() - began).total_seconds())
    yield ok(ABOUT, f"it came to {to} within {seconds} seconds")
    yield from arrived(sent, received)


def _recipient(settings: Settings, plan: DigestPlan) -> str:
    """Return where reports come back to, with words after a plus sign as theirs have."""
    if settings.mail.bounces is None:
        return plan.sender
    local, _, host = settings.mail.bounces.rpartition("@")
    return f"{local}+check@{host}"


def _message(settings: Settings, plan: DigestPlan, *, to: str, at: datetime) -> bytes:
    """Return a mail with the headers of the digest's, and a sample of a way out."""
    language = settings.network.languages[0]
    around = envelope(settings, plan, period="check", language=language)
    way_out = f"{around.leave_url}{UNSUBSCRIBE_MARK}"
    mail = Mail(
        language=language,
        subject=f"{settings.combined.title}: mail check",
        text=f"{_WORDS}\n\n{way_out}\n",
        html=f'<html lang="en"><body><p>{_WORDS}</p><p><a href="{way_out}">-</a></p></body></html>',
    )
    anyone = Delivery(
        id=secrets.randbits(52),
        issue=0,
        variant=0,
        reader="",
        address=to,
        address_hash="",
        language=language,
    )
    made = template(mail, envelope=around, mark=UNSUBSCRIBE_MARK)
    whole = message(made, delivery=anyone, token=sample_token("mail check"), date=at)
    return signer_of(settings, sender=plan.sender).signed(whole)


def _awaited(settings: Settings, wanted: str, *, now: Clock, pause: Pause) -> bytes | None:
    """Return the message of this id once it lies in the mailbox; ``None`` if it never came."""
    until = now() + PATIENCE
    while True:
        received = _taken_out(settings, wanted)
        if received is not None or now() >= until:
            return received
        pause(POLL_EVERY)


def _taken_out(settings: Settings, wanted: str) -> bytes | None:
    url = settings.deployment.imap_url
    assert url is not None
    with Mailbox(url, trust=ssl.create_default_context()) as mailbox:
        for name in mailbox.newest(NEWEST):
            content = mailbox.message(name, most=MOST_BYTES)
            if content is not None and message_id(content) == wanted:
                mailbox.delete(name)
                return content
    return None
