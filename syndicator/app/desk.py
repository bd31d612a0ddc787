"""What editors are told of an issue, and what keeps one from leaving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from syndicator.app.folder import Keyring
from syndicator.config import Settings, placeholders_in_mail
from syndicator.model import Cadence, Issue, LetterKind
from syndicator.store import letters, switches
from syndicator.store.database import Tx
from syndicator.store.issues import Standing
from syndicator.subscribe.address import hashed, normalised

NO_RELAY = "no_relay"
PLACEHOLDER = "placeholder"


@dataclass(frozen=True, kw_only=True, slots=True)
class EditorsDesk:
    """The desk of these settings. ``keys`` are read when needed: they may not be there yet."""

    settings: Settings
    now: Callable[[], datetime]
    keys: Callable[[], Keyring]

    def refusals(self, issue: Issue) -> Sequence[str]:
        """Return what forbids to send the issue; an issue without posts tells nothing (E9)."""
        return () if issue.posts else ("E9: it has no posts",)

    def hindrance(self, tx: Tx, cadence: Cadence) -> str | None:
        """Return why no mail of this cadence may leave: no relay, settings that still are
        examples, or the word under which somebody withheld all mail."""
        if self.settings.deployment.smtp_url is None:
            return NO_RELAY
        plans = [plan for plan in self.settings.digests if plan.cadence is cadence]
        if any(placeholders_in_mail(self.settings, plan) for plan in plans):
            return PLACEHOLDER
        return switches.withheld(tx)

    def tell(self, tx: Tx, kind: LetterKind, issue: Standing) -> None:
        """Put a letter of this kind to every editor, in the network's first language."""
        key = self.keys().suppression
        for editor in editors(self.settings):
            letters.put(
                tx,
                kind,
                address=editor,
                address_hash=hashed(editor, key),
                language=self.settings.network.languages[0],
                facts={"issue": issue.id, "version": issue.version},
                now=self.now(),
            )


def editors(settings: Settings) -> tuple[str, ...]:
    """Return who sees an issue before it goes: those configured, or else the network's contact."""
    named = settings.mail.editors or (settings.network.contact_email,)
    return tuple(dict.fromkeys(normalised(editor) for editor in named))
