"""One decision, with everything ordinary that a test does not name."""

from __future__ import annotations

from syndicator.admit.decide import Rules, decide
from syndicator.model import Changes, HeldBecause, Known, NewEntry, ParsedFeed, Source
from tests.builders import NOW, ZONE, a_source, ago

RULES = Rules(mail_window_opens=ago(days=7), time_zone=ZONE)


def decided(
    feed: ParsedFeed,
    *,
    source: Source | None = None,
    store: Known | None = None,
    final_url: str | None = None,
) -> Changes:
    """Return the decision about an answer that came from the source's own URL at ``NOW``."""
    source = source if source is not None else a_source()
    return decide(
        feed,
        source=source,
        known=store if store is not None else Known(),
        final_url=final_url or source.url,
        now=NOW,
        rules=RULES,
    )


def reasons(changes: Changes) -> list[HeldBecause | None]:
    """Return why each new entry is held, in order."""
    return [new.held for new in changes.new]


def the_new(changes: Changes) -> NewEntry:
    """Return the only new entry."""
    (new,) = changes.new
    return new
