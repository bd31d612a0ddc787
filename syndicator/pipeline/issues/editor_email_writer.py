"""Letters to editors and operators: the exact issue with its report, what waits, what went wrong.

A review letter is the issue itself, as its readers get it, under a note that says what it is: an
editor on a phone sees exactly what would be sent. Tokens are made here, when a letter leaves, and
are stored nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment

from syndicator.model import EmailKind, Letter, Mail, Notice
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.review import Review, review
from syndicator.pipeline.issues.review_links import ReviewLinks, link_to, review_links, title_of
from syndicator.pipeline.notice_text import notice_text
from syndicator.store.issues import issues
from syndicator.templates import environment_of

_BODY = re.compile(r"<body[^>]*>", re.IGNORECASE)


def writers(editorial: Editorial) -> Mapping[EmailKind, Callable[[Letter], Mail]]:
    """Return who writes each kind of letter that does not go to subscribers."""
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

    def review(self, letter: Letter) -> Mail:
        """Return the issue under its note."""
        facts = self._facts(letter)
        seen: Review = facts["review"]
        note = self._mail(letter, facts)
        own = next(
            (one.mail for one in seen.samples if one.mail.language == letter.language),
            seen.samples[0].mail if seen.samples else None,
        )
        if own is None:
            return note
        body = _BODY.search(own.html)
        at = body.end() if body else 0
        return Mail(
            language=letter.language,
            subject=note.subject,
            text=f"{note.text}\n{own.text}",
            html=f"{own.html[:at]}{note.html}{own.html[at:]}",
        )

    def waiting(self, letter: Letter) -> Mail:
        """Return a letter that says that an issue waits, and what keeps it."""
        return self._mail(letter, self._facts(letter))

    def skipped(self, letter: Letter) -> Mail:
        """Return a letter that says that an issue was given up, and why.

        Of the issue it names nothing but that: its digest may be gone from the file.

        Raises:
            LookupError: there is no such issue.
        """
        number = int(letter.facts["issue"])
        with self.editorial.database.read() as tx:
            issue, standing = issues.get(tx, number), issues.standing(tx, number)
        if issue is None or standing is None:
            raise LookupError(f"no issue {number}")
        title = title_of(self.editorial.settings, issue, language=letter.language)
        when = self._moment(standing.send_at, letter.language)
        return self._mail(
            letter, {"title": title, "heading": title, "why": standing.detail, "when": when}
        )

    def alarm(self, letter: Letter) -> Mail:
        """Return a letter that says what went wrong, or is well again."""
        told = letter.facts
        at = datetime.fromisoformat(told["at"])
        notice = Notice(kind=told["kind"], subject=told["subject"], at=at, facts=told["facts"])
        locale = self.editorial.settings.locales[letter.language]
        heading = "desk.letter.alarm.over" if told["well"] else "desk.letter.alarm.subject"
        return self._mail(
            letter,
            {
                "heading": locale.text(heading),
                "well": told["well"],
                "when": self._moment(at, letter.language),
                "said": notice_text(notice, subject=notice.subject, locale=locale),
                "site_title": self.editorial.settings.combined.title,
            },
        )

    def _facts(self, letter: Letter) -> dict[str, Any]:
        """Return what letters about an issue say of it, as it stands now.

        Raises:
            LookupError: there is no such issue, or its addressee is no editor any more.
        """
        settings = self.editorial.settings
        seen = review(self.editorial, int(letter.facts["issue"]))
        if seen is None:
            raise LookupError(f"no issue {letter.facts['issue']}")
        title = title_of(settings, seen.issue, language=letter.language)
        send_at = seen.standing.send_at
        token = link_to(settings, self.links, seen.issue, editor=letter.address)
        return {
            "review": seen,
            "title": title,
            "heading": title,
            "version": seen.issue.version,
            "by_itself": settings.mail.sends_by_itself,
            "when": self._moment(send_at, letter.language),
            "last": self._moment(send_at + settings.mail.late, letter.language),
            "url": f"{settings.deployment.base_url}/{letter.language}/desk/{token}",
        }

    def _moment(self, at: datetime, language: str) -> str:
        settings = self.editorial.settings
        return settings.locales[language].moment(at, zone=settings.network.zone)

    def _mail(self, letter: Letter, facts: Mapping[str, Any]) -> Mail:
        locale = self.editorial.settings.locales[letter.language]
        told = {"language": letter.language, "t": locale.text, **facts}

        def part(name: str) -> str:
            return self.templates.get_template(f"letters/{letter.kind}/{name}").render(told)

        return Mail(
            language=letter.language,
            subject=" ".join(part("subject.txt").split()),
            text=part("body.txt"),
            html=part("body.html"),
        )
