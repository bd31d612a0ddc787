"""The first sight of a long archive: others write in between, and a kill changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select, update

from syndicator.model import EntryState
from syndicator.pipeline.feeds.pull import LEASE, PIECE, Puller, PullResult, pull
from syndicator.store.db.database import Database, Tx
from syndicator.store.db.schema.incoming import EntryRow, SourceRow
from tests.builders import NOW
from tests.pipeline.world import FEED, Scene, ok, scene
from tests.store.feeds.test_laws import assert_counted, assert_led

POSTS = 2 * PIECE + 50
FIRST = PIECE - 6
"""Where the posts of this week begin: they fall into two pieces."""


class Killed(BaseException):
    """The end of a process, in the middle of what it did."""


@dataclass
class Watched:
    """A database that looks before each transaction, and may kill who would write."""

    database: Database
    after: int = 1_000
    sizes: list[int] | None = None

    def __post_init__(self) -> None:
        self.read, self.commit_in_group = self.database.read, self.database.commit_in_group

    @contextmanager
    def write(self, **how: bool) -> Iterator[Tx]:
        if self.after == 0:
            raise Killed
        self.after -= 1
        with self.database.write(**how) as tx:
            before = len(stored(tx))
            yield tx
            if self.sizes is not None:
                self.sizes.append(len(stored(tx)) - before)


def stored(tx: Tx) -> dict[str, tuple[bool, bool, EntryState]]:
    """Return of each post whether it may be mailed, was in the last answer, and its state."""
    rows = tx.execute(
        select(EntryRow.title, EntryRow.eligible_at, EntryRow.in_last_answer, EntryRow.state)
    )
    return {row.title: (row.eligible_at is not None, row.in_last_answer, row.state) for row in rows}


def an_archive(*, recent: int) -> bytes:
    """Return a feed of many posts, so many of them of one day of this week."""
    items = "".join(
        f"<item><title>Kirjoitus {at}</title><guid isPermaLink='false'>{at}</guid>"
        f"<link>https://blogi.kauhajoki.fi/{at}</link>"
        f"<pubDate>{_date(at, recent):%a, %d %b %Y %H:%M:%S +0000}</pubDate>"
        f"<description>Kirjoitus aiheesta {at}.</description></item>"
        for at in range(POSTS)
    )
    return f"<rss version='2.0'><channel><title>Blogi</title>{items}</channel></rss>".encode()


def _date(at: int, recent: int) -> Any:
    new = FIRST <= at < FIRST + recent
    return NOW - (timedelta(hours=1, minutes=at) if new else timedelta(days=60 + at))


def with_database(puller: Puller, database: Watched) -> Puller:
    return replace(puller, database=cast(Any, database))


def after_a_pull(here: Scene, *, puller: Puller) -> dict[str, tuple[bool, bool, EntryState]]:
    assert isinstance(pull(puller, here.source().id), PullResult)
    with here.world.database.read() as tx:
        assert_counted(tx)
        assert_led(tx)
        return stored(tx)


def test_a_long_archive_is_stored_in_pieces_between_which_others_write(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.web.answers[FEED] = ok(an_archive(recent=6))
        watched = Watched(here.world.database, sizes=[])

        found = after_a_pull(here, puller=with_database(here.puller, watched))

        assert watched.sizes == [PIECE, PIECE, POSTS - 2 * PIECE]
        assert len(found) == POSTS
        assert all(here for _, here, _ in found.values())
        assert not here.source().first_sight


@pytest.mark.parametrize("pieces", [1, 2])
@pytest.mark.parametrize(("recent", "mailed"), [(6, 6), (12, 0)], ids=["news", "an import"])
def test_a_kill_between_the_pieces_changes_nothing_of_what_may_be_mailed(
    tmp_path: Path, pieces: int, recent: int, mailed: int
) -> None:
    """The first sight of a source floods no mail (promise 2): twelve of one day are no news, also
    when only six of them are left to be judged."""
    (tmp_path / "whole").mkdir()
    with scene(tmp_path / "whole") as whole:
        whole.web.answers[FEED] = ok(an_archive(recent=recent))
        wanted = after_a_pull(whole, puller=whole.puller)
    assert sum(may for may, _, _ in wanted.values()) == mailed

    with scene(tmp_path) as here:
        here.web.answers[FEED] = ok(an_archive(recent=recent))
        dying = with_database(here.puller, Watched(here.world.database, after=pieces))
        with pytest.raises(Killed):
            pull(dying, here.source().id)
        assert here.source().first_sight

        here.clock.forward(LEASE)
        assert after_a_pull(here, puller=here.puller) == wanted
        assert not here.source().first_sight


def test_a_claim_that_was_lost_between_the_pieces_ends_the_storing(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.web.answers[FEED] = ok(an_archive(recent=6))

        class Lost(Watched):
            @contextmanager
            def write(self, **how: bool) -> Iterator[Tx]:
                with self.database.write(**how) as tx:
                    if len(stored(tx)) == PIECE:
                        tx.execute(update(SourceRow).values(claims=99))
                    yield tx

        result = pull(with_database(here.puller, Lost(here.world.database)), here.source().id)

        assert isinstance(result, PullResult)
        assert not result.changes.new
        with here.world.database.read() as tx:
            assert len(stored(tx)) == PIECE
