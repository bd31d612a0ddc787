"""Links to the desk: one editor's, of one version of an issue, until it may not go any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from syndicator.config import Settings
from syndicator.model import Issue
from syndicator.pipeline.data_folder import keyring
from syndicator.pipeline.issues.editor_emails import editors_of
from syndicator.subscribe.address import hashed
from syndicator.subscribe.tokens import Purpose, Tokens

_SHORT = 16
"""Letters of an address's hash in a link: addresses stand in no URL, since URLs stand in logs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
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
        whose = {address: short for short, address in self._by_hash.items()}[editor]
        return self._tokens.sign(Purpose.REVIEW, f"{issue} {version} {whose}", until=until)

    def read(self, token: str, *, now: datetime) -> Opened | None:
        """Return what a link opens; ``None`` if it is forged, late, or no editor's any more."""
        words = self._tokens.read(Purpose.REVIEW, token, now=now)
        if words is None:
            return None
        issue, version, whose = words.split(" ")
        editor = self._by_hash.get(whose)
        if editor is None:
            return None
        return Opened(issue=int(issue), version=int(version), editor=editor)


def review_links(settings: Settings) -> ReviewLinks:
    """Return what makes and reads links to the desk of these settings."""
    keys = keyring(settings.deployment.data_dir)
    return ReviewLinks(keys.tokens, hash_key=keys.suppression, editors=editors_of(settings))


def title_of(settings: Settings, issue: Issue, *, language: str) -> str:
    """Return what people call an issue: ``Viikkokooste, viikko 47/2026``."""
    titles = [plan.titles for plan in settings.digests if plan.cadence is issue.cadence]
    name = titles[0][language] if titles else settings.combined.title
    return f"{name}, {settings.locales[language].period_name(issue.period)}"


def link_to(settings: Settings, links: ReviewLinks, issue: Issue, *, editor: str) -> str:
    """Return an editor's token for the issue as it stands, good until it may not go any more."""
    assert issue.id is not None
    assert issue.send_at is not None
    return links.token(
        issue=issue.id,
        version=issue.version,
        editor=editor,
        until=issue.send_at + settings.mail.late,
    )
