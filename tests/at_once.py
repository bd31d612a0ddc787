"""Several things done at the same moment, each on a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

LONG = 30


def at_once(*works: Callable[[], object]) -> None:
    """Do these at the same moment; return when all are done, and fail if one failed."""
    gate, failed = threading.Barrier(len(works)), list[BaseException]()

    def run(work: Callable[[], object]) -> None:
        gate.wait(LONG)
        try:
            work()
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert not any(thread.is_alive() for thread in threads)
    assert not failed, failed
