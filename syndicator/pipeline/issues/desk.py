"""The desk behind the links that editors are mailed: which issue, which version, and whose word.

token | read | review                 > LinkedReview, or None
token | read | save | approve | stop  > the version of the link, moved; or why not
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syndicator.pipeline.issues import review as reviewing
from syndicator.pipeline.issues.editorial import Editorial
from syndicator.pipeline.issues.review import Outcome, Review
from syndicator.pipeline.issues.review_links import Opened, link_to, review_links, title_of
from syndicator.store.issues import issues


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkedReview:
    """An issue behind a link. ``newest`` is the link to its newest version if this is an older
    one; ``title`` names the issue in the page's language."""

    review: Review
    title: str
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
        title = title_of(settings, issue, language=language)
        return LinkedReview(review=review, title=title, newest=newest)

    def save(
        self, token: str, *, greetings: Mapping[str, str], left_out: frozenset[str]
    ) -> tuple[Outcome, str]:
        """Make the next version; return the outcome, and the link to what is the newest then."""
        link, settings = self._read(token), self.editorial.settings
        if link is None:
            return Outcome.OVER, token
        outcome = reviewing.save(
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
        return outcome, link_to(settings, review_links(settings), issue, editor=link.editor)

    def approve(self, token: str) -> Outcome:
        """Let the version of the link go at its time."""
        link = self._read(token)
        if link is None:
            return Outcome.OVER
        return reviewing.approve(
            self.editorial, link.issue, version=link.version, by=link.editor
        ).outcome

    def stop(self, token: str) -> Outcome:
        """Say no to the version of the link."""
        link = self._read(token)
        if link is None:
            return Outcome.OVER
        return reviewing.stop(self.editorial, link.issue, version=link.version, by=link.editor)

    def _read(self, token: str) -> Opened | None:
        return review_links(self.editorial.settings).read(token, now=self.editorial.now())
