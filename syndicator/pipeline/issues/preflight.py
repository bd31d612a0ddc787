"""What keeps an issue from leaving: faults of its messages, or that no mail may leave at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from syndicator.config import DigestPlan, Settings, placeholders_in_mail
from syndicator.deliver.email.message import message
from syndicator.digest.order import names_of
from syndicator.digest.preflight import Sending
from syndicator.digest.variants import variants as variants_of
from syndicator.errors import KeyUnfit
from syndicator.model import (
    Cadence,
    Delivery,
    Draft,
    Finding,
    Issue,
    NoticeKind,
    Selection,
    Variant,
)
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.issue_mails import IssueMails, sample_way_out
from syndicator.pipeline.mail_relay import signer_of
from syndicator.store.db.database import Tx
from syndicator.store.issues import transitions, variants
from syndicator.store.upkeep import flags

NO_RELAY = "no_relay"

UNFIT = "unfit"
"""When this version was shown, preflight refused one of its variants."""


def hindrance(tx: Tx, cadence: Cadence, *, settings: Settings) -> str | None:
    """Return why no mail of this cadence may leave: no relay, settings that still are examples or
    would show tokens, or the word under which somebody withheld all mail."""
    if settings.deployment.smtp_url is None:
        return NO_RELAY
    plan = settings.digest(cadence)
    unfit = placeholders_in_mail(settings, plan) if plan is not None else ()
    if unfit:
        insecure = all(placeholder.insecure for placeholder in unfit)
        return NoticeKind.INSECURE_ADDRESS if insecure else NoticeKind.PLACEHOLDER
    return flags.withheld(tx)


def findings(
    editorial: Editorial, issue: Draft | Issue, variants: Collection[Variant]
) -> tuple[Finding, ...]:
    """Return what is wrong with messages of these variants, built as for any reader; once each."""
    settings = editorial.settings
    plan = settings.required_digest(issue.cadence)
    mails = IssueMails.of(settings, plan, editorial.database)
    try:
        signer = signer_of(settings, sender=plan.sender)
    except KeyUnfit as error:
        return (Finding(about="E4", fact=str(error)),)
    distinct: dict[Finding, None] = {}
    for variant in sorted(variants, key=lambda variant: (variant.language, variant.posts)):
        try:
            raw = signer.signed(
                message(
                    mails.template(issue, variant),
                    delivery=_anyone(variant),
                    token=sample_way_out(issue),
                    date=editorial.now(),
                )
            )
        except ValueError as error:
            distinct[Finding(about="E1", fact=str(error))] = None
            continue
        sending = _sending(settings, plan, language=variant.language)
        distinct.update(dict.fromkeys(editorial.preflight(raw, sending)))
    return tuple(distinct)


def refusals(editorial: Editorial, issue: Issue) -> tuple[Finding, ...]:
    """Return what forbids to send the issue, found on the real bytes of every variant of it."""
    return _refusing(findings(editorial, issue, every_variant(editorial, issue)))


def refusals_at_once(editorial: Editorial, issue: Issue) -> tuple[Finding, ...]:
    """Return what forbids to send the issue, for somebody who waits at a page.

    A thousand variants take half a minute: they were looked at when the version was shown, and are
    once more before it leaves. Only where one of them was unfit then is each looked at again here;
    else those that tell all of the issue.
    """
    with editorial.database.read() as tx:
        unfit = transitions.happened(tx, issue.id, UNFIT, version=issue.version)
    if unfit:
        return refusals(editorial, issue)
    return _refusing(findings(editorial, issue, wholes(editorial.settings, issue).values()))


def _refusing(faults: Collection[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in faults if finding.refuses)


def every_variant(editorial: Editorial, issue: Issue) -> Collection[Variant]:
    """Return what every reader of today gets, and what tells all of the issue in each language."""
    with editorial.database.read() as tx:
        wanted = variants.in_use(tx, issue.cadence)
    given = variants_of(issue, wanted, names=names_of(editorial.settings)).values()
    return {
        *wholes(editorial.settings, issue).values(),
        *(variant for variant in given if variant is not None),
    }


def wholes(settings: Settings, issue: Draft | Issue) -> Mapping[str, Variant]:
    """Return the variant that tells all of an issue, by the network's languages; empty where it
    has no posts."""
    every = {
        number: Selection(language=language, cadence=issue.cadence)
        for number, language in enumerate(settings.network.languages)
    }
    given = variants_of(issue, every, names=names_of(settings)).values()
    return {variant.language: variant for variant in given if variant is not None}


def _sending(settings: Settings, plan: DigestPlan, *, language: str) -> Sending:
    return Sending(
        sender=plan.sender,
        host=settings.network.id_domain,
        base_url=settings.deployment.base_url,
        language=language,
        examples=tuple(
            placeholder.key
            for placeholder in placeholders_in_mail(settings, plan)
            if not placeholder.insecure
        ),
        signs=settings.deployment.dkim_key is not None,
    )


def _anyone(variant: Variant) -> Delivery:
    """A delivery that stands for all: ids as long as they get, and an address that is none."""
    return Delivery(
        id=2**53,
        issue=2**31,
        variant=0,
        reader=str(UUID(int=0)),
        address="reader@example.org",
        address_hash="",
        language=variant.language,
    )
