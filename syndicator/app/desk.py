"""What editors are told of an issue, and what keeps one from leaving."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from syndicator.config import DigestPlan, Settings, placeholders_in_mail
from syndicator.deliver.email.message import Template, message
from syndicator.digest.preflight import preflight
from syndicator.digest.sending import Sending
from syndicator.errors import KeyUnfit
from syndicator.model import (
    UNSUBSCRIBE_MARK,
    Cadence,
    Delivery,
    EmailKind,
    Finding,
    Issue,
    Mail,
    Notice,
    Variant,
)
from syndicator.pipeline.data_folder import Keyring
from syndicator.pipeline.issues.issue_mails import IssueMails
from syndicator.pipeline.mail_relay import signing
from syndicator.store.db.database import Database, Tx
from syndicator.store.issues.issues import Standing
from syndicator.store.people import transactional_emails
from syndicator.store.upkeep import flags
from syndicator.subscribe.address import hashed, normalised
from syndicator.subscribe.tokens import sample_token

NO_RELAY = "no_relay"
PLACEHOLDER = "placeholder"


@dataclass(frozen=True, kw_only=True, slots=True)
class EditorsDesk:
    """The desk of these settings. ``keys`` are read when needed: they may not be there yet."""

    settings: Settings
    database: Database
    now: Callable[[], datetime]
    keys: Callable[[], Keyring]

    def sample(self, issue: Issue, variant: Variant) -> Mail:
        """Return the mail of a variant as a reader gets it, but that its way out is a sample's."""
        plan = plan_of(self.settings, issue.cadence)
        mail = IssueMails.of(self.settings, plan, self.database).mail(issue, variant)
        token = sample_way_out(issue)
        return replace(
            mail,
            text=mail.text.replace(UNSUBSCRIBE_MARK, token),
            html=mail.html.replace(UNSUBSCRIBE_MARK, token),
        )

    def found(self, issue: Issue, told: Collection[Variant]) -> Sequence[Finding]:
        """Return what is wrong with messages of these variants, built as for any reader."""
        plan = plan_of(self.settings, issue.cadence)
        make = IssueMails.of(self.settings, plan, self.database).template
        found: dict[Finding, None] = {}
        try:
            signed = signing(self.settings, sender=plan.sender)
        except KeyUnfit as error:
            return (Finding(about="E4", fact=str(error)),)
        for variant in sorted(told, key=lambda one: (one.language, one.posts)):
            sending = _sending(self.settings, plan, language=variant.language)
            for one in _checked(
                make, issue, variant, signed=signed, sending=sending, now=self.now()
            ):
                found[one] = None
        return tuple(found)

    def hindrance(self, tx: Tx, cadence: Cadence) -> str | None:
        """Return why no mail of this cadence may leave: no relay, settings that still are
        examples or would show tokens, or the word under which somebody withheld all mail."""
        if self.settings.deployment.smtp_url is None:
            return NO_RELAY
        plans = [plan for plan in self.settings.digests if plan.cadence is cadence]
        if any(placeholders_in_mail(self.settings, plan) for plan in plans):
            return PLACEHOLDER
        return flags.withheld(tx)

    def tell(self, tx: Tx, kind: EmailKind, issue: Standing) -> None:
        """Put a letter of this kind to every editor, in the network's first language."""
        key = self.keys().suppression
        for editor in editors(self.settings):
            transactional_emails.put(
                tx,
                kind,
                address=editor,
                address_hash=hashed(editor, key),
                language=self.settings.network.languages[0],
                facts={"issue": issue.id, "version": issue.version},
                now=self.now(),
            )

    def alarm(self, tx: Tx, notice: Notice, *, well: bool) -> None:
        """Put a letter to the network's contact: whoever runs it answers there."""
        contact = normalised(self.settings.network.contact_email)
        transactional_emails.put(
            tx,
            EmailKind.ALARM,
            address=contact,
            address_hash=hashed(contact, self.keys().suppression),
            language=self.settings.network.languages[0],
            facts={
                "kind": notice.kind,
                "subject": notice.subject,
                "facts": dict(notice.facts),
                "at": notice.at.isoformat(),
                "well": well,
            },
            now=self.now(),
        )


def plan_of(settings: Settings, cadence: Cadence) -> DigestPlan:
    """Return the digest of a cadence.

    Raises:
        LookupError: the configuration names none any more.
    """
    for plan in settings.digests:
        if plan.cadence is cadence:
            return plan
    raise LookupError(f"no digest is {cadence}")


def _sending(settings: Settings, plan: DigestPlan, *, language: str) -> Sending:
    return Sending(
        sender=plan.sender,
        host=settings.network.id_domain,
        base_url=settings.deployment.base_url,
        language=language,
        examples=tuple(one.key for one in placeholders_in_mail(settings, plan) if not one.insecure),
        signs=settings.deployment.dkim_key is not None,
    )


def _checked(
    make: Callable[[Issue, Variant], Template],
    issue: Issue,
    variant: Variant,
    *,
    signed: Callable[[bytes], bytes],
    sending: Sending,
    now: datetime,
) -> Sequence[Finding]:
    anyone = _anyone(variant)
    try:
        raw = signed(
            message(make(issue, variant), delivery=anyone, token=sample_way_out(issue), date=now)
        )
    except ValueError as error:
        return [Finding(about="E1", fact=str(error))]
    return preflight(raw, sending=sending)


def sample_way_out(issue: Issue) -> str:
    """Return the token for messages of an issue that are only looked at.

    No post can hold it, since it is made from all of them.
    """
    return sample_token(issue.content_hash)


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


def editors(settings: Settings) -> tuple[str, ...]:
    """Return who sees an issue before it goes: those configured, or else the network's contact."""
    named = settings.mail.editors or (settings.network.contact_email,)
    return tuple(dict.fromkeys(normalised(editor) for editor in named))
