"""Emails to editors and operators: the exact issue with its report, what waits, what went wrong.

    an issue, a notice | put      > an email for each of them       in the transaction of the act
    an email           | writers  > Mail                            when it leaves

A review email is the issue itself, as its readers get it, under a note that says what it is: an
editor on a phone sees exactly what would be sent. Tokens are made here, when an email leaves, and
are stored nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment

from syndicator.model import EmailKind, Mail, Notice, TransactionalEmail
from syndicator.pipeline.issues.desk import (
    ReviewLinks,
    editors_of,
    link_to,
    review_links,
    title_of,
)
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.review import Review, review
from syndicator.pipeline.notice_text import notice_text
from syndicator.store.db.database import Tx
from syndicator.store.issues import issues
from syndicator.store.issues.issues import IssueStatus
from syndicator.store.people import transactional_emails
from syndicator.subscribe.address import hashed, normalised
from syndicator.templates import environment_of

_BODY = re.compile(r"<body[^>]*>", re.IGNORECASE)


def put(editorial: Editorial, tx: Tx, kind: EmailKind, issue: IssueStatus) -> None:
    """Put an email of this kind to every editor, in the network's first language."""
    key = editorial.keys.suppression
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
        address_hash=hashed(contact, editorial.keys.suppression),
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


def writers(editorial: Editorial) -> Mapping[EmailKind, Callable[[TransactionalEmail], Mail]]:
    """Return who writes each kind of email that does not go to subscribers."""
    writer = _Writer(
        editorial=editorial,
        links=review_links(editorial.settings),
        templates=environment_of(editorial.settings),
    )
    return {
        EmailKind.REVIEW: writer.review,
        EmailKind.WAITING: writer.waiting,
        EmailKind.SKIPPED: writer.skipped,
        EmailKind.ALARM: writer.alarm,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Writer:
    """What writes them, with the links and templates of this installation."""

    editorial: Editorial
    links: ReviewLinks
    templates: Environment

    def review(self, email: TransactionalEmail) -> Mail:
        """Return the issue under its note."""
        facts = self._facts(email)
        reviewed: Review = facts["review"]
        note = self._mail(email, facts)
        own = next(
            (sample.mail for sample in reviewed.samples if sample.mail.language == email.language),
            reviewed.samples[0].mail if reviewed.samples else None,
        )
        if own is None:
            return note
        body = _BODY.search(own.html)
        at = body.end() if body else 0
        return Mail(
            language=email.language,
            subject=note.subject,
            text=f"{note.text}\n{own.text}",
            html=f"{own.html[:at]}{note.html}{own.html[at:]}",
        )

    def waiting(self, email: TransactionalEmail) -> Mail:
        """Return an email that says that an issue waits, and what keeps it."""
        return self._mail(email, self._facts(email))

    def skipped(self, email: TransactionalEmail) -> Mail:
        """Return an email that says that an issue was given up, and why.

        Of the issue it names nothing but that: its digest may be gone from the file.

        Raises:
            LookupError: there is no such issue.
        """
        number = int(email.facts["issue"])
        with self.editorial.database.read() as tx:
            issue, status = issues.get(tx, number), issues.status(tx, number)
        if issue is None or status is None:
            raise LookupError(f"no issue {number}")
        title = title_of(self.editorial.settings, issue, language=email.language)
        when = self._moment(status.send_at, email.language)
        return self._mail(
            email, {"title": title, "heading": title, "why": status.detail, "when": when}
        )

    def alarm(self, email: TransactionalEmail) -> Mail:
        """Return an email that says what went wrong, or is well again."""
        incident = email.facts
        at = datetime.fromisoformat(incident["at"])
        notice = Notice(
            kind=incident["kind"], subject=incident["subject"], at=at, facts=incident["facts"]
        )
        locale = self.editorial.settings.locales[email.language]
        heading = "desk.email.alarm.over" if incident["well"] else "desk.email.alarm.subject"
        return self._mail(
            email,
            {
                "heading": locale.text(heading),
                "well": incident["well"],
                "when": self._moment(at, email.language),
                "sentence": notice_text(notice, subject=notice.subject, locale=locale),
                "site_title": self.editorial.settings.combined.title,
            },
        )

    def _facts(self, email: TransactionalEmail) -> dict[str, Any]:
        """Return what emails about an issue say of it, as it stands now.

        Raises:
            LookupError: there is no such issue, or its addressee is no editor any more.
        """
        settings = self.editorial.settings
        reviewed = review(self.editorial, int(email.facts["issue"]))
        if reviewed is None:
            raise LookupError(f"no issue {email.facts['issue']}")
        title = title_of(settings, reviewed.issue, language=email.language)
        send_at = reviewed.status.send_at
        token = link_to(settings, self.links, reviewed.issue, editor=email.address)
        return {
            "review": reviewed,
            "title": title,
            "heading": title,
            "version": reviewed.issue.version,
            "by_itself": settings.mail.sends_by_itself,
            "when": self._moment(send_at, email.language),
            "last": self._moment(send_at + settings.mail.late, email.language),
            "url": f"{settings.deployment.base_url}/{email.language}/desk/{token}",
        }

    def _moment(self, at: datetime, language: str) -> str:
        settings = self.editorial.settings
        return settings.locales[language].moment(at, zone=settings.network.zone)

    def _mail(self, email: TransactionalEmail, facts: Mapping[str, Any]) -> Mail:
        locale = self.editorial.settings.locales[email.language]
        context = {"language": email.language, "t": locale.text, **facts}

        def part(name: str) -> str:
            return self.templates.get_template(f"email/{email.kind}/{name}").render(context)

        return Mail(
            language=email.language,
            subject=" ".join(part("subject.txt").split()),
            text=part("body.txt"),
            html=part("body.html"),
        )
