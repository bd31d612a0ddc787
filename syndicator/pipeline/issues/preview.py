"""An issue that is only looked at: as files, or mailed to one address. Nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from syndicator.config import DigestPlan, Settings
from syndicator.deliver.email.message import message
from syndicator.digest.calendar import slots_from
from syndicator.model import Delivery, Draft, Issue, Variant
from syndicator.pipeline.issues.compose import draft
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.issue_mails import IssueMails, sample_way_out
from syndicator.pipeline.issues.preflight import wholes
from syndicator.pipeline.mail_relay import connections, signer_of
from syndicator.store.issues import issues


def local_day(settings: Settings, moment: datetime) -> date:
    """Return which day it is where the network is: at midnight another than in UTC."""
    return moment.astimezone(settings.network.zone).date()


def preview(editorial: Editorial, plan: DigestPlan, *, day: date | None) -> Draft | Issue:
    """Return the first issue of a digest on the local ``day`` or later, or from today on: as
    frozen, or else as it would be now."""
    earliest = day or local_day(editorial.settings, editorial.now())
    slot = next(slots_from(earliest, rhythm=plan.rhythm))
    with editorial.database.read() as tx:
        frozen = issues.find(tx, slot.cadence, slot.period)
    return frozen or draft(editorial, slot)


def write_preview(
    editorial: Editorial, issue: Draft | Issue, *, language: str, out: Path
) -> Sequence[Path]:
    """Write the issue as .html, .txt and .eml into ``out``; return what was written.

    Raises:
        LookupError: it has no posts, so there is nothing to write; or its digest is gone.
    """
    settings = editorial.settings
    variant = _whole(settings, issue, language)
    mails = IssueMails.of(settings, settings.required_digest(issue.cadence), editorial.database)
    mail = mails.sample(issue, variant)
    raw = _message(
        mails, issue, variant, address=settings.network.contact_email, now=editorial.now()
    )
    out.mkdir(parents=True, exist_ok=True)
    stem = f"{issue.cadence}-{issue.period}-{language}"
    written = []
    for ending, content in (
        ("html", mail.html.encode()),
        ("txt", mail.text.encode()),
        ("eml", raw),
    ):
        path = out / f"{stem}.{ending}"
        path.write_bytes(content)
        written.append(path)
    return written


def send_sample(editorial: Editorial, issue_id: int, *, language: str, address: str) -> None:
    """Mail an issue to one address at once, outside every record.

    Raises:
        LookupError: it has no posts, or its digest is gone.
        DeliveryFailed: the relay did not take it.
        ConfigError: no relay is configured.
        KeyUnfit: mail is to be signed here, and the key cannot be used.
    """
    settings = editorial.settings
    with editorial.database.read() as tx:
        issue = issues.get(tx, issue_id)
    assert issue is not None, "an issue is never deleted"
    plan = settings.required_digest(issue.cadence)
    mails = IssueMails.of(settings, plan, editorial.database)
    variant = _whole(settings, issue, language)
    raw = _message(mails, issue, variant, address=address, now=editorial.now())
    relays = connections(settings, editorial.now)
    signed = signer_of(settings, sender=plan.sender).signed(raw)
    with relays.connect() as relay:
        relay.send(signed, sender=plan.sender, recipient=address)


def _message(
    mails: IssueMails, issue: Draft | Issue, variant: Variant, *, address: str, now: datetime
) -> bytes:
    """Return a variant addressed to somebody who may be no subscriber; its way out is a sample's,
    and no delivery has its Message-ID."""
    anyone = Delivery(
        id=0,
        issue=issue.id if isinstance(issue, Issue) else 0,
        variant=0,
        reader=str(UUID(int=0)),
        address=address,
        address_hash="",
        language=variant.language,
    )
    template = mails.template(issue, variant)
    return message(template, delivery=anyone, token=sample_way_out(issue), date=now)


def _whole(settings: Settings, issue: Draft | Issue, language: str) -> Variant:
    variant = wholes(settings, issue).get(language)
    if variant is None:
        raise LookupError(f"{issue.cadence}/{issue.period}: nothing to tell in {language}")
    return variant
