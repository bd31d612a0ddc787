"""Emails to editors and operators: the exact issue with its report, what waits, what went wrong.

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
from syndicator.pipeline.issues.desk import ReviewLinks, link_to, review_links, title_of
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.review import Review, review
from syndicator.pipeline.notice_text import notice_text
from syndicator.store.issues import issues
from syndicator.templates import environment_of

_BODY = re.compile(r"<body[^>]*>", re.IGNORECASE)


def writers(editorial: Editorial) -> Mapping[EmailKind, Callable[[TransactionalEmail], Mail]]:
    """Return who writes each kind of email that does not go to subscribers."""
    desk = _Writer(
        editorial=editorial,
        links=review_links(editorial.settings),
        templates=environment_of(editorial.settings),
    )
    return {
        EmailKind.REVIEW: desk.review,
        EmailKind.WAITING: desk.waiting,
        EmailKind.SKIPPED: desk.skipped,
        EmailKind.ALARM: desk.alarm,
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Writer:
    editorial: Editorial
    links: ReviewLinks
    templates: Environment

    def review(self, email: TransactionalEmail) -> Mail:
        """Return the issue under its note."""
        facts = self._facts(email)
        seen: Review = facts["review"]
        note = self._mail(email, facts)
        own = next(
            (one.mail for one in seen.samples if one.mail.language == email.language),
            seen.samples[0].mail if seen.samples else None,
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
        told = email.facts
        at = datetime.fromisoformat(told["at"])
        notice = Notice(kind=told["kind"], subject=told["subject"], at=at, facts=told["facts"])
        locale = self.editorial.settings.locales[email.language]
        heading = "desk.email.alarm.over" if told["well"] else "desk.email.alarm.subject"
        return self._mail(
            email,
            {
                "heading": locale.text(heading),
                "well": told["well"],
                "when": self._moment(at, email.language),
                "said": notice_text(notice, subject=notice.subject, locale=locale),
                "site_title": self.editorial.settings.combined.title,
            },
        )

    def _facts(self, email: TransactionalEmail) -> dict[str, Any]:
        """Return what emails about an issue say of it, as it stands now.

        Raises:
            LookupError: there is no such issue, or its addressee is no editor any more.
        """
        settings = self.editorial.settings
        seen = review(self.editorial, int(email.facts["issue"]))
        if seen is None:
            raise LookupError(f"no issue {email.facts['issue']}")
        title = title_of(settings, seen.issue, language=email.language)
        send_at = seen.status.send_at
        token = link_to(settings, self.links, seen.issue, editor=email.address)
        return {
            "review": seen,
            "title": title,
            "heading": title,
            "version": seen.issue.version,
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
        told = {"language": email.language, "t": locale.text, **facts}

        def part(name: str) -> str:
            return self.templates.get_template(f"email/{email.kind}/{name}").render(told)

        return Mail(
            language=email.language,
            subject=" ".join(part("subject.txt").split()),
            text=part("body.txt"),
            html=part("body.html"),
        )
