"""Many pulls at once, by hand: the same pulls as ``run``, from the command line."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush

from syndicator.pipeline.feeds.pull import Busy, Puller, PullResult, pull
from syndicator.store.feeds import claims

PULLERS = 16
"""Sources pulled at once: mostly waiting for the network."""

PATIENCE = timedelta(seconds=60)
"""How long sources that share a busy host are tried again."""

EVERYTHING = 1_000_000


def due(puller: Puller, *, early: bool) -> tuple[int, ...]:
    """Return the ids of the sources that a pull would ask now.

    Args:
        early: also those that only our own pace makes wait. Where the operator allowed a network,
            a server's own word does not hold us either.
    """
    with puller.database.read() as tx:
        return claims.due(
            tx, now=puller.now(), limit=EVERYTHING, early=early, anyway=_anyway(puller, early=early)
        )


def _anyway(puller: Puller, *, early: bool) -> bool:
    return early and bool(puller.settings.deployment.allow_networks)


def pull_all(puller: Puller, ids: Sequence[int], *, early: bool) -> Iterator[PullResult]:
    """Pull these sources, several at once; yield each as it is done.

    One whose host is busy with another waits for its turn, until PATIENCE is over; then it stays
    due and the next pull finds it.
    """
    anyway = _anyway(puller, early=early)
    ends = puller.now() + PATIENCE
    waiting = [(puller.now(), id_) for id_ in ids]
    heapify(waiting)
    running: dict[Future[PullResult | Busy | None], int] = {}
    with ThreadPoolExecutor(PULLERS, thread_name_prefix="pull") as pool:
        while waiting or running:
            while waiting and len(running) < PULLERS and waiting[0][0] <= puller.now():
                id_ = heappop(waiting)[1]
                running[pool.submit(pull, puller, id_, early=early, anyway=anyway)] = id_
            for future in _ended(running, waiting, puller):
                id_, result = running.pop(future), future.result()
                if isinstance(result, Busy) and result.until < ends:
                    heappush(waiting, (result.until, id_))
                elif isinstance(result, PullResult):
                    yield result


def _ended(
    running: Collection[Future[PullResult | Busy | None]],
    waiting: Sequence[tuple[datetime, int]],
    puller: Puller,
) -> Collection[Future[PullResult | Busy | None]]:
    """Wait until a pull has ended or the next source has its turn; return those that ended."""
    if not waiting or len(running) == PULLERS:
        return wait(running, return_when=FIRST_COMPLETED).done
    until = max((waiting[0][0] - puller.now()).total_seconds(), 0)
    if running:
        return wait(running, timeout=until, return_when=FIRST_COMPLETED).done
    # ``wait`` for nothing returns at once, whatever its timeout.
    time.sleep(until)
    return ()
