"""One answer of one source, decided as a whole."""

from __future__ import annotations

from syndicator.admit.decide import Rules, decide
from syndicator.model import Changes, Known, ParsedFeed, Source
from tests.builders import NOW, a_feed, a_source, ago, an_entry, known

RULES = Rules(mail_window_opens=ago(days=7))


def decided(
    feed: ParsedFeed,
    *,
    source: Source | None = None,
    store: Known | None = None,
    final_url: str | None = None,
) -> Changes:
    """Return the decision with everything ordinary that the test does not name."""
    source = source if source is not None else a_source()
    return decide(
        feed,
        source=source,
        known=store if store is not None else Known(),
        final_url=final_url or source.url,
        now=NOW,
        rules=RULES,
    )


def test_an_entry_we_never_saw_is_new_and_may_be_mailed() -> None:
    old, new = an_entry("1", published=ago(days=2)), an_entry("2", published=ago(hours=1))

    changes = decided(a_feed(new, old), store=known([old]))

    assert [entry.parsed for entry in changes.new] == [new]
    assert changes.new[0].recency == changes.new[0].eligible_at == NOW
    assert changes.present == (1,)
    assert not changes.changed
    assert not changes.notices
