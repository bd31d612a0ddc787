"""Several threads' steps in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from syndicator.pipeline.ledger import Together


def test_what_gathers_while_one_works_is_taken_at_once_in_order() -> None:
    batches: list[list[int]] = []
    began, goes_on = threading.Event(), threading.Event()

    def take(wanted: Sequence[int]) -> list[int]:
        batches.append(list(wanted))
        if len(batches) == 1:
            began.set()
            goes_on.wait(10)
        return [number * 10 for number in wanted]

    together = Together(take)
    results: dict[int, int] = {}

    def ask(number: int) -> None:
        results[number] = together(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(5)]
    threads[0].start()
    assert began.wait(10)
    for thread in threads[1:]:
        thread.start()
    while len(together._waiting) < 4:
        pass
    goes_on.set()
    for thread in threads:
        thread.join(10)

    assert [sorted(batch) for batch in batches] == [[0], [1, 2, 3, 4]]
    assert results == {number: number * 10 for number in range(5)}


def test_what_goes_wrong_is_told_and_the_next_is_taken() -> None:
    def take(wanted: Sequence[int]) -> list[int]:
        if wanted == [0]:
            raise OSError("gone")
        return list(wanted)

    together = Together(take)
    with pytest.raises(OSError, match="gone"):
        together(0)

    assert together(1) == 1
