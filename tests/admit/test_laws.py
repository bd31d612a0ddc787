"""Laws of the decision that hold for every feed, also for those no blog would make."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from syndicator.admit.decide import Rules
from syndicator.model import EntryState, IdKind, IdMode, ParsedEntry, ParsedFeed, SourceState
from tests.admit.memory import Memory
from tests.builders import NOW, ZONE, a_feed, a_source, ago, an_entry

RULES = Rules(mail_window_opens=ago(days=7), time_zone=ZONE)
HELSINKI = ZoneInfo("Europe/Helsinki")

few = st.sampled_from(["a", "b", "c", "d", "e", "f", "g"])
dates = st.one_of(
    st.none(), st.integers(-3000, 30_000).map(lambda minutes: NOW - timedelta(minutes=minutes))
)


links = st.one_of(few.map("https://a.fi/{}".format), st.just("https://a.fi"))
own_ids = st.one_of(
    few.map("id-{}".format),
    # Another post's address, or nearly; the id we would make ourselves; one in many spellings.
    links,
    few.map("https://a.fi/{}#more".format),
    few.map("sha256:{}".format),
    st.sampled_from(
        ["id-A", "id-a ", " ", "id-a\nhttps://a.fi/a", "a\n\n", "\n", "id\x00", "\ud800"]
    ),
    st.text(max_size=3),
)


@st.composite
def confusing_entries(draw: st.DrawFn) -> ParsedEntry:
    """Entries whose ids, links, titles and texts are drawn apart, so that they collide."""
    link = draw(st.one_of(st.none(), links))
    title, text = draw(few), draw(few)
    # As the readers name posts: by the feed's own id, else the link, else a hash that is unlike
    # every other in the document.
    raw_id, kind = draw(
        st.sampled_from(
            [
                (draw(own_ids), IdKind.OWN),
                (link or f"id-{title}", IdKind.LINK if link else IdKind.OWN),
                (f"sha256:{title}{text}{link}", IdKind.HASH),
            ]
        )
    )
    return an_entry(
        raw_id,
        link=link,
        title=title,
        text=f"{text} " * 60,
        published=draw(dates),
        content_hash=f"{title}{text}{link}",
        id_kind=kind,
    )


feeds = st.builds(
    lambda entries, complete: a_feed(*entries, complete=complete),
    st.lists(confusing_entries(), max_size=9),
    st.booleans(),
)
sources = st.builds(
    lambda mode, state, seen: a_source(id_mode=mode, state=state, first_seen=seen),
    st.sampled_from(IdMode),
    st.sampled_from([SourceState.ACTIVE, SourceState.HELD]),
    st.sampled_from([None, ago(days=90)]),
)
histories = st.lists(feeds, min_size=1, max_size=5)


def after(history: list[ParsedFeed], memory: Memory) -> Memory:
    """Pull the feeds one after the other, an hour apart, the last of them at ``NOW``."""
    for hours, feed in zip(range(len(history) - 1, -1, -1), history, strict=True):
        memory.pull(feed, now=ago(hours=hours), rules=RULES)
    return memory


@given(sources.map(Memory), histories)
def test_deciding_the_same_answer_again_changes_nothing(
    memory: Memory, history: list[ParsedFeed]
) -> None:
    after(history, memory)

    again = memory.decide(history[-1], now=NOW + timedelta(hours=1), rules=RULES)

    assert not again.new
    assert not again.changed
    assert not again.aliases
    assert not again.returned
    assert not again.owning + again.disowning
    assert again.id_mode is None or again.id_mode != memory.source.id_mode


@given(sources.map(Memory), histories, feeds, st.randoms(use_true_random=False))
def test_the_order_of_the_feed_never_decides_who_is_who(
    memory: Memory, history: list[ParsedFeed], feed: ParsedFeed, chance: object
) -> None:
    after(history, memory)
    shuffled = list(feed.entries)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    one = memory.decide(feed, now=NOW, rules=RULES)
    other = memory.decide(replace(feed, entries=tuple(shuffled)), now=NOW, rules=RULES)

    assert one.present == other.present
    assert {(c.id, c.parsed) for c in one.changed} == {(c.id, c.parsed) for c in other.changed}
    assert {(n.parsed, n.aliases, n.held) for n in one.new} == {
        (n.parsed, n.aliases, n.held) for n in other.new
    }


@given(sources.map(Memory), histories)
def test_nothing_ever_comes_from_the_future_nor_changes_its_place(
    memory: Memory, history: list[ParsedFeed]
) -> None:
    seen: dict[int, object] = {}
    for feed in history:
        memory.pull(feed, now=NOW, rules=RULES)
        for at, entry in memory.entries.items():
            assert entry.recency <= NOW
            assert seen.setdefault(at, (entry.recency, memory.eligible[at])) == (
                entry.recency,
                memory.eligible[at],
            )


@given(st.lists(confusing_entries(), max_size=40))
def test_the_first_sight_of_a_source_floods_no_mail(entries: list[ParsedEntry]) -> None:
    """P5: at most ten posts of any one day, all published within the running window."""
    memory = Memory(a_source(first_seen=None))

    changes = memory.decide(a_feed(*entries), now=NOW, rules=RULES)

    mailed = [new.parsed.published for new in changes.new if new.eligible_at is not None]
    assert all(date is not None and ago(days=7) <= date <= ago(hours=-1) for date in mailed)
    days = Counter(date.astimezone(HELSINKI).date() for date in mailed if date is not None)
    assert all(count <= 10 for count in days.values())


@given(sources.map(Memory), histories)
def test_what_is_held_is_never_mailed(memory: Memory, history: list[ParsedFeed]) -> None:
    for feed in history:
        changes = memory.pull(feed, now=NOW, rules=RULES)
        assert all(new.eligible_at is None for new in changes.new if new.held is not None)


@given(histories)
def test_a_held_source_changes_nothing_that_readers_see(history: list[ParsedFeed]) -> None:
    memory = after(history, Memory(a_source()))
    memory.source = replace(memory.source, state=SourceState.HELD)

    for feed in [*history, a_feed(), a_feed(an_entry("x"))]:
        held = {at for at, known in memory.entries.items() if known.state is EntryState.HELD}
        changes = memory.pull(feed, now=NOW, rules=RULES)
        assert all(new.held is not None for new in changes.new)
        assert {changed.id for changed in changes.changed} <= held
        assert not changes.deleted + changes.returned
