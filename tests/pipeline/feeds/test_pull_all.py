"""Pulling by hand: sources that share a host take turns, and waiting costs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from syndicator.app import opened
from syndicator.app.parts import now
from syndicator.errors import HostBusy
from syndicator.model import Request, Response
from syndicator.pipeline.feeds.pull import Puller
from syndicator.pipeline.feeds.pull_all import due, pull_all
from tests.config.samples import loaded
from tests.pipeline.world import ok, rss

A_MOMENT = timedelta(seconds=0.3)


@dataclass
class Busy:
    """A host that is busy for the first ``times`` requests, and then answers."""

    times: int
    asked: list[datetime] = field(default_factory=list)

    def get(self, request: Request) -> Response:
        self.asked.append(now())
        if len(self.asked) <= self.times:
            raise HostBusy("blogi.kivikyla.example", A_MOMENT)
        return ok(rss("Yksi"), url=request.url)

    def post(self, url: str, *, form: object) -> Response:
        raise AssertionError(f"nobody is to be told: {url} {form}")


@dataclass
class Watched:
    """The true clock, and how often somebody looked at it."""

    looks: int = 0

    def __call__(self) -> datetime:
        self.looks += 1
        return now()


@contextmanager
def pulling(folder: Path, web: Busy, clock: Watched) -> Iterator[Puller]:
    settings = loaded(folder, DATA=str(folder / "data"))
    with opened(settings, clock=clock) as app:
        yield replace(app.puller, http=web)


def test_when_every_host_is_busy_it_waits_for_its_turn_and_does_not_spin(tmp_path: Path) -> None:
    """Rule F9."""
    web, clock = Busy(times=2), Watched()
    with pulling(tmp_path, web, clock) as puller:
        ids = due(puller, early=True)
        clock.looks = 0

        pulled = list(pull_all(puller, ids, early=True))

    assert [len(one.changes.new) for one in pulled] == [1]
    assert len(web.asked) == 3
    assert all(b - a >= A_MOMENT * 0.9 for a, b in zip(web.asked, web.asked[1:], strict=False))
    assert clock.looks < 60, "a loop that spins looks thousands of times in such a moment"
