"""The desk behind the links that editors are mailed: which issue, which version, and whose word.

token | read | review                 > LinkedReview, or None
token | read | save | approve | stop  > the version of the link, moved; or why not

A link is one editor's, to one version of an issue, until that may not go any more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syndicator.config import Settings
from syndicator.model import PUBLIC_OF_FEEDS, Issue, Notice
from syndicator.pipeline.data_folder import keyring
from syndicator.pipeline.issues import control
from syndicator.pipeline.issues import review as reviewing
from syndicator.pipeline.issues.control import Because, Result
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.review import Review
from syndicator.store import notices
from syndicator.store.issues import issues
from syndicator.subscribe.address import hashed, normalised
from syndicator.subscribe.tokens import Purpose, Tokens

_SHORT = 16
"""Letters of an address's hash in a link: addresses stand in no URL, since URLs stand in logs."""

_DEAD_LINK = Result(because=Because.OVER)


def editors_of(settings: Settings) -> tuple[str, ...]:
    """Return who sees an issue before it goes: those configured, or else the network's contact."""
    named = settings.mail.editors or (settings.network.contact_email,)
    return tuple(dict.fromkeys(normalised(editor) for editor in named))


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewLink:
    """What a link opens, and whose it is."""

    issue: int
    version: int
    editor: str


class ReviewLinks:
    """Makes and reads links to the desk.

    Args:
        tokens: signs with the session key.
        hash_key: hashes addresses as everywhere.
        editors: whose links are read at all: whoever left the configuration left the desk.
    """

    def __init__(self, tokens: Tokens, *, hash_key: bytes, editors: Sequence[str]) -> None:
        self._tokens = tokens
        self._by_hash = {hashed(editor, hash_key)[:_SHORT]: editor for editor in editors}

    def token(self, *, issue: int, version: int, editor: str, until: datetime) -> str:
        """Return the link of an editor to this version.

        Raises:
            LookupError: whoever that is, is no editor.
        """
        short = {address: short for short, address in self._by_hash.items()}[editor]
        return self._tokens.sign(Purpose.REVIEW, f"{issue} {version} {short}", until=until)

    def read(self, token: str, *, now: datetime) -> ReviewLink | None:
        """Return what a link opens; ``None`` if it is forged, late, or no editor's any more."""
        words = self._tokens.read(Purpose.REVIEW, token, now=now)
        if words is None:
            return None
        issue, version, short = words.split(" ")
        editor = self._by_hash.get(short)
        if editor is None:
            return None
        return ReviewLink(issue=int(issue), version=int(version), editor=editor)


def review_links(settings: Settings) -> ReviewLinks:
    """Return what makes and reads links to the desk of these settings."""
    keys = keyring(settings.deployment.data_dir)
    return ReviewLinks(keys.tokens, hash_key=keys.suppression, editors=editors_of(settings))


def link_to(settings: Settings, links: ReviewLinks, issue: Issue, *, editor: str) -> str:
    """Return an editor's token for the issue as it stands, good until it may not go any more."""
    until = issue.send_at + settings.mail.late
    return links.token(issue=issue.id, version=issue.version, editor=editor, until=until)


def title_of(settings: Settings, issue: Issue, *, language: str) -> str:
    """Return what people call an issue: ``Viikkokooste, viikko 47/2026``."""
    plan = settings.digest(issue.cadence)
    name = settings.combined.title if plan is None else plan.titles[language]
    return f"{name}, {settings.locales[language].period_name(issue.period)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkedReview:
    """An issue behind a link.

    ``newest`` is the link to its newest version if this is an older one; ``title`` names the issue
    in the page's language. ``notices`` are of what else somebody has to see to, newest first: all
    that the public page does not show, but for what the page says of the issue itself.
    """

    review: Review
    title: str
    notices: tuple[Notice, ...]
    newest: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """What editors do by their links. One that is forged, cut or late leads nowhere.

    Everything here may block: it is called from worker threads.
    """

    editorial: Editorial

    def review(self, token: str, *, language: str) -> LinkedReview | None:
        """Return what a link leads to, or ``None``. Changes nothing."""
        link, settings = self._read(token), self.editorial.settings
        review = None if link is None else reviewing.review(self.editorial, link.issue)
        if link is None or review is None:
            return None
        issue, newest = review.issue, None
        if link.version != issue.version:
            newest = link_to(settings, review_links(settings), issue, editor=link.editor)
        with self.editorial.database.read() as tx:
            others = tuple(
                notice
                for notice in notices.list_all(tx)
                if notice.kind not in PUBLIC_OF_FEEDS and notice.subject != review.status.name
            )
        return LinkedReview(
            review=review,
            title=title_of(settings, issue, language=language),
            notices=others,
            newest=newest,
        )

    def save(
        self, token: str, *, greetings: Mapping[str, str], left_out: frozenset[str]
    ) -> tuple[Result, str]:
        """Make the next version; return what came of it, and the link to the newest then."""
        link, settings = self._read(token), self.editorial.settings
        if link is None:
            return _DEAD_LINK, token
        result = reviewing.save(
            self.editorial,
            link.issue,
            version=link.version,
            greetings=greetings,
            left_out=left_out,
            by=link.editor,
        )
        with self.editorial.database.read() as tx:
            issue = issues.get(tx, link.issue)
        assert issue is not None, "an issue is never deleted"
        return result, link_to(settings, review_links(settings), issue, editor=link.editor)

    def approve(self, token: str) -> Result:
        """Let the version of the link go at its time."""
        link = self._read(token)
        if link is None:
            return _DEAD_LINK
        return control.approve(self.editorial, link.issue, version=link.version, by=link.editor)

    def stop(self, token: str) -> Result:
        """Say no to the version of the link."""
        link = self._read(token)
        if link is None:
            return _DEAD_LINK
        return control.stop(self.editorial, link.issue, version=link.version, by=link.editor)

    def _read(self, token: str) -> ReviewLink | None:
        return review_links(self.editorial.settings).read(token, now=self.editorial.now())
