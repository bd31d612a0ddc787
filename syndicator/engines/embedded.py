"""The engine of one process: wake-ups go to thread pools, nothing is stored."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta

from syndicator import log
from syndicator.engines.alarm import Alarm
from syndicator.errors import StoreUnavailable
from syndicator.store.db.database import Tx
from syndicator.tasks import Task

logger = log.get("engine")


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """A task: what to call with the engine and the key, and how many may run at once.

    ``drain`` is how much longer than the others one may take to end.
    """

    run: Task
    workers: int = 1
    drain: timedelta = timedelta(0)


class Embedded:
    """Runs tasks on threads of this process.

    A (task, key) that already waits is not queued again; one that runs is queued once more, so
    that a change made while it ran is not missed.
    """

    def __init__(self, works: Mapping[str, Work]) -> None:
        self._works = works
        self._pools = {
            name: ThreadPoolExecutor(work.workers, thread_name_prefix=name)
            for name, work in works.items()
        }
        self._lock = threading.Lock()
        self._waiting: set[tuple[str, str]] = set()
        self._futures: dict[Future[None], str] = {}
        self._closed = False
        self._alarm = Alarm()

    def enqueue(self, tx: Tx, task: str, key: str) -> None:
        """Wake ``task`` for ``key`` once ``tx`` has committed, and not at all if it rolls back."""
        if task not in self._works:
            raise KeyError(task)
        tx.after_commit(lambda: self.wake(task, key))

    def wake_later(self, task: str, key: str, *, after: timedelta) -> None:
        """Wake ``task`` for ``key`` when ``after`` has passed; forgotten if the process ends."""
        self._alarm.set(lambda: self.wake(task, key), after=after)

    def wake(self, task: str, key: str) -> None:
        """Wake ``task`` for ``key`` now; after ``close`` this does nothing."""
        with self._lock:
            if self._closed or (task, key) in self._waiting:
                return
            self._waiting.add((task, key))
            future = self._pools[task].submit(self._run, task, key)
            self._futures[future] = task
        future.add_done_callback(self._forget)

    def idle(self, *, within: timedelta) -> bool:
        """Wait until nothing waits or runs, at most ``within``; True if that was reached."""
        with self._lock:
            under_way = set(self._futures)
        done, pending = wait(under_way, timeout=within.total_seconds())
        return not pending and (not done or self.idle(within=within))

    def close(self, *, within: timedelta) -> bool:
        """Start nothing more and wait for what runs; True if all ended.

        At most ``within``, and longer only for tasks that have a ``drain``.
        """
        self._alarm.close()
        with self._lock:
            self._closed = True
            under_way = dict(self._futures)
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        left = wait(under_way, timeout=within.total_seconds()).not_done
        slow = {future: self._works[under_way[future]].drain.total_seconds() for future in left}
        wait({future for future in left if slow[future]}, timeout=max(slow.values(), default=0))
        return all(future.done() for future in left)

    def _forget(self, future: Future[None]) -> None:
        with self._lock:
            self._futures.pop(future, None)

    def _run(self, task: str, key: str) -> None:
        with self._lock:
            self._waiting.discard((task, key))
        try:
            self._works[task].run(self, key)
        except StoreUnavailable as error:
            # The operator's fact and no bug: where it happened tells nobody anything. The tables
            # still say what is due.
            logger.error(
                "task put off: database not available", task=task, key=key, detail=str(error)
            )
        except Exception:
            # Broad: the outermost loop of every worker. What failed is done again when it is woken
            # next, and no other task waits for it.
            logger.exception("task failed", task=task, key=key)
