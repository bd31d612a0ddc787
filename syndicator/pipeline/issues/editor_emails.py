"""Who the editors are, and the emails put to them and to whoever runs this."""

from __future__ import annotations

from syndicator.config import Settings
from syndicator.model import EmailKind, Notice
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.store.db.database import Tx
from syndicator.store.issues.issues import IssueStatus
from syndicator.store.people import transactional_emails
from syndicator.subscribe.address import hashed, normalised


def put(editorial: Editorial, tx: Tx, kind: EmailKind, issue: IssueStatus) -> None:
    """Put an email of this kind to every editor, in the network's first language."""
    key = editorial.keys().suppression
    for editor in editors_of(editorial.settings):
        transactional_emails.put(
            tx,
            kind,
            address=editor,
            address_hash=hashed(editor, key),
            language=editorial.settings.network.languages[0],
            facts={"issue": issue.id, "version": issue.version},
            now=editorial.now(),
        )


def put_alarm(editorial: Editorial, tx: Tx, notice: Notice, *, well: bool) -> None:
    """Put an email to the network's contact: whoever runs it answers there."""
    contact = normalised(editorial.settings.network.contact_email)
    transactional_emails.put(
        tx,
        EmailKind.ALARM,
        address=contact,
        address_hash=hashed(contact, editorial.keys().suppression),
        language=editorial.settings.network.languages[0],
        facts={
            "kind": notice.kind,
            "subject": notice.subject,
            "facts": dict(notice.facts),
            "at": notice.at.isoformat(),
            "well": well,
        },
        now=editorial.now(),
    )


def editors_of(settings: Settings) -> tuple[str, ...]:
    """Return who sees an issue before it goes: those configured, or else the network's contact."""
    named = settings.mail.editors or (settings.network.contact_email,)
    return tuple(dict.fromkeys(normalised(editor) for editor in named))
